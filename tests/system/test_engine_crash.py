"""The embedded PostgreSQL dies while devices send: they are answered, nothing is missing."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx

from milepost.protocols.teltonika import PROTOCOL
from tests.system import waiting
from tests.system.conclusions import expected_trips, stored_fixes, stored_trips
from tests.system.devices import Tracker, drive, packets_of
from tests.system.server import Server, span, vehicle_path, whole_days

DEVICES = 4
POSITIONS = 360
PAUSE_S = 0.04
WATCH_EVERY_S = 0.03
DELIVERED_WITHIN_S = 60.0


async def test_positions_are_acknowledged_while_postgresql_is_away(server: Server) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    trackers = []
    for lane in range(DEVICES):
        tracker = Tracker(f"35000000000030{lane}", PROTOCOL, server.port_offset, pause_s=PAUSE_S)
        tracker.unsent = list(packets_of(drive(start, POSITIONS, lane=lane), 2))
        trackers.append(tracker)
    sending = asyncio.gather(*[tracker.send() for tracker in trackers])
    async with asyncio.timeout(DELIVERED_WITHIN_S):
        await asyncio.gather(*[tracker.acknowledged_more(20) for tracker in trackers])
        acknowledged_while_away = await kill_postgres(server, trackers)
        await sending
    assert acknowledged_while_away > 0
    assert [tracker.connections for tracker in trackers] == [1] * DEVICES
    assert server.logged("embedded PostgreSQL died")
    await assert_complete(server, trackers, start)


async def kill_postgres(server: Server, trackers: list[Tracker]) -> int:
    """Kill it and wait until /readyz has said so and it is back; what was answered meanwhile."""
    killed = server.postgres_process()
    killed.kill()
    await readiness_becomes(server, httpx.codes.SERVICE_UNAVAILABLE)
    before = sum(len(tracker.acknowledged) for tracker in trackers)
    await readiness_becomes(server, httpx.codes.OK)
    assert server.postgres_process() != killed
    return sum(len(tracker.acknowledged) for tracker in trackers) - before


async def readiness_becomes(server: Server, status: int) -> None:
    while await server.readiness() != status:
        await asyncio.sleep(WATCH_EVERY_S)


async def assert_complete(server: Server, trackers: list[Tracker], start: datetime) -> None:
    period = span(start - timedelta(minutes=1), start + timedelta(hours=2))
    async with server.client() as client:
        for tracker in trackers:
            path = await vehicle_path(client, tracker.unique_id)
            sent = [position.fix_time_ms for position in tracker.acknowledged]
            assert len(sent) == POSITIONS
            assert await stored_fixes(client, path, period) == sent
            await waiting.equals(
                lambda path=path: stored_trips(client, path, period),
                expected_trips(tracker.acknowledged),
            )
            days = whole_days(start, start + timedelta(hours=2))
            await waiting.equals(
                lambda path=path, days=days: counted(client, path, days), POSITIONS
            )


async def counted(client: httpx.AsyncClient, path: str, days: dict[str, str]) -> int:
    """How many positions are in the totals."""
    totals = (await client.get(f"{path}/totals", params=days)).json()["items"]
    return sum(total["positionCount"] for total in totals)
