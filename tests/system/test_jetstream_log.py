"""A whole server whose log is in JetStream: what was acknowledged is there after any kill."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from milepost.domain.position import Position
from milepost.protocols.teltonika import PROTOCOL
from tests.nats_server import NatsServer
from tests.system import waiting
from tests.system.conclusions import expected_trips, stored_fixes, stored_trips
from tests.system.devices import Tracker, drive, packets_of
from tests.system.server import Server, span, vehicle_path

DEVICES = 6
POSITIONS = 160
DELIVERED_WITHIN_S = 120.0


def tracker(server: Server, lane: int, positions: list[Position]) -> Tracker:
    made = Tracker(f"3500000000000{lane:02d}", PROTOCOL, server.port_offset, pause_s=0.05)
    made.unsent = list(packets_of(positions, 2))
    return made


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
    stopped.settings["MILEPOST_SHARDS"] = "3"
    stopped.start()
    await stopped.ready()
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    drives = [drive(start, POSITIONS, lane=lane) for lane in range(DEVICES)]
    trackers = [tracker(stopped, lane, positions) for lane, positions in enumerate(drives)]
    async with asyncio.timeout(DELIVERED_WITHIN_S):
        await asyncio.gather(
            kill_both(stopped, nats_server, trackers), *[each.deliver() for each in trackers]
        )
    # Nothing went to the folder.
    assert folder_bytes(stopped) == 0
    period = span(start - timedelta(minutes=1), start + timedelta(hours=2))
    async with stopped.client() as client:
        for each, positions in zip(trackers, drives, strict=True):
            path = await vehicle_path(client, each.unique_id)
            fixes = await stored_fixes(client, path, period)
            assert fixes == [position.fix_time_ms for position in positions]
            await waiting.equals(
                lambda path=path: stored_trips(client, path, period), expected_trips(positions)
            )


def folder_bytes(server: Server) -> int:
    return sum(each.stat().st_size for each in (server.data / "log").rglob("*.segment"))


@pytest.mark.realserver
async def test_what_is_left_in_the_folder_is_stored_when_the_log_moves(
    stopped: Server, nats_server: NatsServer
) -> None:
    stopped.settings |= {"MILEPOST_BLOCK_INTERVAL_S": "600", "MILEPOST_FLUSH_INTERVAL_S": "600"}
    stopped.start()
    await stopped.ready()
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    positions = drive(start, 40)
    sender = tracker(stopped, 0, positions)
    await sender.deliver()
    stopped.kill()
    assert folder_bytes(stopped) > 40 * 50
    stopped.settings["MILEPOST_LOG_URL"] = nats_server.url
    stopped.start()
    await stopped.ready()
    assert folder_bytes(stopped) == 0
    async with stopped.client() as client:
        path = await vehicle_path(client, sender.unique_id)
        period = span(start - timedelta(minutes=1), start + timedelta(hours=2))
        fixes = await stored_fixes(client, path, period)
    assert fixes == [position.fix_time_ms for position in positions]
