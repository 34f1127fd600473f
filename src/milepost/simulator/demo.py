"""The demo's fleet: real recordings, played for ever over four device protocols.

Loop time 0 is midnight in Austin. When a data folder meets the demo for the first time, now is
set to 11:00 of the second recorded day, so that there is something to see at whatever hour that
is (to 18:00 at a higher speed, when the twelve hours before are shown); the distance between loop
time and the clock is kept in a file, so that a later start goes on where the recording then is.
"""

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path

import msgspec
import uvloop

from milepost import protocols
from milepost.protocols.contract import DeviceProtocol
from milepost.registry import discover
from milepost.simulator.demo_buses import bus_loops
from milepost.simulator.demo_cars import CarLoop, car_loops
from milepost.simulator.loops import Loop
from milepost.simulator.pace import Pace
from milepost.simulator.player import Conduct, Part, Tally, play
from milepost.simulator.wires import Target

HOUR_MS = 3_600_000
FIRST_NOW_MS = 35 * HOUR_MS
FIRST_NOW_OF_SHOW_MS = 42 * HOUR_MS
BUS_HISTORY_MS = 24 * HOUR_MS
CAR_HISTORY_MS = 8 * HOUR_MS
# What is shown at SPEED > 1 before the recording has caught up with the clock.
SHOW_MS = 12 * HOUR_MS
BATCH_SIZE = 50
SAVE_EVERY_S = 5.0

BUS_FLEET = "Austin buses"
CAR_FLEET = "enviroCar cars"
BUS_PROTOCOLS = ("gt06", "h02", "osmand")


class DemoVehicle(msgspec.Struct, frozen=True, kw_only=True):
    """A vehicle of the demo and the tracker in it. `history_ms`: how much of its past is sent."""

    name: str
    make: str | None
    model: str | None
    year: int | None
    fuel_type: str | None
    fleet: str
    protocol: str
    unique_id: str
    loop: Loop
    history_ms: int


class DemoState(msgspec.Struct):
    """What a later start needs: fix time = loop time + offset; the newest that was delivered."""

    offset_ms: int
    delivered_fix_ms: dict[str, int]


class DemoServer(msgspec.Struct, frozen=True):
    """Where the devices report to."""

    host: str
    port_offset: int


def demo_fleet(folder: Path) -> list[DemoVehicle]:
    """All vehicles of the demo, from the files in `folder`.

    Raises:
        InvalidInput: a file is missing or is no Parquet.
    """
    buses = [
        DemoVehicle(
            name=f"Bus {number}",
            make=None,
            model=None,
            year=None,
            fuel_type=None,
            fleet=BUS_FLEET,
            protocol=protocol,
            unique_id=f"9900000000{int(number):05d}",
            loop=loop,
            history_ms=BUS_HISTORY_MS,
        )
        for (number, loop), protocol in zip(bus_loops(folder), cycle(BUS_PROTOCOLS), strict=False)
    ]
    return buses + [_car(number, car) for number, car in enumerate(car_loops(folder), 1)]


def _car(number: int, car: CarLoop) -> DemoVehicle:
    part = f" {car.part}" if car.part else ""
    return DemoVehicle(
        name=f"{car.make} {car.model}{part}",
        make=car.make,
        model=car.model,
        year=car.year,
        fuel_type=car.fuel,
        fleet=CAR_FLEET,
        protocol="teltonika",
        unique_id=f"9900000001{number:05d}",
        loop=car.loop,
        history_ms=CAR_HISTORY_MS,
    )


async def play_demo(
    fleet: Sequence[DemoVehicle],
    server: DemoServer,
    *,
    speed: float,
    state_file: Path,
    clock_ms: Callable[[], int],
    tallies: list[Tally],
) -> None:
    """Send the history, then go on in time, until cancelled.

    What is older than 12 hours comes at once, as from devices that send their buffers. At speed 1
    the rest comes at once too, and everything new when it is due. At a higher speed the last 12
    hours are shown that many times as fast until they have caught up with the clock; from there
    on time runs as it does, because there is no report from the future. A later start goes on from
    what was delivered, at most a vehicle's history ago.
    """
    now_ms = clock_ms()
    state = _load_state(state_file, now_ms, speed)
    known = discover(protocols, "PROTOCOL", DeviceProtocol)
    least_ms = SHOW_MS if speed > 1 else 0
    parts = [
        _part(
            vehicle,
            known[vehicle.protocol],
            server,
            state,
            now_ms - max(vehicle.history_ms, least_ms),
        )
        for vehicle in fleet
    ]
    newest_ms = max(state.delivered_fix_ms.values(), default=0)
    show_from_ms = now_ms if speed <= 1 else max(now_ms - SHOW_MS, newest_ms)
    conduct = Conduct(
        pace=Pace(now_ms, show_from_ms, max(speed, 1.0), until_now=True),
        clock_ms=clock_ms,
        batch_size=BATCH_SIZE,
        jitter=random.Random(),  # noqa: S311 - it spreads reconnections
    )
    saving = asyncio.create_task(_keep_saving(state_file, state, tallies))
    try:
        await play(parts, conduct, tallies)
    finally:
        saving.cancel()
        _save_state(state_file, state, tallies)


def run_demo(folder: Path, server: DemoServer, speed: float, state_file: Path) -> None:
    """Play the demo until SIGTERM or SIGINT; the entrance of a process of its own."""
    uvloop.run(_run_demo(folder, server, speed, state_file))


async def _run_demo(folder: Path, server: DemoServer, speed: float, state_file: Path) -> None:
    playing = asyncio.ensure_future(
        play_demo(
            demo_fleet(folder),
            server,
            speed=speed,
            state_file=state_file,
            clock_ms=lambda: time.time_ns() // 1_000_000,
            tallies=[],
        )
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, playing.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await playing


def _part(
    vehicle: DemoVehicle,
    protocol: DeviceProtocol,
    server: DemoServer,
    state: DemoState,
    oldest_ms: int,
) -> Part:
    assert protocol.port is not None
    transport = protocol.transports[0]
    target = Target(protocol, transport, server.host, protocol.port + server.port_offset)
    delivered_ms = state.delivered_fix_ms.get(vehicle.unique_id, 0)
    from_fix_ms = max(oldest_ms, delivered_ms)
    positions = vehicle.loop.since(from_fix_ms - state.offset_ms, state.offset_ms)
    return Part(vehicle.unique_id, target, positions)


def _load_state(state_file: Path, now_ms: int, speed: float) -> DemoState:
    if state_file.exists():
        return msgspec.json.decode(state_file.read_bytes(), type=DemoState)
    whole_second_ms = now_ms // 1000 * 1000
    return DemoState(whole_second_ms - (FIRST_NOW_MS if speed <= 1 else FIRST_NOW_OF_SHOW_MS), {})


async def _keep_saving(state_file: Path, state: DemoState, tallies: Sequence[Tally]) -> None:
    while True:
        await asyncio.sleep(SAVE_EVERY_S)
        _save_state(state_file, state, tallies)


def _save_state(state_file: Path, state: DemoState, tallies: Sequence[Tally]) -> None:
    for tally in tallies:
        if tally.acknowledged_fix_ms is not None:
            state.delivered_fix_ms[tally.unique_id] = tally.acknowledged_fix_ms
    written = state_file.with_suffix(".new")
    written.write_bytes(msgspec.json.encode(state))
    written.replace(state_file)
