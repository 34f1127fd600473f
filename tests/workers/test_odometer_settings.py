"""What somebody says of an odometer holds for fixes from then on, whatever comes in what order."""

from datetime import UTC, datetime

import pytest

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.features.odometer_settings.store import keep_setting
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry

from .rig import NOW_MS, Rig, make_rig

# Five minutes at 50 km/h, 833.3 m a minute, after a minute at rest; the last fix is 10 minutes old.
BEGIN_MS = NOW_MS - 16 * 60_000
STEP_DEG = 10.0 / 3.6 * 50 / 10 * 60 / 111_195.08


def report(minute: int) -> Position:
    driven = max(0, minute - 1)
    speed_kmh = 50.0 if minute > 1 else 0.0
    return Position(BEGIN_MS + minute * 60_000, 10 + STEP_DEG * driven, 7.0, speed_kmh=speed_kmh)


DRIVE = [report(minute) for minute in range(7)]


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


async def set_odometer(rig: Rig, at_ms: int, odometer_m: float) -> None:
    owner = (rig.scope.tenant_id, rig.vehicle_id)
    async with rig.database.transaction(rig.scope) as connection:
        await keep_setting(connection, owner, datetime.fromtimestamp(at_ms / 1000, UTC), odometer_m)


async def shown_m(rig: Rig) -> float | None:
    (last,) = await rig.telemetry.last_states(rig.scope, [rig.vehicle_id])
    return last.state.odometer_m


@pytest.mark.parametrize("order", [DRIVE, DRIVE[::-1]], ids=["in order", "backwards"])
async def test_it_goes_on_from_there(rig: Rig, order: list[Position]) -> None:
    await set_odometer(rig, BEGIN_MS + 30_000, 100_000_000)
    async with rig.processor() as processor:
        for each in order:
            await rig.send(processor, [each])
        await processor.settle()
    assert await shown_m(rig) == pytest.approx(100_004_167, abs=2)


async def test_what_was_set_after_the_last_fix_is_shown(rig: Rig) -> None:
    await set_odometer(rig, NOW_MS, 5000)
    async with rig.processor() as processor:
        await rig.send(processor, DRIVE)
        await processor.settle()
    assert await shown_m(rig) == 5000
