"""Positions that came together, on their way through the log."""

from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec

from milepost.domain.position import Position
from milepost.errors import InvalidInput
from milepost.stores.positions_arrow import RowContext
from milepost.workers.unit import Unit

OnDurable = Callable[[Exception | None], None]


class Logged(msgspec.Struct, frozen=True, gc=False):
    """Positions with the same context that are in the log."""

    context: RowContext
    positions: Sequence[Position]

    @property
    def device_id(self) -> UUID:
        """Whose positions they are."""
        return UUID(bytes=self.context.device_id)


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


class _Entry(msgspec.Struct, frozen=True, gc=False, array_like=True):
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
_decoder = msgspec.msgpack.Decoder(list[_Entry])


def to_entry(packets: Sequence[Packet | Logged]) -> bytes:
    """The packets as one entry of the log."""
    return _encoder.encode(
        [(*msgspec.structs.astuple(each.context), each.positions) for each in packets]
    )


def from_entry(data: bytes) -> list[Logged]:
    """What an entry holds.

    Raises:
        InvalidInput: the bytes are no entry of packets.
    """
    try:
        found = _decoder.decode(data)
    except msgspec.DecodeError as error:
        raise InvalidInput("an entry of the log", data[:40].hex(), str(error)) from error
    return [Logged(_context(each), each.positions) for each in found]


def _context(entry: _Entry) -> RowContext:
    return RowContext(
        entry.tenant_id,
        entry.device_id,
        entry.vehicle_id,
        entry.driver_id,
        entry.protocol,
        entry.received_time_ms,
        entry.rejected,
    )
