"""Whose turn it is to fold late data: one slice at a time, and a rest after each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FoldingTurn:
    """Shared by all foldings of a process.

    They rest `rest_per_work` times as long as they work: with 2.0 they cost a third of a core.
    """

    def __init__(self, rest_per_work: float) -> None:
        self._rest_per_work = rest_per_work
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Work without a pause inside; live packets get their turn afterwards."""
        clock_s = asyncio.get_running_loop().time
        async with self._lock:
            start_s = clock_s()
            yield
            await asyncio.sleep((clock_s() - start_s) * self._rest_per_work)
