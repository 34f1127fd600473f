"""Promise 1 and 2 against the whole server: what was acknowledged is there, once, and adds up."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from milepost.domain.position import Position
from milepost.protocols.teltonika import PROTOCOL
from tests.system import waiting
from tests.system.conclusions import expected_trips, stored_fixes, stored_trips
from tests.system.devices import Tracker, drive
from tests.system.server import Server, span, vehicle_path

DEVICES = 12
POSITIONS = 240
KILLS = 2
PAUSE_S = 0.03
DELIVERED_WITHIN_S = 120.0


def cut(positions: list[Position], lane: int) -> list[list[Position]]:
    """One to three positions in a packet."""
    chance = random.Random(lane)
    packets = []
    while positions:
        size = chance.randint(1, 3)
        packets.append(positions[:size])
        positions = positions[size:]
    return packets


async def kill_at_random(server: Server) -> None:
    chance = random.Random(7)
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.3, 1.5))
        server.kill()
        server.start()
        await server.ready()


@pytest.mark.parametrize("shards", ["1", "3"])
async def test_sigkill_under_load_loses_nothing_and_counts_nothing_twice(
    stopped: Server, shards: str
) -> None:
    server = stopped
    server.settings["MILEPOST_SHARDS"] = shards
    server.start()
    await server.ready()
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    drives = [drive(start, POSITIONS, lane=lane) for lane in range(DEVICES)]
    trackers = []
    for lane, positions in enumerate(drives):
        tracker = Tracker(f"3500000000000{lane:02d}", PROTOCOL, server.port_offset, pause_s=PAUSE_S)
        tracker.unsent = list(cut(positions, lane))
        trackers.append(tracker)
    async with asyncio.timeout(DELIVERED_WITHIN_S):
        await asyncio.gather(kill_at_random(server), *[each.deliver() for each in trackers])
    period = span(start - timedelta(minutes=1), start + timedelta(hours=2))
    async with server.client() as client:
        for tracker, positions in zip(trackers, drives, strict=True):
            path = await vehicle_path(client, tracker.unique_id)
            fixes = await stored_fixes(client, path, period)
            assert fixes == [position.fix_time_ms for position in positions]
            await waiting.equals(
                lambda path=path: stored_trips(client, path, period), expected_trips(positions)
            )
