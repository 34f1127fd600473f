"""Endless loops: each report once a round, in order, and never earlier than asked."""

from itertools import islice

import pytest

from milepost.domain.position import Position
from milepost.simulator.loops import Loop, with_ignition

LOOP = Loop((Position(0, 1.0, 2.0, fuel_used_l=0.5), Position(40, 3.0, 4.0)), 100, 2.0)


@pytest.mark.parametrize(
    ("from_ms", "times"),
    [(0, [40, 100, 140]), (99, [100, 140, 200]), (140, [200, 240, 300])],
)
def test_a_round_follows_the_other(from_ms: int, times: list[int]) -> None:
    assert [each.fix_time_ms - 1000 for each in islice(LOOP.since(from_ms, 1000), 3)] == times


def test_the_fuel_counter_goes_on_counting() -> None:
    counters = [each.fuel_used_l for each in islice(LOOP.since(99, 0), 4)]
    assert counters == [2.5, None, 4.5, None]


def test_the_ignition_goes_off_before_a_silence_and_at_the_end() -> None:
    reports = with_ignition([Position(0), Position(60_000), Position(4_000_000)])
    assert [(each.fix_time_ms, each.ignition) for each in reports] == [
        (0, True),
        (60_000, True),
        (120_000, False),
        (4_000_000, True),
        (4_060_000, False),
    ]
