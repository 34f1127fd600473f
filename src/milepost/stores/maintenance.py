"""Both engines for a command that has them to itself: migrate, backup, restore."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec

from milepost.stores.clickhouse.handles import Handles, chdb_client, server_client
from milepost.stores.data_folder import DataFolder
from milepost.stores.embedded_postgres import EmbeddedPostgres
from milepost.stores.log.contract import Log
from milepost.stores.log.opening import open_all_logs


class MaintainedEngines(msgspec.Struct, frozen=True):
    """The URL of PostgreSQL's owner, a client of ClickHouse, logs, a folder for temporary files.

    `logs` are those of the data folder; none if a server may be running on it, because all engines
    are somewhere else.
    """

    postgres_url: str
    clickhouse: Handles
    logs: Sequence[Log]
    scratch: Path


@asynccontextmanager
async def open_for_maintenance(
    data: Path, database_url: str | None, clickhouse_url: str | None, log_url: str | None
) -> AsyncIterator[MaintainedEngines]:
    """Starts the embedded engines of a data folder, or connects to those of the URLs.

    Raises:
        DataFolderInUse: if a server runs on the folder and an engine of it is needed.
        Unavailable: if an engine does not start or answer.
    """
    async with AsyncExitStack() as stack:
        folder = DataFolder(data)
        needs_folder = database_url is None or clickhouse_url is None
        if needs_folder:
            stack.enter_context(folder)
        if database_url is None:
            server = EmbeddedPostgres(folder.postgres)
            await asyncio.to_thread(server.start)
            stack.push_async_callback(asyncio.to_thread, server.stop)
            database_url = server.url
        open_client = (
            partial(chdb_client, folder.clickhouse)
            if clickhouse_url is None
            else partial(server_client, clickhouse_url)
        )
        handles = Handles(open_client, 1, "maintenance")
        await handles.open()
        stack.push_async_callback(handles.close)
        folder.path.mkdir(parents=True, exist_ok=True)
        logs = await open_all_logs(stack, log_url, folder.log) if needs_folder else []
        yield MaintainedEngines(database_url, handles, logs, folder.path)
