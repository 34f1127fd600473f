"""Promise 1 and 2 against the whole server: what was acknowledged is there, once, and adds up."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Trip
from milepost.protocols.teltonika import PROTOCOL
from milepost.stream.pipeline import advance, initial_state

from tests.system.devices import Tracker
from tests.system.server import TELTONIKA_PORT, Server

DEVICES = 12
PACKETS = 120
KILLS = 3


def drive(lane: int, start: datetime) -> list[list[Position]]:
    """An hour's drive with two halts, a position each 10 s, one to three in a packet."""
    chance = random.Random(lane)
    positions = []
    longitude_deg = 7.0
    for step in range(PACKETS * 2):
        halted = step % 90 > 45
        longitude_deg += 0.0 if halted else 0.002
        positions.append(
            Position(
                int((start + timedelta(seconds=10 * step)).timestamp() * 1000),
                round(50.0 + lane * 0.1, 7),
                round(longitude_deg, 7),
                100.0,
                0.0 if halted else 51.0,
                90.0,
                satellites=9,
                ignition=not halted,
            )
        )
    packets = []
    while positions:
        size = chance.randint(1, 3)
        packets.append(positions[:size])
        positions = positions[size:]
    return packets


def expected_trips(packets: list[list[Position]]) -> list[tuple[datetime, datetime | None, float]]:
    flat = [position for packet in packets for position in packet]
    _, outputs = advance(initial_state(), flat, Thresholds())
    trips = {each.start_time: each for each in outputs if isinstance(each, Trip)}
    return [(t.start_time, t.end_time, round(t.distance_m, 3)) for t in trips.values()]


@pytest.fixture
async def server(tmp_path: Path):
    server = Server(tmp_path)
    server.add_user()
    server.start()
    await server.ready()
    yield server
    server.stop()


async def kill_at_random(server: Server) -> None:
    chance = random.Random(7)
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.3, 1.5))
        server.kill()
        server.start()
        await server.ready()


async def test_sigkill_under_load_loses_nothing_and_counts_nothing_twice(server: Server) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    drives = [drive(lane, start) for lane in range(DEVICES)]
    trackers = []
    for lane, packets in enumerate(drives):
        port = TELTONIKA_PORT + server.port_offset
        tracker = Tracker(f"3500000000000{lane:02d}", PROTOCOL, port)
        tracker.unsent = list(packets)
        trackers.append(tracker)
    await asyncio.gather(kill_at_random(server), *[each.deliver() for each in trackers])
    client = await server.client()
    vehicles = {each["name"]: each["id"] for each in await items(client, "/vehicles")}
    span = {
        "from": (start - timedelta(minutes=1)).isoformat(),
        "to": (start + timedelta(hours=2)).isoformat(),
    }
    for tracker, packets in zip(trackers, drives, strict=True):
        path = f"/vehicles/{vehicles[tracker.unique_id]}"
        stored = [p["fixTime"] for p in await items(client, f"{path}/positions", **span)]
        sent = [position.fix_time_ms for packet in packets for position in packet]
        assert [milliseconds(text) for text in stored] == sent
        await assert_trips(client, path, span, expected_trips(packets))


async def assert_trips(client, path: str, span: dict[str, str], expected: list) -> None:
    found: list = []
    for _ in range(100):
        trips = await items(client, f"{path}/trips", **span)
        found = sorted(
            (
                datetime.fromisoformat(trip["startTime"]),
                trip["endTime"] and datetime.fromisoformat(trip["endTime"]),
                round(trip["distanceM"], 3),
            )
            for trip in trips
            if trip["endTime"]
        )
        if found == sorted(expected):
            return
        await asyncio.sleep(0.1)
    assert found == sorted(expected)


async def items(client, path: str, **query: str) -> list[dict]:
    found: list[dict] = []
    after: dict[str, str] = {}
    while True:
        answer = await client.get(path, params={**query, **after, "limit": 1000})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
