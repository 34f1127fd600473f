"""Asserts of every table what keeps its rows through a power cut, by what the engine says.

A table that lacks a setting is repaired: a migration that forgot one, or a table that somebody
altered, does not stay a way to lose data.
"""

import re
from collections.abc import Collection, Mapping

import pyarrow as pa
import structlog

from milepost.errors import Unavailable
from milepost.stores.clickhouse.handles import Handles

# The least value of each setting, and why. Source: ClickHouse documentation, MergeTree settings.
REQUIRED: Mapping[str, int] = {
    "fsync_after_insert": 1,  # an insert returns when its part is on the disk
    "fsync_part_directory": 1,  # so is the part's name
    "min_rows_to_fsync_after_merge": 1,  # a merged or mutated part is on the disk before …
    "min_compressed_bytes_to_fsync_after_merge": 1,
    "old_parts_lifetime": 480,  # … and long before what it was made of is deleted
}
# These are thresholds: 0 is never, and any number above lets smaller parts go without.
_THRESHOLDS = ("min_rows_to_fsync_after_merge", "min_compressed_bytes_to_fsync_after_merge")

_TABLES = """
SELECT name, engine_full FROM system.tables
WHERE database = currentDatabase() AND name IN {tables:Array(String)} ORDER BY name
"""
_DEFAULTS = "SELECT name, value FROM system.merge_tree_settings"
_METADATA = "SELECT value FROM system.settings WHERE name = 'fsync_metadata'"

_log = structlog.get_logger()


async def ensure_durable(handles: Handles, tables: Collection[str]) -> list[str]:
    """Gives every table the settings that it lacks; the names of those that were changed.

    Raises:
        Unavailable: if the engine does not answer, does not take a setting, or does not have it
            afterwards.
    """
    lacking, said = await _lacking(handles, tables), ""
    for table, missing in lacking.items():
        _log.warning("clickhouse.table_was_not_durable", table=table, settings=sorted(missing))
        words = ", ".join(f"{name} = {REQUIRED[name]}" for name in missing)
        try:
            await handles.command(f"ALTER TABLE {table} MODIFY SETTING {words}")
        except Unavailable as error:
            said = f" ({error})"
    for table, missing in (await _lacking(handles, tables)).items():
        raise Unavailable(
            "ClickHouse",
            f"a power cut would lose rows of the table {table}: it needs the settings "
            + ", ".join(f"{name} = {REQUIRED[name]}" for name in sorted(missing))
            + said,
        )
    if await handles.read(_METADATA, {}, _values) != ["1"]:
        raise Unavailable(
            "ClickHouse", "a power cut would lose tables: it needs the setting fsync_metadata = 1"
        )
    return list(lacking)


async def _lacking(handles: Handles, tables: Collection[str]) -> dict[str, list[str]]:
    """The settings that each table lacks; only tables that lack some."""
    defaults = await handles.read(_DEFAULTS, {}, _pairs)
    engines = await handles.read(_TABLES, {"tables": sorted(tables)}, _pairs)
    found = {
        table: [
            name
            for name in REQUIRED
            if not _suffices(name, _own_setting(engine, name) or defaults.get(name, "0"))
        ]
        for table, engine in engines.items()
    }
    return {table: missing for table, missing in found.items() if missing}


def _suffices(name: str, value: str) -> bool:
    number = int(value) if value.isdigit() else 0
    return number == 1 if name in _THRESHOLDS else number >= REQUIRED[name]


def _own_setting(engine_full: str, name: str) -> str | None:
    """A table's own value of a setting, as the engine writes it; None if it has none."""
    _, _, settings = engine_full.rpartition(" SETTINGS ")
    found = re.search(rf"\b{name} = '?(\w+)'?", settings)
    return None if found is None else {"true": "1", "false": "0"}.get(found[1], found[1])


def _pairs(table: pa.Table) -> dict[str, str]:
    columns = [table.column(place).to_pylist() for place in (0, 1)]
    return dict(zip(*columns, strict=True))


def _values(table: pa.Table) -> list[str]:
    return [str(value) for value in table.column(0).to_pylist()]
