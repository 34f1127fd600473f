"""Cuts Queclink's streams into text, HEX and packed frames, and answers them.

Source: Queclink @Track Air Interface Protocol, "Message Format", "Server Acknowledgement".
"""

from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.queclink.binary import HEADERS, TAIL, checksum_holds, read_binary
from milepost.protocols.queclink.packed import LENGTH_AT, SMALLEST_BYTES, read_packed
from milepost.protocols.queclink.text import read_text
from milepost.protocols.queclink.values import NAME, refuse
from milepost.protocols.wire.clock import utc_offset_s
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 16_384
_BEGIN, _END = b"+", b"$"
_BLANKS = b"\r\n\0 \t$"
_SMALLEST_HEX_BYTES = 12


class QueclinkCodec:
    """One Queclink connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._offset_s = utc_offset_s(context.options)
        self._stream = FrameStream(NAME, _measure, self._frame, MAX_BUFFER_BYTES, context.transport)

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """`+SACK:` and the frame's count; a heartbeat's has its version too."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: a device that waits for an answer keeps its reports."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if not frame.strip(_BLANKS):
            return ()
        if frame[:1] != _BEGIN:
            raise refuse(f"no frame begins with {frame[:16]!r}")
        if frame[1:2] == b"\0":
            return (read_packed(frame, received_time_ms),)
        if frame[:4] in HEADERS and frame[4:5] != b":":
            return (self._hex(frame, received_time_ms),)
        if not frame.endswith(_END):
            raise refuse(f"no end closes {frame[:40]!r}")
        return (read_text(frame[:-1], received_time_ms, self._offset_s),)

    def _hex(self, frame: bytes, received_time_ms: int) -> Message:
        whole = frame.endswith(TAIL) and checksum_holds(frame)
        if not whole and not self._lenient:
            raise refuse(f"wrong checksum in {frame[:32].hex()}")
        return read_binary(frame, received_time_ms, damaged=not whole)


def _measure(data: bytes, start: int) -> int:
    if data[start : start + 1] != _BEGIN:
        following = data.find(_BEGIN, start)
        return (following if following >= 0 else len(data)) - start
    available = len(data) - start
    if available < 5:
        return -5
    if data[start + 1] == 0:
        length = int.from_bytes(data[start + LENGTH_AT : start + LENGTH_AT + 2], "big")
        return max(length, SMALLEST_BYTES)
    header = data[start : start + 4]
    if header in HEADERS and data[start + 4 : start + 5] != b":":
        return _hex_length(data, start, header)
    end = data.find(_END, start)
    return end + 1 - start if end >= 0 else -(available + 1)


def _hex_length(data: bytes, start: int, header: bytes) -> int:
    """What the frame says; where that is no frame's end, to the next line end."""
    place, width = HEADERS[header]
    available = len(data) - start
    if available < place + width:
        return -(place + width)
    length = int.from_bytes(data[start + place : start + place + width], "big")
    if length >= _SMALLEST_HEX_BYTES and length > available:
        return length
    if length >= _SMALLEST_HEX_BYTES and data.startswith(TAIL, start + length - 2):
        return length
    end = data.find(TAIL, start + place)
    return end + 2 - start if end >= 0 else -(available + 1)
