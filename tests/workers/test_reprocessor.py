"""What was changed in the past is drawn anew from there, beside the live stream, once."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import insert, select, update

from milepost.domain.position import Position
from milepost.domain.reprocessing import Reprocessing
from milepost.domain.scope import Scope
from milepost.features.former_thresholds.store import change_since
from milepost.features.primary_devices.tables import primary_devices
from milepost.features.reprocessings.tables import reprocessings
from milepost.features.thresholds import ThresholdPatch
from milepost.features.trips.tables import trips
from milepost.features.vehicles.tables import vehicles
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry

from .rig import FAR_MS, NOW_MS, Rig, make_rig
from .test_dated_thresholds import CHANGED_MS, DRIVE, MINUTE_MS, START_MS, starts
from .test_totals_rebuild import device_of, second_device

WAIT_S = 60.0
HALF_MS = START_MS + 135 * MINUTE_MS


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


def utc(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)


async def ask(rig: Rig, since_ms: int) -> UUID:
    """As a request does, after it has changed what it changes."""
    asked = Reprocessing(
        id=uuid4(),
        tenant_id=rig.scope.tenant_id,
        vehicle_id=rig.vehicle_id,
        since_time=utc(since_ms),
        requested_time=datetime.now(UTC),
        requested_by="user:test",
        thresholds={},
        primary_device_id=None,
        positions=0,
        devices=0,
    )
    async with rig.database.transaction(rig.scope) as connection:
        await connection.execute(insert(reprocessings).values(**msgspec.structs.asdict(asked)))
    return asked.id


async def finished(rig: Rig, identity: UUID) -> int:
    """Wait until it is; how many devices were folded again."""
    table = reprocessings
    query = select(table.c.devices_done, table.c.finished_time).where(table.c.id == identity)
    async with asyncio.timeout(WAIT_S):
        while True:
            async with rig.database.transaction(rig.scope) as connection:
                row = (await connection.execute(query)).one()
            if row.finished_time is not None:
                return int(row.devices_done)
            await asyncio.sleep(0.05)


async def stop_sooner(rig: Rig) -> None:
    """Since the middle of the drive three minutes of standing are a stop."""
    owner = (rig.scope.tenant_id, rig.vehicle_id)
    patch = ThresholdPatch(stop_min_duration_s=180.0)
    async with rig.database.transaction(rig.scope) as connection:
        now = await change_since(connection, owner, {}, patch, utc(CHANGED_MS))
        change = update(vehicles).where(vehicles.c.id == rig.vehicle_id)
        await connection.execute(change.values(thresholds=now))


async def count_by(rig: Rig, from_ms: int, device_id: UUID) -> None:
    async with rig.database.transaction(rig.scope) as connection:
        await connection.execute(
            insert(primary_devices).values(
                tenant_id=rig.scope.tenant_id,
                vehicle_id=rig.vehicle_id,
                from_time=utc(from_ms),
                device_id=device_id,
                reason="chosen",
            )
        )


async def test_thresholds_of_the_past_draw_it_anew_and_leave_what_was_before(rig: Rig) -> None:
    async with rig.processor() as processor:
        await rig.send(processor, DRIVE)
        await processor.settle()
        assert starts(await rig.conclusions()) == [0]
        await stop_sooner(rig)
        assert await finished(rig, await ask(rig, CHANGED_MS)) == 1
        # The device is silent meanwhile: nothing but the request made it judge anew.
        assert starts(await rig.conclusions()) == [0, 150, 180, 210, 240, 270]


async def test_what_a_crash_interrupts_goes_on_at_the_next_start(rig: Rig) -> None:
    async with rig.processor() as processor:
        await rig.send(processor, DRIVE)
        await processor.settle()
    await stop_sooner(rig)
    identity = await ask(rig, CHANGED_MS)
    async with rig.processor():
        await asyncio.sleep(0)
    async with rig.processor():
        await finished(rig, identity)
    assert starts(await rig.conclusions()) == [0, 150, 180, 210, 240, 270]


async def sent_by_two(rig: Rig, packets: Sequence[Sequence[Position]]) -> Rig:
    """Two devices that go the same way."""
    other = await second_device(rig)
    async with rig.processor() as processor:
        for packet in packets:
            await rig.send(processor, packet)
            await other.send(processor, packet)
        await processor.settle()
    return other


async def counted(rig: Rig) -> list[tuple[int, float]]:
    """Positions and metres of each day."""
    found = await rig.telemetry.totals(rig.scope, [rig.vehicle_id], 0, FAR_MS, "day")
    return [(each.position_count, each.distance_m) for each in found]


async def devices_of_trips(rig: Rig) -> list[tuple[int, UUID, str | None]]:
    """In which minute each trip begins, by which device, and why it ended."""
    query = select(trips).where(trips.c.vehicle_id == rig.vehicle_id).order_by(trips.c.start_time)
    async with rig.database.transaction(rig.scope) as connection:
        rows: Sequence[Any] = (await connection.execute(query)).all()
    return [
        (
            round((row.start_time.timestamp() * 1000 - START_MS) / MINUTE_MS),
            row.device_id,
            row.end_reason,
        )
        for row in rows
    ]


@pytest.mark.parametrize("late", [False, True], ids=["in order", "the past last"])
async def test_one_of_two_devices_counts(rig: Rig, late: bool) -> None:
    await count_by(rig, START_MS - 1, await device_of(rig))
    packets = [DRIVE[150:], DRIVE[:150]] if late else [DRIVE[:150], DRIVE[150:]]
    other = await sent_by_two(rig, packets)
    # 299 legs of a minute, of which 26 of 30 are driven: 0.008 degrees of longitude at 50 north.
    assert [count for count, _ in await counted(rig)] == [len(DRIVE)]
    assert [device for _, device, _ in await devices_of_trips(rig)] == [await device_of(rig)]
    assert await device_of(other) != await device_of(rig)


async def test_another_device_counts_since_a_time_in_the_past(rig: Rig) -> None:
    """Minute 135 is within the fifth round of 30: it drives."""
    first = await device_of(rig)
    await count_by(rig, START_MS - 1, first)
    other = await sent_by_two(rig, [DRIVE])
    ((_, whole_m),) = await counted(rig)
    second = await device_of(other)
    async with rig.processor():
        await count_by(rig, HALF_MS, second)
        assert await finished(rig, await ask(rig, HALF_MS)) == 2
    assert await devices_of_trips(rig) == [(0, first, "primary_changed"), (135, second, None)]
    # Each position counts once. The leg from minute 134 to 135 belongs to neither device.
    ((count, metres),) = await counted(rig)
    assert count == len(DRIVE)
    leg_m = 0.008 * 111_195 * 0.6428  # cos 50
    assert metres == pytest.approx(whole_m - leg_m, abs=1.0)


async def test_the_choice_is_the_same_whatever_order_the_data_come_in(rig: Rig) -> None:
    first = await device_of(rig)
    other = await second_device(rig)
    second = await device_of(other)
    await count_by(rig, START_MS - 1, first)
    await count_by(rig, HALF_MS, second)
    async with rig.processor() as processor:
        for start in (200, 100, 0):
            await other.send(processor, DRIVE[start : start + 100])
            await rig.send(processor, DRIVE[start : start + 100])
    async with rig.processor() as processor:
        await processor.settle()
    assert await devices_of_trips(rig) == [(0, first, "primary_changed"), (135, second, None)]
    assert [count for count, _ in await counted(rig)] == [len(DRIVE)]
    assert DRIVE[-1].fix_time_ms < NOW_MS
