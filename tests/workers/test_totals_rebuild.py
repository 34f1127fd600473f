"""Totals derived again are those of live processing, whatever was lost, added or left over."""

import random
from collections.abc import AsyncIterator
from functools import partial
from itertools import count, repeat
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import delete, insert, select, update

from milepost.domain.scope import Scope
from milepost.features.device_states.tables import processor_checkpoint
from milepost.features.devices.tables import devices
from milepost.features.vehicles.tables import vehicles
from milepost.stores.clickhouse.handles import Handles, chdb_client
from milepost.stores.data_folder import DataFolder
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.stores.totals_rows import TotalsPart, TotalsRows
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.totals_rebuild import DAY_MS, Rebuilt, TotalsRebuild
from tests.stores.forgetting import forget_rows, keep_tenant

from .rig import FAR_MS, NOW_MS, Rig, make_rig
from .test_order_independence import JOURNEY, cut, truth

LATER = [msgspec.structs.replace(each, fix_time_ms=each.fix_time_ms + DAY_MS) for each in JOURNEY]


@pytest.fixture
async def handles(data_folder: DataFolder, telemetry: Telemetry) -> AsyncIterator[Handles]:
    opened = Handles(partial(chdb_client, data_folder.clickhouse), 1, "test")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    """Its clock is that of the first of two days; the second one is believed all the same."""
    made = await make_rig(database, telemetry, scope)
    async with database.operator_transaction() as connection:
        vehicle = update(vehicles).where(vehicles.c.id == made.vehicle_id)
        await connection.execute(vehicle.values(thresholds={"future_max_s": 200_000.0}))
    return made


async def rebuild(rig: Rig, handles: Handles, part: TotalsPart | None = None) -> Rebuilt:
    store = ProcessorStore(rig.database, None, uuid4)
    work = TotalsRebuild(store, TotalsRows(handles))
    return await work.run(
        part or TotalsPart(rig.scope.tenant_id), NOW_MS, lambda done, of, positions: None
    )


async def totals(rig: Rig) -> dict[str, list[tuple[Any, ...]]]:
    return {
        bucket: [
            msgspec.structs.astuple(total)
            for total in await rig.telemetry.totals(rig.scope, None, 0, FAR_MS, bucket)
        ]
        for bucket in ("10min", "day")
    }


async def lose_totals(rig: Rig, handles: Handles) -> None:
    own = {"tenant": rig.scope.tenant_id}
    for table in ("rollups", "day_totals"):
        await handles.run(
            lambda client, table=table: forget_rows(client, table, "tenant_id = {tenant:UUID}", own)
        )


async def device_of(rig: Rig) -> UUID:
    async with rig.database.operator_transaction() as connection:
        query = select(devices.c.id).where(devices.c.unique_id == rig.unique_id)
        return UUID(str(await connection.scalar(query)))


async def second_device(rig: Rig) -> Rig:
    """Another one in the same vehicle."""
    other = msgspec.structs.replace(rig, unique_id=f"{rig.unique_id}-2")
    async with rig.database.operator_transaction() as connection:
        query = select(devices.c.created_at).where(devices.c.unique_id == rig.unique_id)
        now = await connection.scalar(query)
        await connection.execute(
            insert(devices).values(
                id=uuid4(), unique_id=other.unique_id, protocol="test",
                vehicle_id=rig.vehicle_id, tenant_id=rig.scope.tenant_id,
                created_at=now, updated_at=now, version=1,
            )
        )  # fmt: skip
    return other


