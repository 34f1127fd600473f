"""Writes refusals down for the owners of devices, and learns of devices that changed hands."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from milepost.errors import Unavailable
from milepost.workers.arrivals import Arrivals
from milepost.workers.identities import Identities
from milepost.workers.shards import Shards

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 2.0


class IdentityWatch:
    """Looks every two seconds.

    Of each device the newest refusal is written: a stranger who calls without end costs a row now
    and then. A device that `milepost device transfer` gave to another tenant is opened anew.
    """

    def __init__(
        self,
        arrivals: Arrivals,
        shards: Shards,
        identities: Identities,
        clock_ms: Callable[[], int],
    ) -> None:
        self._arrivals = arrivals
        self._shards = shards
        self._identities = identities
        self._clock_ms = clock_ms
        self._seen = self._now()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.look()
            except Unavailable as error:
                log.warning("identities.waiting", error=str(error))

    async def look(self) -> None:
        """Write what was refused, and let go of what is another's now.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        refusals, self._arrivals.refusals = self._arrivals.refusals, {}
        try:
            await self._identities.note_refusals(refusals, self._now())
        except BaseException:
            self._arrivals.refusals = refusals | self._arrivals.refusals
            raise
        for device_id, time in await self._identities.taken_since(self._seen):
            self._shards.device_changed(device_id)
            self._seen = max(self._seen, time)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock_ms() / 1000, UTC)
