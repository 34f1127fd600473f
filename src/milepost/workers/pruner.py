"""Thins out what would grow for ever.

The anchors of the past, which only late data older than a week would use; and the list of unknown
devices, which anybody can make longer.
"""

import asyncio
from collections.abc import Callable

import structlog

from milepost.errors import MilepostError
from milepost.stream.fold import HOUR_MS
from milepost.workers.processor_store import ProcessorStore

log = structlog.get_logger(__name__)

HOURLY_FOR_HOURS = 7 * 24
EVERY_S = 3600.0
KEPT_UNKNOWN = 10_000


class Pruner:
    """Once an hour: one anchor a day beyond a week, and the unknown devices that called last."""

    def __init__(self, store: ProcessorStore, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._clock_ms = clock_ms

    async def run(self) -> None:
        """Prune until cancelled; an engine that is away is tried again at the next turn."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.prune()
                await self.prune_unknown()
            except MilepostError as error:
                log.warning("pruning.failed", error=str(error))

    async def prune_unknown(self) -> int:
        """Shorten the list of unknown devices; how many went."""
        return await self._store.prune_unknown(KEPT_UNKNOWN)

    async def prune(self) -> int:
        """Prune once; how many anchors went."""
        return await self._store.prune_anchors(self._clock_ms() // HOUR_MS - HOURLY_FOR_HOURS)
