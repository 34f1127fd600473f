"""What cannot be written or folded is put aside; everybody else goes on, and it can be retried."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.domain.trip import Rollup
from milepost.features.quarantine.tables import quarantine
from milepost.features.trips.tables import trips
from milepost.features.vehicles.tables import vehicles
from milepost.stores.clickhouse.handles import chdb_client
from milepost.stores.data_folder import DataFolder
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.stream.contract import Concluded
from milepost.workers.processor import Processor
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.quarantine import Quarantine
from milepost.workers.unit import Unit
from tests.stores.forgetting import forget_rows

from .rig import NOW_MS, Rig, make_rig, only
from .test_order_independence import JOURNEY, START_MS, truth

YEAR_10000_MS = 253_402_300_800_000
PATIENCE_S = 60


# PostgreSQL has no NUL in JSON; ClickHouse takes it.
POISON_OF_POSTGRES = [Position(START_MS - 60_000, 50.0, 7.0, speed_kmh=0.0, alarm="a\0b")]
# Python knows no year after 9999.
POISON_OF_FOLD = [
    Position(START_MS - 60_000, 50.0, 7.0, ignition=False),
    Position(YEAR_10000_MS, 50.0, 7.0, ignition=True),
]
HARMLESS = [Position(START_MS - 60_000, 50.0, 7.0, speed_kmh=0.0)]


async def poison_postgres(rig: Rig, processor: Processor) -> None:
    assert await rig.send(processor, POISON_OF_POSTGRES) == [None]


async def poison_fold(rig: Rig, processor: Processor) -> None:
    await believe_any_clock(rig)
    assert await rig.send(processor, POISON_OF_FOLD) == [None]


async def poison_totals(rig: Rig, processor: Processor) -> None:
    """No 32 bits hold this count."""
    unit = await sent(rig, processor)
    rollup = Rollup(
        bucket_start_ms=0,
        position_count=2**40,
        distance_m=0.0,
        driving_s=0.0,
        idling_s=0.0,
        max_speed_kmh=0.0,
        fuel_used_l=0.0,
    )
    unit.conclude([Concluded(rollup, 0)], late=False)
    only(processor).units.mark_dirty(unit)


async def poison_last_state(rig: Rig, processor: Processor) -> None:
    """No 64 bits hold this time."""
    unit = await sent(rig, processor)
    unit.received_ms = 2**70
    only(processor).units.mark_dirty(unit)


async def sent(rig: Rig, processor: Processor) -> Unit:
    await rig.send(processor, HARMLESS)
    session = await processor.ingest.open(rig.unique_id, "test", "192.0.2.1")
    return session.unit


@pytest.fixture
async def culprit(
    database: Database, telemetry: Telemetry, scope: Scope, data_folder: DataFolder
) -> AsyncIterator[Rig]:
    rig = await make_rig(database, telemetry, scope, shards=1)
    yield rig
    # All tests have the same engines, and every start tries again what it finds there.
    async with database.operator_transaction() as connection:
        await connection.execute(delete(quarantine))
    forget_positions(data_folder, rig, YEAR_10000_MS * 2)


@pytest.fixture
async def neighbour(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope, shards=1)


async def in_quarantine(rig: Rig) -> list[Any]:
    query = select(quarantine).order_by(quarantine.c.since_time)
    async with rig.database.transaction(rig.scope) as connection:
        return list(await connection.execute(query))


async def put_aside(processor: Processor, rig: Rig, *, wanted: bool = True) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while is_aside(processor, rig) != wanted:
            await asyncio.sleep(0.02)


def is_aside(processor: Processor, rig: Rig) -> bool:
    return any(entry.key[1] == rig.vehicle_id for entry in only(processor).units.quarantine)


async def conclusions_of(rig: Rig) -> dict[str, Any]:
    """Of the rig's own vehicle: `Rig.conclusions` gives trips and stops of the whole tenant."""
    totals = (await rig.conclusions())["totals"]
    async with rig.database.transaction(rig.scope) as connection:
        own = select(trips.c.start_time, trips.c.end_time, trips.c.distance_m).where(
            trips.c.vehicle_id == rig.vehicle_id
        )
        rows = await connection.execute(own.order_by(trips.c.start_time))
        return {"trips": [tuple(row) for row in rows], "totals": totals}


def all_of(positions: Sequence[Position]) -> dict[str, Any]:
    found = truth(positions)
    return {"trips": [trip[:3] for trip in found["trips"]], "totals": found["totals"]}


@pytest.mark.parametrize("poison", [poison_postgres, poison_fold, poison_totals, poison_last_state])
async def test_one_device_stops_nobody_else(
    culprit: Rig, neighbour: Rig, poison: Callable[[Rig, Processor], Awaitable[None]]
) -> None:
    checkpoint = await ProcessorStore(culprit.database, None, uuid4).load_checkpoint()
    ticks = count(max(checkpoint.watermark_ms, NOW_MS))
    async with culprit.processor(clock_ms=lambda: next(ticks)) as processor:
        before_ms = only(processor).units.watermark_ms
        await poison(culprit, processor)
        await neighbour.send(processor, JOURNEY)
        await put_aside(processor, culprit)
        await processor.settle()
        assert await conclusions_of(neighbour) == all_of(JOURNEY)
        assert only(processor).units.watermark_ms > before_ms
        assert only(processor).flusher.oldest_unwritten_ms is None
        (row,) = await in_quarantine(culprit)
        assert (row.vehicle_id, row.tries) == (culprit.vehicle_id, 1)
        assert row.reason and "\0" not in row.reason
        assert await culprit.send(processor, JOURNEY) == [None]
    stored = await culprit.telemetry.vehicle_positions(
        culprit.scope, culprit.vehicle_id, 0, YEAR_10000_MS, 10_000
    )
    positions = [each.position for each in stored]
    assert all(position in positions for position in JOURNEY)


