"""Token buckets: how fast something may happen."""

from collections import OrderedDict
from collections.abc import Hashable


class TokenBucket:
    """Allows `rate_per_s` on average and `burst` at once; times are the event loop's seconds."""

    __slots__ = ("_burst", "_rate_per_s", "_tokens", "_updated_s")

    def __init__(self, rate_per_s: float, burst: float, now_s: float) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._tokens = burst
        self._updated_s = now_s

    def take(self, now_s: float) -> bool:
        """Take one token if there is one."""
        self._refill(now_s)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def charge(self, count: int, now_s: float) -> float:
        """Take `count` tokens, into debt if need be; the seconds until the debt is paid."""
        self._refill(now_s)
        self._tokens -= count
        return max(0.0, -self._tokens / self._rate_per_s)

    def has_one(self, now_s: float) -> bool:
        """Whether `take` would succeed; takes nothing."""
        self._refill(now_s)
        return self._tokens >= 1

    def full(self, now_s: float) -> bool:
        """Whether nothing was taken lately: the bucket can be forgotten."""
        self._refill(now_s)
        return self._tokens >= self._burst

    def _refill(self, now_s: float) -> None:
        grown = self._tokens + (now_s - self._updated_s) * self._rate_per_s
        self._tokens = min(self._burst, grown)
        self._updated_s = now_s


class KeyedBuckets:
    """A bucket for each key; the key that was quiet longest is forgotten first."""

    def __init__(self, rate_per_s: float, burst: float, *, capacity: int = 100_000) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._capacity = capacity
        self._buckets: OrderedDict[Hashable, TokenBucket] = OrderedDict()

    def take(self, key: Hashable, now_s: float) -> bool:
        """Take one token of the key's bucket if there is one."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = TokenBucket(self._rate_per_s, self._burst, now_s)
            self._buckets[key] = bucket
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._capacity:
            self._buckets.popitem(last=False)
        return bucket.take(now_s)

    def exhausted(self, key: Hashable, now_s: float) -> bool:
        """Whether `take` would find nothing; takes nothing."""
        bucket = self._buckets.get(key)
        return bucket is not None and not bucket.has_one(now_s)
