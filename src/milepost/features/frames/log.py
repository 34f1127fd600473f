"""What a device and the server said to each other lately, byte by byte, for diagnosis.

A ring in memory per device, for devices whose `keep_frames` is on: it is gone with a restart.
"""

from collections import OrderedDict, deque
from collections.abc import Sequence
from itertools import islice
from typing import Literal
from uuid import UUID

import msgspec

from milepost.domain.message import Message
from milepost.protocols.contract import Transport

KEPT_FRAMES = 500
KEPT_BYTES = 131_072
KEPT_BYTES_OF_ALL = 67_108_864

# What is decoded takes many times the memory of its bytes; roughly, per piece.
_FRAME_BYTES, _MESSAGE_BYTES, _POSITION_BYTES, _VALUE_BYTES = 300, 200, 600, 150

Direction = Literal["in", "out"]


class Frame(msgspec.Struct, frozen=True):
    """One read from, or write to, a device.

    `number` counts the device's frames from 1. `messages` are those that this read completed;
    `error` is why it could not be decoded. `address` is the device's.
    """

    number: int
    time_ms: int
    direction: Direction
    transport: Transport
    address: str
    data: bytes
    messages: tuple[Message, ...] = ()
    error: str | None = None


class _Ring:
    """A device's frames: `bytes` on the wire, `memory_bytes` with what they were decoded to."""

    def __init__(self) -> None:
        self.frames: deque[Frame] = deque()
        self.bytes = 0
        self.memory_bytes = 0
        self.count = 0

    def add(self, frame: Frame) -> None:
        self.frames.append(frame)
        self.bytes += len(frame.data)
        self.memory_bytes += _memory_bytes(frame)
        while len(self.frames) > KEPT_FRAMES or self.bytes > KEPT_BYTES:
            oldest = self.frames.popleft()
            self.bytes -= len(oldest.data)
            self.memory_bytes -= _memory_bytes(oldest)


class FrameLog:
    """The rings of all devices; the one that was silent longest goes first when all are full."""

    def __init__(self, kept_bytes_of_all: int = KEPT_BYTES_OF_ALL) -> None:
        self._kept_bytes_of_all = kept_bytes_of_all
        self._rings: OrderedDict[UUID, _Ring] = OrderedDict()
        self._memory_bytes = 0

    def came(
        self,
        device_id: UUID,
        time_ms: int,
        way: tuple[Transport, str],
        data: bytes,
        outcome: Sequence[Message] | Exception,
    ) -> None:
        """Keep what a device sent by a `way` (transport, address), and what came of it."""
        failed = isinstance(outcome, Exception)
        messages = () if isinstance(outcome, Exception) else tuple(outcome)
        error = str(outcome) if failed else None
        self._keep(device_id, time_ms, "in", way, data, messages, error)

    def went(self, device_id: UUID, time_ms: int, way: tuple[Transport, str], data: bytes) -> None:
        """Keep what a device was sent."""
        self._keep(device_id, time_ms, "out", way, data, (), None)

    def frames(self, device_id: UUID, after: int, limit: int) -> list[Frame]:
        """A device's frames with a number above `after`, the oldest first."""
        ring = self._rings.get(device_id)
        if ring is None:
            return []
        return list(islice((frame for frame in ring.frames if frame.number > after), limit))

    def forget(self, device_id: UUID) -> None:
        """Drop a device's frames."""
        ring = self._rings.pop(device_id, None)
        if ring is not None:
            self._memory_bytes -= ring.memory_bytes

    def _keep(
        self,
        device_id: UUID,
        time_ms: int,
        direction: Direction,
        way: tuple[Transport, str],
        data: bytes,
        messages: tuple[Message, ...],
        error: str | None,
    ) -> None:
        ring = self._rings.setdefault(device_id, _Ring())
        self._rings.move_to_end(device_id)
        ring.count += 1
        kept = data[:KEPT_BYTES]
        before = ring.memory_bytes
        ring.add(Frame(ring.count, time_ms, direction, *way, kept, messages, error))
        self._memory_bytes += ring.memory_bytes - before
        while self._memory_bytes > self._kept_bytes_of_all:
            self.forget(next(iter(self._rings)))


def _memory_bytes(frame: Frame) -> int:
    positions = [position for message in frame.messages for position in message.positions]
    values = sum(len(each.signals) + len(each.attributes) for each in positions)
    values += sum(len(message.attributes) for message in frame.messages)
    return (
        len(frame.data)
        + _FRAME_BYTES
        + _MESSAGE_BYTES * len(frame.messages)
        + _POSITION_BYTES * len(positions)
        + _VALUE_BYTES * values
    )


class Tap(msgspec.Struct, frozen=True):
    """Where the gateway pours what one device says on one way (transport, address)."""

    log: FrameLog
    device_id: UUID
    way: tuple[Transport, str]

    def came(self, time_ms: int, data: bytes, outcome: Sequence[Message] | Exception) -> None:
        """The device sent this, and that came of it."""
        self.log.came(self.device_id, time_ms, self.way, data, outcome)

    def went(self, time_ms: int, data: bytes) -> None:
        """The device was sent this."""
        self.log.went(self.device_id, time_ms, self.way, data)
