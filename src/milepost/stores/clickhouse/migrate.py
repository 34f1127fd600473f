"""Brings ClickHouse to the schema of this version: numbered SQL files, each run once.

Afterwards every table has what a power cut asks for, whatever its migration said.
"""

import re
from collections.abc import Iterator
from importlib.resources import files

from milepost.errors import NewerSchema
from milepost.stores.clickhouse.durability import ensure_durable
from milepost.stores.clickhouse.handles import Handles
from milepost.stores.clickhouse.moving import move_partitions, moves_rows

_JOURNAL = """
CREATE TABLE IF NOT EXISTS schema_migrations (number UInt32, applied_at DateTime('UTC'))
ENGINE = ReplacingMergeTree ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
"""
_RECORD = "INSERT INTO schema_migrations SELECT {number:UInt32}, now()"
_CREATE_TABLE = re.compile(r"^CREATE TABLE (?:IF NOT EXISTS )?(\w+)", re.MULTILINE)
_RENAME_TABLE = re.compile(r"^RENAME TABLE (\w+) TO \w+", re.MULTILINE)
_APPLIED = "SELECT toInt64(max(number)) AS number FROM schema_migrations"


async def migrate(handles: Handles, *, until: int | None = None) -> tuple[int, int]:
    """Runs the missing migrations, up to and with number `until`.

    Returns:
        The number before and the number after; 0 is an empty database.

    Raises:
        NewerSchema: if a newer version of Milepost has worked here.
        Unavailable: if ClickHouse does not answer, or refuses a statement.
    """
    before = await current_number(handles)
    if before > newest_number():
        raise NewerSchema("ClickHouse", before, newest_number())
    after = before
    for number, sql in migrations():
        if number <= before or (until is not None and number > until):
            continue
        for statement in statements(sql):
            await _run(handles, statement)
        await handles.command(_RECORD, {"number": number})
        after = number
    await ensure_durable(handles, our_tables())
    return before, after


async def _run(handles: Handles, statement: str) -> None:
    if moves_rows(statement):
        await move_partitions(handles, statement)
    else:
        await handles.command(statement)


async def current_number(handles: Handles) -> int:
    """The number of the newest migration that has run."""
    await handles.command(_JOURNAL)
    return await handles.read(_APPLIED, {}, lambda found: int(found.column("number")[0].as_py()))


def newest_number() -> int:
    """The number that this version of Milepost needs."""
    return max(number for number, _ in migrations())


def migrations() -> Iterator[tuple[int, str]]:
    """All migrations of this version, in order."""
    folder = files("milepost.stores.clickhouse") / "migrations"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            yield int(file.name.split("_")[0]), file.read_text()


def our_tables() -> frozenset[str]:
    """Every table that the migrations leave, and the journal of migrations."""
    sql = "\n".join([_JOURNAL, *(sql for _, sql in migrations())])
    return frozenset(_CREATE_TABLE.findall(sql)) - frozenset(_RENAME_TABLE.findall(sql))


def statements(sql: str) -> list[str]:
    """Splits a migration at the semicolons that end a line."""
    return [part.strip() for part in sql.split(";\n") if part.strip()]
