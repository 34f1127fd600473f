"""A store of counters in memory that strangers cannot fill."""

from collections import OrderedDict
from datetime import timedelta

from litestar.stores.base import Store

from milepost.features.work import Clock


class BoundedStore(Store):
    """Keeps at most `max_entries` values; the one that was written longest ago goes first.

    Litestar's own memory store keeps what nobody asks for again, and grows with every address.
    """

    def __init__(self, clock: Clock, max_entries: int = 100_000) -> None:
        self._clock = clock
        self._max_entries = max_entries
        self._values: OrderedDict[str, tuple[bytes, float | None]] = OrderedDict()

    async def set(
        self, key: str, value: str | bytes, expires_in: int | timedelta | None = None
    ) -> None:
        """Keep a value, for `expires_in` seconds if that is given."""
        kept = value.encode() if isinstance(value, str) else value
        self._values[key] = (kept, self._end_s(expires_in))
        self._values.move_to_end(key)
        while len(self._values) > self._max_entries:
            self._values.popitem(last=False)

    async def get(self, key: str, renew_for: int | timedelta | None = None) -> bytes | None:
        """The value, if it is kept and has not expired."""
        found = self._values.get(key)
        if found is None:
            return None
        value, end_s = found
        if end_s is not None and end_s <= self._clock().timestamp():
            del self._values[key]
            return None
        if renew_for is not None and end_s is not None:
            self._values[key] = (value, self._end_s(renew_for))
        return value

    async def delete(self, key: str) -> None:
        """Forget a value, if it is kept."""
        self._values.pop(key, None)

    async def delete_all(self) -> None:
        """Forget all values."""
        self._values.clear()

    async def exists(self, key: str) -> bool:
        """Whether the value is kept."""
        return await self.get(key) is not None

    async def expires_in(self, key: str) -> int | None:
        """For how many seconds more the value is kept: -1 for ever, None for not at all."""
        if not await self.exists(key):
            return None
        end_s = self._values[key][1]
        return -1 if end_s is None else round(end_s - self._clock().timestamp())

    def _end_s(self, expires_in: int | timedelta | None) -> float | None:
        if expires_in is None:
            return None
        seconds = expires_in.total_seconds() if isinstance(expires_in, timedelta) else expires_in
        return self._clock().timestamp() + seconds
