"""Lets known devices in, and keeps those that are refused again and again away from the store."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

import msgspec

from milepost.domain.position import Position
from milepost.errors import Forbidden, NotFound, RateLimited
from milepost.gateway.intake import AnySession, Clash, Ingest, OnDurable
from milepost.gateway.limits import Limits
from milepost.gateway.rates import KeyedBuckets

Accept = Callable[[Sequence[Position], int, OnDurable], None]


class Admitted(msgspec.Struct, frozen=True):
    """A device that may hand over positions: `accept(positions, received_time_ms, on_durable)`.

    `clash` is to be called when another peer speaks for the device too.
    """

    unique_id: str
    lenient: bool
    options: Mapping[str, str]
    registered_protocol: str
    accept: Accept
    clash: Callable[[Clash], None]


class Admission:
    """Asks the processor who may come in."""

    def __init__(self, ingest: Ingest[AnySession], limits: Limits) -> None:
        self._open = _opener(ingest)
        self._pause_s = 60.0 / limits.refusals_per_minute
        rate = limits.refusals_per_minute / 60.0
        self._attempts = KeyedBuckets(rate, max(1.0, limits.refusals_per_minute))

    async def admit(self, unique_id: str, protocol: str, address: str) -> Admitted:
        """The device that calls itself `unique_id`.

        Raises:
            NotFound: no tenant has such a device; it is listed for adoption.
            Forbidden: the device is disabled.
            RateLimited: this address was refused this identity too often.
            Unavailable: the store does not answer.
        """
        now_s = asyncio.get_running_loop().time()
        key = (address, unique_id)
        if self._attempts.exhausted(key, now_s):
            raise RateLimited(f"attempts to connect as {unique_id}", self._pause_s)
        try:
            return await self._open(unique_id, protocol, address)
        except (NotFound, Forbidden):
            self._attempts.take(key, now_s)
            raise


def _opener(ingest: Ingest[AnySession]) -> Callable[[str, str, str], Awaitable[Admitted]]:
    """Bind the processor's own kind of session, so that nobody else needs to know it."""

    async def open_device(unique_id: str, protocol: str, source: str) -> Admitted:
        session = await ingest.open(unique_id, protocol, source)
        return Admitted(
            unique_id,
            session.lenient,
            session.options,
            session.registered_protocol,
            partial(ingest.accept, session),
            partial(ingest.clash, session),
        )

    return open_device
