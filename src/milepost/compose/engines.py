"""The engines: the data folder, PostgreSQL, ClickHouse, the logs; and the machine's clocks."""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import psutil
import structlog

from milepost.errors import DataFolderInUse
from milepost.settings import Settings
from milepost.stores.data_folder import DataFolder
from milepost.stores.embedded_postgres import EmbeddedPostgres
from milepost.stores.log.opening import OpenedLogs, open_logs
from milepost.stores.postgres.database import Database
from milepost.stores.postgres.migrate import let_roles_log_in
from milepost.stores.postgres.migrate import migrate as migrate_postgres
from milepost.stores.telemetry import Telemetry

log = structlog.get_logger(__name__)

ORPHAN_ENDS_WITHIN_S = 20.0
LOOK_AT_ORPHAN_EVERY_S = 0.1


def wall_clock_ms() -> int:
    """Now, in milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000


def steady_ms() -> int:
    """Milliseconds since the machine started; nobody sets this clock, and sleep counts."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


async def take_folder(stack: AsyncExitStack, path: Path) -> DataFolder:
    """Own the data folder; a server that is ending because its supervisor died gets time to.

    Raises:
        DataFolderInUse: another process has it and keeps it.
    """
    deadline_s = time.monotonic() + ORPHAN_ENDS_WITHIN_S
    told = False
    while True:
        try:
            return stack.enter_context(DataFolder(path))
        except DataFolderInUse as error:
            if time.monotonic() > deadline_s or not _is_orphan(error.owner_pid):
                raise
            if not told:
                log.warning("data_folder.waiting", folder=str(path), owner=error.owner_pid)
            told = True
        await asyncio.sleep(LOOK_AT_ORPHAN_EVERY_S)


def _is_orphan(pid: int | None) -> bool:
    """Whether no process of ours is the parent: nobody keeps that one running."""
    if pid is None:
        return True
    try:
        parent = psutil.Process(pid).parent()
        return parent is None or not any("milepost" in word for word in parent.cmdline())
    except psutil.Error:
        return True  # it has just ended


class Engines(msgspec.Struct, frozen=True):
    """PostgreSQL, ClickHouse and the logs of the shards, embedded or not."""

    database: Database
    telemetry: Telemetry
    logs: OpenedLogs

    async def ping(self) -> None:
        """Ask both for a sign of life.

        Raises:
            Unavailable: one gives none.
        """
        await self.database.ping()
        await self.telemetry.ping()


async def open_engines(stack: AsyncExitStack, settings: Settings, folder: DataFolder) -> Engines:
    """Start or connect to the engines and bring their schemas to this version.

    Raises:
        Unavailable: an engine does not start or answer.
        InvalidInput: a URL is none, or an engine has a setting with which it loses data.
    """
    if settings.database_url is None:
        database = await _embedded_postgres(stack, folder)
    else:
        await migrate_postgres(settings.database_url)
        database = Database(settings.database_url, login_as_role=False)
    stack.push_async_callback(database.close)
    telemetry = Telemetry(settings.clickhouse_url or folder.clickhouse)
    await telemetry.open()
    stack.push_async_callback(telemetry.close)
    await telemetry.migrate()
    await telemetry.warm_up()
    logs = await open_logs(stack, settings.log_url, folder.log, settings.shards)
    return Engines(database, telemetry, logs)


async def _embedded_postgres(stack: AsyncExitStack, folder: DataFolder) -> Database:
    postgres = EmbeddedPostgres(folder.postgres)
    await asyncio.to_thread(postgres.start)
    stack.push_async_callback(asyncio.to_thread, postgres.stop)
    await migrate_postgres(postgres.url)
    await let_roles_log_in(postgres.url)
    watching = asyncio.create_task(postgres.keep_running())
    stack.push_async_callback(cancelled, watching)
    return Database(postgres.url, login_as_role=True)


async def cancelled(task: "asyncio.Task[None]") -> None:
    """End a task, and wait until it has."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
