"""The stream's trips of clean cars, held against the trips that they drove."""

import pytest

from milepost.domain.policy import Policy
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Trip
from milepost.simulator.world.world import LivedVehicle, World
from milepost.stream.fold import Fold
from milepost.stream.pipeline import initial_state
from tests.simulator.world.conftest import Made

# A clean device reports every 60 s at rest with the engine on, every 10 s in motion.
TOLERANCE_S = 75.0


def concluded_trips(vehicle: LivedVehicle) -> list[Trip]:
    fold = Fold(initial_state(), Policy(Thresholds()))
    fold.run([report.position for report in vehicle.reports])
    outputs = [each.output for each in fold.concluded]
    return [each for each in outputs if isinstance(each, Trip) and each.end_time is not None]


def test_a_clean_cars_trips_are_those_it_drove(world: World, made: Made) -> None:
    cars = [
        number for number in range(world.vehicles) if world.character(number).kind.name == "car"
    ]
    for number in cars[:4]:
        vehicle = made(number)
        concluded, driven = concluded_trips(vehicle), vehicle.truth.trips
        assert len(concluded) == len(driven)
        for trip, true in zip(concluded, driven, strict=True):
            assert trip.end_time is not None
            assert abs(trip.start_time.timestamp() - true.start_ms / 1000) <= TOLERANCE_S
            assert abs(trip.end_time.timestamp() - true.end_ms / 1000) <= TOLERANCE_S
            assert trip.distance_m == pytest.approx(true.distance_m, rel=0.02, abs=60)
