"""PostgreSQL's tables to CSV files and back, in one transaction each way."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from graphlib import TopologicalSorter
from pathlib import Path

import asyncpg
from sqlalchemy.pool import NullPool

from milepost.stores.postgres.engine import open_engine
from milepost.stores.postgres.failures import reporting_unavailable

Report = Callable[[str, int], None]

_TABLES = """
SELECT c.relname AS name, array_remove(array_agg(DISTINCT p.relname), NULL) AS parents
FROM pg_class c
LEFT JOIN pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid
LEFT JOIN pg_class p ON p.oid = f.confrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  AND c.relname <> 'alembic_version'
GROUP BY c.relname ORDER BY c.relname
"""


async def dump_tables(url: str, folder: Path, report: Report) -> dict[str, int]:
    """Writes every table as it was at one instant to `folder/<table>.csv`.

    Returns:
        The number of rows of each table, parents before their children.

    Raises:
        Unavailable: if PostgreSQL or the disk fails.
    """
    counts: dict[str, int] = {}
    async with (
        _connection(url) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        tables = await _in_order(connection)
        await connection.execute("SET LOCAL ROLE milepost_operator")
        for table in tables:
            status = await connection.copy_from_query(
                f"SELECT * FROM {table}",  # noqa: S608 - a name out of the catalogue
                output=folder / f"{table}.csv",
                format="csv",
                header=True,
            )
            counts[table] = _rows(status)
            report(table, counts[table])
    return counts


async def load_tables(url: str, folder: Path, tables: Sequence[str], report: Report) -> None:
    """Replaces the rows of all tables by those of the files, or changes nothing.

    Raises:
        Unavailable: if PostgreSQL fails.
    """
    async with _connection(url) as connection, connection.transaction():
        # COPY FROM is not possible under row-level security, which is forced on the owner too.
        # The transaction has the tables to itself until it is forced again.
        for table in tables:
            await connection.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        await connection.execute(f"TRUNCATE {', '.join(tables)}")
        for table in tables:
            report(table, await _load(connection, table, folder / f"{table}.csv"))
        for table in tables:
            await connection.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


async def is_empty(url: str) -> bool:
    """Whether no tenant is there yet; all other rows belong to one."""
    async with _connection(url) as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE milepost_operator")
        return not await connection.fetchval("SELECT EXISTS (SELECT FROM tenants)")


async def _load(connection: asyncpg.Connection, table: str, file: Path) -> int:
    with file.open() as text:
        columns = text.readline().strip().split(",")
    status = await connection.copy_to_table(
        table, source=file, columns=columns, format="csv", header=True
    )
    return _rows(status)


async def _in_order(connection: asyncpg.Connection) -> list[str]:
    found = await connection.fetch(_TABLES)
    graph = {row["name"]: sorted(row["parents"]) for row in found}
    return list(TopologicalSorter(graph).static_order())


def _rows(status: str) -> int:
    return int(status.removeprefix("COPY "))


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    engine = open_engine(url, poolclass=NullPool)
    try:
        with reporting_unavailable():
            async with engine.connect() as connection:
                raw = (await connection.get_raw_connection()).driver_connection
                assert isinstance(raw, asyncpg.Connection)
                yield raw
    finally:
        await engine.dispose()
