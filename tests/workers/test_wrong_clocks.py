"""What no clock that is set can say is kept, told once, and harms nothing that comes after."""

from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy import select

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.features.events.tables import events
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry

from .rig import FAR_MS, Rig, make_rig

# Later than this version: an earlier clock is itself known to be wrong.
NOW_MS = 1_798_000_000_000
HOUR_MS = 3_600_000
# Twelve minutes at 50 km/h, until an hour ago.
DRIVE = [
    Position(NOW_MS - HOUR_MS - (12 - minute) * 60_000, 50.0, 7.0 + 0.0117 * minute, speed_kmh=50.0)
    for minute in range(13)
]


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


def at(position: Position, fix_time_ms: int) -> Position:
    return msgspec.structs.replace(position, fix_time_ms=fix_time_ms)


@pytest.mark.parametrize(
    ("wrong_ms", "reason", "ahead_s"),
    [
        (NOW_MS + 20 * HOUR_MS, "future", 72_000.0),
        (NOW_MS + 901_000, "future", 901.0),
        (0, "unset_clock", -NOW_MS / 1000),
        (946_684_800_000, "unset_clock", (946_684_800_000 - NOW_MS) / 1000),  # 2000-01-01
    ],
)
async def test_one_report_of_a_wrong_time_changes_no_trip(
    rig: Rig, wrong_ms: int, reason: str, ahead_s: float
) -> None:
    wrong = at(DRIVE[6], wrong_ms)
    async with rig.processor(now_ms=NOW_MS) as processor:
        answers = await rig.send(processor, DRIVE[:6], [wrong], [wrong, *DRIVE[6:9]], DRIVE[9:])
        assert answers == [None] * 4
        await processor.settle()
    ((start_time, *_),) = (await rig.conclusions())["trips"]
    assert start_time == datetime.fromtimestamp(DRIVE[0].fix_time_ms / 1000, UTC)
    totals = await rig.telemetry.totals(rig.scope, [rig.vehicle_id], 0, FAR_MS, "day")
    assert sum(each.position_count for each in totals) == len(DRIVE)
    query = select(events.c.detail).where(events.c.kind == "clock_unbelieved")
    async with rig.database.transaction(rig.scope) as connection:
        told = list(await connection.scalars(query))
    assert told == [{"reason": reason, "ahead_s": ahead_s}]


async def test_a_clock_that_is_a_quarter_of_an_hour_ahead_is_believed(rig: Rig) -> None:
    ahead = at(DRIVE[12], NOW_MS + 899_000)
    async with rig.processor(now_ms=NOW_MS) as processor:
        await rig.send(processor, DRIVE[:12], [ahead])
        await processor.settle()
    totals = await rig.telemetry.totals(rig.scope, [rig.vehicle_id], 0, FAR_MS, "day")
    assert sum(each.position_count for each in totals) == len(DRIVE)


TURN_MS = 1024 * 7 * 24 * HOUR_MS  # 19.6 years


@pytest.mark.parametrize("turns", [1, 2])
async def test_a_week_number_that_has_turned_is_put_right(rig: Rig, turns: int) -> None:
    behind = [at(each, each.fix_time_ms - turns * TURN_MS) for each in DRIVE]
    async with rig.processor(now_ms=NOW_MS) as processor:
        await rig.send(processor, DRIVE[:6], behind[6:9], behind[9:])
        await processor.settle()
    ((start_time, *_),) = (await rig.conclusions())["trips"]
    assert start_time == datetime.fromtimestamp(DRIVE[0].fix_time_ms / 1000, UTC)
    totals = await rig.telemetry.totals(rig.scope, [rig.vehicle_id], 0, FAR_MS, "day")
    assert sum(each.position_count for each in totals) == len(DRIVE)
    query = select(events.c.detail).where(events.c.kind == "clock_repaired")
    async with rig.database.transaction(rig.scope) as connection:
        (told,) = list(await connection.scalars(query))
    assert told["reason"] == "week_rollover"


async def test_other_old_times_are_believed(rig: Rig) -> None:
    """Eight days off a turn of the week number: a recording of 2007."""
    old = [at(each, each.fix_time_ms - TURN_MS - 8 * 24 * HOUR_MS) for each in DRIVE]
    async with rig.processor(now_ms=NOW_MS) as processor:
        await rig.send(processor, old)
        await processor.settle()
    ((start_time, *_),) = (await rig.conclusions())["trips"]
    assert start_time == datetime.fromtimestamp(old[0].fix_time_ms / 1000, UTC)
