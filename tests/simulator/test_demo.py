"""The demo's fleet: real recordings, believable, endless, the same after a restart."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from itertools import islice, pairwise
from pathlib import Path

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from milepost.gateway.listeners import open_gateway
from milepost.gateway.metrics import GatewayMetrics
from milepost.geo.distance import distance_m
from milepost.protocols import gt06, h02, osmand, teltonika
from milepost.simulator import demo
from milepost.simulator.demo import DemoServer, DemoState, DemoVehicle, demo_fleet, play_demo
from milepost.simulator.player import Tally
from tests.free_ports import free_offset
from tests.gateway.conftest import eventually
from tests.gateway.memory_ingest import MemoryIngest

FOLDER = Path(__file__).parents[2] / "demo"
PROTOCOLS = (gt06.PROTOCOL, h02.PROTOCOL, osmand.PROTOCOL, teltonika.PROTOCOL)


@pytest.fixture(scope="module")
def fleet() -> list[DemoVehicle]:
    return demo_fleet(FOLDER)


def test_there_are_many_vehicles_of_several_protocols(fleet: list[DemoVehicle]) -> None:
    assert len(fleet) == 60
    assert len({vehicle.unique_id for vehicle in fleet}) == 60
    assert Counter(vehicle.protocol for vehicle in fleet) == {
        "gt06": 16,
        "h02": 16,
        "osmand": 16,
        "teltonika": 12,
    }


def test_no_vehicle_is_faster_than_it_can_be(fleet: list[DemoVehicle]) -> None:
    for vehicle in fleet:
        reports = islice(vehicle.loop.since(0, 0), 2 * len(vehicle.loop.positions))
        for one, other in pairwise(reports):
            assert one.latitude_deg is not None
            assert one.longitude_deg is not None
            assert other.latitude_deg is not None
            assert other.longitude_deg is not None
            apart_m = distance_m(
                one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg
            )
            elapsed_s = abs(other.fix_time_ms - one.fix_time_ms) / 1000
            assert apart_m <= 200 + elapsed_s * 200 / 3.6, (vehicle.name, one, other)


def test_speeds_are_in_km_h(fleet: list[DemoVehicle]) -> None:
    speeds = [
        report.speed_kmh
        for vehicle in fleet
        for report in vehicle.loop.positions
        if report.speed_kmh is not None
    ]
    assert min(speeds) >= 0
    assert max(speeds) < 180
    assert sum(20 < speed < 130 for speed in speeds) > len(speeds) / 3


def test_whole_seconds_because_two_protocols_know_no_less(fleet: list[DemoVehicle]) -> None:
    assert all(
        report.fix_time_ms % 1000 == 0 for vehicle in fleet for report in vehicle.loop.positions
    )


@pytest.fixture
def ingest(fleet: list[DemoVehicle]) -> MemoryIngest:
    memory = MemoryIngest()
    memory.known |= {vehicle.unique_id for vehicle in fleet}
    return memory


@pytest.fixture
async def server(ingest: MemoryIngest) -> AsyncIterator[DemoServer]:
    offset = free_offset()
    async with open_gateway(
        ingest,
        {each.name: each for each in PROTOCOLS},
        host="127.0.0.1",
        port_offset=offset,
        clock_ms=lambda: time.time_ns() // 1_000_000,
        metrics=GatewayMetrics(CollectorRegistry()),
    ):
        yield DemoServer("127.0.0.1", offset)


async def run_until(
    fleet: list[DemoVehicle],
    server: DemoServer,
    state_file: Path,
    enough: int,
    *,
    now_ms: int,
    speed: float = 1.0,
) -> list[Tally]:
    """Play with a clock that stands still until so many reports were delivered."""
    tallies: list[Tally] = []
    playing = asyncio.create_task(
        play_demo(
            fleet,
            server,
            speed=speed,
            state_file=state_file,
            clock_ms=lambda: now_ms,
            tallies=tallies,
        )
    )
    await eventually(lambda: sum(tally.acknowledged for tally in tallies) >= enough)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    return tallies


def due(fleet: list[DemoVehicle], after_ms: int, until_ms: int) -> int:
    """Reports of the vehicles in that part of the loops' time."""
    count = 0
    for vehicle in fleet:
        for report in vehicle.loop.since(after_ms, 0):
            if report.fix_time_ms > until_ms:
                break
            count += 1
    return count


