"""Folds history again where something of the past was changed, beside the live stream."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import structlog

from milepost.domain.reprocessing import Reprocessing
from milepost.errors import MilepostError
from milepost.stores.totals_rows import StoredUnit, TotalsPart, TotalsRows
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.reprocessing_store import ReprocessingStore
from milepost.workers.shards import Shards
from milepost.workers.totals_rebuild import DAY_MS
from milepost.workers.unit import Stale, UnitKey

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0
# Late data of other devices get their turn in between.
UNITS_AT_ONCE = 20
POLL_S = 0.1


class Reprocessor:
    """Carries out what was asked for, one after the other.

    One that a crash interrupts begins anew at the next start: each device's history is replaced as
    a whole, so it is the old one or the new one at any time.
    """

    def __init__(
        self,
        shards: Shards,
        store: ProcessorStore,
        rows: TotalsRows,
        clock_ms: Callable[[], int],
    ) -> None:
        self._shards = shards
        self._store = store
        self._asked = ReprocessingStore(store.database)
        self._rows = rows
        self._clock_ms = clock_ms

    async def run(self) -> None:
        """Look for requests until cancelled; an engine that is away is tried at the next look."""
        while True:
            try:
                await self.look()
            except MilepostError as error:
                log.warning("reprocessing.waiting", error=str(error))
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Carry out everything that waits.

        Raises:
            Unavailable: an engine does not answer.
        """
        for asked in await self._asked.unfinished():
            await self._carry_out(asked)

    async def _carry_out(self, asked: Reprocessing) -> None:
        since_ms = round(asked.since_time.timestamp() * 1000)
        stored = await self._rows.units(TotalsPart(asked.tenant_id, asked.vehicle_id))
        # Whose last day was over by then has nothing to draw anew.
        units = [each for each in stored if each.days[-1][0] + DAY_MS > since_ms]
        done = 0
        for start in range(0, len(units), UNITS_AT_ONCE):
            batch = units[start : start + UNITS_AT_ONCE]
            await self._fold(batch, since_ms)
            done += len(batch)
            await self._asked.note(asked.id, done, None)
        now = datetime.fromtimestamp(self._clock_ms() / 1000, UTC)
        await self._asked.note(asked.id, done, now)
        log.info("reprocessing.finished", id=str(asked.id), devices=done)

    async def _fold(self, batch: Sequence[StoredUnit], since_ms: int) -> None:
        found = await self._store.find_units([(_key(each), each.tenant_id) for each in batch])
        for each in batch:
            key, units = _key(each), self._shards.of(each.device_id).units
            known = found.get(key)
            if known is None:
                continue
            units.judge_by(key, known.installation.policy)
            stale = Stale(since_ms, max(self._clock_ms(), units.watermark_ms))
            units.fold_into(key, each.tenant_id, stale)
        while not self._are_folded(found):  # noqa: ASYNC110 - a flush tells nobody of its end
            await asyncio.sleep(POLL_S)

    def _are_folded(self, keys: Iterable[UnitKey]) -> bool:
        return all(self._shards.of(key[0]).units.is_folded(key) for key in keys)


def _key(unit: StoredUnit) -> UnitKey:
    return unit.device_id, unit.vehicle_id
