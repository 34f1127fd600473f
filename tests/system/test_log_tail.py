"""What is acknowledged and in the log alone: read at once, kept by a kill, in every backup."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from milepost.domain.position import Position
from milepost.protocols.teltonika import PROTOCOL
from tests.free_ports import free_offset, free_port
from tests.system import waiting
from tests.system.conclusions import expected_trips, stored_fixes, stored_trips
from tests.system.devices import Tracker, drive, packets_of
from tests.system.server import Server, items, milliseconds, span, vehicle_path

IMEI = "350000000000700"
START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
PERIOD = span(START - timedelta(minutes=1), START + timedelta(hours=2))
# Nothing goes to ClickHouse unless somebody asks for it.
NEVER = {"MILEPOST_BLOCK_INTERVAL_S": "86400"}


async def deliver(server: Server, positions: list[Position]) -> None:
    tracker = Tracker(IMEI, PROTOCOL, server.port_offset)
    tracker.unsent = list(packets_of(positions, 20))
    await tracker.deliver()


def segments(server: Server) -> int:
    return sum(path.stat().st_size for path in (server.data / "log").glob("*.segment"))


async def test_what_is_acknowledged_is_read_at_once_and_is_in_the_feed(stopped: Server) -> None:
    stopped.settings |= NEVER
    stopped.start()
    await stopped.ready()
    positions = drive(START, 60)
    await deliver(stopped, positions)
    assert segments(stopped) > 0
    async with stopped.client() as client:
        path = await vehicle_path(client, IMEI)
        fixes = await stored_fixes(client, path, PERIOD)
        feed = await client.get("/feeds/positions", params={"limit": 1000})
    expected = [position.fix_time_ms for position in positions]
    assert fixes == expected
    assert [milliseconds(each["fixTime"]) for each in feed.json()["items"]] == expected
    await waiting.until(lambda: segments(stopped) == 0)


async def test_a_kill_leaves_it_in_the_log_and_a_start_has_it(stopped: Server) -> None:
    stopped.settings |= NEVER
    stopped.start()
    await stopped.ready()
    positions = drive(START, 240)
    await deliver(stopped, positions)
    stopped.kill()
    assert segments(stopped) > 0
    stopped.start()
    await stopped.ready()
    assert stopped.logged("log.replayed", positions=len(positions))
    async with stopped.client() as client:
        path = await vehicle_path(client, IMEI)
        assert await stored_fixes(client, path, PERIOD) == [each.fix_time_ms for each in positions]
        expected = expected_trips(positions)
        await waiting.equals(lambda: stored_trips(client, path, PERIOD), expected)


async def test_a_backup_after_a_kill_has_it(stopped: Server, tmp_path: Path) -> None:
    stopped.settings |= NEVER
    stopped.start()
    await stopped.ready()
    positions = drive(START, 60)
    await deliver(stopped, positions)
    stopped.kill()
    archive = tmp_path / "backup.tar"
    milepost("backup", str(archive), "--data", str(stopped.data))
    restored = Server(tmp_path / "restored", **NEVER)
    milepost("restore", str(archive), "--data", str(restored.data))
    restored.port, restored.port_offset = free_port(), free_offset()
    restored.folder.mkdir(exist_ok=True)
    restored.start()
    try:
        await restored.ready()
        async with restored.client() as client:
            path = await vehicle_path(client, IMEI)
            found = await items(client, f"{path}/positions", **PERIOD)
    finally:
        restored.kill()
    assert [milliseconds(each["fixTime"]) for each in found] == [
        each.fix_time_ms for each in positions
    ]


def milepost(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "milepost.cli.main", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
