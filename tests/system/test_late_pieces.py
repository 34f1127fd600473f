"""The newest journey first, then older ones piece by piece, with kills: the same history.

Found in public reports: with one report a request a vehicle lost trips, and a restart repaired
nothing.
"""

import asyncio
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from milepost.domain.position import Position
from milepost.protocols.teltonika import PROTOCOL
from tests.system import waiting
from tests.system.conclusions import expected_trips, stored_fixes, stored_trips
from tests.system.devices import Tracker, drive
from tests.system.server import Server, items, vehicle_path, whole_days

VEHICLES = 4
POSITIONS = 540
STEP_S = 30
HALT_AFTER = 45
JOURNEYS = 3
KILLS = 2
WITHIN_S = 240.0
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=10)
PERIOD = whole_days(START, START + timedelta(hours=10))


def pieces(positions: list[Position], chance: random.Random) -> Iterable[list[Position]]:
    """The last journey, then the others in order; mostly one report a packet, some twice."""
    size = len(positions) // JOURNEYS
    parts = [positions[start : start + size] for start in range(0, len(positions), size)]
    for part in [parts[-1], *parts[:-1]]:
        start = 0
        while start < len(part):
            end = start + chance.choice([1, 1, 1, 1, 4])
            yield part[start:end]
            if chance.random() < 0.1:
                yield part[start:end]
            start = end


async def kill_now_and_then(server: Server, trackers: list[Tracker]) -> None:
    for _ in range(KILLS):
        await asyncio.gather(*[each.acknowledged_more(120) for each in trackers])
        server.kill()
        server.start()
        await server.ready()


@pytest.mark.parametrize("shards", ["1", "3"])
async def test_late_pieces_and_kills_give_the_history_in_order(
    stopped: Server, shards: str
) -> None:
    stopped.settings["MILEPOST_SHARDS"] = shards
    stopped.start()
    await stopped.ready()
    trackers, drives = [], []
    for lane in range(VEHICLES):
        positions = drive(START, POSITIONS, step_s=STEP_S, halt_after=HALT_AFTER, lane=lane)
        tracker = Tracker(f"3500000000009{lane:02d}", PROTOCOL, stopped.port_offset)
        tracker.unsent = list(pieces(positions, random.Random(lane)))
        trackers.append(tracker)
        drives.append(positions)
    async with asyncio.timeout(WITHIN_S):
        await asyncio.gather(
            kill_now_and_then(stopped, trackers), *[each.deliver() for each in trackers]
        )
    async with stopped.client() as client:
        for tracker, positions in zip(trackers, drives, strict=True):
            path = await vehicle_path(client, tracker.unique_id)
            expected = expected_trips(positions)
            assert len(expected) == POSITIONS // (2 * HALT_AFTER)
            assert await stored_fixes(client, path, PERIOD) == [
                position.fix_time_ms for position in positions
            ]
            await waiting.equals(lambda path=path: stored_trips(client, path, PERIOD), expected)
            trips = await items(client, f"{path}/trips", **PERIOD)
            totals = (await client.get(f"{path}/totals", params={**PERIOD, "bucket": "day"})).json()
            for name in ("distanceM", "drivingS"):
                driven = sum(trip[name] for trip in trips)
                counted = sum(each[name] for each in totals["items"])
                assert counted == pytest.approx(driven, rel=1e-6)
