"""Positions that came together, on their way through the log."""

from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec

from milepost.domain.position import Position
from milepost.errors import InvalidInput
from milepost.stores.positions_arrow import RowContext
from milepost.workers.unit import Unit

OnDurable = Callable[[Exception | None], None]


class Packet(msgspec.Struct, frozen=True, gc=False):
    """Positions with the same context, who folds them, and who waits for them.

    `unit` is None for what is stored and not folded at once.
    """

    context: RowContext
    positions: Sequence[Position]
    on_durable: OnDurable
    unit: Unit | None = None

    @property
    def device_id(self) -> UUID:
        """Whose positions they are."""
        return UUID(bytes=self.context.device_id)


class _Logged(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A packet in an entry of the log: positions by the names of their fields.

    So a release with more fields reads the log of one with fewer. New fields of this struct go to
    the end and have a default.
    """

    tenant_id: bytes
    device_id: bytes
    vehicle_id: bytes
    driver_id: bytes
    protocol: str
    received_time_ms: int
    rejected: str
    positions: Sequence[Position]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[_Logged])


def to_entry(packets: Sequence[Packet]) -> bytes:
    """The packets as one entry of the log."""
    return _encoder.encode(
        [(*msgspec.structs.astuple(each.context), each.positions) for each in packets]
    )


def from_entry(data: bytes) -> list[Packet]:
    """The packets of an entry; nobody waits for them any more.

    Raises:
        InvalidInput: the bytes are no entry of packets.
    """
    try:
        logged = _decoder.decode(data)
    except msgspec.DecodeError as error:
        raise InvalidInput("an entry of the log", data[:40].hex(), str(error)) from error
    return [Packet(_context(each), each.positions, nobody_waits) for each in logged]


def nobody_waits(_error: Exception | None) -> None:
    """Nobody asked for these positions to be stored, or their answer is on another packet."""


def _context(logged: _Logged) -> RowContext:
    return RowContext(
        logged.tenant_id,
        logged.device_id,
        logged.vehicle_id,
        logged.driver_id,
        logged.protocol,
        logged.received_time_ms,
        logged.rejected,
    )
