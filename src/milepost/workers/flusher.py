"""Writes down what the units concluded: checkpoints, trips, stops, events, totals, last states."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog

from milepost.domain.trip import Rollup
from milepost.errors import MilepostError
from milepost.stores.telemetry import Telemetry
from milepost.stream.pipeline import DeviceState, open_outputs
from milepost.workers.committer import Committer
from milepost.workers.derived_rows import Checkpoint, FlushRows, add_unit, last_state, rollup_rows
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.unit import Derived, Pending, Unit, output_key
from milepost.workers.units import Units

log = structlog.get_logger(__name__)

# Units written in one flush at most. A small fleet is written whole every time; a large one in
# turns, those with new conclusions first, so that a flush never holds up the live stream.
UNITS_PER_FLUSH = 250
ENCODE_SLICE = 50


class Snapshot:
    """A unit's conclusions and state at one instant, to be written together."""

    __slots__ = ("pending", "state", "unit")

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.state: DeviceState = unit.state
        self.pending: Pending = unit.take_pending()
        decided_ms = self.state.last_fix_time_ms
        for output in open_outputs(self.state):
            self.pending.derived[output_key(output)] = Derived(output, decided_ms, late=False)

    def rollups(self) -> list[Rollup]:
        """The totals among the conclusions; the rest goes to PostgreSQL."""
        outputs = [derived.output for derived in self.pending.derived.values()]
        return [output for output in outputs if isinstance(output, Rollup)]


class Flusher:
    """Flushes dirty units every `interval_s`, and all of them at the end."""

    def __init__(
        self,
        units: Units,
        store: ProcessorStore,
        telemetry: Telemetry,
        committer: Committer,
        clock_ms: Callable[[], int],
        interval_s: float,
    ) -> None:
        self._units = units
        self._store = store
        self._telemetry = telemetry
        self._committer = committer
        self._clock_ms = clock_ms
        self._interval_s = interval_s
        self._one_at_a_time = asyncio.Lock()
        self.version = 0

    async def run(self) -> None:
        """Flush until cancelled; engines that are away are tried again at the next turn."""
        while True:
            await asyncio.sleep(self._interval_s)
            try:
                await self.flush(UNITS_PER_FLUSH)
            except MilepostError as error:
                log.warning("flush.failed", error=str(error), waiting=len(self._units.dirty))

    async def flush_all(self) -> None:
        """Write everything that waits; a flush that is under way has ended too."""
        async with self._one_at_a_time:
            while self._units.dirty:
                await self._flush(UNITS_PER_FLUSH)

    async def flush(self, most: int) -> None:
        """Write the units that have waited longest.

        Raises:
            Unavailable: an engine did not take it; the units keep their conclusions.
        """
        async with self._one_at_a_time:
            await self._flush(most)

    async def _flush(self, most: int) -> None:
        chosen = self._choose(most)
        if not chosen:
            return
        watermark_ms = self._watermark()
        snapshots = [Snapshot(unit) for unit in chosen]
        try:
            await self._committer.barrier()
            kept = [snapshot for snapshot in snapshots if not snapshot.unit.evicted]
            await self._write(kept, watermark_ms)
        except BaseException:
            self._put_back(snapshots)
            raise
        self._units.watermark_ms = watermark_ms

    def _choose(self, most: int) -> Sequence[Unit]:
        dirty = self._units.dirty
        urgent = [unit for unit in dirty.values() if unit.pending.derived]
        patient = [unit for unit in dirty.values() if not unit.pending.derived]
        chosen = (urgent + patient)[:most]
        for unit in chosen:
            del dirty[unit.installation.key]
        return chosen

    def _watermark(self) -> int:
        """Everything received before it is in the checkpoints once this flush is through."""
        now_ms = max(self._clock_ms(), self._units.watermark_ms)
        # Whatever is accepted from now on must be stamped as received after the watermark.
        self._committer.floor_ms = max(self._committer.floor_ms, now_ms)
        bounds = [now_ms, self._units.oldest_unreflected_ms()]
        bounds += [unit.dirty_since_ms for unit in self._units.dirty.values()]
        return min(bound for bound in bounds if bound is not None)

    def _put_back(self, snapshots: Sequence[Snapshot]) -> None:
        for snapshot in snapshots:
            unit = snapshot.unit
            if not unit.evicted:
                unit.pending.merge_older(snapshot.pending)
                self._units.mark_dirty(unit)

    async def _write(self, snapshots: Sequence[Snapshot], watermark_ms: int) -> None:
        now = datetime.fromtimestamp(self._clock_ms() / 1000, UTC)
        self.version = max(self.version + 1, self._clock_ms())
        totals = [row for each in snapshots for row in rollup_rows(each.unit, each.rollups())]
        latest = [last_state(each.unit, each.state) for each in snapshots]
        await self._telemetry.insert_rollups(totals, self.version)
        await self._telemetry.insert_last_states(
            [each for each in latest if each is not None], self.version
        )
        rows = FlushRows(Checkpoint(watermark_ms, self.version), now)
        for start in range(0, len(snapshots), ENCODE_SLICE):
            for each in snapshots[start : start + ENCODE_SLICE]:
                add_unit(rows, each.unit, each.state, each.pending)
            await asyncio.sleep(0)
        await self._store.write(rows)
