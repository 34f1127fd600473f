"""Which part of a recording is due by now."""

import msgspec


class Pace(msgspec.Struct, frozen=True):
    """A clock for fix times that runs `speed` times as fast, until it meets `ceiling`.

    At wall time `started_ms` everything up to fix time `from_fix_ms` is due; from there on
    `speed` seconds of the recording are due each second. With `until_now` fix times never pass
    the wall clock: having caught up with it they go on at its speed, because a report of the
    future is no report.
    """

    started_ms: int
    from_fix_ms: int
    speed: float
    until_now: bool

    def due_fix_ms(self, now_ms: int) -> int:
        """Reports up to this fix time are to be sent."""
        played_ms = self.from_fix_ms + int((now_ms - self.started_ms) * self.speed)
        return min(played_ms, now_ms) if self.until_now else played_ms

    def wait_s(self, fix_ms: int, now_ms: int) -> float:
        """How long until a report of that fix time is due."""
        played_s = (fix_ms - self.from_fix_ms) / 1000 / self.speed
        wait_s = played_s - (now_ms - self.started_ms) / 1000
        if self.until_now:
            wait_s = max(wait_s, (fix_ms - now_ms) / 1000)
        return max(0.0, wait_s)


def shift_to_now_ms(start_ms: int, end_ms: int, speed: float, now_ms: int) -> int:
    """What to add to the fix times so that playing at `speed` ends at the then present time.

    A recording of duration D takes D / speed to play. The first report is set D - D / speed into
    the past: the recording's clock then catches up with the wall clock and meets it at the end,
    so no report is ever ahead of its time. At speed 1 the first report is of now.
    """
    duration_ms = end_ms - start_ms
    return (
        now_ms - start_ms - int(duration_ms * (1 - 1 / speed)) if speed >= 1 else now_ms - start_ms
    )
