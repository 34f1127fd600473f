"""H02: Coban, Sinotrack and many others; text frames, and binary ones that begin with `$`.

Source: "H02 GPS tracker protocol"; captured frames.
"""

from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.h02.binary import IMEI_BYTES, LONG_BYTES, SHORT_BYTES, read_binary
from milepost.protocols.h02.text import read_text
from milepost.protocols.wire.clock import utc_offset_s
from milepost.protocols.wire.framing import FrameStream

_PROTOCOL = "h02"
MAX_BUFFER_BYTES = 4096
_MAX_TEXT_BYTES = 2048
_TEXT, _BINARY, _BINARY_ALTERNATIVE = b"*"[0], b"$"[0], b"X"[0]
_STARTS = bytes((_TEXT, _BINARY, _BINARY_ALTERNATIVE))


class H02Codec:
    """One H02 connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._offset_s = utc_offset_s(context.options)
        self._stream = FrameStream(
            _PROTOCOL, _measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """V4 for a heartbeat and its like; nothing for a fix."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if not frame.strip():
            return ()
        if frame[0] == _TEXT and frame[-1:] == b"#":
            return (read_text(frame, received_time_ms, self._offset_s),)
        if frame[0] in (_BINARY, _BINARY_ALTERNATIVE) and len(frame) >= SHORT_BYTES:
            return (read_binary(frame, received_time_ms, self._offset_s),)
        raise ProtocolError(_PROTOCOL, f"no frame begins with {frame[:16]!r}", offset=0)


def _measure(data: bytes, start: int) -> int:
    first = data[start]
    if first == _TEXT:
        end = data.find(b"#", start)
        if end >= 0:
            return end + 1 - start
        if len(data) - start > _MAX_TEXT_BYTES:
            return _MAX_TEXT_BYTES
        return -(len(data) - start + 1)
    if first in (_BINARY, _BINARY_ALTERNATIVE):
        return _binary_length(data, start)
    return _garbage(data, start)


def _binary_length(data: bytes, start: int) -> int:
    """Nothing in a binary frame tells its length; what follows it does: a frame, or the end."""
    length = len(data) - start
    if length < SHORT_BYTES:
        return -SHORT_BYTES
    for candidate in (LONG_BYTES, IMEI_BYTES, SHORT_BYTES):
        if length == candidate or (length > candidate and data[start + candidate] in _STARTS):
            return candidate
    return LONG_BYTES if length > LONG_BYTES else -LONG_BYTES


def _garbage(data: bytes, start: int) -> int:
    for end in range(start + 1, len(data)):
        if data[end] in _STARTS:
            return end - start
    return len(data) - start
