"""How often someone may try: counted in a store, per address and per e-mail."""

import asyncio

import msgspec
from litestar.stores.base import Store

from milepost.errors import RateLimited
from milepost.features.work import Clock


class _Window(msgspec.Struct, array_like=True):
    count: int
    ends_at_s: float


class AttemptLimit:
    """At most `limit` attempts per key within `window_s` seconds from the first of them."""

    def __init__(self, store: Store, clock: Clock, what: str, limit: int, window_s: int) -> None:
        self._store = store
        self._clock = clock
        self._what = what
        self._limit = limit
        self._window_s = window_s
        self._lock = asyncio.Lock()

    async def count(self, key: str) -> None:
        """Count an attempt.

        Raises:
            RateLimited: it is one too many.
        """
        now_s = self._clock().timestamp()
        async with self._lock:
            window = await self._window(key, now_s)
            if window.count >= self._limit:
                raise RateLimited(self._what, max(window.ends_at_s - now_s, 1))
            window.count += 1
            expires_in = max(int(window.ends_at_s - now_s), 1)
            await self._store.set(self._name(key), msgspec.json.encode(window), expires_in)

    async def forget(self, key: str) -> None:
        """Count from zero again: the attempt was a good one."""
        await self._store.delete(self._name(key))

    async def _window(self, key: str, now_s: float) -> _Window:
        kept = await self._store.get(self._name(key))
        window = None if kept is None else msgspec.json.decode(kept, type=_Window)
        if window is None or window.ends_at_s <= now_s:
            return _Window(0, now_s + self._window_s)
        return window

    def _name(self, key: str) -> str:
        return f"{self._what}:{key}"


class LoginLimits:
    """Limits for an address, which tries many accounts, and for an account, tried from many.

    Attempts on an account are forgotten when one succeeds; those of an address are not.
    """

    def __init__(
        self, store: Store, clock: Clock, per_address: int = 60, per_account: int = 10
    ) -> None:
        self._addresses = AttemptLimit(store, clock, "sign-ins from this address", per_address, 60)
        self._accounts = AttemptLimit(store, clock, "sign-ins to this account", per_account, 300)

    async def count(self, address: str, email: str) -> None:
        """Count an attempt.

        Raises:
            RateLimited: it is one too many.
        """
        await self._addresses.count(address)
        await self._accounts.count(email.lower())

    async def succeeded(self, email: str) -> None:
        """Forget the account's attempts."""
        await self._accounts.forget(email.lower())
