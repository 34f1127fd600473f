"""The contract that every step keeps, whichever are discovered."""

import inspect

import msgspec
import pytest
from hypothesis import given, settings

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.errors import InvalidInput
from milepost.stream.contract import Run
from milepost.stream.pipeline import (
    STEPS,
    advance,
    decode_state,
    encode_state,
    in_order,
    initial_state,
)
from tests.stream.histories import wild

THRESHOLDS = Thresholds()


def test_every_step_comes_after_what_it_reads() -> None:
    names = list(STEPS)
    for name, step in STEPS.items():
        assert all(names.index(earlier) < names.index(name) for earlier in step.after)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_documented_and_begins_empty(name: str) -> None:
    step = STEPS[name]
    assert inspect.getdoc(inspect.getmodule(step.advance))
    assert inspect.getdoc(step.slice_type)
    step.slice_type()


@pytest.mark.parametrize("name", STEPS)
@given(history=wild(min_size=1, max_size=30))
@settings(max_examples=20)
def test_a_step_leaves_its_slice_alone(name: str, history: list[Position]) -> None:
    ordered = in_order(-1, history)[0]
    half = len(ordered) // 2
    state, _ = advance(initial_state(), ordered[:half], THRESHOLDS)
    run = Run(ordered[half:], THRESHOLDS, [], [], [])
    for each, own in zip(STEPS, state.slices, strict=True):
        before = msgspec.msgpack.encode(own)
        STEPS[each].advance(own, run)
        assert msgspec.msgpack.encode(own) == before
        if each == name:
            return


def test_no_positions_change_nothing() -> None:
    state = initial_state()
    assert advance(state, [], THRESHOLDS) == (state, [])


def test_a_step_that_is_newer_than_the_bytes_begins_afresh() -> None:
    state, _ = advance(initial_state(), [Position(1000, odometer_m=5.0)], THRESHOLDS)
    encoded = msgspec.msgpack.decode(encode_state(state))
    del encoded["slices"]["odometer"]
    decoded = decode_state(msgspec.msgpack.encode(encoded))
    assert decoded.odometer_m == 0.0
    assert decoded.latest == state.latest


def test_bytes_of_another_version_are_refused() -> None:
    encoded = msgspec.msgpack.decode(encode_state(initial_state()))
    with pytest.raises(InvalidInput, match="version"):
        decode_state(msgspec.msgpack.encode(encoded | {"version": 99}))


def test_damaged_bytes_are_refused() -> None:
    with pytest.raises(InvalidInput, match="device state"):
        decode_state(encode_state(initial_state())[:-3])
