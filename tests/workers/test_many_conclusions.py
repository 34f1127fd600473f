"""No statement grows with the data: a hundred thousand conclusions, and one late record."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select

from milepost.domain.device_access import Caller
from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.features.device_states.tables import device_anchors
from milepost.features.events.tables import events
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.derived_rows import Checkpoint, FlushRows
from milepost.workers.processor_store import ProcessorStore

from .rig import NOW_MS, Rig, make_rig, only

MANY = 100_000
# More than a statement of PostgreSQL takes parameters.
SWITCHES = 34_000
YEAR_2006_MS = 1_136_073_600_000


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


async def count_events(rig: Rig, kind: str) -> int:
    query = select(func.count()).select_from(events).where(events.c.kind == kind)
    async with rig.database.transaction(rig.scope) as connection:
        return int(await connection.scalar(query) or 0)


def event_row(rig: Rig, device_id: UUID, event_id: UUID, number: int) -> dict[str, object]:
    now = datetime.now(UTC)
    return {
        "id": event_id,
        "tenant_id": rig.scope.tenant_id,
        "device_id": device_id,
        "vehicle_id": rig.vehicle_id,
        "kind": "ignition_on",
        "fix_time": now,
        "received_time": now,
        "late": False,
        "latitude_deg": None,
        "longitude_deg": None,
        "decided_fix_time_ms": NOW_MS + number,
        "detail": {},
    }


async def test_a_flush_replaces_what_is_not_among_a_hundred_thousand(rig: Rig) -> None:
    store, device_id = ProcessorStore(rig.database, None, uuid4), uuid4()
    kept, lost = [uuid4() for _ in range(MANY)], [uuid4() for _ in range(3)]
    before = uuid4()
    there = [*kept[:1_000], *lost]
    async with rig.database.operator_transaction() as connection:
        rows = [event_row(rig, device_id, each, number) for number, each in enumerate(there)]
        await connection.execute(insert(events), [*rows, event_row(rig, device_id, before, -5)])
    checkpoint = await store.load_checkpoint()
    flush = FlushRows(Checkpoint(checkpoint.watermark_ms, checkpoint.version), datetime.now(UTC))
    flush.replaced.append(((device_id, rig.vehicle_id), NOW_MS - 1, kept))
    await store.write(flush)
    async with rig.database.operator_transaction() as connection:
        query = select(events.c.id).where(events.c.device_id == device_id)
        left = set(await connection.scalars(query))
    assert left == {*kept[:1_000], before}


async def test_a_hundred_thousand_devices_and_units_can_be_looked_up(rig: Rig) -> None:
    store = ProcessorStore(rig.database, None, uuid4)
    caller = Caller("test", "127.0.0.1")
    await store.identities.meet(rig.unique_id, caller, datetime.now(UTC))
    strangers = [str(uuid4()) for _ in range(MANY)]
    assert set(await store.find_installations([rig.unique_id, *strangers])) == {rig.unique_id}
    wanted = [((uuid4(), uuid4()), rig.scope.tenant_id) for _ in range(MANY // 10)]
    found = await store.find_units([*wanted, ((uuid4(), uuid4()), uuid4())])
    assert set(found) == {key for key, _ in wanted}


async def test_of_many_anchors_the_first_of_each_day_stays(rig: Rig) -> None:
    store = ProcessorStore(rig.database, None, uuid4)
    device_ids = [uuid4() for _ in range(100)]
    rows = [
        {
            "device_id": device_id,
            "vehicle_id": rig.vehicle_id,
            "hour": hour,
            "tenant_id": rig.scope.tenant_id,
            "fix_time_ms": hour * 3_600_000,
            "state": b"",
        }
        for device_id in device_ids
        for hour in range(3, 203)
    ]
    async with rig.database.operator_transaction() as connection:
        for start in range(0, len(rows), 4_000):
            await connection.execute(insert(device_anchors), rows[start : start + 4_000])
    assert await store.prune_anchors(200) >= 100 * (197 - 9)
    async with rig.database.operator_transaction() as connection:
        query = select(device_anchors.c.hour).where(device_anchors.c.device_id == device_ids[7])
        hours = sorted(await connection.scalars(query))
    assert hours == [3, 24, 48, 72, 96, 120, 144, 168, 192, 200, 201, 202]


async def test_one_report_of_2006_after_many_conclusions(rig: Rig) -> None:
    start_ms = NOW_MS - SWITCHES * 1_000
    switches = [
        Position(start_ms + second * 1_000, 50.0, 7.0, speed_kmh=0.0, ignition=second % 2 == 1)
        for second in range(SWITCHES)
    ]
    packets = [switches[start : start + 2_000] for start in range(0, SWITCHES, 2_000)]
    async with rig.processor() as processor:
        assert set(await rig.send(processor, *packets)) == {None}
        await processor.settle()
        assert await count_events(rig, "ignition_on") == SWITCHES // 2
        late = Position(YEAR_2006_MS, 50.0, 7.0, speed_kmh=0.0, ignition=True)
        assert await rig.send(processor, [late]) == [None]
        await processor.settle()
        assert only(processor).flusher.quarantined == 0
        assert await count_events(rig, "ignition_on") == SWITCHES // 2
        assert await count_events(rig, "ignition_off") == SWITCHES // 2
