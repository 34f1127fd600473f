"""Moves the rows of a table to another, a partition at a time, however often it is killed."""

import re

import pyarrow as pa
import structlog

from milepost.stores.clickhouse.handles import Handles

_SOURCE = re.compile(r"^FROM (\w+)$", re.MULTILINE)
_PARTITIONS = """
SELECT DISTINCT partition_id FROM system.parts
WHERE database = currentDatabase() AND table = {source:String} AND active
ORDER BY partition_id
"""
_PARAMETER = "{partition_id:String}"

_log = structlog.get_logger()


def moves_rows(statement: str) -> bool:
    """Whether a statement of a migration is an INSERT of one partition of another table."""
    return _PARAMETER in statement


async def move_partitions(handles: Handles, insert: str) -> None:
    """Runs the INSERT once a partition of the table that it reads, which loses the partition then.

    The rows are on the disk before they are deleted where they were. What a kill leaves is moved at
    the next start; the partition that was being moved is moved again, so the table that gets the
    rows must take the same row twice for one.

    Raises:
        Unavailable: if ClickHouse does not answer, or refuses the statement.
    """
    [source] = _SOURCE.findall(insert)
    for partition_id in await handles.read(_PARTITIONS, {"source": source}, _ids):
        _log.info("clickhouse.moving_rows", table=source, partition=partition_id)
        await handles.command(insert, {"partition_id": partition_id})
        await handles.command(f"ALTER TABLE {source} DROP PARTITION ID '{partition_id}'")


def _ids(found: pa.Table) -> list[str]:
    return [str(each) for each in found.column("partition_id").to_pylist()]
