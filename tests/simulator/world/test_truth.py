"""Trips, stays and events: of every vehicle, and of states written by hand."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from milepost.simulator.world.samples import ON_FERRY, OWN_WHEELS, Samples
from milepost.simulator.world.sites import Area
from milepost.simulator.world.truth import STAY_MS, Truth, truth_of
from milepost.simulator.world.world import LivedVehicle, World

DAY_MS = 86_400_000


def lived(
    speeds_kmh: Sequence[float],
    *,
    engine: Sequence[bool] | None = None,
    carriers: Sequence[int] | None = None,
) -> Samples:
    """A second for each speed, going north."""
    speeds = np.array(speeds_kmh, dtype=np.float64)
    count = len(speeds)
    mps = speeds / 3.6
    along_m = np.concatenate([[0.0], np.cumsum((mps[1:] + mps[:-1]) / 2)])
    zeros = np.zeros(count)
    return Samples(
        times_ms=np.arange(count) * 1000,
        latitudes_deg=50.0 + along_m / 111_195.0,
        longitudes_deg=zeros + 8.0,
        heights_m=zeros,
        courses_deg=zeros,
        road_kinds=np.zeros(count, dtype=np.int64),
        speeds_kmh=speeds,
        laterals_mps2=zeros,
        is_engine_on=np.ones(count, dtype=bool) if engine is None else np.array(engine),
        carriers=np.zeros(count, dtype=np.int64) if carriers is None else np.array(carriers),
        fuel_used_l=np.arange(count) * 0.001,
        refuelled_l=zeros,
        fuel_levels_l=zeros + 50,
        odometers_m=along_m,
        engine_hours_h=zeros,
        engine_rpm=zeros,
        coolant_temps_c=zeros,
    )


def told(samples: Samples) -> Truth:
    return truth_of(samples, [Area("north", 50.001, 7.0, 51.0, 9.0)], {(50.0, 8.0): "home"})


REST, DRIVE = [0.0], [36.0]


def test_a_trip_begins_and_ends_at_rest() -> None:
    truth = told(lived(REST * 400 + DRIVE * 100 + REST * 400))
    (trip,) = truth.trips
    assert (trip.start_ms, trip.end_ms) == (399_000, 500_000)
    # 99 s at 10 m/s, and one second each to get there and to stop, at 5 m/s on average.
    assert trip.distance_m == pytest.approx(1000.0)
    assert trip.driving_ms == 100_000
    assert trip.fuel_used_l == pytest.approx(0.101)
    assert [(stay.start_ms, stay.end_ms, stay.site) for stay in truth.stays] == [
        (0, 399_000, "home"),
        (500_000, 899_000, None),
    ]


@pytest.mark.parametrize(("rest_s", "trips"), [(300, 1), (301, 2)])
def test_five_minutes_at_rest_divide_trips(rest_s: int, trips: int) -> None:
    # n instants at rest last n - 1 seconds.
    truth = told(lived(REST * 400 + DRIVE * 60 + REST * rest_s + DRIVE * 60 + REST * 400))
    assert len(truth.trips) == trips
    assert len(truth.stays) == trips + 1


def test_a_ferry_is_no_trip() -> None:
    speeds = REST * 400 + DRIVE * 60 + REST * 400 + DRIVE * 600 + REST * 100 + DRIVE * 60
    carriers = [OWN_WHEELS] * 860 + [ON_FERRY] * 600 + [OWN_WHEELS] * 560
    truth = told(lived(speeds + REST * 400, carriers=carriers))
    (carriage,) = truth.carriages
    assert carriage.carrier == "ferry"
    # It lasts until the vehicle drives off: the 100 s before are too short for a stay.
    assert (carriage.start_ms, carriage.end_ms) == (859_000, 1_559_000)
    assert [trip.start_ms for trip in truth.trips] == [399_000, 1_559_000]


def test_a_minute_with_the_engine_on_at_rest_is_idling() -> None:
    engine = [True] * 59 + [False] * 20 + [True] * 61 + [False] * 10
    assert [
        (each.start_ms, each.end_ms) for each in told(lived(REST * 150, engine=engine)).idlings
    ] == [(79_000, 139_000)]


def test_harsh_events_are_seconds_above_the_limit() -> None:
    slowing = [72.0, 58.0, 44.0, 30.0, 30.0]
    truth = told(lived([*REST, 10.0, 20.0, 40.0, 60.0, 72.0, *slowing, 20.0, 10.0, *REST]))
    assert [(event.kind, event.start_ms, event.end_ms) for event in truth.harsh_events] == [
        ("acceleration", 2000, 5000),
        ("braking", 6000, 9000),
    ]
    assert truth.harsh_events[1].peak_mps2 == pytest.approx(14 / 3.6, abs=0.01)
    assert truth.harsh_events[1].speed_kmh == 72.0


def test_an_area_is_visited_from_the_first_place_within_to_the_first_without() -> None:
    truth = told(lived(REST * 10 + DRIVE * 30 + REST * 10))
    (visit,) = truth.area_visits
    # 0.001 degrees are 111 m: passed in the twelfth second of the drive.
    assert (visit.enter_ms, visit.leave_ms) == (21_000, 49_000)


def test_trips_stays_and_carriages_cover_the_time_each_once(fleet: Sequence[LivedVehicle]) -> None:
    for vehicle in fleet:
        truth = vehicle.truth
        spans = sorted(
            (each.start_ms, each.end_ms)
            for kind in (truth.trips, truth.stays, truth.carriages)
            for each in kind
        )
        start_ms, end_ms = int(vehicle.samples.times_ms[0]), int(vehicle.samples.times_ms[-1])
        assert (spans[0][0], spans[-1][1]) == (start_ms, end_ms)
        assert end_ms - start_ms == 3 * DAY_MS
        assert all(one[1] == other[0] for one, other in itertools.pairwise(spans))
        between = [
            stay for stay in truth.stays if start_ms < stay.start_ms and stay.end_ms < end_ms
        ]
        assert all(stay.end_ms - stay.start_ms >= STAY_MS for stay in between)


def test_vehicles_stay_at_places_with_names(fleet: Sequence[LivedVehicle]) -> None:
    stays = [stay for vehicle in fleet for stay in vehicle.truth.stays]
    assert sum(stay.site is not None for stay in stays) > 0.5 * len(stays)


def test_a_week_of_vans_and_lorries_takes_the_ferry(world: World) -> None:
    carriers = {
        carriage.carrier
        for number in range(world.vehicles)
        if world.character(number).kind.name == "lorry"
        for carriage in world.vehicle(number, ()).truth.carriages
    }
    assert "ferry" in carriers
