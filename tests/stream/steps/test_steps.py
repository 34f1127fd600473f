"""The contract that every step keeps, whichever are discovered."""

import inspect
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.errors import InvalidInput, OutdatedState
from milepost.stream.contract import Run
from milepost.stream.pipeline import STEPS, decode_state, encode_state, in_order, initial_state
from tests.folding import advance
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


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    encoded = msgspec.msgpack.decode(encode_state(initial_state()))
    change(encoded)
    return msgspec.msgpack.encode(encoded)


def test_a_step_that_is_newer_than_the_bytes_makes_them_outdated() -> None:
    with pytest.raises(OutdatedState, match="odometer"):
        decode_state(changed(lambda encoded: encoded["slices"].pop("odometer")))


@pytest.mark.parametrize("version", [1, 3])
def test_a_step_of_another_version_makes_them_outdated(version: int) -> None:
    with pytest.raises(OutdatedState, match="motion, trips"):
        decode_state(
            changed(lambda encoded: encoded["versions"].update(trips=version, motion=version))
        )


def test_bytes_of_before_the_steps_had_versions_are_of_the_first() -> None:
    later = sorted(name for name, step in STEPS.items() if step.version != 1)
    with pytest.raises(OutdatedState, match=f"versions of {', '.join(later)}$"):
        decode_state(changed(lambda encoded: encoded.pop("versions")))


def test_bytes_of_another_layout_are_refused() -> None:
    encoded = msgspec.msgpack.decode(encode_state(initial_state()))
    with pytest.raises(InvalidInput, match="version"):
        decode_state(msgspec.msgpack.encode(encoded | {"version": 99}))


def test_damaged_bytes_are_refused() -> None:
    with pytest.raises(InvalidInput, match="device state"):
        decode_state(encode_state(initial_state())[:-3])
