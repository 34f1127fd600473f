"""ClickHouse's tables to Parquet files and back."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from clickhouse_connect.driver.client import Client

from milepost.stores.clickhouse.handles import Handles

TABLES = ("positions", "rollups", "day_totals", "last_states")
_ROWS_PER_INSERT = 50_000


async def count_rows(handles: Handles, table: str) -> int:
    """How many rows a table has, duplicates included."""
    sql = f"SELECT count() AS n FROM {table}"  # noqa: S608 - a name of TABLES
    return await handles.read(sql, {}, lambda found: int(found.column("n")[0].as_py()))


async def dump_table(handles: Handles, table: str, file: Path) -> int:
    """Writes a table to a Parquet file, piece by piece; returns the number of rows.

    Raises:
        Unavailable: if ClickHouse or the disk fails.
    """
    return await handles.run(lambda client: _dump(client, table, file))


async def load_table(handles: Handles, table: str, file: Path) -> int:
    """Inserts the rows of a Parquet file; returns their number.

    Raises:
        Unavailable: if ClickHouse fails.
    """
    return await handles.run(lambda client: _load(client, table, file))


async def empty_tables(handles: Handles) -> None:
    """Deletes all rows.

    Raises:
        Unavailable: if ClickHouse fails.
    """
    for table in TABLES:
        await handles.command(f"TRUNCATE TABLE {table}")


def _dump(client: Client, table: str, file: Path) -> int:
    sql = f"SELECT * FROM {table}"  # noqa: S608 - a name of TABLES
    schema = _plain(client.query_arrow(f"{sql} LIMIT 0")).schema
    rows = 0
    with (
        pq.ParquetWriter(file, schema, compression="zstd") as writer,
        client.query_arrow_stream(sql) as stream,
    ):
        for piece in stream:
            batch: Any = piece
            part = _plain(batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch]))
            writer.write_table(part.cast(schema))
            rows += len(part)
    return rows


def _load(client: Client, table: str, file: Path) -> int:
    rows = 0
    with pq.ParquetFile(file) as source:
        for batch in source.iter_batches(_ROWS_PER_INSERT):
            part = _plain(pa.Table.from_batches([batch]))
            client.insert_arrow(table, part)
            rows += len(part)
    return rows


def _plain(table: pa.Table) -> pa.Table:
    """UUIDs as 16 bytes: the form in which ClickHouse takes them back."""
    columns: list[Any] = []
    for column in table.columns:
        extended = isinstance(column.type, pa.BaseExtensionType)
        columns.append(column.cast(pa.binary(16)) if extended else column)
    return pa.table(columns, names=table.column_names)
