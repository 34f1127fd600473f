import pytest

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Event
from milepost.stream.pipeline import DeviceState, initial_state
from tests.folding import advance

GOOD = Position(0, 50.0, 7.0, speed_kmh=30.0)


def fold(*positions: Position) -> tuple[DeviceState, list[str]]:
    state, outputs = advance(initial_state(), positions, Thresholds())
    events = [each for each in outputs if isinstance(each, Event)]
    return state, [str(e.detail["reason"]) for e in events if e.kind == "position_rejected"]


def test_accepts_a_fix() -> None:
    state, rejected = fold(GOOD)
    assert state.last_fix == GOOD
    assert rejected == []


@pytest.mark.parametrize(
    ("latitude_deg", "longitude_deg", "reason"),
    [
        (91.0, 7.0, "range"),
        (-90.5, 7.0, "range"),
        (50.0, 1555.0, "range"),
        (50.0, -180.1, "range"),
        (float("nan"), 7.0, "range"),
        (0.0, 0.0, "null_island"),
        (0.002, -0.002, "null_island"),
        (59.0, 7.0, "jump"),
    ],
)
def test_rejects(latitude_deg: float, longitude_deg: float, reason: str) -> None:
    state, rejected = fold(GOOD, Position(60_000, latitude_deg, longitude_deg))
    assert state.last_fix == GOOD
    assert state.last_fix_time_ms == 60_000
    assert rejected == [reason]


def test_a_row_of_null_islands_is_one_event() -> None:
    _, rejected = fold(GOOD, *(Position(1000 * i, 0.0, 0.0) for i in range(1, 9)))
    assert rejected == ["null_island"]


def test_a_fix_that_the_device_calls_invalid_is_a_status() -> None:
    state, rejected = fold(GOOD, Position(60_000, 50.001, 7.0, valid=False, ignition=True))
    assert state.last_fix == GOOD
    assert state.ignition is True
    assert rejected == []


def test_the_second_place_of_an_instant_is_not_counted() -> None:
    state, _ = fold(GOOD, Position(0, 50.0001, 7.0))
    assert state.last_fix == GOOD


def test_two_jumps_that_agree_are_believed() -> None:
    there = Position(120_000, 59.0001, 7.0)
    state, rejected = fold(GOOD, Position(60_000, 59.0, 7.0), there)
    assert rejected == ["jump"]
    assert state.last_fix == there


def test_two_jumps_that_contradict_each_other_are_not() -> None:
    state, rejected = fold(GOOD, Position(60_000, 59.0, 7.0), Position(120_000, 20.0, 7.0))
    assert rejected == ["jump", "jump"]
    assert state.last_fix == GOOD


def test_a_good_fix_after_a_bad_one_is_believed() -> None:
    back = Position(120_000, 50.001, 7.0)
    state, _ = fold(GOOD, Position(60_000, 59.0, 7.0), back)
    assert state.last_fix == back


def test_fast_enough_is_a_flight_and_not_a_jump() -> None:
    there = Position(3_600_000, 53.0, 7.0)
    state, rejected = fold(GOOD, there)
    assert rejected == []
    assert state.last_fix == there


@pytest.mark.parametrize("speed_kmh", [-1.0, 410.4, float("nan")])
def test_an_impossible_speed_is_replaced_by_the_legs(speed_kmh: float) -> None:
    """CapMetro's 255 mph means "no value"; a GPS speed can be negative."""
    still = Position(60_000, 50.0, 7.0, speed_kmh=speed_kmh)
    state, rejected = fold(GOOD, still)
    assert rejected == []
    assert state.motion == "stopped"
