"""Whose a device is that calls: found for the whole process, before its shard is known."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from uuid import UUID

from milepost.domain.device_access import Caller
from milepost.errors import Forbidden, NotAllowed, NotFound
from milepost.workers.lookups import Lookups
from milepost.workers.openings import Openings
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.unit import Installation, Known

# A connection of PostgreSQL each: flushes and look-ups need some, too.
REGISTRATIONS_AT_ONCE = 2


class Arrivals:
    """Looks devices up, and decides about those that nobody knows.

    `refusals` are the newest of each device that nobody has written down yet.
    """

    def __init__(
        self,
        store: ProcessorStore,
        lookups: Lookups,
        openings: Openings,
        clock_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._lookups = lookups
        self._openings = openings
        self._clock_ms = clock_ms
        self.refusals: dict[UUID, str] = {}
        self._registering = asyncio.Semaphore(REGISTRATIONS_AT_ONCE)

    async def find(self, unique_id: str, caller: Caller) -> Known:
        """What holds now of the device that gives itself this name.

        Raises:
            NotFound: nobody has such a device; it is listed for adoption.
            Forbidden: the device is disabled.
            NotAllowed: it has not called before, and no claim lets the caller speak for it.
            Unavailable: the database does not answer.
        """
        with self._openings.under_way():
            known = await self._untouched(unique_id, caller)
        if not known.installation.device.enabled:
            raise _disabled(unique_id)
        return known

    async def _untouched(self, unique_id: str, caller: Caller) -> Known:
        """What was touched while it was being read is read again."""
        while True:
            place = self._openings.now
            known = await self._lookups.find(unique_id)
            if known is None:
                known = await self._welcome(unique_id, caller)
            if not self._openings.touched_since(place, _entities(known.installation)):
                return known

    async def _welcome(self, unique_id: str, caller: Caller) -> Known:
        """Decide whose a device is that calls for the first time, or list and refuse it."""
        now = datetime.fromtimestamp(self._clock_ms() / 1000, UTC)
        async with self._registering:
            meeting = await self._store.identities.meet(unique_id, caller, now)
        if meeting.broken_rule is not None:
            raise NotAllowed(unique_id, meeting.broken_rule)
        if meeting.disabled:
            raise _disabled(unique_id)
        known = await self._lookups.find(unique_id) if meeting.is_proven else None
        if known is None:
            raise NotFound("device", unique_id)
        return known


def _entities(installation: Installation) -> Iterable[UUID]:
    """Whatever an edit of which changes the installation."""
    return (installation.device.id, installation.vehicle_id, installation.device.tenant_id)


def _disabled(unique_id: str) -> Forbidden:
    return Forbidden(f"connecting as {unique_id}", "the device to be enabled")
