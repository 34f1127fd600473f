"""How long the event loop has not come round, for those who watch it from another thread."""

import asyncio
from collections.abc import Callable

_BEAT_S = 0.25


class LoopWatch:
    """Writes down the time in the loop; any thread may read how long ago that was."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._seen_s = clock_s()

    @property
    def silent_s(self) -> float:
        """How much longer than it should the loop has been silent."""
        return max(0.0, self._clock_s() - self._seen_s - _BEAT_S)

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            self._seen_s = self._clock_s()
            await asyncio.sleep(_BEAT_S)
