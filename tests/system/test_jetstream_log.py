"""A whole server whose log is in JetStream: what was acknowledged is there after any kill."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from milepost.protocols.teltonika import PROTOCOL
from tests.nats_server import NatsServer
from tests.system import waiting
from tests.system.conclusions import expected_trips, stored_fixes, stored_trips
from tests.system.devices import Tracker, drive, packets_of
from tests.system.server import Server, span, vehicle_path

DEVICES = 6
POSITIONS = 160
DELIVERED_WITHIN_S = 120.0


async def kill_both(server: Server, nats_server: NatsServer, trackers: list[Tracker]) -> None:
    """NATS alone, Milepost alone, both; each while devices send."""

    async def progress() -> None:
        await asyncio.gather(*[each.acknowledged_more(8) for each in trackers])

    await progress()
    await asyncio.to_thread(nats_server.kill)
    await asyncio.sleep(0.5)
    await asyncio.to_thread(nats_server.start)
    await progress()
    server.kill()
    server.start()
    await server.ready()
    await progress()
    server.kill()
    await asyncio.to_thread(nats_server.kill)
    await asyncio.to_thread(nats_server.start)
    server.start()
    await server.ready()


@pytest.mark.realserver
async def test_sigkill_of_either_server_loses_nothing(
    stopped: Server, nats_server: NatsServer
) -> None:
    stopped.settings["MILEPOST_LOG_URL"] = nats_server.url
    stopped.start()
    await stopped.ready()
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    drives = [drive(start, POSITIONS, lane=lane) for lane in range(DEVICES)]
    trackers = []
    for lane, positions in enumerate(drives):
        tracker = Tracker(f"3500000000000{lane:02d}", PROTOCOL, stopped.port_offset, pause_s=0.05)
        tracker.unsent = list(packets_of(positions, 2))
        trackers.append(tracker)
    async with asyncio.timeout(DELIVERED_WITHIN_S):
        await asyncio.gather(
            kill_both(stopped, nats_server, trackers), *[each.deliver() for each in trackers]
        )
    # Nothing went to the folder.
    assert list((stopped.data / "log").iterdir()) == []
    period = span(start - timedelta(minutes=1), start + timedelta(hours=2))
    async with stopped.client() as client:
        for tracker, positions in zip(trackers, drives, strict=True):
            path = await vehicle_path(client, tracker.unique_id)
            fixes = await stored_fixes(client, path, period)
            assert fixes == [position.fix_time_ms for position in positions]
            await waiting.equals(
                lambda path=path: stored_trips(client, path, period), expected_trips(positions)
            )