async def test_a_first_start_sends_the_history_up_to_now_and_nothing_of_the_future(
    fleet: list[DemoVehicle], server: DemoServer, ingest: MemoryIngest, tmp_path: Path
) -> None:
    now_ms = time.time_ns() // 1_000_000
    some = [msgspec.structs.replace(each, history_ms=demo.HOUR_MS) for each in fleet[::6]]
    expected = due(some, demo.FIRST_NOW_MS - demo.HOUR_MS + 1000, demo.FIRST_NOW_MS)
    await run_until(some, server, tmp_path / "demo.json", expected, now_ms=now_ms)
    await eventually(lambda: len(ingest.stored) >= expected)
    assert {row.protocol for row in ingest.stored} == {each.protocol for each in some}
    assert max(row.position.fix_time_ms for row in ingest.stored) <= now_ms
    assert min(row.position.fix_time_ms for row in ingest.stored) >= now_ms - demo.HOUR_MS


async def test_a_later_start_goes_on_from_what_was_delivered(
    fleet: list[DemoVehicle], server: DemoServer, ingest: MemoryIngest, tmp_path: Path
) -> None:
    now_ms = time.time_ns() // 1_000_000 // 1000 * 1000
    car = [each for each in fleet if each.name.startswith("Volkswagen Golf Allstar 2")]
    car = [msgspec.structs.replace(each, history_ms=demo.HOUR_MS) for each in car]
    state_file = tmp_path / "demo.json"
    first = due(car, demo.FIRST_NOW_MS - demo.HOUR_MS, demo.FIRST_NOW_MS)
    await run_until(car, server, state_file, first, now_ms=now_ms)
    second = due(car, demo.FIRST_NOW_MS, demo.FIRST_NOW_MS + demo.HOUR_MS)
    await run_until(car, server, state_file, second, now_ms=now_ms + demo.HOUR_MS)
    times = [row.position.fix_time_ms for row in ingest.stored]
    assert len(times) == first + second
    assert times == sorted(set(times))


async def test_at_speed_60_only_what_is_due_by_then_is_sent(
    fleet: list[DemoVehicle], server: DemoServer, ingest: MemoryIngest, tmp_path: Path
) -> None:
    now_ms = time.time_ns() // 1_000_000 // 1000 * 1000
    shown_from_ms = demo.FIRST_NOW_OF_SHOW_MS - demo.SHOW_MS
    buses = fleet[:12]
    expected = due(buses, demo.FIRST_NOW_OF_SHOW_MS - demo.BUS_HISTORY_MS, shown_from_ms)
    await run_until(buses, server, tmp_path / "demo.json", expected, now_ms=now_ms, speed=60)
    await eventually(lambda: len(ingest.stored) >= expected)
    newest_ms = max(row.position.fix_time_ms for row in ingest.stored)
    assert newest_ms <= now_ms - demo.SHOW_MS


@pytest.mark.parametrize(
    ("from_ms", "until_ms"),
    [
        (demo.FIRST_NOW_MS, demo.FIRST_NOW_MS + 8 * demo.HOUR_MS),
        (demo.FIRST_NOW_OF_SHOW_MS - demo.SHOW_MS + demo.HOUR_MS, demo.FIRST_NOW_OF_SHOW_MS),
    ],
)
def test_there_is_something_to_see(fleet: list[DemoVehicle], from_ms: int, until_ms: int) -> None:
    """Within every quarter of an hour more than half of the fleet reports."""
    quarter_ms = demo.HOUR_MS // 4
    for start_ms in range(from_ms, until_ms, quarter_ms):
        reporting = [each for each in fleet if due([each], start_ms, start_ms + quarter_ms)]
        assert len(reporting) > len(fleet) / 2


async def test_the_state_is_kept(
    fleet: list[DemoVehicle], server: DemoServer, tmp_path: Path
) -> None:
    state_file = tmp_path / "demo.json"
    now_ms = time.time_ns() // 1_000_000
    bus = [msgspec.structs.replace(fleet[0], history_ms=demo.HOUR_MS)]
    tallies = await run_until(bus, server, state_file, 1, now_ms=now_ms)
    state = msgspec.json.decode(state_file.read_bytes(), type=DemoState)
    assert state.delivered_fix_ms == {bus[0].unique_id: tallies[0].acknowledged_fix_ms}
    assert state.offset_ms == now_ms // 1000 * 1000 - demo.FIRST_NOW_MS
