"""Start, stop, death and resurrection of the embedded server."""

import asyncio
import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from milepost.errors import Unavailable
from milepost.stores.embedded_postgres import EmbeddedPostgres
from tests.processes import alive


async def run(server: EmbeddedPostgres, statement: str) -> object:
    engine = create_async_engine(server.url, poolclass=NullPool)
    async with engine.begin() as connection:
        result = await connection.execute(text(statement))
        value = result.scalar() if result.returns_rows else None
    await engine.dispose()
    return value


async def until(condition: Callable[[], bool]) -> None:
    """Waits for what another process or thread brings about."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_what_is_committed_outlives_stop_and_start(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    await run(server, "CREATE TABLE t AS SELECT 42 AS n")
    server.stop()
    assert server.pid is None
    server.start()
    assert await run(server, "SELECT n FROM t") == 42
    server.stop()


async def test_it_is_durable_utc_and_without_a_port(postgres: EmbeddedPostgres) -> None:
    for name, value in (
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("TimeZone", "UTC"),
    ):
        assert await run(postgres, f"SHOW {name}") == value


def test_nobody_else_can_reach_the_socket(postgres: EmbeddedPostgres) -> None:
    assert postgres.folder.stat().st_mode & 0o077 == 0
    assert (postgres.folder / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0


async def test_a_folder_too_deep_for_a_socket_works(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / ("deep-" * 15) / ("deeper-" * 10) / "postgres")
    server.start()
    assert await run(server, "SELECT 1") == 1
    server.stop()


async def test_a_killed_server_is_started_again_with_its_data(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    await run(server, "CREATE TABLE t AS SELECT 42 AS n")
    assert server.pid is not None and not server.ensure_running()
    os.kill(server.pid, signal.SIGKILL)
    server.wait_until_dead()
    keeper = asyncio.create_task(server.keep_running(interval_s=0.05))
    await until(lambda: server.pid is not None)
    keeper.cancel()
    await asyncio.wait([keeper])
    assert await run(server, "SELECT n FROM t") == 42
    server.stop()


async def test_a_server_left_over_by_a_killed_process_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=start_and_hang, args=(folder,))
    child.start()
    started = folder.parent / "started"
    await until(started.exists)
    orphan = psutil.Process(int(started.read_text()))
    child.kill()
    child.join()
    assert alive(orphan)
    server = EmbeddedPostgres(folder)
    server.start()
    assert not alive(orphan)
    assert await run(server, "SELECT n FROM t") == 42
    server.stop()


def start_and_hang(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    asyncio.run(run(server, "CREATE TABLE t AS SELECT 42 AS n"))
    (folder.parent / "pid").write_text(str(server.pid))
    (folder.parent / "pid").rename(folder.parent / "started")
    time.sleep(600)


async def test_a_stale_pid_file_of_somebody_else_is_harmless(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    server.stop()
    (server.folder / "postmaster.pid").write_text(f"{os.getpid()}\n{server.folder}\n")
    server.start()
    assert await run(server, "SELECT 1") == 1
    server.stop()


def test_it_is_in_a_session_of_its_own(postgres: EmbeddedPostgres) -> None:
    assert postgres.pid is not None
    assert os.getsid(postgres.pid) == os.getpgid(postgres.pid) == postgres.pid


def test_damaged_files_are_a_clear_message(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    server.stop()
    (server.folder / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(Unavailable, match=r"embedded PostgreSQL is not available.*9\.6"):
        server.start()


def family(server: EmbeddedPostgres) -> list[psutil.Process]:
    """The server and all its children, by parentage."""
    assert server.pid is not None
    process = psutil.Process(server.pid)
    return [process, *process.children(recursive=True)]


async def test_a_hung_server_is_replaced_with_its_data(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    await run(server, "CREATE TABLE t AS SELECT 42 AS n")
    hung = family(server)
    keeper = asyncio.create_task(
        server.keep_running(interval_s=0.05, ask_every_s=0.1, answer_within_s=2.0)
    )
    for process in hung:
        process.send_signal(signal.SIGSTOP)
    await until(lambda: server.pid not in (None, hung[0].pid))
    assert not [process for process in hung if alive(process)]
    assert await run(server, "SELECT n FROM t") == 42
    keeper.cancel()
    await asyncio.wait([keeper])
    server.stop()


async def test_a_server_that_answers_slowly_or_refuses_is_left_alone(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    pid = server.pid
    engine = create_async_engine(server.url, pool_size=60, max_overflow=0)
    taken = [await engine.connect() for _ in range(57)]
    keeper = asyncio.create_task(
        server.keep_running(interval_s=0.01, ask_every_s=0.02, answer_within_s=20.0)
    )
    await asyncio.sleep(1.0)
    assert server.pid == pid
    keeper.cancel()
    await asyncio.wait([keeper])
    for connection in taken:
        await connection.close()
    await engine.dispose()
    server.stop()


def hang(process: psutil.Process) -> bool:
    """Stop a process, unless it has just ended: a connection's does a moment after that."""
    try:
        process.send_signal(signal.SIGSTOP)
    except psutil.NoSuchProcess:
        return False
    return True


