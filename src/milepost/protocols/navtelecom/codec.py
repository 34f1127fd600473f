"""A Navtelecom connection: NTCB messages, FLEX frames, and the mask that they agree on.

Source: Navtelecom, "Protocol of information exchange" 6.2, sections 1.1 and 1.2;
wiki.navtelecom.ru, "FLEX examples".
"""

import struct
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.navtelecom.layout import PROTOCOL_NAME, FlexLayout, mask_fields
from milepost.protocols.navtelecom.ntcb import read_ntcb
from milepost.protocols.wire.checksums import crc8_31, xor8
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 262_144
RECORD_SIZE = "flexDataSize"
_PREFIX = b"@NTC"
_HEAD = struct.Struct("<4sIIHBB")
_PING = 0x7F
_FLEX = 0xB0


def ntcb_message(receiver: int, sender: int, body: bytes) -> bytes:
    """An NTCB message: header with the checksums of body and header, body."""
    head = _PREFIX + struct.pack("<IIHB", receiver, sender, len(body), xor8(body))
    return head + bytes((xor8(head),)) + body


def _flex_answer(content: bytes) -> bytes:
    return content + bytes((crc8_31(content),))


class NavtelecomCodec:
    """One Navtelecom connection."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._size_bytes = _option_bytes(context.options)
        self._layout: FlexLayout | None = None
        self._stream = FrameStream(PROTOCOL_NAME, self._measure, self._frame, MAX_BUFFER_BYTES)

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """`*<S` to the login, `*<FLEX` to the mask, `~A` with the count, `~T` with the number."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: without an answer the device keeps its records."""
        del message
        return b""

    def _measure(self, data: bytes, start: int) -> int:
        first = data[start]
        if first == _PING:
            return 1
        if first == _PREFIX[0]:
            if len(data) - start < _HEAD.size:
                return -_HEAD.size
            length = _HEAD.size + int.from_bytes(data[start + 12 : start + 14], "little")
            self._agree_early(data[start : start + length], length)
            return length
        if first == ord("~"):
            return self._measure_flex(data, start)
        raise ProtocolError(PROTOCOL_NAME, f"nothing begins with {first:02x}", offset=start)

    def _agree_early(self, message: bytes, length: int) -> None:
        """A mask holds for the very next bytes, which are cut before this message is read."""
        if len(message) == length and message[_HEAD.size :].startswith(b"*>FLEX"):
            fields = _mask(message[_HEAD.size + 6 :])
            self._layout = FlexLayout(fields, self._size_bytes)

    def _measure_flex(self, data: bytes, start: int) -> int:
        if len(data) - start < 3:
            return -3
        kind = data[start + 1]
        if kind in _LISTED:
            return _measure_listed(data, start, kind)
        if kind not in _RECORDED:
            raise ProtocolError(PROTOCOL_NAME, f"no FLEX frame is of type {kind:02x}")
        count = data[start + 2] if kind == ord("A") else 1
        return self._agreed().measured(data, start, _RECORDED[kind], count)

    def _agreed(self) -> FlexLayout:
        if self._layout is None:
            raise ProtocolError(PROTOCOL_NAME, "telemetry came before its mask")
        return self._layout

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if frame[0] == _PING:
            return (Message("heartbeat"),)
        if frame[0] == _PREFIX[0]:
            return (self._ntcb(frame),)
        damaged = crc8_31(frame[:-1]) != frame[-1]
        if damaged and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, f"wrong checksum in {frame[:24].hex()}")
        if frame[1] in _LISTED:
            return (_listed(frame, damaged=damaged),)
        return (self._telemetry(frame, received_time_ms, damaged=damaged),)

    def _telemetry(self, frame: bytes, received_time_ms: int, *, damaged: bool) -> Message:
        layout = self._agreed()
        first = _RECORDED[frame[1]]
        size = layout.size_bytes or 1
        positions = tuple(
            _position(layout, frame[at : at + size], received_time_ms, damaged=damaged)
            for at in range(first, len(frame) - 1, size)
        )
        token = _flex_answer(frame[:first])
        return Message("positions", None, positions, None, token, damaged)

    def _ntcb(self, frame: bytes) -> Message:
        prefix, receiver, sender, _, body_sum, head_sum = _HEAD.unpack_from(frame)
        body = frame[_HEAD.size :]
        if prefix != _PREFIX:
            raise ProtocolError(PROTOCOL_NAME, f"no message begins with {prefix!r}")
        damaged = xor8(frame[: _HEAD.size - 1]) != head_sum or xor8(body) != body_sum
        if damaged and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, f"wrong checksum in {frame[:24].hex()}")
        read = next((each for start, each in _BODIES.items() if body.startswith(start)), _answered)
        message, answer = read(body)
        token = ntcb_message(sender, receiver, answer) if answer else b""
        return Message(
            message.kind,
            message.unique_id,
            tuple(replace(each, damaged=damaged) for each in message.positions),
            message.text,
            token,
            damaged,
            message.attributes,
        )


