"""All units in memory: found by device, loaded once, listed while they have something to write."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import structlog

from milepost.errors import Forbidden, NotFound
from milepost.stream.pipeline import decode_state, initial_state
from milepost.workers.lookups import Known, Lookups
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.unit import Stale, Unit, UnitKey

log = structlog.get_logger(__name__)

REGISTRATIONS_AT_ONCE = 2


class Units:
    """The devices that this process has state of.

    A unit whose positions could not be stored is evicted: its state has seen what the store has
    not. The next connection loads it from its checkpoint and folds the stored rows again.
    `watermark_ms`: everything received before it is in the checkpoints.
    """

    def __init__(
        self, store: ProcessorStore, lookups: Lookups, clock_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._clock_ms = clock_ms
        self._lookups = lookups
        self._units: dict[UnitKey, Unit] = {}
        self._registering = asyncio.Semaphore(REGISTRATIONS_AT_ONCE)
        self._orphans: dict[UnitKey, Stale] = {}
        self.dirty: dict[UnitKey, Unit] = {}
        self.refolds: asyncio.Queue[Unit] = asyncio.Queue()
        self._queued: set[UnitKey] = set()
        self.watermark_ms = 0

    async def open(self, unique_id: str, protocol: str, source: str) -> Unit:
        """The unit of a device by the name it gives itself.

        Raises:
            NotFound: nobody has such a device; it is listed for adoption.
            Forbidden: the device is disabled.
        """
        known = await self._lookups.find(unique_id)
        if known is None:
            known = await self._welcome(unique_id, protocol, source)
        if not known.installation.device.enabled:
            raise Forbidden(f"connecting as {unique_id}", "the device to be enabled")
        return self.load(known)

    async def _welcome(self, unique_id: str, protocol: str, source: str) -> Known:
        """Register a device that was unknown, or list it for adoption and refuse it."""
        now = datetime.fromtimestamp(self._clock_ms() / 1000, UTC)
        async with self._registering:
            registered = await self._store.register_unknown(unique_id, protocol, source, now)
        known = await self._lookups.find(unique_id) if registered else None
        if known is None:
            raise NotFound("device", unique_id)
        return known

    def load(self, known: Known) -> Unit:
        """The one unit of an installation, made from its checkpoint on first use."""
        key = known.installation.key
        unit = self._units.get(key)
        if unit is None:
            state = initial_state() if known.state is None else decode_state(known.state)
            unit = self._units[key] = Unit(known.installation, state)
            orphan = self._orphans.pop(key, None)
            if orphan is not None:
                unit.mark_stale(orphan.fix_time_ms, orphan.received_time_ms)
                self.request_refold(unit)
        unit.installation = known.installation
        return unit

    def loaded(self, key: UnitKey) -> Unit | None:
        """The unit of an installation, if this process has it."""
        return self._units.get(key)

    def mark_dirty(self, unit: Unit) -> None:
        """The unit has something to write at the next flush.

        One that was evicted has not, and must not take the place of the one that follows it.
        """
        key = unit.installation.key
        if key not in self.dirty and not unit.evicted:
            unit.dirty_since_ms = max(self.watermark_ms, self._clock_ms())
            self.dirty[key] = unit

    def request_refold(self, unit: Unit) -> None:
        """Queue a unit with late positions, once."""
        key = unit.installation.key
        if key not in self._queued:
            self._queued.add(key)
            self.refolds.put_nowait(unit)

    def begin_refold(self, unit: Unit) -> None:
        """From here on, new late positions queue the unit again."""
        self._queued.discard(unit.installation.key)

    def oldest_unreflected_ms(self) -> int | None:
        """When the oldest stored position that no state reflects yet was received."""
        waiting = [
            stale.received_time_ms for unit in self._units.values() for stale in unit.unreflected()
        ]
        waiting += [orphan.received_time_ms for orphan in self._orphans.values()]
        return min(waiting, default=None)

    def evict(self, unit: Unit) -> None:
        """Forget the unit's state; its stored rows since the checkpoint will be folded again."""
        key = unit.installation.key
        if unit.evicted:
            return
        unit.evicted = True
        self._units.pop(key, None)
        self.dirty.pop(key, None)
        unreflected = _least_known(unit, self.watermark_ms)
        if unreflected is not None:
            self.leave_orphan(key, unreflected)

    def leave_orphan(self, key: UnitKey, stale: Stale) -> None:
        """Remember that stored rows of an unloaded unit are not in its checkpoint."""
        known = self._orphans.get(key)
        if known is not None:
            stale = Stale(
                min(known.fix_time_ms, stale.fix_time_ms),
                min(known.received_time_ms, stale.received_time_ms),
            )
        self._orphans[key] = stale

    def evict_device(self, device_id: UUID) -> set[str]:
        """A device was edited: the next connection sees the change. What it called itself."""
        units = [unit for unit in self._units.values() if unit.installation.device.id == device_id]
        for unit in units:
            self.evict(unit)
        return {unit.installation.device.unique_id for unit in units}

    def evict_vehicle(self, vehicle_id: UUID) -> None:
        """A vehicle was edited (fleet, driver, thresholds): its devices are opened anew."""
        for unit in list(self._units.values()):
            if unit.installation.vehicle_id == vehicle_id:
                self.evict(unit)

    def evict_tenant(self, tenant_id: UUID) -> None:
        """A tenant's thresholds were edited: likewise."""
        for unit in list(self._units.values()):
            if unit.installation.device.tenant_id == tenant_id:
                self.evict(unit)


def _least_known(unit: Unit, watermark_ms: int) -> Stale | None:
    """From where the store's rows must be folded again if this state is thrown away."""
    fixes = [stale.fix_time_ms for stale in unit.unreflected()]
    received = [stale.received_time_ms for stale in unit.unreflected()]
    if unit.pending.min_fix_time_ms is not None:
        fixes.append(unit.pending.min_fix_time_ms)
        received.append(watermark_ms)
    return Stale(min(fixes), min(received)) if fixes else None
