"""Ends the trips of vehicles that nobody hears of any more, by the server's clock."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import structlog

from milepost.errors import InvalidInput, MilepostError
from milepost.stream.pipeline import DeviceState, decode_state, end_unheard
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.silence_store import OpenTripRow, SilenceStore
from milepost.workers.unit import Known

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 2.0
# A device that delivers what it had kept is heard of, however old its fixes are.
RESTED_MS = 3_000
MOST_AT_ONCE = 200
_BEFORE_ALL = UUID(int=0)


class Silences:
    """Looks for open trips of silent devices, and writes down where they ended.

    Nothing of the stream changes: what is heard of the vehicle later puts the trip right, whether
    it went on or not.
    """

    def __init__(self, store: ProcessorStore, clock_ms: Callable[[], int]) -> None:
        self._units = store
        self._trips = SilenceStore(store.database)
        self._clock_ms = clock_ms

    async def run(self) -> None:
        """Look until cancelled; an engine that is away is asked again at the next look."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.look()
            except MilepostError as error:
                log.warning("silences.not_looked", error=str(error))

    async def look(self) -> int:
        """End what nobody hears of any more; how many trips that were.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        now_ms = self._clock_ms()
        ended, after = 0, _BEFORE_ALL
        while True:
            found = await self._trips.silent(now_ms, now_ms - RESTED_MS, after, MOST_AT_ONCE)
            known = await self._units.find_units([(row.key, row.tenant_id) for row in found])
            for row in found:
                ended += await self._end(row, known.get(row.key), now_ms)
            if len(found) < MOST_AT_ONCE:
                return ended
            after = found[-1].id

    async def _end(self, row: OpenTripRow, known: Known | None, now_ms: int) -> bool:
        state = None if known is None else _readable(known)
        if known is None or state is None:
            return False
        trip = end_unheard(state, now_ms, known.installation.thresholds)
        if trip is None or trip.start_time != row.start_time:
            return False
        return await self._trips.end(row, trip, state.last_fix_time_ms)


def _readable(known: Known) -> DeviceState | None:
    """The state of a unit; None while there is none of this version, which is being rebuilt."""
    try:
        return None if known.state is None else decode_state(known.state)
    except InvalidInput:
        return None
