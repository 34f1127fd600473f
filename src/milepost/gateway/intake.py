"""What the gateway needs of the processor: to open a device, to hand over positions, to be told."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec

from milepost.domain.device_access import Access
from milepost.domain.position import Position

OnDurable = Callable[[Exception | None], None]
"""Called with None after the durable write, with the error if the positions were not stored."""


class Clash(msgspec.Struct, frozen=True):
    """Two peers spoke for one device at the same time.

    `takeovers` is how often the identity has changed hands within the last minutes.
    """

    former_address: str
    address: str
    takeovers: int


class Session(Protocol):
    """An opened device; what else it holds is the processor's matter."""

    @property
    def lenient(self) -> bool:
        """Whether frames with a wrong checksum pass, flagged."""
        ...

    @property
    def options(self) -> Mapping[str, str]:
        """The device's settings by the names of `DeviceProtocol.options`."""
        ...

    @property
    def device_id(self) -> UUID:
        """The device's id."""
        ...

    @property
    def keep_frames(self) -> bool:
        """Whether the device's bytes are kept for diagnosis."""
        ...

    @property
    def registered_protocol(self) -> str:
        """The protocol that the device was registered with."""
        ...

    @property
    def access(self) -> Access:
        """What the device demands of whoever speaks for it."""
        ...

    @property
    def is_stale(self) -> bool:
        """Whether the device was changed since; then it has to be opened again."""
        ...


AnySession = TypeVar("AnySession", bound=Session)


class Valve(Protocol):
    """Whether there is room for more."""

    @property
    def saturated(self) -> bool:
        """Whether the gateway should stop reading."""
        ...

    def on_drain(self, callback: Callable[[], None]) -> None:
        """Call once when there is room again."""
        ...


class Ingest(Valve, Protocol[AnySession]):
    """The processor's entrance: in this process, or by way of a bus."""

    async def open(
        self, unique_id: str, protocol: str, source: str, secret: str | None = None
    ) -> AnySession:
        """The session of a device that calls itself `unique_id`.

        Where several tenants claim an identity that has not called before, what is known of the
        caller decides whose it is. Whether the caller may speak for the device (`Session.access`)
        is for the gateway to look at.

        Raises:
            NotFound: no tenant has such a device; it is listed for adoption.
            Forbidden: the device is disabled.
            Unavailable: the store does not answer.
        """
        ...

    def accept(
        self,
        session: AnySession,
        positions: Sequence[Position],
        received_time_ms: int,
        on_durable: OnDurable,
    ) -> None:
        """Take one packet's positions; `on_durable` is called once, later or at once."""
        ...

    def clash(self, session: AnySession, clash: Clash) -> None:
        """Keep and show that two peers spoke for the device."""
        ...

    def refused(self, session: AnySession, reason: str) -> None:
        """Let the device's owner see that somebody was not allowed to speak for it."""
        ...
