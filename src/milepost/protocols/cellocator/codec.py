"""One Cellocator connection: frames to messages, and their acknowledgement.

Source: "Cellocator Wireless Communication Protocol" 4.1.8, "Generic acknowledge (type 4)".
"""

from collections.abc import Sequence
from struct import Struct

from milepost.domain.message import Message
from milepost.protocols.cellocator.frame import (
    FORWARDED,
    LOG_FRAGMENT,
    MAX_FRAME_BYTES,
    MODULAR,
    MODULAR_EXTENDED,
    PROGRAMMING,
    PROTOCOL_NAME,
    STATUS,
    Frame,
    measure,
    opened,
    written,
)
from milepost.protocols.cellocator.modules import read_modules
from milepost.protocols.cellocator.status import read_status
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.report import Report

MAX_BUFFER_BYTES = MAX_FRAME_BYTES
_ACKNOWLEDGE = 4
_ACKNOWLEDGEMENT = Struct("<B4xBB11x")
_TOKEN = Struct("<IB4s")
_KIND_NAMES = {PROGRAMMING: "programming", LOG_FRAGMENT: "log", FORWARDED: "forwarded"}


class CellocatorCodec:
    """One connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._stream = FrameStream(
            PROTOCOL_NAME, measure, self._read, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """Type 4: numerator and authentication code 0, action 0, the message's numerator."""
        if not message.token:
            return b""
        unit_id, numerator, code = _TOKEN.unpack(message.token)
        return written(_ACKNOWLEDGE, unit_id, _ACKNOWLEDGEMENT.pack(0, 0, numerator), code)

    def refuse(self, message: Message) -> bytes:
        """Nothing: what is not acknowledged stays with the unit."""
        del message
        return b""

    def _read(self, data: bytes, received_time_ms: int) -> Sequence[Message]:
        frame = opened(data, lenient=self._lenient)
        if frame.kind == STATUS:
            return (_reported(frame, read_status(frame)),)
        if frame.kind in (MODULAR, MODULAR_EXTENDED):
            return (_reported(frame, read_modules(frame, received_time_ms)),)
        return (_passed_on(frame),)


def _reported(frame: Frame, report: Report) -> Message:
    return Message(
        "positions",
        str(frame.unit_id),
        (report.position(damaged=frame.damaged),),
        token=_TOKEN.pack(frame.unit_id, frame.numerator, frame.code),
        damaged=frame.damaged,
    )


def _passed_on(frame: Frame) -> Message:
    """Memory of the unit, or bytes of what is wired to its serial port."""
    return Message(
        "other",
        str(frame.unit_id),
        token=_TOKEN.pack(frame.unit_id, frame.numerator, frame.code),
        damaged=frame.damaged,
        attributes={"event": _KIND_NAMES[frame.kind], "data": frame.content.hex()},
    )
