"""Totals that a power cut took under an older release: a start repairs them, or a command does."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from milepost.protocols.teltonika import PROTOCOL
from tests.free_ports import free_offset, free_port
from tests.system import waiting
from tests.system.conclusions import Summed, by_day, expected_totals, stored_totals
from tests.system.devices import Tracker, drive, packets_of
from tests.system.server import Server, vehicle_path, whole_days

IMEI = "350000000000600"
POSITIONS = 360
LOSE = """
import asyncio, sys
from functools import partial
from pathlib import Path
from milepost.stores.clickhouse.handles import Handles, chdb_client

async def main():
    handles = Handles(partial(chdb_client, Path(sys.argv[1])), 1, "test")
    await handles.open()
    for table in ("rollups", "day_totals", "last_states"):
        await handles.command(f"TRUNCATE TABLE {table}")
    await handles.close()

asyncio.run(main())
"""


def rounded(totals: list[Summed]) -> list[tuple[float, ...]]:
    return [tuple(round(value, 2) for value in total) for total in totals]


@pytest.mark.parametrize("by_command", [False, True])
async def test_lost_totals_come_back(server: Server, *, by_command: bool) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    positions = drive(start, POSITIONS)
    tracker = Tracker(IMEI, PROTOCOL, server.port_offset)
    tracker.unsent = list(packets_of(positions, 20))
    await tracker.deliver()
    expected = expected_totals(positions)
    await compare(server, start, expected)
    assert server.stop() == 0
    program(sys.executable, "-c", LOSE, str(server.data / "clickhouse"))
    if by_command:
        words = ["totals", "rebuild", "--tenant", "test", "--data", str(server.data)]
        said = program(sys.executable, "-m", "milepost.cli.main", *words)
        assert f"from {POSITIONS} positions of 1 devices" in said
    server.port, server.port_offset = free_port(), free_offset()
    server.start()
    await server.ready()
    assert server.logged("totals.repairing", devices=1, positions=POSITIONS) != by_command
    await compare(server, start, expected)
    assert server.stop() == 0


async def compare(server: Server, start: datetime, expected: list[Summed]) -> None:
    days = whole_days(start, start + timedelta(hours=2))
    async with server.client() as client:
        path = await vehicle_path(client, IMEI)
        for bucket, totals in (("10min", expected), ("day", by_day(expected))):

            async def found(bucket: str = bucket) -> list[tuple[float, ...]]:
                return rounded(await stored_totals(client, path, days, bucket))

            await waiting.equals(found, rounded(totals))


def program(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
