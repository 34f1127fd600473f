"""A small world, and vehicles of it that other tests look at."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache

import pytest

from milepost.simulator.world.world import LivedVehicle, World

SEED = 7
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 3

Made = Callable[..., LivedVehicle]


@pytest.fixture(scope="session")
def world() -> World:
    return World.make(SEED, 40, MONDAY, DAYS)


@pytest.fixture(scope="session")
def made(world: World) -> Made:
    """`made(number, *faults)`: a vehicle whose device has these faults; made once."""

    @cache
    def vehicle(number: int, *faults: str) -> LivedVehicle:
        return world.vehicle(number, faults)

    return vehicle


@pytest.fixture(scope="session")
def by_kind(world: World, made: Made) -> Mapping[str, LivedVehicle]:
    """The first vehicle of each kind, with a clean device."""
    found: dict[str, LivedVehicle] = {}
    for number in range(world.vehicles):
        kind = world.character(number).kind.name
        if kind not in found:
            found[kind] = made(number)
    return found


@pytest.fixture(scope="session")
def fleet(by_kind: Mapping[str, LivedVehicle]) -> Sequence[LivedVehicle]:
    return list(by_kind.values())
