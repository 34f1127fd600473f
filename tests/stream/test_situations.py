"""Situations of public reports, each with what a fleet's own records say of it.

Times are seconds after a start, places metres north of it; every number is worked out by hand.
"""

import itertools
import math
import random
from collections.abc import Sequence

import msgspec
import pytest

from milepost.domain.position import Position
from milepost.domain.trip import Event, Rollup, Stop, Trip
from milepost.stream.contract import Output
from milepost.stream.ordering import in_order
from tests.stream.steps.test_trips import M_PER_DEG, START_MS, at, drive, fold, stand, trips

HOUR_S = 3600


def scatter(
    begin_s: int, end_s: int, at_m: float, every_s: int, radius_m: float, **measured: object
) -> list[Position]:
    """A receiver at rest whose place wanders, with speeds that it makes up."""
    chance = random.Random(5)
    found = []
    for second in range(begin_s + every_s, end_s + 1, every_s):
        far_m, angle = radius_m * math.sqrt(chance.random()), chance.uniform(0, 2 * math.pi)
        north_m = at_m + far_m * math.cos(angle)
        place = at(second, north_m, speed_kmh=chance.choice([0.0, 3.0, 7.0, 12.0]), **measured)
        east_deg = far_m * math.sin(angle) / M_PER_DEG
        found.append(msgspec.structs.replace(place, longitude_deg=7.0 + east_deg))
    return found


def stops(outputs: Sequence[Output]) -> list[Stop]:
    return [each for each in outputs if isinstance(each, Stop)]


def kinds(outputs: Sequence[Output]) -> set[str]:
    return {each.kind for each in outputs if isinstance(each, Event)}


def seconds_of(each: Trip | Stop) -> tuple[float, float | None]:
    begin_s = each.start_time.timestamp() - START_MS / 1000
    end_s = None if each.end_time is None else each.end_time.timestamp() - START_MS / 1000
    return begin_s, end_s


def totals(outputs: Sequence[Output], field: str) -> float:
    newest = {each.bucket_start_ms: each for each in outputs if isinstance(each, Rollup)}
    return sum(getattr(each, field) for each in newest.values())


def covers_its_time(outputs: Sequence[Output]) -> bool:
    spans = sorted(seconds_of(each) for each in outputs if isinstance(each, Trip | Stop))
    return all(first[1] == second[0] for first, second in itertools.pairwise(spans))


DRIVE = stand(0, 60, 0) + drive(60, 660)
ON = {"ignition": True}
OFF = {"ignition": False}
DRIVE_ON = stand(0, 60, 0, **ON) + drive(60, 660, **ON)


@pytest.mark.parametrize("ignition", [None, False])
def test_a_speed_that_is_stuck_keeps_no_trip_open(ignition: bool | None) -> None:
    stuck = [at(s, 6000, speed_kmh=8.0, ignition=ignition) for s in range(960, 8160, 300)]
    (trip,) = trips(fold(DRIVE + stuck))
    assert seconds_of(trip) == (60.0, 660.0)
    assert trip.distance_m == pytest.approx(6000, abs=1)
    assert trip.driving_s == 600.0


def test_drift_with_the_engine_on_is_neither_distance_nor_driving() -> None:
    """A refrigerated lorry unloads for an hour; its place wanders 60 m."""
    history = DRIVE_ON + scatter(660, 660 + HOUR_S, 6000, 30, 60, **ON)
    history += drive(660 + HOUR_S, 1260 + HOUR_S, 6000, **ON)
    outputs = fold(history)
    first, second = trips(outputs)
    assert seconds_of(first)[1] == pytest.approx(660, abs=60)
    assert seconds_of(second)[0] == pytest.approx(660 + HOUR_S, abs=120)
    assert totals(outputs, "distance_m") == pytest.approx(12_000, abs=250)
    assert totals(outputs, "driving_s") == pytest.approx(1200, abs=180)


