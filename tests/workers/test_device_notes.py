"""What the processor notes about a device besides its positions: clashes, and what it spoke."""

from typing import Any

import pytest
from sqlalchemy import select

from milepost.domain.position import Position
from milepost.domain.revocation import Credential
from milepost.domain.scope import Scope
from milepost.features.devices.tables import devices
from milepost.features.events.tables import events
from milepost.gateway.intake import Clash
from milepost.live.channels import parse_channel
from milepost.live.hub import Hub
from milepost.live.topics import Audience
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from tests.live.desk import read
from tests.workers.rig import NOW_MS, Rig, make_rig, only


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


async def clashes(rig: Rig) -> list[tuple[Any, ...]]:
    query = select(events.c.vehicle_id, events.c.fix_time, events.c.late, events.c.detail)
    async with rig.database.transaction(rig.scope) as connection:
        rows = await connection.execute(query.where(events.c.kind == "identity_clash"))
        return [tuple(row) for row in rows]


def fix(second: int) -> Position:
    return Position(NOW_MS - 60_000 + second * 1000, 52.5, 13.4, speed_kmh=0.0)


async def test_a_clash_is_stored_and_late_data_does_not_undo_it(rig: Rig) -> None:
    async with rig.processor() as processor:
        session = await processor.ingest.open(rig.unique_id, "test", "192.0.2.1")
        processor.ingest.clash(session, Clash("192.0.2.1", "192.0.2.2", 2))
        await processor.settle()
        (stored,) = await clashes(rig)
        assert stored[0] == rig.vehicle_id
        assert stored[1].timestamp() * 1000 == NOW_MS
        assert stored[2:] == (
            False,
            {"former_address": "192.0.2.1", "address": "192.0.2.2", "takeovers": 2},
        )
        await rig.send(processor, [fix(10)], [fix(5)])
        await processor.settle()
        assert await clashes(rig) == [stored]


async def test_what_a_device_speaks_is_noted(rig: Rig) -> None:
    async with rig.processor() as processor:
        session = await processor.ingest.open(rig.unique_id, "another", "192.0.2.1")
        assert session.registered_protocol == "test"
        processor.ingest.accept(session, [fix(1)], NOW_MS, lambda _: None)
        await processor.settle()
    query = select(devices.c.last_protocol).where(devices.c.unique_id == rig.unique_id)
    async with rig.database.transaction(rig.scope) as connection:
        assert await connection.scalar(query) == "another"


async def test_viewers_are_told_of_a_clash(rig: Rig) -> None:
    hub = Hub(lambda: 0.0)
    viewer = hub.open(rig.scope.tenant_id, Credential(), lambda: None, lambda: None, 0.0)
    channel = parse_channel(f"vehicle:{rig.vehicle_id}")
    hub.subscribe(viewer, Audience(rig.scope.tenant_id, channel), None, None)
    async with rig.processor(hub=hub) as processor:
        session = await processor.ingest.open(rig.unique_id, "test", "192.0.2.1")
        processor.ingest.clash(session, Clash("192.0.2.1", "192.0.2.2", 1))
    hub.flush()
    (told,) = read(viewer)
    assert told["event"] == "identity_clash"
    assert told["data"]["detail"]["former_address"] == "192.0.2.1"


async def test_a_clash_told_by_an_old_session_does_not_take_the_place_of_the_new_one(
    rig: Rig,
) -> None:
    async with rig.processor() as processor:
        old = await processor.ingest.open(rig.unique_id, "test", "192.0.2.1")
        only(processor).units.distrust(old.unit)
        processor.ingest.clash(old, Clash("192.0.2.1", "192.0.2.2", 1))
        assert old.unit not in only(processor).units.dirty.values()
