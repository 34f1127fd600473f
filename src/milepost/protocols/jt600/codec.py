"""Jointech's frames: binary ones begin with `$`, texts stand in brackets."""

import re
from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.jt600.binary import HEADER_BYTES, frame_length, read_binary
from milepost.protocols.jt600.fix import PROTOCOL_NAME
from milepost.protocols.jt600.sensors import MARK, is_whole, read_sensor, record_of
from milepost.protocols.jt600.text import read_text
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 4096
_BINARY, _BEGIN, _END = b"$"[0], b"("[0], b")"[0]
_START = re.compile(rb"[$(]")
_HEAD_BYTES = 48
_ESCAPED = re.compile(rb"=([\x00\x11\x14\x15])")
_ESCAPE = 0x3D
_IDENTITY = re.compile(r"[0-9A-Za-z]{4,20}")


class Jt600Codec:
    """One Jointech connection."""

    def __init__(self, context: CodecContext) -> None:
        del context
        self._stream = FrameStream(PROTOCOL_NAME, _measure, _frame, MAX_BUFFER_BYTES)

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """S39 for a location, S20 for an alarm, P69 or P35 for what a lock wants answered."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: without an answer the device sends again."""
        del message
        return b""


def _measure(data: bytes, start: int) -> int:
    if data[start] == _BINARY:
        if len(data) - start < HEADER_BYTES:
            return -HEADER_BYTES
        return frame_length(data, start)
    if data[start] == _BEGIN:
        return _text_length(data, start)
    begin = _START.search(data, start)
    return (len(data) if begin is None else begin.start()) - start


def _text_length(data: bytes, start: int) -> int:
    """To the closing bracket; one inside of a sensor's record does not close."""
    end = data.find(b")", start)
    if data.find(MARK, start, start + _HEAD_BYTES) >= 0:
        while end >= 0 and not is_whole(record_of(_unescaped(data[start + 1 : end]))):
            end = data.find(b")", end + 1)
    return end + 1 - start if end >= 0 else -(len(data) - start + 1)


def _unescaped(content: bytes) -> bytes:
    """`=` and a byte stand for brackets, comma and `=`: the byte is combined with `=` by XOR."""
    if b"=" not in content:
        return content
    return _ESCAPED.sub(lambda found: bytes((found[1][0] ^ _ESCAPE,)), content)


def _frame(frame: bytes, received_time_ms: int) -> Sequence[Message]:
    if frame[0] == _BINARY:
        return (read_binary(frame, received_time_ms),)
    if frame[0] == _BEGIN and frame[-1] == _END:
        return (_text(_unescaped(frame[1:-1]), received_time_ms),)
    if not frame.strip():
        return ()
    raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {frame[:16]!r}", offset=0)


def _text(content: bytes, received_time_ms: int) -> Message:
    unique_id, _, rest = content.decode("latin-1").partition(",")
    if not _IDENTITY.fullmatch(unique_id):
        raise ProtocolError(PROTOCOL_NAME, f"an identity is due, {unique_id[:24]!r} came")
    if MARK in content[:_HEAD_BYTES]:
        return read_sensor(unique_id, content, received_time_ms)
    if ",WLNET," in rest[:_HEAD_BYTES]:
        return Message("other", unique_id, attributes={"data": content.hex()})
    if not rest.isprintable():
        raise ProtocolError(PROTOCOL_NAME, f"a text that is not printable: {rest[:40]!r}")
    return read_text(unique_id, rest.split(","), received_time_ms)