def test_nobody_tows_a_car_between_high_walls() -> None:
    history = DRIVE_ON + scatter(660, 660 + HOUR_S // 2, 6000, 30, 120, **OFF)
    history += drive(660 + HOUR_S // 2, 1260 + HOUR_S // 2, 6000, **ON)
    outputs = fold(history)
    assert "towed" not in kinds(outputs)
    assert len(trips(outputs)) == 2


def test_a_night_is_no_trip() -> None:
    """Parked with the ignition off; twelve hours later the first fix is 400 m down the road."""
    night_s = 660 + 12 * HOUR_S
    history = [*DRIVE_ON, at(720, 6000, speed_kmh=0.0, **OFF)]
    history += [at(night_s, 6400, speed_kmh=40.0, **ON), *drive(night_s, night_s + 600, 6400, **ON)]
    outputs = fold(history)
    first, second = trips(outputs)
    assert seconds_of(first) == (60.0, pytest.approx(660.0, abs=1))  # where it was a minute later
    # 400 m at 40 km/h take 36 s.
    assert seconds_of(second)[0] == night_s - 36
    assert second.distance_m == pytest.approx(6400, abs=1)
    (stay,) = [each for each in stops(outputs) if each.has_gap]
    assert seconds_of(stay) == (pytest.approx(660.0, abs=1), night_s - 36)
    assert covers_its_time(outputs)


def test_a_restaurant_without_reception_is_a_stay() -> None:
    """42 minutes later the phone is 170 m further on: it never went at 0.24 km/h."""
    inside = [at(661, 6000, speed_kmh=3.0), at(661 + 2520, 6170, speed_kmh=12.0)]
    outputs = fold(DRIVE + inside + drive(3181, 3781, 6170))
    first, second = trips(outputs)
    assert seconds_of(first)[1] == pytest.approx(660, abs=1)
    assert seconds_of(second)[0] == pytest.approx(3181 - 170 / (20 / 3.6), abs=1)
    assert covers_its_time(outputs)


def test_silence_in_one_place_is_no_driving() -> None:
    """25 minutes without a report, shorter than a data gap."""
    history = [*DRIVE_ON, at(2160, 6000, speed_kmh=0.0, **ON), *drive(2160, 2760, 6000, **ON)]
    outputs = fold(history)
    first, second = trips(outputs)
    assert seconds_of(first) == (60.0, 660.0)
    assert seconds_of(second)[0] == 2160.0
    assert totals(outputs, "driving_s") == 1200.0


def test_a_departure_between_two_heartbeats_is_driving_for_as_long_as_it_took() -> None:
    """1 km at 40 km/h takes a minute and a half of the 25 minutes."""
    history = [at(s, 0, speed_kmh=0.0) for s in range(0, 7501, 1500)]
    history += [at(9000, 1000, speed_kmh=40.0), *drive(9000, 9600, 1000)]
    (trip,) = trips(fold(history))
    assert seconds_of(trip)[0] == 9000 - 90
    assert trip.driving_s == 690.0


def test_a_car_on_a_train_drives_nowhere() -> None:
    """36 minutes of silence and 50 km, the ignition off before and after."""
    history = DRIVE_ON + stand(660, 900, 6000, **OFF)
    history += stand(900 + 2160, 900 + 2460, 56_000, **OFF)
    outputs = fold(history)
    assert totals(outputs, "distance_m") == pytest.approx(6000, abs=1)
    assert len(trips(outputs)) == 1
    assert "towed" in kinds(outputs)
    assert covers_its_time(outputs)


def test_a_wire_that_was_never_on_is_not_connected() -> None:
    history = stand(0, 60, 0, **OFF) + drive(60, 660, **OFF) + stand(660, 2460, 6000, **OFF)
    history += drive(2460, 3060, 6000, **OFF) + stand(3060, 3960, 12_000, **OFF)
    outputs = fold(history)
    assert len(trips(outputs)) == 2
    assert totals(outputs, "distance_m") == pytest.approx(12_000, abs=1)
    assert "towed" not in kinds(outputs)


def test_a_wire_that_comes_loose_is_found_out() -> None:
    """It was on once, and then the vehicle drives for an hour with it off."""
    history = DRIVE_ON + stand(660, 1260, 6000, **OFF) + drive(1260, 1260 + HOUR_S, 6000, **OFF)
    outputs = fold(history)
    assert [each.kind for each in outputs if isinstance(each, Event)].count(
        "ignition_unreliable"
    ) == 1
    assert len(trips(outputs)) == 2


def test_a_start_stop_system_ends_no_trip() -> None:
    light = [at(s, 6000, speed_kmh=0.0, ignition=on) for s, on in ((670, True), (682, False))]
    light.append(at(694, 6000, speed_kmh=0.0, **ON))
    (trip,) = trips(fold(DRIVE_ON + light + drive(694, 1294, 6000, **ON)))
    assert trip.distance_m == pytest.approx(12_000, abs=1)


def test_a_cell_tower_moves_nobody() -> None:
    def seen(second: int, north_m: float, accuracy_m: int) -> Position:
        return at(second, north_m, attributes={"accuracyM": str(accuracy_m)})

    history = [seen(s, 0, 12) for s in range(0, 1200, 120)]
    history += [seen(s, 3000, 2200) for s in (1320, 1440, 1560)]
    history += [seen(s, 0, 12) for s in range(1680, 3000, 120)]
    outputs = fold(history)
    assert trips(outputs) == []
    assert totals(outputs, "distance_m") == 0.0
    assert "position_rejected" in kinds(outputs)


@pytest.mark.parametrize("direction", [1, -1])
def test_of_two_places_for_one_second_the_one_that_moves_is_right(direction: int) -> None:
    """Every other report is followed by a status with the place of the report before."""
    history = stand(0, 60, 0)
    for second in range(70, 671, 10):
        history.append(at(second, direction * 10.0 * (second - 60), speed_kmh=36.0))
        history.append(at(second, direction * 10.0 * (second - 70), speed_kmh=0.0))
    assert totals(fold(in_order(-1, history)[0]), "distance_m") == pytest.approx(6100, abs=1)


def test_a_sweeper_works_all_the_time() -> None:
    """Lanes of 100 m, up and down for half an hour at 4 km/h: 2 km."""
    history = stand(0, 60, 0, **ON)
    lane = [*range(33, 101, 33), *range(66, -1, -33)]
    for place in range(60):
        second = 60 + 30 * (place + 1)
        history.append(at(second, float(lane[place % len(lane)]), speed_kmh=4.0, **ON))
    history += stand(60 + 30 * 60, 3000, 0, **OFF)
    outputs = fold(history)
    assert totals(outputs, "distance_m") == pytest.approx(60 * 33, abs=200)
    assert totals(outputs, "idling_s") < 300


READINGS = {
    "a reboot and back": ([100.0, 100.6, 0.0, 0.0, 100.66, 101.2], 1.2),
    "a new counter": ([100.0, 100.6, 0.0, 0.4, 0.9], 1.5),
    "a jump": ([100.0, 100.6, 5100.6, 5101.0], 1.0),
}


@pytest.mark.parametrize("name", READINGS)
def test_a_counter_that_restarts_or_jumps_burns_nothing(name: str) -> None:
    readings, used_l = READINGS[name]
    history = [at(60 * i, 0, speed_kmh=0.0, fuel_used_l=each) for i, each in enumerate(readings)]
    assert totals(fold(history), "fuel_used_l") == pytest.approx(used_l, abs=0.07)
