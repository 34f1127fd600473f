"""Every kind of conclusion that is discovered, in the real engines: written, kept, replaced."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import find
from sqlalchemy import select

from milepost.domain.scope import Scope
from milepost.features.all_tables import all_tables
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.stream.contract import Concluded
from milepost.stream.kinds import KINDS, output_key
from milepost.stream.pipeline import initial_state
from milepost.workers.conclusion_versions import insert_versions
from milepost.workers.derived_rows import Checkpoint, FlushRows, add_unit
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.unit import Unit, output_id
from tests.stream.conclusions.made_up import made_up
from tests.workers.rig import NOW_MS, Rig, make_rig

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
STORED_AS_ROWS = [name for name, kind in KINDS.items() if kind.replacement == "deletion"]
STORED_AS_VERSIONS = [name for name, kind in KINDS.items() if kind.replacement == "version"]


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


def simplest(name: str) -> Any:
    return find(made_up(KINDS[name].output_type), lambda _: True)


async def opened_unit(store: ProcessorStore, rig: Rig) -> Unit:
    found = await store.find_installations([rig.unique_id])
    return Unit(found[rig.unique_id][0], initial_state())


async def flush(store: ProcessorStore, unit: Unit, now: datetime) -> FlushRows:
    checkpoint = await store.load_checkpoint()
    rows = FlushRows(Checkpoint(checkpoint.watermark_ms, checkpoint.version), now)
    add_unit(rows, unit, unit.state, unit.take_pending())
    await store.write(rows)
    return rows


async def stored(rig: Rig, name: str, unit: Unit) -> list[dict[str, Any]]:
    table = all_tables()[KINDS[name].table]
    query = select(table).where(table.c.device_id == unit.installation.device.id)
    async with rig.database.operator_transaction() as connection:
        return [dict(row) for row in (await connection.execute(query)).mappings()]


@pytest.mark.parametrize("name", STORED_AS_ROWS)
async def test_a_row_is_written_once_and_keeps_what_its_kind_says(rig: Rig, name: str) -> None:
    store, output = ProcessorStore(rig.database, None, uuid4), simplest(name)
    unit = await opened_unit(store, rig)
    unit.conclude([Concluded(output, NOW_MS)], late=False)
    await flush(store, unit, FIRST)
    (first,) = await stored(rig, name, unit)
    assert first["id"] == output_id(unit.installation.key, output_key(output))
    assert first["vehicle_id"] == rig.vehicle_id
    unit.conclude([Concluded(output, NOW_MS + 1)], late=True)
    await flush(store, unit, FIRST + timedelta(hours=1))
    (second,) = await stored(rig, name, unit)
    assert second["decided_fix_time_ms"] == NOW_MS + 1
    for kept in ("id", *KINDS[name].kept_columns):
        assert second[kept] == first[kept]


@pytest.mark.parametrize("name", STORED_AS_ROWS)
async def test_a_row_that_lost_its_ground_goes(rig: Rig, name: str) -> None:
    store, output = ProcessorStore(rig.database, None, uuid4), simplest(name)
    unit = await opened_unit(store, rig)
    unit.conclude([Concluded(output, NOW_MS)], late=False)
    await flush(store, unit, FIRST)
    unit.replace_after(NOW_MS)
    await flush(store, unit, FIRST)
    assert len(await stored(rig, name, unit)) == 1
    unit.replace_after(NOW_MS - 1)
    await flush(store, unit, FIRST)
    assert await stored(rig, name, unit) == []


@pytest.mark.parametrize("name", STORED_AS_VERSIONS)
async def test_a_version_is_taken(rig: Rig, name: str) -> None:
    store = ProcessorStore(rig.database, None, uuid4)
    unit = await opened_unit(store, rig)
    unit.conclude([Concluded(simplest(name), NOW_MS)], late=False)
    rows = await flush(store, unit, FIRST)
    assert len(rows.conclusions[KINDS[name].table]) == 1
    await insert_versions(rig.telemetry, rows.conclusions, 1)
