"""Laws that the true states keep, whatever the vehicle does."""

from collections.abc import Sequence

import numpy as np
import pytest

from milepost.geo.distance import steps_m
from milepost.simulator.world.map_making import METRES_PER_DEG
from milepost.simulator.world.reports import EAST_METRES_PER_DEG
from milepost.simulator.world.samples import OWN_WHEELS
from milepost.simulator.world.vehicle_kinds import VEHICLE_KINDS
from milepost.simulator.world.world import LivedVehicle, World

KINDS = {kind.name: kind for kind in VEHICLE_KINDS}


def test_every_kind_of_vehicle_is_looked_at(fleet: Sequence[LivedVehicle]) -> None:
    assert {vehicle.kind for vehicle in fleet} == set(KINDS)
    assert all(vehicle.truth.trips for vehicle in fleet)


def test_the_places_are_as_far_apart_as_the_speed_says(fleet: Sequence[LivedVehicle]) -> None:
    for vehicle in fleet:
        samples = vehicle.samples
        latlon = np.column_stack([samples.latitudes_deg, samples.longitudes_deg])
        # A corner that is cut between two seconds makes the places some metres nearer.
        walked_m = steps_m(latlon).sum()
        mps = samples.speeds_kmh / 3.6
        integral_m = np.sum((mps[1:] + mps[:-1]) / 2)
        assert walked_m <= integral_m * 1.0001
        assert walked_m == pytest.approx(integral_m, rel=0.01)


def test_trips_and_odometer_are_the_integral_of_the_speed(fleet: Sequence[LivedVehicle]) -> None:
    for vehicle in fleet:
        samples = vehicle.samples
        own = np.where(samples.carriers == OWN_WHEELS, samples.speeds_kmh / 3.6, 0.0)
        integral_m = np.sum((own[1:] + own[:-1]) / 2)
        driven_m = samples.odometers_m[-1] - samples.odometers_m[0]
        assert driven_m == pytest.approx(integral_m, rel=1e-6)
        trips_m = sum(trip.distance_m for trip in vehicle.truth.trips)
        assert trips_m == pytest.approx(integral_m, rel=1e-6)


def test_no_vehicle_is_faster_than_its_kind(fleet: Sequence[LivedVehicle]) -> None:
    for vehicle in fleet:
        own = vehicle.samples.speeds_kmh[vehicle.samples.carriers == OWN_WHEELS]
        assert own.max() <= KINDS[vehicle.kind].max_speed_kmh


def test_true_places_lie_on_roads(world: World, fleet: Sequence[LivedVehicle]) -> None:
    starts = np.concatenate([road.shape[:-1] for road in world.map.net.roads])
    ends = np.concatenate([road.shape[1:] for road in world.map.net.roads])
    scale = np.array([METRES_PER_DEG, EAST_METRES_PER_DEG])
    for vehicle in fleet:
        samples = vehicle.samples
        latlon = np.column_stack([samples.latitudes_deg, samples.longitudes_deg])[::997]
        for place in latlon:
            assert _nearest_m((starts - place) * scale, (ends - place) * scale) < 0.2


def _nearest_m(starts: np.ndarray, ends: np.ndarray) -> float:
    along = ends - starts
    share = np.clip(-(starts * along).sum(1) / (along**2).sum(1), 0, 1)
    return float(np.sqrt(((starts + share[:, None] * along) ** 2).sum(1)).min())


def test_the_tank_holds_what_was_in_it_and_taken_in_less_what_was_burnt(
    fleet: Sequence[LivedVehicle],
) -> None:
    for vehicle in fleet:
        samples = vehicle.samples
        taken_l = sum(each.litres for each in vehicle.truth.refuellings)
        change_l = samples.fuel_levels_l[-1] - samples.fuel_levels_l[0]
        assert change_l == pytest.approx(taken_l - samples.fuel_used_l[-1], abs=0.01)
        assert samples.fuel_levels_l.min() > 0
        assert samples.fuel_levels_l.max() <= KINDS[vehicle.kind].tank_l


def test_fuel_is_burnt_only_while_the_engine_runs(fleet: Sequence[LivedVehicle]) -> None:
    for vehicle in fleet:
        samples = vehicle.samples
        burns = np.diff(samples.fuel_used_l) > 0
        assert samples.is_engine_on[1:][burns].all()


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [("car", 4, 9), ("van", 7, 14), ("lorry", 22, 45), ("bus", 25, 50)],
)
def test_consumption_is_what_such_vehicles_need(
    kind: str, least: float, most: float, fleet: Sequence[LivedVehicle]
) -> None:
    samples = next(vehicle.samples for vehicle in fleet if vehicle.kind == kind)
    driven_km = (samples.odometers_m[-1] - samples.odometers_m[0]) / 1000
    assert least < samples.fuel_used_l[-1] / driven_km * 100 < most


def test_time_goes_on_and_a_second_at_a_time_while_anything_moves(
    fleet: Sequence[LivedVehicle],
) -> None:
    for vehicle in fleet:
        steps_ms = np.diff(vehicle.samples.times_ms)
        assert steps_ms.min() >= 1000
        assert (steps_ms[vehicle.samples.is_moving[1:]] == 1000).all()
        assert (steps_ms[vehicle.samples.is_moving[:-1]] == 1000).all()


def test_engine_hours_are_the_seconds_with_the_engine_on(fleet: Sequence[LivedVehicle]) -> None:
    for vehicle in fleet:
        samples = vehicle.samples
        run_h = samples.engine_hours_h[-1] - samples.engine_hours_h[0]
        assert run_h == pytest.approx(np.count_nonzero(samples.is_engine_on) / 3600, abs=1e-6)


def test_an_engine_turns_only_when_it_is_on_and_warms_up(fleet: Sequence[LivedVehicle]) -> None:
    for vehicle in fleet:
        samples = vehicle.samples
        assert ((samples.engine_rpm > 0) == samples.is_engine_on).all()
        assert 11 <= samples.coolant_temps_c.min() < 60 < samples.coolant_temps_c.max() < 88
        assert samples.engine_rpm.max() < 3500
