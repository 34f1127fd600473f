"""A device that was moved: what it recorded before goes to the vehicle that drove then."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.domain.vehicle import Device
from milepost.features.devices.tables import devices
from milepost.features.installations.store import keep_installation
from milepost.features.rows import from_row
from milepost.features.trips.tables import trips
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.processor import Processor

from .rig import FAR_MS, Rig, make_rig, only
from .test_late_data import DAY
from .test_order_independence import truth

MOVED = 300
BEFORE, AFTER = DAY[:MOVED], DAY[MOVED:]


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


@pytest.fixture
async def other(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    """Its vehicle is the one that the device is moved to."""
    return await make_rig(database, telemetry, scope)


async def move(rig: Rig, vehicle_id: UUID, at_ms: int, processor: Processor | None) -> None:
    """As a request does."""
    async with rig.database.transaction(rig.scope) as connection:
        query = select(devices).where(devices.c.unique_id == rig.unique_id)
        before = from_row((await connection.execute(query)).mappings().one(), Device)
        until = datetime.fromtimestamp(at_ms / 1000, UTC)
        await keep_installation(connection, before, until)
        changed = update(devices).where(devices.c.id == before.id)
        await connection.execute(changed.values(vehicle_id=vehicle_id))
    if processor is not None:
        processor.shards.device_changed(before.id)


async def stored(rig: Rig, vehicle_id: UUID) -> list[Position]:
    found = await rig.telemetry.vehicle_positions(rig.scope, vehicle_id, 0, FAR_MS, 10_000)
    return [each.position for each in found]


async def trips_of(rig: Rig, vehicle_id: UUID) -> list[Any]:
    query = select(trips.c.start_time, trips.c.end_time, trips.c.distance_m)
    async with rig.database.transaction(rig.scope) as connection:
        rows = await connection.execute(query.where(trips.c.vehicle_id == vehicle_id))
        return sorted(tuple(row) for row in rows)


def trips_in(positions: list[Position]) -> list[Any]:
    return [trip[:3] for trip in truth(positions)["trips"]]


@pytest.mark.parametrize("loaded", [True, False], ids=["while-it-runs", "before-a-start"])
async def test_late_reports_of_before_go_to_the_former_vehicle(
    rig: Rig, other: Rig, loaded: bool
) -> None:
    late = BEFORE[130:200]
    async with rig.processor() as processor:
        await rig.send(processor, [each for each in BEFORE if each not in late])
        await processor.settle()
        await move(rig, other.vehicle_id, AFTER[0].fix_time_ms, processor if loaded else None)
        if loaded:
            # One packet of both times, as a device sends that empties its memory.
            assert await rig.send(processor, [*late, *AFTER]) == [None]
            await processor.settle()
    if not loaded:
        async with rig.processor() as processor:
            assert await rig.send(processor, AFTER, late) == [None, None]
            await processor.settle()
    assert await stored(rig, rig.vehicle_id) == BEFORE
    assert await stored(rig, other.vehicle_id) == AFTER
    assert await trips_of(rig, rig.vehicle_id) == trips_in(BEFORE)
    assert await trips_of(rig, other.vehicle_id) == trips_in(AFTER)


async def test_there_and_back_again(rig: Rig, other: Rig) -> None:
    """The first and the last third are one vehicle's, all of it comes late and at once."""
    first, second, third = DAY[:180], DAY[180:360], DAY[360:]
    await move(rig, other.vehicle_id, second[0].fix_time_ms, None)
    await move(rig, rig.vehicle_id, third[0].fix_time_ms, None)
    async with rig.processor() as processor:
        assert await rig.send(processor, third, [*second, *first]) == [None, None]
        await processor.settle()
    assert await stored(rig, rig.vehicle_id) == [*first, *third]
    assert await stored(rig, other.vehicle_id) == second
    assert await trips_of(rig, other.vehicle_id) == trips_in(second)
    assert await trips_of(rig, rig.vehicle_id) == trips_in([*first, *third])


async def test_a_crash_before_the_former_vehicle_is_written(rig: Rig, other: Rig) -> None:
    await move(rig, other.vehicle_id, AFTER[0].fix_time_ms, None)
    async with rig.processor() as processor:
        assert await rig.send(processor, [*BEFORE, *AFTER]) == [None]
        only(processor).units.dirty.clear()  # as if the process had died
        for key, _ in only(processor).units.orphans:
            only(processor).units.orphans.take(key)
    async with rig.processor() as processor:
        await processor.settle()
    assert await trips_of(rig, rig.vehicle_id) == trips_in(BEFORE)
    assert await trips_of(rig, other.vehicle_id) == trips_in(AFTER)
