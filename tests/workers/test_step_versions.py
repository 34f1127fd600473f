"""A release whose steps are of other versions: devices go on, and their histories are rebuilt."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, select, update

from milepost.domain.scope import Scope
from milepost.features.device_states.tables import device_anchors, device_states
from milepost.features.stops.tables import stops
from milepost.features.trips.tables import trips
from milepost.live.hub import Hub
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.stream.pipeline import STEPS
from tests.live.desk import Desk

from .rig import Rig, make_rig, only
from .test_late_data import DAY, HeldTelemetry
from .test_order_independence import truth

BEFORE, AFTER = DAY[:400], DAY[400:]


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


async def lived_before_the_upgrade(rig: Rig) -> None:
    """The former release knew other trips: here, none at all. Its states have its versions."""
    async with rig.processor() as processor:
        await rig.send(processor, BEFORE)
        await processor.settle()
    async with rig.database.operator_transaction() as connection:
        for table in (trips, stops):
            await connection.execute(delete(table).where(table.c.tenant_id == rig.scope.tenant_id))
        for table in (device_states, device_anchors):
            own = table.c.tenant_id == rig.scope.tenant_id
            for row in (await connection.execute(select(table).where(own))).mappings().all():
                key = [table.c[column.name] == row[column.name] for column in table.primary_key]
                state = msgspec.msgpack.decode(row["state"]) | {"versions": {"trips": 0}}
                encoded = msgspec.msgpack.encode(state)
                await connection.execute(update(table).where(*key).values(state=encoded))


async def stored_versions(rig: Rig) -> list[dict[str, int]]:
    query = select(device_states.c.state).where(device_states.c.tenant_id == rig.scope.tenant_id)
    async with rig.database.operator_transaction() as connection:
        states = await connection.scalars(query)
        return [msgspec.msgpack.decode(state)["versions"] for state in states]


async def test_a_device_that_calls_again_is_rebuilt(rig: Rig) -> None:
    await lived_before_the_upgrade(rig)
    async with rig.processor() as processor:
        assert await rig.send(processor, AFTER) == [None]
        await processor.settle()
    assert await rig.conclusions() == truth(DAY)
    now = {name: step.version for name, step in STEPS.items() if step.version != 1}
    assert await stored_versions(rig) == [now]


async def test_it_is_shown_and_answered_meanwhile_and_a_crash_begins_anew(rig: Rig) -> None:
    await lived_before_the_upgrade(rig)
    held: Any = HeldTelemetry(rig.telemetry)
    slow = msgspec.structs.replace(rig, telemetry=held)
    hub: Hub = Desk().hub
    async with slow.processor(hub=hub) as processor:
        assert await slow.send(processor, AFTER[:-1]) == [None]
        await held.read.wait()
        watermark_ms = only(processor).units.watermark_ms
        await only(processor).flusher.flush_all()
        shown = hub._tracks[rig.vehicle_id.int].state
        assert (shown.fix_time_ms, shown.state) == (AFTER[-2].fix_time_ms, "moving")
        # Nothing of half a history is written, and nobody else is held up by it.
        assert await stored_versions(rig) == [{"trips": 0}]
        assert only(processor).units.unwritten_since_ms() is None
        assert only(processor).units.watermark_ms >= watermark_ms
    async with rig.processor() as processor:
        await rig.send(processor, AFTER[-1:])
        await processor.settle()
    assert await rig.conclusions() == truth(DAY)
