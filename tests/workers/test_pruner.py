"""Old anchors are thinned out, and late data before them still comes out right."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from milepost.domain.device_access import Caller
from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.features.device_states.tables import device_anchors
from milepost.features.devices.tables import unknown_devices
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.stream.fold import HOUR_MS
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.pruner import HOURLY_FOR_HOURS, Pruner

from .rig import NOW_MS, Rig, make_rig
from .test_order_independence import truth

DAY_MS = 24 * HOUR_MS


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


def hourly(count: int) -> list[Position]:
    start_ms = (NOW_MS // DAY_MS - 3) * DAY_MS
    return [
        Position(start_ms + n * HOUR_MS // 4, 50.0, round(7.0 + n * 0.05, 2), speed_kmh=60.0)
        for n in range(count)
    ]


async def anchor_hours(database: Database, scope: Scope) -> list[int]:
    async with database.ingest_transaction() as connection:
        query = select(device_anchors.c.hour).where(device_anchors.c.tenant_id == scope.tenant_id)
        return sorted(await connection.scalars(query))


async def test_one_anchor_a_day_stays(rig: Rig, database: Database, scope: Scope) -> None:
    positions = hourly(4 * 48)
    late = positions.pop(60)
    async with rig.processor() as processor:
        await rig.send(processor, positions)
        await processor.settle()
    assert len(await anchor_hours(database, scope)) == 48
    in_a_month_ms = NOW_MS + (HOURLY_FOR_HOURS + 48) * HOUR_MS
    store = ProcessorStore(database, None, uuid4)
    await Pruner(store, lambda: in_a_month_ms).prune()
    hours = await anchor_hours(database, scope)
    assert [hour % 24 for hour in hours] == [0, 0]
    async with rig.processor() as processor:
        await rig.send(processor, [late])
        await processor.settle()
    positions.insert(60, late)
    assert await rig.conclusions() == truth(positions)


async def test_the_list_of_unknown_devices_keeps_those_that_called_last(
    database: Database,
) -> None:
    store = ProcessorStore(database, None, uuid4)
    marker = uuid4().hex
    for minute in range(5):
        called = datetime.fromtimestamp(NOW_MS / 1000, UTC) + timedelta(minutes=minute, days=3650)
        await store.identities.meet(f"{marker}-{minute}", Caller("gt06", "192.0.2.1"), called)
    await store.prune_unknown(2)
    query = select(unknown_devices.c.unique_id).where(
        unknown_devices.c.unique_id.startswith(marker)
    )
    async with database.ingest_transaction() as connection:
        kept = set(await connection.scalars(query))
    assert kept == {f"{marker}-3", f"{marker}-4"}
    assert await Pruner(store, lambda: NOW_MS).prune_unknown() == 0
