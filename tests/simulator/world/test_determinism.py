"""The same seed gives the same bytes, in any process and any order."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import msgspec

from milepost.protocols import osmand, teltonika
from milepost.simulator.world.emission import sendings
from milepost.simulator.world.world import LivedVehicle, World
from tests.simulator.world.conftest import DAYS, MONDAY, SEED, Made

PROTOCOLS = {"osmand": osmand.PROTOCOL, "teltonika": teltonika.PROTOCOL}


def digest(vehicle: LivedVehicle) -> str:
    told = sha256(msgspec.json.encode(vehicle.truth))
    for sending in sendings(vehicle, PROTOCOLS[vehicle.protocol]):
        told.update(str(sending.time_ms).encode() + sending.data)
    return told.hexdigest()


def digests(seed: int, numbers: list[int]) -> list[str]:
    world = World.make(seed, 40, MONDAY, DAYS)
    return [digest(world.vehicle(number)) for number in numbers]


def in_a_process(hash_seed: str) -> list[str]:
    code = f"from {__name__} import digests; print(*digests({SEED}, [1, 4]))"
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, check=True
    )
    return done.stdout.decode().split()


def test_two_processes_make_the_same_bytes() -> None:
    assert in_a_process("1") == in_a_process("2")


def test_a_vehicle_alone_is_the_same_as_after_others(world: World) -> None:
    assert digests(SEED, [4]) == [digest(world.vehicle(number)) for number in (1, 4)][1:]


def test_another_seed_makes_another_world() -> None:
    assert digests(SEED, [1]) != digests(SEED + 1, [1])


def test_a_device_does_not_change_what_its_vehicle_did(made: Made) -> None:
    assert made(1).truth == made(1, "late", "multipath", "clock_ahead").truth
