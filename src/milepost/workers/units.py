"""A shard's units in memory: found by device, loaded once, listed while something is unwritten."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec
import structlog

from milepost.domain.policy import Policy
from milepost.errors import InvalidInput, MilepostError
from milepost.stream.pipeline import decode_state, initial_state
from milepost.workers.lookups import MOST_AT_ONCE
from milepost.workers.openings import Openings
from milepost.workers.orphans import Orphans
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.quarantine import Quarantine, reason_of
from milepost.workers.unit import Known, Stale, Unit, UnitKey

log = structlog.get_logger(__name__)

BEFORE_ALL_FIXES = -1


class Units:
    """The devices of a shard that there is state of in memory.

    An edit takes no state away: sessions are opened anew and find the unit with what holds now. A
    unit whose device has left its vehicle takes no more positions, and is forgotten once a flush
    has written it. A unit whose positions could not be stored is distrusted: its state has seen
    what the store has not, so it is loaded from its checkpoint and folded again.
    `watermark_ms`: everything received before it is in the checkpoints, or in quarantine.
    """

    def __init__(
        self, store: ProcessorStore, openings: Openings, clock_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._clock_ms = clock_ms
        self._openings = openings
        self._units: dict[UnitKey, Unit] = {}
        self._of_device: defaultdict[UUID, set[UnitKey]] = defaultdict(set)
        self._unwritten: dict[UnitKey, Unit] = {}
        self._leaving: dict[UnitKey, Unit] = {}
        self.orphans = Orphans()
        self.quarantine = Quarantine(clock_ms)
        self.dirty: dict[UnitKey, Unit] = {}
        self.retried: dict[UnitKey, Unit] = {}
        self.refolds: asyncio.Queue[Unit] = asyncio.Queue()
        self._queued: set[Unit] = set()
        self.watermark_ms = 0

    def __len__(self) -> int:
        """How many units are in memory."""
        return len(self._units)

    def load(self, known: Known) -> Unit:
        """The one unit of an installation that holds now, made from its checkpoint on first use.

        Units of the same device in other vehicles are former ones from now on.
        """
        key = known.installation.key
        for other in self._of_device.get(key[0], set()) - {key}:
            self._part_with(self._units[other])
        unit = self._units.get(key) or self._make(known)
        unit.installation = known.installation
        unit.leaving = False
        self._leaving.pop(key, None)
        return unit

    def _make(self, known: Known) -> Unit:
        key = known.installation.key
        state, stale = initial_state(), self.orphans.take(key)
        awaits_rebuild = False
        if known.state is not None:
            try:
                state = decode_state(known.state)
            except InvalidInput as error:
                log.warning("checkpoint.rebuilding", device_id=str(key[0]), reason=str(error))
                stale, awaits_rebuild = Stale(BEFORE_ALL_FIXES, self.watermark_ms), True
        unit = self._units[key] = Unit(known.installation, state)
        unit.awaits_rebuild = awaits_rebuild
        self._of_device[key[0]].add(key)
        if stale is not None:
            self.fold_again(unit, stale)
        return unit

    async def restore_orphans(self) -> None:
        """Load the units of stored positions that no checkpoint contains, to fold those again.

        Raises:
            Unavailable: PostgreSQL does not answer; the orphans wait.
        """
        waiting = [(key, orphan.tenant_id) for key, orphan in self.orphans]
        for start in range(0, len(waiting), MOST_AT_ONCE):
            await self._restore_apart(waiting[start : start + MOST_AT_ONCE])

    async def _restore_apart(self, wanted: Sequence[tuple[UnitKey, UUID]]) -> None:
        """Restore units; one that cannot even be read goes to quarantine, and costs no other."""
        try:
            await self._restore(wanted)
        except MilepostError:
            raise
        except Exception as error:  # noqa: BLE001 - whose fault it is comes out here
            if len(wanted) == 1:
                ((key, tenant_id),) = wanted
                stale = self.orphans.take(key)
                since_ms = self.watermark_ms if stale is None else stale.received_time_ms
                self.quarantine.put(key, tenant_id, reason_of(error), since_ms)
                return
            middle = len(wanted) // 2
            await self._restore_apart(wanted[:middle])
            await self._restore_apart(wanted[middle:])

    async def _restore(self, wanted: Sequence[tuple[UnitKey, UUID]]) -> None:
        with self._openings.under_way():
            place = self._openings.now
            found = await self._store.find_units(wanted)
            for key, tenant_id in wanted:
                known = found.get(key)
                if self._openings.touched_since(place, key) or key in self._units:
                    continue  # it is looked at again if it is an orphan still
                if known is None:
                    self.orphans.take(key)
                    log.warning("orphan.forgotten", device_id=str(key[0]), tenant=str(tenant_id))
                    continue
                unit = self._make(known)
                if not known.installation.is_present:
                    self._part_with(unit)

    def loaded(self, key: UnitKey) -> Unit | None:
        """The unit of an installation, if this process has it."""
        return self._units.get(key)

    def note_unwritten(self, unit: Unit, fix_time_ms: int, received_time_ms: int) -> None:
        """The unit takes a position that its checkpoint does not contain."""
        if unit.note_unwritten(fix_time_ms, received_time_ms):
            self._unwritten[unit.installation.key] = unit

    def mark_dirty(self, unit: Unit) -> None:
        """The unit has something to write at the next flush.

        One that was evicted has not, and must not take the place of the one that follows it. One
        that is rebuilt has, once that is done. One in quarantine is written only after it has been
        folded again, and alone.
        """
        key = unit.installation.key
        if unit.evicted or unit.awaits_rebuild:
            return
        if key in self.quarantine:
            if key not in self.quarantine.retrying:
                unit.drop_conclusions()
            elif unit.unreflected() is None:
                self.retried[key] = unit
        elif key not in self.dirty:
            unit.dirty_since_ms = self._clock_ms()
            self.dirty[key] = unit

    def note_written(self, unit: Unit) -> None:
        """A flush has written what it had taken of the unit."""
        unit.taken = None
        if unit.pending.unwritten is None and not unit.evicted:
            self._unwritten.pop(unit.installation.key, None)

    def fold_into(self, key: UnitKey, tenant_id: UUID, stale: Stale) -> None:
        """Stored positions are to be folded into a unit, whether it is loaded or not."""
        unit = self._units.get(key)
        if unit is None:
            self.orphans.leave(key, tenant_id, stale)
        else:
            self.fold_again(unit, stale)

    def judge_by(self, key: UnitKey, policy: Policy) -> None:
        """What holds for a unit, now or in the past, has changed; one on the disk reads it anew."""
        unit = self._units.get(key)
        if unit is not None:
            unit.installation = msgspec.structs.replace(unit.installation, policy=policy)

    def is_folded(self, key: UnitKey) -> bool:
        """Whether no history of the unit waits to be drawn anew; what is quarantined may."""
        unit = self._units.get(key)
        if unit is None:
            return key not in self.orphans
        return key in self.quarantine or unit.has_its_history

    def fold_again(self, unit: Unit, stale: Stale) -> None:
        """Stored positions from some fix on are to be folded into the unit in their place."""
        unit.mark_stale(stale.fix_time_ms, stale.received_time_ms)
        self._unwritten[unit.installation.key] = unit
        self.request_refold(unit)

    def request_refold(self, unit: Unit) -> None:
        """Queue a unit with late positions, once."""
        if unit not in self._queued:
            self._queued.add(unit)
            self.refolds.put_nowait(unit)

    def begin_refold(self, unit: Unit) -> None:
        """From here on, new late positions queue the unit again."""
        self._queued.discard(unit)

    def unwritten_since_ms(self, *, with_taken: bool = False) -> int | None:
        """When the oldest stored position that is in no checkpoint was received.

        What a flush under way has taken counts if `with_taken`. What is in quarantine does not, nor
        what is rebuilt: a start rebuilds it from all of its positions.
        """
        spans = [
            unit.unwritten() if with_taken else unit.pending.unwritten
            for key, unit in self._unwritten.items()
            if not (unit.awaits_rebuild or self.quarantine.is_saved(key))
        ]
        spans += [orphan.stale for key, orphan in self.orphans if not self.quarantine.is_saved(key)]
        return min((span.received_time_ms for span in spans if span is not None), default=None)

    def distrust(self, unit: Unit) -> None:
        """Throw the unit's state away; its stored rows since the checkpoint are folded again."""
        if unit.evicted:
            return
        unwritten = unit.unwritten()
        self.forget(unit)
        if unwritten is not None:
            key, tenant_id = unit.installation.key, unit.installation.device.tenant_id
            self.orphans.leave(key, tenant_id, unwritten)

    def set_aside(self, unit: Unit, error: Exception) -> None:
        """Put a unit that cannot be folded or written into quarantine; all others go on."""
        key, retrying = unit.installation.key, self.quarantine.retrying
        if unit.evicted or (key in self.quarantine and key not in retrying):
            return
        whole = unit.unwritten() or Stale(unit.state.last_fix_time_ms, self._clock_ms())
        self.note_unwritten(unit, whole.fix_time_ms, whole.received_time_ms)
        unit.drop_conclusions()
        self.dirty.pop(key, None)
        self.retried.pop(key, None)
        tenant_id = unit.installation.device.tenant_id
        self.quarantine.put(key, tenant_id, reason_of(error), whole.received_time_ms)

    def retry(self, key: UnitKey) -> None:
        """Fold a unit in quarantine again from its checkpoint, to be written after that."""
        unit = self._units.get(key)
        if unit is None or key not in self.quarantine or key in self.quarantine.retrying:
            return
        self.quarantine.retrying.add(key)
        unwritten = unit.pending.unwritten
        if unwritten is None:
            self.mark_dirty(unit)
        else:
            self.fold_again(unit, unwritten)

    def release(self, key: UnitKey) -> None:
        """A unit that was in quarantine has been written; it is one of all others again."""
        self.quarantine.release(key)
        unit = self.retried.pop(key, None)
        if unit is not None:
            self.mark_dirty(unit)

    def let_go(self) -> None:
        """Forget the units that have left and whose checkpoints are all that there is to know."""
        for key, unit in list(self._leaving.items()):
            if unit.is_written and key not in self.dirty and key not in self.quarantine:
                self.forget(unit)

    def forget(self, unit: Unit) -> None:
        """The unit is no longer the one of its installation."""
        key = unit.installation.key
        unit.evicted = True
        for listed in (self._units, self._unwritten, self._leaving, self.dirty, self.retried):
            listed.pop(key, None)
        self._of_device[key[0]].discard(key)
        if not self._of_device[key[0]]:
            del self._of_device[key[0]]
        # Whoever is reading the checkpoint now may have read the one before the last flush.
        self._openings.touch(key[0])

    def device_changed(self, device_id: UUID) -> set[str]:
        """A device was edited, moved or removed. What its units call themselves.

        Its sessions take nothing more. If it comes back to the same vehicle, the unit goes on.
        """
        self._openings.touch(device_id)
        units = [self._units[key] for key in self._of_device.get(device_id, ())]
        for unit in units:
            unit.edition += 1
            self._part_with(unit)
        return {unit.installation.device.unique_id for unit in units}

    def vehicle_changed(self, vehicle_id: UUID) -> None:
        """A vehicle was edited (fleet, driver, thresholds) or removed: sessions are opened anew."""
        self._openings.touch(vehicle_id)
        for unit in self._units.values():
            if unit.installation.vehicle_id == vehicle_id:
                unit.edition += 1

    def tenant_changed(self, tenant_id: UUID) -> None:
        """A tenant's thresholds were edited: likewise."""
        self._openings.touch(tenant_id)
        for unit in self._units.values():
            if unit.installation.device.tenant_id == tenant_id:
                unit.edition += 1

    def _part_with(self, unit: Unit) -> None:
        unit.leaving = True
        self._leaving[unit.installation.key] = unit