async def test_children_that_hang_after_their_server_died_are_killed(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    await run(server, "CREATE TABLE t AS SELECT 42 AS n")
    postmaster, *children = family(server)
    children = [process for process in children if hang(process)]
    assert children
    postmaster.kill()
    server.wait_until_dead()
    assert all(alive(process) for process in children)
    assert server.ensure_running()
    assert not [process for process in children if alive(process)]
    assert await run(server, "SELECT n FROM t") == 42
    server.stop()


async def test_a_whole_family_left_hanging_is_killed_at_the_next_start(tmp_path: Path) -> None:
    """Everything was stopped and our process killed: the next start finds them all stopped."""
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    await run(server, "CREATE TABLE t AS SELECT 42 AS n")
    left = [process for process in family(server) if hang(process)]
    again = EmbeddedPostgres(tmp_path / "postgres")
    again.start()
    server.wait_until_dead()
    assert not [process for process in left if alive(process)]
    assert await run(again, "SELECT n FROM t") == 42
    again.stop()


async def test_locks_of_a_copied_folder_are_stale(tmp_path: Path) -> None:
    """Their process id is in use, by the server of the folder that was copied; that one goes on."""
    first = EmbeddedPostgres(tmp_path / "first" / "postgres")
    (tmp_path / "first").mkdir()
    first.start()
    await run(first, "CREATE TABLE t AS SELECT 42 AS n")
    await run(first, "CHECKPOINT")
    shutil.copytree(tmp_path / "first", tmp_path / "second", ignore=_sockets, symlinks=True)
    copy = tmp_path / "second" / "postgres"
    assert (copy / ".s.PGSQL.5432.lock").read_text().startswith(f"{first.pid}\n")
    for path in [copy, *copy.rglob("*")]:
        if os.geteuid() == 0:
            shutil.chown(path, "pgserver", "pgserver")
    second = EmbeddedPostgres(copy)
    second.start()
    assert await run(second, "SELECT n FROM t") == 42
    assert await run(first, "SELECT n FROM t") == 42
    second.stop()
    first.stop()


def is_there(path: Path) -> bool:
    return path.exists()


def _sockets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(folder) / name).is_socket()]


async def test_short_socket_folders_of_killed_servers_go(tmp_path: Path) -> None:
    folder = tmp_path / ("deep-" * 15) / ("deeper-" * 10) / "postgres"
    server = EmbeddedPostgres(folder)
    server.start()
    short = Path(server.url.partition("host=")[2])
    assert short.parent == Path("/tmp") and is_there(short)
    for process in family(server):
        process.kill()
    server.wait_until_dead()
    server.ensure_running()
    assert await run(server, "SELECT 1") == 1  # by the same address
    for process in family(server):
        process.kill()
    server.wait_until_dead()
    again = EmbeddedPostgres(folder)
    again.start()
    assert not is_there(short)
    again.stop()
