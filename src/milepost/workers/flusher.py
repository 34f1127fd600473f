"""Writes down what the units concluded: checkpoints, trips, stops, events, totals, last states."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog

from milepost.stores.telemetry import Telemetry
from milepost.stream.kinds import output_key
from milepost.stream.pipeline import DeviceState, open_outputs
from milepost.workers.checkpoints import ONLY_SHARD, Checkpoint
from milepost.workers.conclusion_versions import insert_versions
from milepost.workers.derived_rows import FlushRows, add_unit
from milepost.workers.engine_trial import try_engines
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.quarantine import reason_of
from milepost.workers.taking import Taking
from milepost.workers.unit import Derived, Pending, Unit
from milepost.workers.units import Units

log = structlog.get_logger(__name__)

# Units written in one flush at most. A small fleet is written whole every time; a large one in
# turns, those with new conclusions first, so that a flush never holds up the live stream.
UNITS_PER_FLUSH = 250
ENCODE_SLICE = 50
# A unit with more conclusions than this is encoded beside the event loop.
MANY_CONCLUSIONS = 500
# Failures in a row after which a flush looks for the units that it fails for.
TRIES_TOGETHER = 2
# A shard whose devices are silent writes its checkpoint all the same: a start goes on from the
# oldest of all shards.
IDLE_CHECKPOINT_MS = 60_000


class Snapshot:
    """A unit's conclusions and state at one instant, to be written together."""

    __slots__ = ("dirty_since_ms", "is_retry", "is_written", "pending", "state", "unit")

    def __init__(self, unit: Unit, *, is_retry: bool) -> None:
        self.unit = unit
        self.state: DeviceState = unit.state
        self.dirty_since_ms = unit.dirty_since_ms
        self.is_retry = is_retry
        self.is_written = False
        open_now = open_outputs(self.state)
        self.pending: Pending = unit.take_pending()
        decided_ms = self.state.last_fix_time_ms
        for output in open_now:
            self.pending.derived[output_key(output)] = Derived(output, decided_ms, late=False)


