"""How often someone may try to sign in.

Attempts are counted for each address, for each account from one place, and for each account from
all unfamiliar places together. A place is a device that presents the token of an earlier sign-in,
or else an address. So whoever tries an account's passwords from elsewhere does not lock out its
owner, who signs in from a familiar place.
"""

import asyncio
import hashlib

import msgspec
from litestar.stores.base import Store

from milepost.errors import RateLimited
from milepost.features.address_key import address_key
from milepost.features.work import Clock


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to sign in.

    `device` names the device whose token came along and was made for this account; None without.
    `familiar` says that the account has signed in from this address before.
    """

    email: str
    address: str
    device: str | None
    familiar: bool


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
        # A key may hold a long text of a stranger.
        return f"{self._what}:{hashlib.sha256(key.encode()).hexdigest()}"


class LoginLimits:
    """Limits for an address, for an account from one place, and for one from unfamiliar places.

    Attempts from a place are forgotten when one succeeds; the others are not.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        per_address: int = 60,
        per_place: int = 10,
        per_account: int = 100,
    ) -> None:
        # One name for both: a refusal does not tell which places are familiar.
        what = "sign-ins to this account"
        self._addresses = AttemptLimit(store, clock, "sign-ins from this address", per_address, 60)
        self._places = AttemptLimit(store, clock, what, per_place, 300)
        self._accounts = AttemptLimit(store, clock, what, per_account, 300)

    async def count_address(self, address: str) -> None:
        """Count an attempt from the address, on whatever account.

        Raises:
            RateLimited: it is one too many.
        """
        await self._addresses.count(address_key(address))

    async def count(self, attempt: Attempt) -> None:
        """Count an attempt on an account.

        Raises:
            RateLimited: it is one too many.
        """
        await self._places.count(_place(attempt))
        if attempt.device is None and not attempt.familiar:
            await self._accounts.count(f"account {attempt.email.lower()}")

    async def succeeded(self, attempt: Attempt) -> None:
        """Forget the attempts from this place."""
        await self._places.forget(_place(attempt))


def _place(attempt: Attempt) -> str:
    if attempt.device is not None:
        return f"device {attempt.device}"
    return f"address {address_key(attempt.address)} {attempt.email.lower()}"
