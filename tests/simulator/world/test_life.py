"""Days of vehicles: what they do, and where they are at night."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from milepost.simulator.world.road_net import KIND_NAMES
from milepost.simulator.world.world import LivedVehicle, World
from tests.simulator.world.conftest import MONDAY

HOUR_MS = 3_600_000
START_MS = round(MONDAY.timestamp() * 1000)


def test_vehicles_spend_the_night_at_their_base(by_kind: Mapping[str, LivedVehicle]) -> None:
    for kind in ("car", "van", "bus", "refuse truck", "yard tractor"):
        vehicle = by_kind[kind]
        for day in range(3):
            night_ms = START_MS + day * 24 * HOUR_MS + 3 * HOUR_MS
            at_night = [
                stay.site for stay in vehicle.truth.stays if stay.start_ms <= night_ms < stay.end_ms
            ]
            assert at_night == [vehicle.base]


def test_offices_are_closed_on_sunday() -> None:
    sunday = World.make(7, 20, MONDAY.replace(day=11), 1)
    kinds = {number: sunday.character(number).kind.name for number in range(20)}
    resting = [number for number, kind in kinds.items() if kind in ("van", "lorry", "yard tractor")]
    assert resting
    assert not any(sunday.vehicle(number, ()).truth.trips for number in resting[:3])
    bus = next(number for number, kind in kinds.items() if kind == "bus")
    assert sunday.vehicle(bus, ()).truth.trips


def test_a_van_delivers_and_a_bus_drives_its_line(by_kind: Mapping[str, LivedVehicle]) -> None:
    sites = {stay.site for stay in by_kind["van"].truth.stays}
    assert len(sites) > 10
    line = {stay.site for stay in by_kind["bus"].truth.stays} - {by_kind["bus"].base, None}
    assert len([site for site in line if site is not None and site.startswith("Terminal")]) >= 2


def test_a_refuse_truck_works_at_walking_pace(by_kind: Mapping[str, LivedVehicle]) -> None:
    speeds_kmh = by_kind["refuse truck"].samples.speeds_kmh
    moving = speeds_kmh[speeds_kmh > 0]
    assert np.mean(moving < 10) > 0.3


def test_a_tractor_stays_in_its_yard(by_kind: Mapping[str, LivedVehicle]) -> None:
    vehicle = by_kind["yard tractor"]
    assert set(vehicle.samples.road_kinds) == {KIND_NAMES.index("yard")}
    assert {visit.area for visit in vehicle.truth.area_visits} >= {f"{vehicle.base} yard"}
    assert len(vehicle.truth.trips) > 30


def test_a_harsh_driver_has_more_harsh_events_than_a_calm_one(world: World) -> None:
    found: dict[str, list[float]] = {"calm": [], "harsh": []}
    for number in range(world.vehicles):
        style = world.character(number).style.name
        if world.character(number).kind.name in ("car", "van") and len(found.get(style, "12")) < 2:
            truth = world.vehicle(number, ()).truth
            driven_km = sum(trip.distance_m for trip in truth.trips) / 1000
            found[style].append(len(truth.harsh_events) / driven_km)
    assert all(map(len, found.values()))
    assert min(found["harsh"]) > 5 * max(found["calm"])


def test_refuelling_happens_at_rest_at_a_pump(fleet: Sequence[LivedVehicle]) -> None:
    refuelled = 0
    for vehicle in fleet:
        for each in vehicle.truth.refuellings:
            refuelled += 1
            moving_ms = vehicle.samples.times_ms[vehicle.samples.is_moving]
            assert not ((moving_ms > each.start_ms) & (moving_ms <= each.end_ms)).any()
            assert each.litres > 10
    assert refuelled > 3


def test_a_towed_vehicle_moves_with_its_engine_off() -> None:
    vehicle = World.make(6, 8, MONDAY, 4).vehicle(7, ())
    (tow,) = (each for each in vehicle.truth.carriages if each.carrier == "tow truck")
    samples = vehicle.samples
    towed = (samples.times_ms > tow.start_ms) & (samples.times_ms < tow.end_ms)
    assert not samples.is_engine_on[towed].any()
    assert samples.speeds_kmh[towed].max() == pytest.approx(45, abs=1)
    assert np.ptp(samples.odometers_m[towed]) == 0
    stay = next(stay for stay in vehicle.truth.stays if stay.start_ms == tow.end_ms)
    assert stay.site is not None
    assert stay.site.startswith("Workshop")
    assert stay.end_ms - stay.start_ms > 2 * HOUR_MS


def test_a_ferry_carries_a_vehicle_at_its_own_speed(world: World) -> None:
    vehicle = next(
        lived
        for number in range(world.vehicles)
        if world.character(number).kind.name == "lorry"
        for lived in [world.vehicle(number, ())]
        if lived.truth.carriages
    )
    for carriage in vehicle.truth.carriages:
        samples = vehicle.samples
        sailing = (samples.times_ms > carriage.start_ms) & (samples.times_ms < carriage.end_ms)
        assert not samples.is_engine_on[sailing][:-30].any()
        assert samples.speeds_kmh[sailing].max() == pytest.approx(25, abs=0.5)
        assert carriage.distance_m == pytest.approx(6350, rel=0.1)
        assert carriage.start_ms % (40 * 60_000) == 0