class Flusher:
    """Flushes dirty units every `interval_s`, and all of them at the end.

    When a flush fails twice in a row though both engines take rows, it is halved until what fails
    stands alone. Such a unit goes to quarantine: it is folded and written again after a pause.
    """

    def __init__(
        self,
        units: Units,
        store: ProcessorStore,
        telemetry: Telemetry,
        taking: Taking,
        clock_ms: Callable[[], int],
        interval_s: float,
        name: str = ONLY_SHARD,
    ) -> None:
        self._units = units
        self._store = store
        self._telemetry = telemetry
        self._taking = taking
        self._clock_ms = clock_ms
        self._interval_s = interval_s
        self.name = name
        self._one_at_a_time = asyncio.Lock()
        self._under_way: list[Snapshot] = []
        self._failures = 0
        self._checkpoint_ms = 0
        self.version = 0

    @property
    def checkpointed_ms(self) -> int:
        """Everything received before this instant is written down (Unix ms).

        Its distance from now is the age of the newest checkpoint. Units in quarantine are left out.
        """
        oldest_ms = self._units.unwritten_since_ms(with_taken=True)
        return self._clock_ms() if oldest_ms is None else min(oldest_ms, self._clock_ms())

    @property
    def oldest_unwritten_ms(self) -> int | None:
        """Since when the oldest conclusion has waited to be written; None if none waits."""
        waiting = [unit.dirty_since_ms for unit in self._units.dirty.values()]
        waiting += [each.dirty_since_ms for each in self._under_way if not each.is_retry]
        return min(waiting, default=None)

    @property
    def quarantined(self) -> int:
        """How many units are put aside because they cannot be folded or written."""
        return len(self._units.quarantine)

    async def run(self) -> None:
        """Flush until cancelled; whatever fails is tried again at the next turn."""
        while True:
            await asyncio.sleep(self._interval_s)
            await self.turn()

    async def turn(self) -> None:
        """Load what nobody loads, retry what was put aside, write what waits, forget who left."""
        steps = (self._units.restore_orphans, self._retry, self._flush_some)
        for step in steps:
            try:
                await step()
            except Exception as error:  # noqa: BLE001 - the next turn comes, whatever this one met
                waiting = len(self._units.dirty)
                log.warning("flush.failed", error=reason_of(error), waiting=waiting)
        self._units.let_go()

    async def _retry(self) -> None:
        if self._units.quarantine:
            for key in await self._store.quarantine.due(self._clock_ms()):
                self._units.retry(key)

    async def _flush_some(self) -> None:
        await self.flush(UNITS_PER_FLUSH)

    async def flush_all(self) -> None:
        """Write everything that waits; a flush that is under way has ended too.

        Raises:
            Unavailable: an engine takes nothing; the units keep their conclusions.
        """
        async with self._one_at_a_time:
            while self._units.dirty or self._units.retried or self._units.quarantine.unsaved:
                try:
                    await self._flush(UNITS_PER_FLUSH)
                except Exception:
                    if self._failures >= TRIES_TOGETHER:
                        raise
            await self._checkpoint()

    async def _checkpoint(self) -> None:
        """Write how far everything is written, though there is nothing to write."""
        now_ms = self._stamp()
        await self._taking.barrier()
        await self._write([], now_ms)

    async def flush(self, most: int) -> None:
        """Write the units that have waited longest.

        Raises:
            Unavailable: an engine did not take it; the units keep their conclusions.
        """
        async with self._one_at_a_time:
            await self._flush(most)

    async def _flush(self, most: int) -> None:
        chosen = self._choose(most)
        retried = list(self._units.retried.values())
        self._units.retried.clear()
        has_news = chosen or retried or self._units.quarantine.unsaved
        if not has_news and self._clock_ms() - self._checkpoint_ms < IDLE_CHECKPOINT_MS:
            return
        now_ms = self._stamp()
        try:
            self._take(chosen, is_retry=False)
            self._take(retried, is_retry=True)
            # What was accepted before the stamp is folded now, or known to be unwritten.
            await self._taking.barrier()
            await self._save_quarantine()
            await self._write_together([s for s in self._under_way if not s.is_retry], now_ms)
            for snapshot in self._under_way:
                if snapshot.is_retry:
                    await self._write_apart([snapshot])
            await self._save_quarantine()
        except Exception:
            self._failures += 1
            raise
        else:
            self._failures = 0
        finally:
            self._end()

    def _choose(self, most: int) -> Sequence[Unit]:
        dirty = self._units.dirty
        urgent = [unit for unit in dirty.values() if unit.pending.derived]
        patient = [unit for unit in dirty.values() if not unit.pending.derived]
        chosen = (urgent + patient)[:most]
        for unit in chosen:
            del dirty[unit.installation.key]
        return chosen

    def _take(self, units: Sequence[Unit], *, is_retry: bool) -> None:
        for unit in units:
            try:
                self._under_way.append(Snapshot(unit, is_retry=is_retry))
            except Exception as error:  # noqa: BLE001 - the unit goes to quarantine with it
                self._units.set_aside(unit, error)

    def _stamp(self) -> int:
        """Now; whatever is accepted from here on is stamped as received at or after it.

        The stamps go on where the clock was put back; so does the checkpoint.
        """
        floor_ms = max(self._clock_ms(), self._units.watermark_ms, self._taking.floor_ms)
        self._taking.floor_ms = floor_ms
        return floor_ms

    async def _write_together(self, snapshots: Sequence[Snapshot], now_ms: int) -> None:
        try:
            await self._write(snapshots, now_ms)
        except Exception as error:
            if self._failures + 1 < TRIES_TOGETHER:
                raise
            await self._find_culprits(snapshots, error)
            await self._save_quarantine()
            await self._write([], now_ms)

    async def _find_culprits(self, snapshots: Sequence[Snapshot], error: Exception) -> None:
        await self._try_engines(error)
        half = (len(snapshots) + 1) // 2
        await self._write_apart(snapshots[:half], snapshots[half:])

    async def _write_apart(self, *groups: Sequence[Snapshot]) -> None:
        """Write what can be written, and set aside what fails alone.

        The checkpoint stays where it is: it must not pass what is not written yet.

        Raises:
            Unavailable: an engine takes nothing any more.
        """
        waiting = [group for group in groups if group]
        while waiting:
            group = waiting.pop()
            try:
                await self._write(group, None)
            except Exception as error:  # noqa: BLE001 - the culprit goes to quarantine with it
                await self._try_engines(error)
                if len(group) == 1:
                    self._units.set_aside(group[0].unit, error)
                else:
                    half = len(group) // 2
                    waiting += [group[:half], group[half:]]

    async def _try_engines(self, error: Exception) -> None:
        self.version += 1
        checkpoint = Checkpoint(self._units.watermark_ms, self.version, self.name)
        rows = FlushRows(checkpoint, self._now())
        await try_engines(self._telemetry, self._store, rows, error)

    async def _save_quarantine(self) -> None:
        quarantine = self._units.quarantine
        unsaved = [entry for entry in quarantine if entry.key in quarantine.unsaved]
        if not unsaved:
            return
        ownerless = set(await self._store.quarantine.keep(unsaved))
        quarantine.unsaved.difference_update(entry.key for entry in unsaved)
        for key in ownerless:
            quarantine.release(key)
            unit = self._units.loaded(key)
            if unit is not None:
                self._units.forget(unit)

    async def _write(self, snapshots: Sequence[Snapshot], now_ms: int | None) -> None:
        """Write snapshots, and how far everything is written if this is all of a flush."""
        kept = [snapshot for snapshot in snapshots if not snapshot.unit.evicted]
        watermark_ms = self._units.watermark_ms if now_ms is None else self._watermark(now_ms)
        if kept:  # a version that no total has would look like lost totals to the next start
            self.version = max(self.version + 1, self._clock_ms())
        rows = FlushRows(Checkpoint(watermark_ms, self.version, self.name), self._now())
        for start in range(0, len(kept), ENCODE_SLICE):
            for each in kept[start : start + ENCODE_SLICE]:
                await _add(rows, each)
            await asyncio.sleep(0)
        await insert_versions(self._telemetry, rows.conclusions, self.version)
        await self._telemetry.insert_last_states(rows.last_states, self.version)
        await self._store.write(rows)
        self._units.watermark_ms = watermark_ms
        self._checkpoint_ms = self._clock_ms()
        for snapshot in kept:
            snapshot.is_written = True
            if snapshot.is_retry:
                self._units.release(snapshot.unit.installation.key)

    def _watermark(self, now_ms: int) -> int:
        """Everything received before it is in the checkpoints once this flush is through."""
        oldest_ms = self._units.unwritten_since_ms()
        return now_ms if oldest_ms is None else min(now_ms, oldest_ms)

    def _end(self) -> None:
        """Note what was written, and give the rest back to its units."""
        snapshots, self._under_way = self._under_way, []
        for snapshot in snapshots:
            unit = snapshot.unit
            if snapshot.is_written:
                self._units.note_written(unit)
                continue
            unit.taken = None
            if unit.evicted:
                continue
            unit.pending.merge_older(snapshot.pending)
            self._units.mark_dirty(unit)
            unit.dirty_since_ms = min(unit.dirty_since_ms, snapshot.dirty_since_ms)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock_ms() / 1000, UTC)


async def _add(rows: FlushRows, snapshot: Snapshot) -> None:
    parts = (rows, snapshot.unit, snapshot.state, snapshot.pending)
    if len(snapshot.pending.derived) > MANY_CONCLUSIONS:
        await asyncio.to_thread(add_unit, *parts)
    else:
        add_unit(*parts)
    if snapshot.is_retry:
        rows.released.append(snapshot.unit.installation.key)
