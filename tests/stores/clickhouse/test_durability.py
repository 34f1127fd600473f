"""What keeps rows through a power cut is asserted of every table, by what the engine says."""

import re
from collections.abc import AsyncIterator
from functools import partial

import pytest

from milepost.errors import Unavailable
from milepost.stores.clickhouse.durability import ensure_durable
from milepost.stores.clickhouse.handles import Handles, chdb_client
from milepost.stores.clickhouse.migrate import our_tables
from milepost.stores.data_folder import DataFolder
from milepost.stores.telemetry import Telemetry

WANTED = {
    "fsync_after_insert": "1",
    "fsync_part_directory": "1",
    "min_rows_to_fsync_after_merge": "1",
    "min_compressed_bytes_to_fsync_after_merge": "1",
    "old_parts_lifetime": "480",
}


@pytest.fixture
async def handles(data_folder: DataFolder, telemetry: Telemetry) -> AsyncIterator[Handles]:
    opened = Handles(partial(chdb_client, data_folder.clickhouse), 1, "test")
    await opened.open()
    yield opened
    await opened.command("DROP TABLE IF EXISTS forgotten")
    await opened.close()


async def settings_of(handles: Handles, table: str) -> dict[str, str]:
    def parsed(said: object) -> dict[str, str]:
        text = said.column(0)[0].as_py()  # type: ignore[attr-defined]
        return dict(re.findall(r"(\w+) = (\d+)", text.partition("SETTINGS")[2]))

    return await handles.read(f"SHOW CREATE TABLE {table}", {}, parsed)


async def test_every_table_has_them(handles: Handles) -> None:
    def names(found: object) -> set[str]:
        return set(found.column(0).to_pylist())  # type: ignore[attr-defined]

    tables = await handles.read("SHOW TABLES", {}, names)
    assert tables >= {"positions", "rollups", "day_totals", "last_states", "schema_migrations"}
    assert tables == our_tables()
    for table in tables:
        found = await settings_of(handles, table)
        assert {name: found.get(name) for name in WANTED} == WANTED, table


@pytest.mark.parametrize(
    "settings",
    [
        "index_granularity = 2048",
        "fsync_after_insert = 0, old_parts_lifetime = 10",
        "min_rows_to_fsync_after_merge = 100000, fsync_after_insert = 1",
    ],
)
async def test_a_table_that_lacks_some_is_repaired(handles: Handles, settings: str) -> None:
    """As an older release made them, or as somebody altered one, or a migration forgot it."""
    await handles.command(f"CREATE TABLE forgotten (n UInt8) ENGINE = MergeTree ORDER BY n SETTINGS {settings}")  # fmt: skip  # noqa: E501
    assert await ensure_durable(handles, {"forgotten", "positions"}) == ["forgotten"]
    found = await settings_of(handles, "forgotten")
    assert {name: found.get(name) for name in WANTED} == WANTED
    assert await ensure_durable(handles, {"forgotten", "positions"}) == []


async def test_what_keeps_parts_longer_is_left_as_it_is(handles: Handles) -> None:
    longer = {**WANTED, "old_parts_lifetime": "3600"}
    words = ", ".join(f"{name} = {value}" for name, value in longer.items())
    await handles.command(f"CREATE TABLE forgotten (n UInt8) ENGINE = MergeTree ORDER BY n SETTINGS {words}")  # fmt: skip  # noqa: E501
    assert await ensure_durable(handles, {"forgotten"}) == []
    assert (await settings_of(handles, "forgotten"))["old_parts_lifetime"] == "3600"


async def test_a_table_that_cannot_have_them_is_refused(handles: Handles) -> None:
    await handles.command("CREATE TABLE forgotten (n UInt8) ENGINE = Memory")
    with pytest.raises(Unavailable, match="forgotten"):
        await ensure_durable(handles, {"forgotten"})
