"""A hung server is replaced; a server whose supervisor is gone ends and makes room."""

import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import psutil

from milepost.cli.main import EXIT_UNAVAILABLE
from milepost.protocols.teltonika import PROTOCOL
from tests.free_ports import free_port
from tests.processes import alive
from tests.system import waiting
from tests.system.conclusions import stored_fixes
from tests.system.devices import Tracker, drive, packets_of
from tests.system.server import Server, span, vehicle_path

IMEI = "350000000000200"


async def test_a_hung_server_is_killed_and_started_again(server: Server) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    positions = drive(start, 60)
    tracker = Tracker(IMEI, PROTOCOL, server.port_offset)
    tracker.unsent = list(packets_of(positions, 3))
    await tracker.send()
    hung = server.serve_process()
    hung.send_signal(signal.SIGSTOP)
    await waiting.until(lambda: not alive(hung))
    await server.ready()
    assert server.serve_process() != hung
    assert server.logged("server.hangs", pid=hung.pid)
    async with server.client() as client:
        path = await vehicle_path(client, IMEI)
        fixes = await stored_fixes(client, path, span(start, start + timedelta(hours=1)))
    assert fixes == [position.fix_time_ms for position in positions]
    assert server.stop() == 0


async def test_a_crashed_server_is_started_again(server: Server) -> None:
    crashed = server.serve_process()
    crashed.kill()
    await waiting.until(lambda: not alive(crashed))
    await server.ready()
    assert server.logged("server.ended", status=-signal.SIGKILL)
    assert server.stop() == 0


async def test_a_server_whose_supervisor_was_killed_ends_by_itself(server: Server) -> None:
    assert server.process is not None
    orphans = server.server_processes()
    server.process.kill()
    server.process.wait()
    await waiting.until(lambda: not any(map(alive, orphans)))
    server.start()
    await server.ready()
    assert server.stop() == 0


async def test_a_new_server_waits_for_one_whose_supervisor_was_killed(server: Server) -> None:
    assert server.process is not None
    orphan = server.serve_process()
    orphan.send_signal(signal.SIGSTOP)
    server.process.kill()
    server.process.wait()
    server.start()
    await waiting.until(lambda: server.logged("data_folder.waiting", owner=orphan.pid))
    orphan.send_signal(signal.SIGCONT)
    await waiting.until(lambda: not alive(orphan))
    await server.ready()
    assert server.stop() == 0


async def test_a_first_start_whose_database_is_killed_is_tried_again(stopped: Server) -> None:
    def killed() -> bool:
        with suppress(psutil.NoSuchProcess, StopIteration, ValueError):
            stopped.postgres_process().kill()
            return True
        return False

    stopped.start()
    await waiting.until(killed)
    await stopped.ready()
    assert stopped.logged("server.ended", status=EXIT_UNAVAILABLE)
    assert stopped.stop() == 0


async def test_a_database_that_stays_away_ends_the_first_start(stopped: Server) -> None:
    away = f"postgresql+asyncpg://milepost:secret@127.0.0.1:{free_port()}/milepost"
    stopped.settings["MILEPOST_DATABASE_URL"] = away
    code, said = await stopped.refused()
    assert code == EXIT_UNAVAILABLE
    assert said.count("milepost: PostgreSQL") == 4
    assert "secret" not in said