async def test_a_restart_finds_it_and_a_retry_without_the_poison_gives_everything(
    culprit: Rig, neighbour: Rig, data_folder: DataFolder
) -> None:
    async with culprit.processor() as processor:
        await culprit.send(processor, POISON_OF_POSTGRES)
        await put_aside(processor, culprit)
        await culprit.send(processor, JOURNEY[:100])
        await neighbour.send(processor, JOURNEY[:50])
        await processor.settle()
    async with culprit.processor() as processor:
        await culprit.send(processor, JOURNEY[100:])
        await neighbour.send(processor, JOURNEY[50:])
        await processor.settle()
        (row,) = await in_quarantine(culprit)
        assert row.tries == 2
        assert await conclusions_of(neighbour) == all_of(JOURNEY)
        forget_positions(data_folder, culprit, START_MS - 30_000)
        await ask_for_retry(culprit)
        await put_aside(processor, culprit, wanted=False)
        await processor.settle()
        assert await in_quarantine(culprit) == []
    assert await conclusions_of(culprit) == all_of(JOURNEY)


async def test_a_unit_that_cannot_even_be_read_after_a_crash_costs_no_other(
    culprit: Rig, neighbour: Rig
) -> None:
    async with culprit.processor() as processor, AsyncExitStack() as nothing_is_flushed:
        for shard in processor.shards:
            await nothing_is_flushed.enter_async_context(shard.flusher._one_at_a_time)
        for rig in (culprit, neighbour):
            await rig.send(processor, JOURNEY)
        for shard in processor.shards:
            shard.units.dirty.clear()  # as if the process had died
    await set_thresholds(culprit, {"stop_min_duration_s": "long"})
    async with culprit.processor() as processor:
        await put_aside(processor, culprit)
        await processor.settle()
        assert await conclusions_of(neighbour) == all_of(JOURNEY)
        (row,) = await in_quarantine(culprit)
        assert "stop_min_duration_s" in row.reason
    await set_thresholds(culprit, {})
    async with culprit.processor() as processor:
        await processor.settle()
        assert await in_quarantine(culprit) == []
    assert await conclusions_of(culprit) == all_of(JOURNEY)


async def set_thresholds(rig: Rig, thresholds: dict[str, object]) -> None:
    async with rig.database.operator_transaction() as connection:
        statement = update(vehicles).where(vehicles.c.id == rig.vehicle_id)
        await connection.execute(statement.values(thresholds=thresholds))


async def test_a_retry_that_fails_waits_longer(culprit: Rig) -> None:
    now_ms = NOW_MS
    async with culprit.processor(clock_ms=lambda: now_ms) as processor:
        await culprit.send(processor, POISON_OF_POSTGRES)
        await put_aside(processor, culprit)
        pauses_s = []
        for tries in range(1, 4):
            async with asyncio.timeout(PATIENCE_S):
                while [each.tries for each in await in_quarantine(culprit)] != [tries]:
                    await asyncio.sleep(0.02)
            (row,) = await in_quarantine(culprit)
            pauses_s.append(round(row.retry_time.timestamp() - now_ms / 1000))
            now_ms = round(row.retry_time.timestamp() * 1000)
    assert pauses_s == [60, 120, 240]
    assert row.since_time.timestamp() * 1000 == NOW_MS


def test_pauses_grow_to_an_hour_and_reasons_are_short() -> None:
    kept, key, pauses_s = Quarantine(lambda: 5_000), (uuid4(), uuid4()), []
    for _ in range(20):
        kept.put(key, uuid4(), "\ud800\0" + "x" * 2_000, 7)
        (entry,) = kept
        pauses_s.append((entry.retry_ms - 5_000) // 1_000)
    assert pauses_s[:8] == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert pauses_s[-1] == 3600
    assert entry.reason == "\\ud800" + "x" * 499


async def test_as_much_fuel_as_a_position_may_hold_is_added_up(
    culprit: Rig, neighbour: Rig
) -> None:
    async with culprit.processor() as processor:
        reports = [
            Position(START_MS + number * 1000, 50.0, 7.0, fuel_used_l=litres)
            for number, litres in enumerate([1.0, 1e8])
        ]
        await culprit.send(processor, reports)
        only(
            processor
        ).units.dirty.clear()  # as if the process had died: an older release stored them
    async with culprit.processor() as processor:
        await neighbour.send(processor, JOURNEY)
        await processor.settle()
        assert not is_aside(processor, culprit)
    assert await conclusions_of(neighbour) == all_of(JOURNEY)


async def believe_any_clock(rig: Rig) -> None:
    async with rig.database.operator_transaction() as connection:
        await connection.execute(
            update(vehicles)
            .where(vehicles.c.id == rig.vehicle_id)
            .values(thresholds={"future_max_s": 1e12})
        )


def forget_positions(folder: DataFolder, rig: Rig, before_ms: int) -> None:
    client = chdb_client(folder.clickhouse)
    forget_rows(
        client,
        "positions",
        "vehicle_id = {vehicle:UUID} AND toUnixTimestamp64Milli(fix_time) < {before:Int64}",
        {"vehicle": rig.vehicle_id, "before": before_ms},
    )
    client.close()


async def ask_for_retry(rig: Rig) -> None:
    async with rig.database.transaction(rig.scope) as connection:
        await connection.execute(
            update(quarantine).values(retry_time=datetime.fromtimestamp(NOW_MS / 1000, UTC))
        )
