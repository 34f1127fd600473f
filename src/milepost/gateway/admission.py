"""Lets known devices in, and keeps those that are refused again and again away from the store."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from uuid import UUID

import msgspec

from milepost.domain.device_access import Access, Caller
from milepost.domain.position import Position
from milepost.errors import Forbidden, NotAllowed, NotFound, RateLimited
from milepost.features.frames.log import FrameLog, Tap
from milepost.gateway.intake import AnySession, Clash, Ingest, OnDurable
from milepost.gateway.limits import Limits
from milepost.gateway.rates import KeyedBuckets
from milepost.protocols.contract import Transport

Accept = Callable[[Sequence[Position], int, OnDurable], None]


class Admitted(msgspec.Struct, frozen=True):
    """A device that may hand over positions: `accept(positions, received_time_ms, on_durable)`.

    `is_stale` says whether it was changed since, so that it has to be admitted again. `clash` is to
    be called when another peer speaks for the device too. `frame_log` is there if the device's
    bytes are to be kept. `access` is what the device demands, `refused` is to be called with the
    reason when somebody is turned away by it.
    """

    unique_id: str
    lenient: bool
    options: Mapping[str, str]
    registered_protocol: str
    accept: Accept
    clash: Callable[[Clash], None]
    is_stale: Callable[[], bool]
    device_id: UUID
    frame_log: FrameLog | None = None
    access: Access = Access()
    refused: Callable[[str], None] = lambda _reason: None

    def tap(self, transport: Transport, address: str) -> Tap | None:
        """Where its bytes are kept, if they are."""
        if self.frame_log is None:
            return None
        return Tap(self.frame_log, self.device_id, (transport, address))


class Admission:
    """Asks the processor who may come in."""

    def __init__(
        self, ingest: Ingest[AnySession], limits: Limits, frame_log: FrameLog | None
    ) -> None:
        self._open = _opener(ingest, frame_log)
        self._pause_s = 60.0 / limits.refusals_per_minute
        rate = limits.refusals_per_minute / 60.0
        self._attempts = KeyedBuckets(rate, max(1.0, limits.refusals_per_minute))

    async def admit(self, unique_id: str, caller: Caller) -> Admitted:
        """The device that calls itself `unique_id`.

        Raises:
            NotFound: no tenant has such a device; it is listed for adoption.
            Forbidden: the device is disabled.
            NotAllowed: the caller may not speak for the device.
            RateLimited: this address was refused this identity too often.
            Unavailable: the store does not answer.
        """
        now_s = self._look_at_attempts(unique_id, caller)
        try:
            device = await self._open(unique_id, caller)
        except (NotFound, Forbidden):
            self._attempts.take((caller.address, unique_id), now_s)
            raise
        self.check(device, caller)
        return device

    def check(self, device: Admitted, caller: Caller) -> None:
        """Let a caller speak for a device that was opened, perhaps for somebody else.

        Raises:
            NotAllowed: the caller may not speak for the device.
            RateLimited: this address was refused this identity too often.
        """
        if device.access.is_open:
            return
        now_s = self._look_at_attempts(device.unique_id, caller)
        rule = device.access.broken_rule(caller)
        if rule is not None:
            self._attempts.take((caller.address, device.unique_id), now_s)
            device.refused(f"{caller.protocol} from {caller.address}: {rule}")
            raise NotAllowed(device.unique_id, rule)

    def _look_at_attempts(self, unique_id: str, caller: Caller) -> float:
        now_s = asyncio.get_running_loop().time()
        if self._attempts.exhausted((caller.address, unique_id), now_s):
            raise RateLimited(f"attempts to connect as {unique_id}", self._pause_s)
        return now_s


def _opener(
    ingest: Ingest[AnySession], frame_log: FrameLog | None
) -> Callable[[str, Caller], Awaitable[Admitted]]:
    """Bind the processor's own kind of session, so that nobody else needs to know it."""

    async def open_device(unique_id: str, caller: Caller) -> Admitted:
        session = await ingest.open(unique_id, caller.protocol, caller.address, caller.secret)
        return Admitted(
            unique_id,
            session.lenient,
            session.options,
            session.registered_protocol,
            partial(ingest.accept, session),
            partial(ingest.clash, session),
            lambda: session.is_stale,
            session.device_id,
            frame_log if session.keep_frames else None,
            session.access,
            partial(ingest.refused, session),
        )

    return open_device