async def processed(
    rig: Rig, positions: list[Any], seed: int, *, moving_clock: bool = False
) -> None:
    """Shuffled, some of it twice."""
    chance = random.Random(seed)
    packets = cut(positions, chance)
    packets += chance.sample(packets, len(packets) // 5)
    chance.shuffle(packets)
    clock = count(NOW_MS + 1_000_000) if moving_clock else repeat(NOW_MS)
    async with rig.processor(clock_ms=lambda: next(clock)) as processor:
        await rig.send(processor, *packets)
        await processor.settle()


async def test_lost_totals_come_back_as_live_processing_gave_them(
    rig: Rig, handles: Handles
) -> None:
    await processed(rig, [*JOURNEY, *LATER], 1)
    live = await totals(rig)
    assert [row[1:] for row in live["10min"]] == truth([*JOURNEY, *LATER])["totals"]
    await lose_totals(rig, handles)
    assert await totals(rig) == {"10min": [], "day": []}
    done = await rebuild(rig, handles)
    assert (done.units, done.positions) == (1, 2 * len(JOURNEY))
    assert await totals(rig) == live
    await rebuild(rig, handles)
    assert await totals(rig) == live


async def test_a_vehicle_with_two_devices_has_the_sum_of_both(rig: Rig, handles: Handles) -> None:
    await processed(rig, JOURNEY, 2)
    of_one = await totals(rig)
    await processed(await second_device(rig), JOURNEY, 3)
    live = await totals(rig)
    assert [row[2] for row in live["day"]] == [2 * row[2] for row in of_one["day"]]
    await lose_totals(rig, handles)
    assert (await rebuild(rig, handles)).units == 2
    assert await totals(rig) == live


async def test_totals_that_no_position_gives_go(rig: Rig, handles: Handles) -> None:
    await processed(rig, JOURNEY, 4)
    live = await totals(rig)
    owner = {
        "tenant_id": rig.scope.tenant_id.bytes,
        "vehicle_id": rig.vehicle_id.bytes,
        "device_id": (await device_of(rig)).bytes,
    }
    numbers = {"distance_m": 5e6, "driving_s": 9e4, "idling_s": 0.0, "max_speed_kmh": 200.0}
    ghost = owner | numbers | {"position_count": 9, "fuel_used_l": 1.0}
    for bucket_ms in (JOURNEY[0].fix_time_ms, JOURNEY[0].fix_time_ms - 40 * DAY_MS):
        row = ghost | {"bucket_start_ms": bucket_ms // 600_000 * 600_000 - 600_000}
        await rig.telemetry.insert_rollups([row], NOW_MS)
    assert await totals(rig) != live
    await rebuild(rig, handles)
    assert await totals(rig) == live


async def test_a_part_leaves_the_rest_alone(rig: Rig, handles: Handles) -> None:
    await processed(rig, [*JOURNEY, *LATER], 5)
    live = await totals(rig)
    await lose_totals(rig, handles)
    since_ms = LATER[-1].fix_time_ms // DAY_MS * DAY_MS
    await rebuild(rig, handles, TotalsPart(rig.scope.tenant_id, rig.vehicle_id, since_ms))
    found = await totals(rig)
    for bucket in ("10min", "day"):
        assert found[bucket] == [row for row in live[bucket] if row[1] >= since_ms]
    await rebuild(rig, handles, TotalsPart(uuid4()))
    await rebuild(rig, handles, TotalsPart(rig.scope.tenant_id, uuid4()))
    assert await totals(rig) == found


async def test_what_is_processed_afterwards_counts_for_more(rig: Rig, handles: Handles) -> None:
    await processed(rig, JOURNEY, 6)
    done = await rebuild(rig, handles, TotalsPart(rig.scope.tenant_id))
    assert done.totals > 0
    # The rig's clock stands still: only the version tells which total is the newer one.
    await processed(rig, LATER, 7)
    live = await totals(rig)
    assert [row[1:] for row in live["10min"]] == truth([*JOURNEY, *LATER])["totals"]


async def test_a_start_finds_totals_that_a_power_cut_took(rig: Rig, handles: Handles) -> None:
    """The checkpoint is there, and what was flushed with it is not."""
    await forget_other_tenants(rig, handles)
    await processed(rig, JOURNEY, 8, moving_clock=True)
    live = await totals(rig)
    await lose_totals(rig, handles)
    await set_checkpoint_version(rig, await TotalsRows(handles).newest_version() + 1)
    async with rig.processor():
        assert await totals(rig) == live
    assert await totals(rig) == live


async def test_a_start_leaves_totals_alone_that_are_whole(rig: Rig, handles: Handles) -> None:
    """A flush that had no totals to write looks the same from afar."""
    await processed(rig, JOURNEY, 9, moving_clock=True)
    rows = TotalsRows(handles)
    before = await rows.newest_version()
    await set_checkpoint_version(rig, before + 1)
    watermark_ms = (await ProcessorStore(rig.database, None, uuid4).load_checkpoint()).watermark_ms
    missing = await rows.missing(watermark_ms)
    assert [each for each in missing if each.tenant_id == rig.scope.tenant_id] == []
    async with rig.processor():
        pass
    assert await rows.newest_version() >= before


async def forget_other_tenants(rig: Rig, handles: Handles) -> None:
    """Other tests store more positions than a start would fold again, some of them in the future.

    Behind those the stamps of receipt stand still, and the checkpoint comes to no later one.
    """
    await handles.run(lambda client: keep_tenant(client, "positions", rig.scope.tenant_id))
    async with rig.database.operator_transaction() as connection:
        await connection.execute(delete(processor_checkpoint))


async def set_checkpoint_version(rig: Rig, version: int) -> None:
    async with rig.database.operator_transaction() as connection:
        await connection.execute(update(processor_checkpoint).values(version=version))


async def test_a_device_that_cannot_be_folded_costs_the_others_nothing(
    rig: Rig, handles: Handles, database: Database, telemetry: Telemetry
) -> None:
    other = await make_rig(database, telemetry, rig.scope)
    await processed(rig, JOURNEY, 10)
    await processed(other, JOURNEY, 11)
    live = await totals(rig)
    async with rig.database.operator_transaction() as connection:
        wrong = update(vehicles).where(vehicles.c.id == rig.vehicle_id)
        await connection.execute(wrong.values(thresholds={"stop_min_duration_s": "long"}))
    done = await rebuild(rig, handles)
    assert [each.vehicle_id for each in done.failed] == [rig.vehicle_id]
    assert done.units == 2
    assert await totals(rig) == live
