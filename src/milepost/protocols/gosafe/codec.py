"""GoSafe's frames: text from `*` to `#`, binary from F8 to F8.

Source: captured frames. In binary F8 is sent as 1B E3 and 1B as 1B 00.
"""

from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.gosafe.binary import read_binary
from milepost.protocols.gosafe.groups import PROTOCOL_NAME
from milepost.protocols.gosafe.text import read_text
from milepost.protocols.wire.clock import utc_offset_s
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 8192
_TEXT, _FLAG = b"*"[0], 0xF8
_TEXT_END, _BINARY_END = b"#", b"\xf8"


class GoSafeCodec:
    """One GoSafe connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._offset_ms = utc_offset_s(context.options) * 1000
        self._stream = FrameStream(
            PROTOCOL_NAME, _measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """`1234`, whatever came."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: the device keeps what is not acknowledged."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if frame[0] == _TEXT and frame.endswith(_TEXT_END):
            return (read_text(frame, self._offset_ms, received_time_ms),)
        if frame[0] == _FLAG and len(frame) > 1:
            return (read_binary(frame, lenient=self._lenient, received_time_ms=received_time_ms),)
        if not frame.strip() or frame == _BINARY_END:
            return ()
        raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {frame[:16]!r}", offset=0)


def _measure(data: bytes, start: int) -> int:
    """To the closing character; a flag that follows a flag begins the frame."""
    first = data[start]
    if first in (_TEXT, _FLAG):
        closing = _TEXT_END if first == _TEXT else _BINARY_END
        end = data.find(closing, start + 1)
        if end == start + 1 and first == _FLAG:
            return 1
        return end + 1 - start if end >= 0 else -(len(data) - start + 1)
    begins = [at for at in (data.find(b"*", start), data.find(_BINARY_END, start)) if at >= 0]
    return min(begins, default=len(data)) - start