def _option_bytes(options: Mapping[str, str]) -> int | None:
    text = options.get(RECORD_SIZE, "")
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text) < 65536 else None


def _position(
    layout: FlexLayout, record: bytes, received_time_ms: int, *, damaged: bool
) -> Position:
    report = layout.read(record, received_time_ms)
    return report.position(damaged=damaged)


_RECORDED = {ord("A"): 3, ord("T"): 6, ord("C"): 2}
"""Frames of records, and where the first one begins: after a count, a number, or at once."""

_LISTED = {ord("E"): 3, ord("X"): 6}
"""Frames of additional packets, each with its length; an array of them, or one out of turn."""


def _measure_listed(data: bytes, start: int, kind: int) -> int:
    offset = start + _LISTED[kind]
    count = data[start + 2] if kind == ord("E") else 1
    for _ in range(count):
        if offset + 2 > len(data):
            return -(offset + 2 - start)
        offset += 2 + int.from_bytes(data[offset : offset + 2], "little")
    return offset + 1 - start


def _listed(frame: bytes, *, damaged: bool) -> Message:
    first = _LISTED[frame[1]]
    attributes = {"flex:additional": frame[first:-1].hex()}
    token = _flex_answer(frame[:first])
    return Message("other", None, (), None, token, damaged, attributes)


def _mask(content: bytes) -> list[int]:
    """Protocol, its version, the records' version, number of fields, the fields' bits."""
    if len(content) < 4 or content[0] != _FLEX:
        raise ProtocolError(PROTOCOL_NAME, f"no mask of FLEX: {content[:8].hex()}")
    count = content[3]
    mask = content[4:]
    if len(mask) * 8 < count:
        raise ProtocolError(PROTOCOL_NAME, f"{len(mask)} bytes of mask for {count} fields")
    fields = mask_fields(mask, count)
    if not fields:
        raise ProtocolError(PROTOCOL_NAME, "a mask without fields")
    return fields


def _login(body: bytes) -> tuple[Message, bytes]:
    unique_id = body[3:].lstrip(b":").decode("latin-1").strip("\0 ")
    if not unique_id.isalnum() or not unique_id.isascii():
        raise ProtocolError(PROTOCOL_NAME, f"a login without identity: {body[:24]!r}")
    return Message("login", unique_id), b"*<S"


def _agreement(body: bytes) -> tuple[Message, bytes]:
    content = body[6:]
    _mask(content)
    return Message("other"), b"*<FLEX" + content[:3]


def _telegram(body: bytes) -> tuple[Message, bytes]:
    """One record."""
    position = read_ntcb(body[3:]).position()
    return Message("positions", positions=(position,)), b"*<T" + body[4:8]


def _array(body: bytes) -> tuple[Message, bytes]:
    """Their number, and records of the same length."""
    count = body[3] if len(body) > 3 else 0
    if not count or len(body) <= 4 or (len(body) - 4) % count:
        raise ProtocolError(PROTOCOL_NAME, f"{len(body) - 4} bytes of {count} records")
    size = (len(body) - 4) // count
    positions = tuple(
        read_ntcb(body[at : at + size]).position() for at in range(4, len(body), size)
    )
    return Message("positions", positions=positions), b"*<A" + body[3:4]


def _answered(body: bytes) -> tuple[Message, bytes]:
    """An answer to a command, in words; or bytes that only the device's tools understand."""
    text = body.decode("cp1251", "replace").strip("\0")
    if text.isprintable() and text:
        return Message("response", text=text), b""
    return Message("other", attributes={"data": body.hex()}), b""


_BODIES: Mapping[bytes, Callable[[bytes], tuple[Message, bytes]]] = {
    b"*>S": _login,
    b"*>FLEX": _agreement,
    b"*>T": _telegram,
    b"*>A": _array,
}
