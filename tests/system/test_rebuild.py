"""`milepost rebuild` gives what live processing gave, whatever had become of it."""

import asyncio
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import psutil

from milepost.protocols.teltonika import PROTOCOL
from milepost.stores.embedded_postgres import EmbeddedPostgres
from tests.free_ports import free_offset, free_port
from tests.system import waiting
from tests.system.conclusions import (
    Ended,
    Summed,
    expected_totals,
    expected_trips,
    stored_totals,
    stored_trips,
)
from tests.system.devices import Tracker, drive, packets_of
from tests.system.server import Server, span, vehicle_path

IMEI = "350000000000800"
POSITIONS = 360
# While it starts, and about when it folds and writes.
KILLED_AFTER_S = (1.0, 2.5, 4.0)
SPOIL = """
UPDATE trips SET distance_m = 1, end_time = NULL;
DELETE FROM stops;
INSERT INTO events (id, tenant_id, vehicle_id, device_id, kind, fix_time, received_time, late,
                    detail, decided_fix_time_ms)
  SELECT gen_random_uuid(), tenant_id, vehicle_id, device_id, 'towed', start_time, now(), false,
         '{}', decided_fix_time_ms FROM trips;
DELETE FROM device_anchors;
UPDATE device_states SET state = 'damaged';
"""


async def test_it_converges_to_what_live_processing_gives(server: Server) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    positions = drive(start, POSITIONS)
    tracker = Tracker(IMEI, PROTOCOL, server.port_offset)
    tracker.unsent = list(packets_of(positions, 20))
    await tracker.deliver()
    period = span(start - timedelta(minutes=10), start + timedelta(hours=2))
    trips, totals = expected_trips(positions), rounded(expected_totals(positions))
    async with server.client() as client:
        path = await vehicle_path(client, IMEI)
        await waiting.equals(lambda: history(client, path, period), (trips, totals))
        events, stops = await counted(client, path, period)
    assert server.stop() == 0
    await spoil(server)
    for after_s in KILLED_AFTER_S:
        await kill_rebuild(server, after_s)
    said = rebuild(server, "--tenant", "test")
    assert f"1 devices from {POSITIONS} positions" in said
    server.port, server.port_offset = free_port(), free_offset()
    server.start()
    await server.ready()
    async with server.client() as client:
        assert await history(client, path, period) == (trips, totals)
        assert await counted(client, path, period) == (events, stops)
    assert server.stop() == 0


def test_a_tenant_that_does_not_exist_is_refused(stopped: Server) -> None:
    done = subprocess.run(
        words(stopped, "--tenant", "nobody"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "nobody" in done.stderr and "Traceback" not in done.stderr


async def test_a_running_server_is_left_alone(shared: Server) -> None:
    done = await asyncio.to_thread(
        subprocess.run, words(shared), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "is using it" in done.stderr


def rounded(totals: list[Summed]) -> list[tuple[float, ...]]:
    return [tuple(round(value, 2) for value in total) for total in totals]


async def history(
    client: httpx.AsyncClient, path: str, period: dict[str, str]
) -> tuple[list[Ended], list[tuple[float, ...]]]:
    totals = await stored_totals(client, path, period, "10min")
    return await stored_trips(client, path, period), rounded(totals)


async def counted(
    client: httpx.AsyncClient, path: str, period: dict[str, str]
) -> tuple[list[str], int]:
    """Kinds of events, and how many stops."""
    events = (await client.get(f"{path}/events", params=period)).json()["items"]
    stops = (await client.get(f"{path}/stops", params=period)).json()["items"]
    return sorted(each["kind"] for each in events), len(stops)


async def spoil(server: Server) -> None:
    """Trips are wrong, stops are gone, events are made up, and no snapshot helps."""
    postgres = EmbeddedPostgres(server.data / "postgres")
    await asyncio.to_thread(postgres.start)
    try:
        dsn = postgres.url.replace("+asyncpg", "")
        connection = await asyncpg.connect(dsn)
        await connection.execute(SPOIL)
        await connection.close()
    finally:
        await asyncio.to_thread(postgres.stop)


async def kill_rebuild(server: Server, after_s: float) -> None:
    """As when somebody loses patience: it and its PostgreSQL are gone at once."""
    process = await asyncio.create_subprocess_exec(
        *words(server), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    await asyncio.sleep(after_s)
    with suppress(psutil.NoSuchProcess):
        for each in [*psutil.Process(process.pid).children(recursive=True)]:
            each.kill()
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def rebuild(server: Server, *flags: str) -> str:
    done = subprocess.run(words(server, *flags), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def words(server: Server, *flags: str) -> list[str]:
    program = [sys.executable, "-m", "milepost.cli.main", "rebuild", "--data", str(server.data)]
    return [*program, *flags]
