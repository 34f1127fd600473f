"""Everything that was concluded, drawn again from the stored positions."""

from collections.abc import Callable, Sequence

import msgspec

from milepost.stores.totals_rows import StoredUnit, TotalsPart, TotalsRows
from milepost.workers.processor import Processor
from milepost.workers.unit import Stale
from milepost.workers.units import BEFORE_ALL_FIXES

# Neither memory nor a flush grows with the number of devices.
UNITS_AT_ONCE = 50

Progress = Callable[[int, int, int], None]


class Rebuilt(msgspec.Struct):
    """What was folded again: devices in vehicles, their positions, and who could not be."""

    units: int = 0
    positions: int = 0
    failed: list[StoredUnit] = msgspec.field(default_factory=list)


class Rebuild:
    """Has units folded again as late data are, on a processor that nobody else uses.

    A rebuilding that was interrupted has replaced the history of some units, each whole.
    """

    def __init__(self, processor: Processor, rows: TotalsRows) -> None:
        self._shards = processor.shards
        self._rows = rows

    async def run(self, part: TotalsPart, now_ms: int, progress: Progress) -> Rebuilt:
        """Rebuild a part; `progress` is told units done, units in all, positions folded.

        From `part.since_ms` on: the state of before, of the newest snapshot that fits, is kept.

        Raises:
            Unavailable: an engine does not answer.
        """
        version = max(await self._rows.newest_version() + 1, now_ms)
        for shard in self._shards:
            shard.flusher.version = version
        units = await self._rows.units(part)
        done = Rebuilt()
        for start in range(0, len(units), UNITS_AT_ONCE):
            await self._fold(units[start : start + UNITS_AT_ONCE], part.since_ms, done)
            progress(done.units, len(units), done.positions)
        await self._rows.finish(part, version, [each.device_id for each in done.failed])
        return done

    async def _fold(self, units: Sequence[StoredUnit], since_ms: int, done: Rebuilt) -> None:
        for unit in units:
            owner = self._shards.of(unit.device_id).units
            stale = Stale(since_ms or BEFORE_ALL_FIXES, owner.watermark_ms)
            owner.fold_into((unit.device_id, unit.vehicle_id), unit.tenant_id, stale)
        await self._shards.settle()
        for unit in units:
            owner = self._shards.of(unit.device_id).units
            if (unit.device_id, unit.vehicle_id) in owner.quarantine:
                done.failed.append(unit)
        done.units += len(units)
        done.positions += sum(count for unit in units for _, count in unit.days)
