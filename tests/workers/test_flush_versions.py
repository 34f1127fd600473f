"""A flush that was cut off leaves totals with a version that no checkpoint names."""

from typing import Any

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.errors import Unavailable
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry

from .rig import FAR_MS, NOW_MS, make_rig

START_MS = NOW_MS // 600_000 * 600_000 - 600_000
AHEAD_MS = NOW_MS + 600_000


def fix(second: int) -> Position:
    return Position(START_MS + second * 1000, 50.0, round(7.0 + 0.0001 * second, 7), speed_kmh=25.0)


class CutOff:
    """The real store until it is cut off: totals are written then, and their checkpoint is not."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.is_cut = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def write(self, rows: Any) -> None:
        if self.is_cut:
            raise Unavailable("PostgreSQL", "the power is gone")
        await self._store.write(rows)


async def test_totals_of_a_flush_cut_off_with_the_clock_ahead_do_not_outlive_newer_ones(
    database: Database, telemetry: Telemetry, scope: Scope
) -> None:
    rig = await make_rig(database, telemetry, scope)
    cut: list[CutOff] = []

    def wrap(_name: str, store: Any) -> Any:
        cut.append(CutOff(store))
        return cut[-1]

    time_ms = NOW_MS
    async with rig.processor(clock_ms=lambda: time_ms, wrap_store=wrap) as first:
        await rig.send(first, [fix(second) for second in range(60)])
        await first.settle()
        time_ms, cut[-1].is_cut = AHEAD_MS, True
        await rig.send(first, [fix(second) for second in range(60, 70)], received_ms=AHEAD_MS)
    async with rig.processor() as second:
        await rig.send(second, [fix(second) for second in range(70, 90)])
        await second.settle()
    (total,) = await rig.telemetry.totals(rig.scope, [rig.vehicle_id], 0, FAR_MS, "10min")
    assert total.position_count == 90
