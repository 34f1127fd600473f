"""Trips and totals are compared, and what differs is counted; edges of the days are left out."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.agreement import Agreement
from milepost.workers.processor_store import ProcessorStore

from .rig import Rig, make_rig

TODAY = datetime(2026, 6, 20, tzinfo=UTC)
NOON_MS = round((TODAY + timedelta(hours=12)).timestamp() * 1000)
DAY_MS = 86_400_000


def drive(start_ms: int) -> list[Position]:
    """Ten minutes at rest, twenty of driving north, an hour at rest."""
    return [
        Position(
            start_ms + minute * 60_000,
            round(50.0 + 0.008 * min(max(minute - 10, 0), 20), 7),
            7.0,
            speed_kmh=53.0 if 10 < minute <= 30 else 0.0,
            ignition=10 <= minute <= 31,
        )
        for minute in range(90)
    ]


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


async def looked(rig: Rig) -> set[UUID]:
    """The vehicles of this test that differ."""
    agreement = Agreement(ProcessorStore(rig.database, None, uuid4), rig.telemetry, lambda: NOON_MS)
    differing = await agreement.look(0.0)
    assert agreement.disagreeing == len(differing)
    return {vehicle_id for _, vehicle_id in differing if vehicle_id == rig.vehicle_id}


async def driven(rig: Rig, start_ms: int) -> None:
    async with rig.processor(now_ms=NOON_MS) as processor:
        assert await rig.send(processor, drive(start_ms), received_ms=NOON_MS) == [None]
        await processor.settle()


async def spoil(rig: Rig) -> None:
    async with rig.database.operator_transaction() as connection:
        statement = "UPDATE trips SET distance_m = distance_m + 5 WHERE vehicle_id = :vehicle_id"
        await connection.execute(text(statement), {"vehicle_id": rig.vehicle_id})


async def test_what_was_drawn_from_the_same_positions_agrees(rig: Rig) -> None:
    await driven(rig, NOON_MS - 2 * DAY_MS)
    assert await looked(rig) == set()


async def test_a_trip_that_is_five_metres_off_is_found(rig: Rig) -> None:
    await driven(rig, NOON_MS - 2 * DAY_MS)
    await spoil(rig)
    assert await looked(rig) == {rig.vehicle_id}


@pytest.mark.parametrize("edge_ms", [NOON_MS // DAY_MS * DAY_MS, (NOON_MS // DAY_MS - 7) * DAY_MS])
async def test_a_trip_across_an_edge_is_not_judged(rig: Rig, edge_ms: int) -> None:
    await driven(rig, edge_ms - 20 * 60_000)
    await spoil(rig)
    assert await looked(rig) == set()


async def test_today_is_not_judged(rig: Rig) -> None:
    await driven(rig, NOON_MS - 3 * 3_600_000)
    await spoil(rig)
    assert await looked(rig) == set()
