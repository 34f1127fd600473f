"""When a vehicle set off and arrived, between two reports of a device that reports rarely at rest.

The drive before makes 10 s the usual interval. 36 km/h are 10 m/s.
"""

import pytest

from milepost.domain.position import Position
from milepost.domain.trip import Stop
from tests.stream.steps.test_trips import at, drive, fold, stand, time_at, trips

ON, OFF = {"ignition": True}, {"ignition": False}
# Ten minutes to 6,000 m, then at rest with the engine on, a report a minute until 1,260 s.
ARRIVED = stand(0, 60, 0, **ON) + drive(60, 660, **ON)
RESTED = [*ARRIVED, *(at(s, 6000, speed_kmh=0.0, **ON) for s in range(670, 1261, 60))]
LAST_S = 1210


def started_s(history: list[Position]) -> float:
    return trips(fold(history))[-1].start_time.timestamp() - time_at(0).timestamp()


def ended_s(history: list[Position]) -> float:
    end_time = trips(fold(history))[0].end_time
    assert end_time is not None
    return end_time.timestamp() - time_at(0).timestamp()


def away(second: int, metres: float, speed_kmh: float, **more: object) -> list[Position]:
    """The first report of a drive, and a drive on from there at 10 m/s."""
    first = at(second, 6000 + metres, speed_kmh=speed_kmh, **{**ON, **more})
    return [first, *drive(second, second + 600, 6000 + metres, **{**ON, **more})]


def test_it_set_off_as_late_as_its_way_and_speed_allow() -> None:
    """100 m at 36 km/h take 10 s."""
    assert started_s(RESTED + away(LAST_S + 60, 100, 36.0)) == pytest.approx(LAST_S + 50, abs=0.01)


def test_a_slow_first_report_does_not_mean_that_all_of_it_was_slow() -> None:
    """100 m at the 20 km/h of a town take 18 s."""
    assert started_s(RESTED + away(LAST_S + 60, 100, 6.0)) == pytest.approx(LAST_S + 42, abs=0.01)


def test_what_it_did_within_fifteen_seconds_is_not_looked_into() -> None:
    assert started_s(RESTED + away(LAST_S + 31, 170, 36.0)) == LAST_S


def test_without_a_reported_speed_nobody_knows() -> None:
    history = [*RESTED, at(LAST_S + 60, 6100, **ON), *drive(LAST_S + 60, LAST_S + 660, 6100, **ON)]
    assert started_s(history) == LAST_S


def test_it_arrived_as_early_as_its_way_and_speed_allow() -> None:
    """200 m at the 36 km/h of the report before take 20 s."""
    rest = [at(s, 6200, speed_kmh=0.0, **ON) for s in range(720, 1500, 60)]
    outputs = fold(ARRIVED + rest)
    assert ended_s(ARRIVED + rest) == pytest.approx(680, abs=0.01)
    (trip,) = trips(outputs)
    assert trip.distance_m == pytest.approx(6200, abs=0.1)
    stop = [each for each in outputs if isinstance(each, Stop)][-1]
    assert stop.place == trip.end_place


def test_the_engine_idles_from_the_arrival_on() -> None:
    """From 680 s to 1,440 s."""
    rest = [at(s, 6200, speed_kmh=0.0, **ON) for s in range(720, 1441, 60)]
    (stop,) = [each for each in fold(ARRIVED + rest) if isinstance(each, Stop)][-1:]
    assert stop.idling_s == pytest.approx(760, abs=0.1)


def test_the_driving_of_a_leg_is_as_long_as_it_took() -> None:
    """10 s of the minute, then 600 s."""
    (_, trip) = trips(fold(RESTED + away(LAST_S + 60, 100, 36.0)))
    assert trip.driving_s == pytest.approx(610, abs=0.1)
    assert trip.distance_m == pytest.approx(6100, abs=0.1)


def test_what_is_carried_off_did_not_set_off() -> None:
    """With the engine off all the way it was towed: nothing is inferred of its driving."""
    parked = [*ARRIVED, *(at(s, 6000, speed_kmh=0.0, **OFF) for s in range(670, 1911, 60))]
    history = parked + away(1930, 100, 36.0, **OFF)
    assert len(trips(fold(history))) == 1
