"""A threshold that is changed half way: late data change nothing before it, nor after."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.features.former_thresholds.store import OF_THE_TENANT, keep_former
from milepost.features.tenants.tables import tenants
from milepost.features.vehicles.tables import vehicles
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.processor import Processor

from .rig import NOW_MS, Rig, make_rig

MINUTE_MS = 60_000
START_MS = NOW_MS - 300 * MINUTE_MS
CHANGED_MS = START_MS + 150 * MINUTE_MS
# A halt of 4 minutes ends no trip by default (5), and does once 3 minutes are enough.
HALT_MINUTES = 4
ROUND_MINUTES = 30


def fix(minute: int) -> Position:
    """It drives for 26 minutes of every 30, and stands for 4."""
    rounds, rest = divmod(minute, ROUND_MINUTES)
    driven = rounds * 26 + min(rest, 26)
    moves = 0 < rest <= ROUND_MINUTES - HALT_MINUTES
    return Position(
        START_MS + minute * MINUTE_MS,
        50.0,
        round(7.0 + 0.008 * driven, 7),
        speed_kmh=34.0 if moves else 0.0,
        ignition=True,
    )


DRIVE = [fix(minute) for minute in range(300)]
LATE = DRIVE[40]
REST = [each for each in DRIVE if each is not LATE]


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


async def change(rig: Rig, processor: Processor | None, table: Any) -> None:
    """As a request does: what held before is kept until the time of the change."""
    of_tenant = table is tenants
    row_id = rig.scope.tenant_id if of_tenant else rig.vehicle_id
    owner = (rig.scope.tenant_id, OF_THE_TENANT if of_tenant else rig.vehicle_id)
    async with rig.database.transaction(rig.scope) as connection:
        until = datetime.fromtimestamp(CHANGED_MS / 1000, UTC)
        await keep_former(connection, owner, {}, until)
        changed = update(table).where(table.c.id == row_id)
        await connection.execute(changed.values(thresholds={"stop_min_duration_s": 180.0}))
    if processor is None:
        return
    if of_tenant:
        processor.shards.tenant_changed(row_id)
    else:
        processor.shards.vehicle_changed(row_id)


def before_the_change(positions: list[Position]) -> list[Position]:
    return [each for each in positions if each.fix_time_ms < CHANGED_MS]


@pytest.mark.parametrize("table", [vehicles, tenants], ids=["vehicle", "tenant"])
async def test_the_same_trips_whenever_it_arrives(rig: Rig, table: Any) -> None:
    async with rig.processor() as processor:
        await rig.send(processor, before_the_change(REST))
        await change(rig, processor, table)
        await rig.send(processor, REST[len(before_the_change(REST)) :])
        await rig.send(processor, [LATE])
        await processor.settle()
    # One trip as long as five minutes of standing are asked for, and one a round afterwards. Judged
    # by what holds now, the past would have one a round as well: ten in all.
    assert starts(await rig.conclusions()) == [0, 150, 180, 210, 240, 270]


@pytest.mark.parametrize("table", [vehicles, tenants], ids=["vehicle", "tenant"])
async def test_the_past_that_comes_last_is_judged_by_what_held_then(rig: Rig, table: Any) -> None:
    await change(rig, None, table)
    async with rig.processor() as processor:
        await rig.send(processor, DRIVE[200:])
        await rig.send(processor, DRIVE[:200])
        await processor.settle()
    assert starts(await rig.conclusions()) == [0, 150, 180, 210, 240, 270]


def starts(conclusions: dict[str, list[tuple[Any, ...]]]) -> list[int]:
    """In which minutes trips begin."""
    return [
        round((trip[0].timestamp() * 1000 - START_MS) / MINUTE_MS) for trip in conclusions["trips"]
    ]
