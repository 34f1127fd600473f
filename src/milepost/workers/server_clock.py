"""Whether the server's own clock can be believed, and when somebody put it right."""

from collections.abc import Callable

# A clock that shows an earlier time is wrong: this version did not exist then (2026-11-01).
EARLIEST_MS = 1_793_491_200_000
# Clocks of a network differ by this much at most; a step below it is no step.
SLACK_MS = 60_000


class ServerClock:
    """The wall clock, compared with what was stored before and with a clock that never steps.

    Args:
        clock_ms: the wall clock, Unix milliseconds.
        steady_ms: milliseconds since some instant, which go on while the machine sleeps.
    """

    def __init__(self, clock_ms: Callable[[], int], steady_ms: Callable[[], int]) -> None:
        self.now_ms = clock_ms
        self._steady_ms = steady_ms
        self._offset_ms = clock_ms() - steady_ms()
        self._least_ms = EARLIEST_MS

    def begin_after(self, stored_ms: int) -> None:
        """Something was stored at this time already: an earlier time is wrong."""
        self._least_ms = max(self._least_ms, stored_ms)

    @property
    def is_behind(self) -> bool:
        """Whether the clock shows a time that has certainly passed."""
        return self.now_ms() < self._least_ms - SLACK_MS

    def take_step_ms(self) -> int:
        """By how much the clock was put forward (or back: negative) since the last look.

        Whoever puts a clock right knows the time: after a step it is believed.
        """
        offset_ms = self.now_ms() - self._steady_ms()
        step_ms = offset_ms - self._offset_ms
        self._offset_ms = offset_ms
        if abs(step_ms) < SLACK_MS:
            return 0
        self._least_ms = max(EARLIEST_MS, self.now_ms())
        return step_ms
