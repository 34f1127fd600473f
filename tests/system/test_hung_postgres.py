"""The embedded PostgreSQL hangs, with all its children: it is replaced, nothing is missing."""

import asyncio
import signal
from datetime import UTC, datetime, timedelta

import psutil

from milepost.protocols.teltonika import PROTOCOL
from tests.processes import alive
from tests.system import waiting
from tests.system.conclusions import expected_trips, stored_fixes, stored_trips
from tests.system.devices import Tracker, drive, packets_of
from tests.system.server import Server, span, vehicle_path

IMEI = "350000000000500"
POSITIONS = 120
READY_WITHIN_S = 240.0


def stop_postgres(server: Server) -> list[psutil.Process]:
    postmaster = server.postgres_process()
    stopped = [postmaster, *postmaster.children(recursive=True)]
    for process in stopped:
        process.send_signal(signal.SIGSTOP)
    return stopped


async def gone_and_ready(server: Server, hung: list[psutil.Process]) -> None:
    async with asyncio.timeout(READY_WITHIN_S):
        while any(alive(process) for process in hung) or await server.readiness() != 200:
            await asyncio.sleep(0.2)


async def half_a_drive(server: Server, start: datetime, *, second: bool) -> None:
    positions = drive(start, POSITIONS)
    tracker = Tracker(IMEI, PROTOCOL, server.port_offset)
    half = POSITIONS // 2
    tracker.unsent = list(packets_of(positions[half:] if second else positions[:half], 10))
    async with asyncio.timeout(READY_WITHIN_S):
        await tracker.deliver()


async def complete(server: Server, start: datetime) -> None:
    positions = drive(start, POSITIONS)
    period = span(start - timedelta(minutes=1), start + timedelta(hours=2))
    async with server.client() as client:
        path = await vehicle_path(client, IMEI)
        fixes = await stored_fixes(client, path, period)
        assert fixes == [position.fix_time_ms for position in positions]
        await waiting.equals(lambda: stored_trips(client, path, period), expected_trips(positions))


async def test_the_server_replaces_a_hung_postgresql(stopped: Server) -> None:
    stopped.settings["MILEPOST_STALL_AFTER_S"] = "120"
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    stopped.start()
    await stopped.ready()
    serving = stopped.serve_process()
    await half_a_drive(stopped, start, second=False)
    await gone_and_ready(stopped, stop_postgres(stopped))
    assert stopped.serve_process() == serving
    assert stopped.logged("embedded PostgreSQL hangs")
    await half_a_drive(stopped, start, second=True)
    await complete(stopped, start)
    assert stopped.stop() == 0


async def test_the_supervisor_replaces_it_if_the_server_does_not(server: Server) -> None:
    """The server is killed for its silence first, and leaves a hung PostgreSQL behind."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    serving = server.serve_process()
    await half_a_drive(server, start, second=False)
    hung = stop_postgres(server)
    serving.kill()
    await gone_and_ready(server, hung)
    await half_a_drive(server, start, second=True)
    await complete(server, start)
    assert server.stop() == 0
