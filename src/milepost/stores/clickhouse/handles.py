"""ClickHouse for asyncio: blocking clients, each used by one thread at a time.

The same calls reach ClickHouse in this process (chDB, a folder) and a server (an http URL).
"""

import asyncio
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlsplit

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from milepost.errors import InvalidInput, NotShown, Unavailable

Parameters = Mapping[str, object]
T = TypeVar("T")
_SCHEMES = ("http", "https", "clickhouse", "clickhouses")

# Source: ClickHouse, src/Common/ErrorCodes.cpp.
_BAD_VALUES = MappingProxyType(
    {
        6: "CANNOT_PARSE_TEXT",
        27: "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
        38: "CANNOT_PARSE_DATE",
        41: "CANNOT_PARSE_DATETIME",
        69: "ARGUMENT_OUT_OF_BOUND",
        70: "CANNOT_CONVERT_TYPE",
        72: "CANNOT_PARSE_NUMBER",
        321: "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE",
        376: "CANNOT_PARSE_UUID",
        407: "DECIMAL_OVERFLOW",
        457: "BAD_QUERY_PARAMETER",
    }
)
_CODE = re.compile(r"\bcode:? (\d+)", re.IGNORECASE)
# A device with a broken clock may send positions of more months than the default 100 at once.
_SETTINGS = {"max_partitions_per_insert_block": 0}


class Handles:
    """Clients of one kind of work; a call waits for one that is idle.

    Work that must not wait for other work (commits for reads) gets `Handles` of its own.
    """

    def __init__(self, open_client: Callable[[], Client], count: int, name: str) -> None:
        self._open_client = open_client
        self._threads = ThreadPoolExecutor(count, thread_name_prefix=f"clickhouse-{name}")
        self._idle: asyncio.Queue[Client] = asyncio.Queue()
        self._clients: list[Client] = []
        self._count = count

    async def open(self) -> None:
        """Opens the clients.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        for _ in range(self._count):
            client = await self._in_thread(self._open_client)
            self._clients.append(client)
            self._idle.put_nowait(client)

    async def insert(self, table: str, rows: pa.Table) -> None:
        """Inserts; returns when the rows are on disk.

        Raises:
            Unavailable: if they are not.
        """
        await self.run(lambda client: client.insert_arrow(table, rows))

    async def read(self, sql: str, parameters: Parameters, convert: Callable[[pa.Table], T]) -> T:
        """Runs a query; the answer is converted in the same thread, beside the event loop.

        Raises:
            InvalidInput: if a parameter is none that ClickHouse takes.
            Unavailable: if ClickHouse gives no answer.
        """

        def query(client: Client) -> T:
            with refusing_bad_values():
                return convert(client.query_arrow(sql, parameters=dict(parameters)))

        return await self.run(query)

    async def command(self, sql: str, parameters: Parameters | None = None) -> None:
        """Runs a statement that answers nothing.

        Raises:
            Unavailable: if it fails.
        """
        await self.run(lambda client: client.command(sql, parameters=dict(parameters or {})))

    async def close(self) -> None:
        """Waits for the work under way and closes the clients."""
        await asyncio.to_thread(self._threads.shutdown)
        for client in self._clients:
            client.close()

    async def run(self, work: Callable[[Client], T]) -> T:
        """Lets `work` use a client, in a thread.

        Raises:
            Unavailable: if ClickHouse fails it.
        """
        client = await self._idle.get()
        try:
            # Shielded: a caller that is cancelled must not put a client back that a thread uses.
            running = asyncio.ensure_future(self._in_thread(functools.partial(work, client)))
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise
        finally:
            self._idle.put_nowait(client)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        with reporting_unavailable():
            return await loop.run_in_executor(self._threads, work)


def chdb_client(folder: Path) -> Client:
    """A client of the ClickHouse in this process; all clients have the same folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return clickhouse_connect.get_client(interface="chdb", path=str(folder), settings=_SETTINGS)


def server_client(url: str) -> Client:
    """A client of a server, by `http://user:password@host:port/database`.

    Raises:
        InvalidInput: it is no such URL.
    """
    if not _is_url(url):
        allowed = "http://user:password@host:port/database"
        raise InvalidInput("MILEPOST_CLICKHOUSE_URL", NotShown(), allowed)
    return clickhouse_connect.get_client(
        dsn=url, settings=_SETTINGS, autogenerate_session_id=False, connect_timeout=5
    )


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:  # the port is no number
        return False


@contextmanager
def refusing_bad_values() -> Iterator[None]:
    """Turns what ClickHouse says of a parameter that it cannot take into `InvalidInput`.

    The last net: the edge checks what comes in, and names the field.

    Raises:
        InvalidInput: without the value.
    """
    try:
        yield
    except ClickHouseError as error:
        code = _CODE.search(str(error))
        name = _BAD_VALUES.get(int(code[1])) if code is not None else None
        if name is None:
            raise
        raise InvalidInput("request", name, "values that ClickHouse can hold") from error


@contextmanager
def reporting_unavailable() -> Iterator[None]:
    """Turns an engine's failure into `Unavailable`.

    Raises:
        Unavailable: with what ClickHouse or the operating system said.
    """
    try:
        yield
    except (ClickHouseError, OSError) as error:
        raise Unavailable("ClickHouse", str(error)) from error
