"""The numbers that decide trips, each from both sides; distances and times worked out by hand."""

import pytest

from milepost.domain.position import Position
from milepost.domain.trip import Event

from .test_trips import START_MS, at, drive, fold, stand, trips


def silent(positions: list[Position]) -> list[Position]:
    """The same fixes from a receiver that reports no speed."""
    return [Position(each.fix_time_ms, each.latitude_deg, each.longitude_deg) for each in positions]


def start_s(positions: list[Position]) -> float:
    """When the only trip begins."""
    (trip,) = trips(fold(positions))
    return trip.start_time.timestamp() - START_MS / 1000


@pytest.mark.parametrize(("stirred_m", "begins_s"), [(48.0, 60.0), (52.0, 50.0)])
def test_a_third_of_the_distance_that_makes_motion_is_the_same_place(
    stirred_m: float, begins_s: float
) -> None:
    """150 m make motion: slow at 48 m it still rests, slow at 52 m it is on its way."""
    history = [*stand(0, 50, 0), at(60, stirred_m, speed_kmh=0.0), *drive(60, 400, stirred_m)]
    assert start_s(history) == begins_s


@pytest.mark.parametrize(("scattered_m", "begins_s"), [(19.0, 60.0), (21.0, 50.0)])
def test_twenty_metres_are_scatter_where_no_speed_is_reported(
    scattered_m: float, begins_s: float
) -> None:
    """Both are faster than 5 km/h over 10 s: 6.8 and 7.6."""
    history = [*stand(0, 50, 0), at(60, scattered_m), *drive(60, 400, scattered_m)]
    assert start_s(silent(history)) == begins_s


def test_drift_at_a_halt_is_waited_for_twice_as_long_as_a_stop_takes() -> None:
    """It halts at 370 s and then seems to crawl within 4 m: a stop of 300 s is one at 970 s."""
    drift = [at(s, 3000.0 + (s // 10 % 2) * 4.0, speed_kmh=7.0) for s in range(380, 1500, 10)]
    history = [*stand(0, 60, 0), *drive(60, 360), at(370, 3000.0, speed_kmh=0.0), *drift]
    (trip,) = trips(fold(history))
    assert trip.end_time is not None and trip.end_explanation is not None
    assert trip.end_time.timestamp() == START_MS / 1000 + 370
    assert trip.end_explanation.measured["halt_s"] == 600.0
    assert trip.end_explanation.decided_fix_time_ms == START_MS + 970_000


@pytest.mark.parametrize(("leap_m", "believed"), [(1160.0, True), (1162.5, False)])
def test_a_leap_is_believed_up_to_the_fastest_speed_and_fifty_metres(
    leap_m: float, believed: bool
) -> None:
    """In 10 s 400 km/h are 1,111.1 m: 1,161.1 m are the limit."""
    outputs = fold([*stand(0, 60, 0), at(70, leap_m, speed_kmh=300.0)])
    rejected = [each for each in outputs if isinstance(each, Event)]
    assert [each.kind for each in rejected] == ([] if believed else ["position_rejected"])
