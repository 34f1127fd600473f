"""A token bucket; the clock is the caller's."""


class TokenBucket:
    """Lets `burst` messages through at once and `per_s` a second after that."""

    __slots__ = ("_burst", "_per_s", "_then_s", "_tokens")

    def __init__(self, per_s: float, burst: float, now_s: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._tokens = burst
        self._then_s = now_s

    def take(self, now_s: float, cost: float = 1.0) -> bool:
        """Use `cost` tokens; False where there are too few, or less than one.

        `now_s` is any clock that does not go back.
        """
        refilled = self._tokens + (now_s - self._then_s) * self._per_s
        self._tokens = min(self._burst, refilled)
        self._then_s = now_s
        if self._tokens < max(cost, 1.0):
            return False
        self._tokens -= cost
        return True

    def wait_s(self, cost: float = 1.0) -> float:
        """How long after the last `take` there will be enough tokens for `cost`."""
        return max(0.0, max(cost, 1.0) - self._tokens) / self._per_s
