"""Thins out the anchors of the past, which only late data older than a week would use."""

import asyncio
from collections.abc import Callable

import structlog

from milepost.errors import MilepostError
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.unit import HOUR_MS

log = structlog.get_logger(__name__)

HOURLY_FOR_HOURS = 7 * 24
EVERY_S = 3600.0


class Pruner:
    """Once an hour: beyond a week, one anchor a day stays of each device."""

    def __init__(self, store: ProcessorStore, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._clock_ms = clock_ms

    async def run(self) -> None:
        """Prune until cancelled; an engine that is away is tried again at the next turn."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.prune()
            except MilepostError as error:
                log.warning("anchors.not_pruned", error=str(error))

    async def prune(self) -> int:
        """Prune once; how many anchors went."""
        return await self._store.prune_anchors(self._clock_ms() // HOUR_MS - HOURLY_FOR_HOURS)
