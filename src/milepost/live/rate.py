"""A token bucket; the clock is the caller's."""


class TokenBucket:
    """Lets `burst` messages through at once and `per_s` a second after that."""

    __slots__ = ("_burst", "_per_s", "_then_s", "_tokens")

    def __init__(self, per_s: float, burst: float, now_s: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._tokens = burst
        self._then_s = now_s

    def take(self, now_s: float) -> bool:
        """Use one token; False where there is none. `now_s` is any clock that does not go back."""
        refilled = self._tokens + (now_s - self._then_s) * self._per_s
        self._tokens = min(self._burst, refilled)
        self._then_s = now_s
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
