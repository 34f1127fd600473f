"""Tries the positions that were set aside once more: another version may take them."""

import asyncio

import msgspec
import structlog

from milepost.errors import MilepostError
from milepost.workers.readmission import Readmission
from milepost.workers.set_aside import Kept, SetAsidePositions

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 10_000
EVERY_S = 86_400.0


class SecondTry:
    """At every start, and once a day; what fails again is set aside again."""

    def __init__(self, set_aside: SetAsidePositions, readmission: Readmission) -> None:
        self._set_aside = set_aside
        self._readmission = readmission

    async def run(self) -> None:
        """Try until cancelled; an engine that is away is asked again the next day."""
        while True:
            try:
                await self.try_all()
            except MilepostError as error:
                log.warning("set_aside.not_tried", error=str(error))
            await asyncio.sleep(EVERY_S)

    async def try_all(self) -> None:
        """Try the oldest of what is kept now.

        Raises:
            Unavailable: PostgreSQL does not answer; what was not tried is still there.
        """
        for kept in await self._set_aside.load(MOST_AT_ONCE):
            await self._try(kept)

    async def _try(self, kept: Kept) -> None:
        outcome: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        received_ms = self._readmission.received_ms
        context = msgspec.structs.replace(kept.context, received_time_ms=received_ms)
        self._readmission.take(context, [kept.position], outcome.set_result)
        if await outcome is None:
            await self._set_aside.forget(kept)
