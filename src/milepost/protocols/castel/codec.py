"""Castel's frames: `@@` or `$$`, length, identity, type, content, CRC, line end.

Source: Castel "IDD-213 communication protocol" (SC 4001 to 401F) and "MPIP protocol" (CC);
captured frames.
"""

import struct
from collections.abc import Sequence

from milepost.domain.message import Message, MessageKind
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.castel.contents import PROTOCOL_NAME, Read, Told
from milepost.protocols.castel.frame_types import HISTORY_KINDS, TYPES_CC, TYPES_SC
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.wire.checksums import crc16_x25
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 8192
_SC, _CC = b"@@", b"$$"
_LINE_END = b"\r\n"
_IDENTITY_BYTES = 20
_TAIL_BYTES = 4
_VERSIONS_SC = frozenset({3, 4})
_LOGIN_TYPES = frozenset({0x1001, 0x4001})
_NOWHERE = b"\xff\xff\xff\xff\0\0"


class CastelCodec:
    """One Castel connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._stream = FrameStream(
            PROTOCOL_NAME, _measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """Logins get the time, heartbeats and alarms their answer; nothing else is answered."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: the device hears no answer and logs in again later."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if int.from_bytes(frame[2:4], "little") != len(frame):
            raise ProtocolError(PROTOCOL_NAME, f"the end is missing in {frame[:32].hex()}")
        computed = crc16_x25(frame[:-_TAIL_BYTES])
        came = int.from_bytes(frame[-4:-2], "little")
        if computed != came and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, f"checksum {came:04x}, computed is {computed:04x}")
        return (_message(frame, received_time_ms, damaged=computed != came),)


def _head_bytes(frame: bytes) -> int:
    """Without the type: `$$` frames have no version."""
    return (5 if frame[:2] == _SC else 4) + _IDENTITY_BYTES


def _measure(data: bytes, start: int) -> int:
    if len(data) - start < 4:
        if not (_SC + _CC).count(data[start : start + 1]):
            raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {data[start]:02x}", offset=0)
        return -4
    if data[start : start + 2] not in (_SC, _CC):
        begin = data[start : start + 2].hex()
        raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {begin}", offset=start)
    length = int.from_bytes(data[start + 2 : start + 4], "little")
    if length < 4 + _IDENTITY_BYTES + 2 + _TAIL_BYTES:
        raise ProtocolError(PROTOCOL_NAME, f"a frame of {length} bytes holds nothing")
    return length


def _message(frame: bytes, received_time_ms: int, *, damaged: bool) -> Message:
    head_bytes = _head_bytes(frame)
    unique_id = _identity(frame[head_bytes - _IDENTITY_BYTES : head_bytes])
    frame_type = int.from_bytes(frame[head_bytes : head_bytes + 2], "big")
    is_sc = frame[:2] == _SC and frame[4] in _VERSIONS_SC
    known = (TYPES_SC if is_sc else TYPES_CC).get(frame_type)
    content = frame[head_bytes + 2 : -_TAIL_BYTES]
    kind: MessageKind = "other" if known is None else known.kind
    told = _read(known.read if known is not None else None, content, received_time_ms)
    if known is None and content:
        told.attributes[f"type:{frame_type:04x}"] = content.hex()
    answer = b"" if known is None else _answer(frame, known.answer, content, received_time_ms)
    positions = _positions(told, damaged=damaged)
    if kind == "positions" and not positions:
        kind = "other"
    return Message(kind, unique_id, positions, told.text, answer, damaged, told.attributes)


def _identity(raw: bytes) -> str:
    identity = raw.rstrip(b"\0").decode("latin-1")
    if not identity or not (identity.isascii() and identity.isprintable()):
        raise ProtocolError(PROTOCOL_NAME, f"identity {raw.hex()} is not readable")
    return identity


def _read(read: Read | None, content: bytes, received_time_ms: int) -> Told:
    """What the content says; a shortened end does not cost what stands before it."""
    told = Told(received_time_ms)
    if read is None or not content:
        return told
    cursor = Cursor(PROTOCOL_NAME, content)
    try:
        read(cursor, told)
    except ProtocolError:
        if not told.says_something:
            raise
    if cursor.left:
        told.reports[-1].note("rest", cursor.rest().hex())
    return told


def _positions(told: Told, *, damaged: bool) -> tuple[Position, ...]:
    return tuple(
        report.position(damaged=damaged) for report in told.reports if report.says_something
    )


def _answer(frame: bytes, answer_type: int, content: bytes, received_time_ms: int) -> bytes:
    """The same head with the answer's type; a login's has no other server, and the time."""
    if not answer_type:
        return b""
    head_bytes = _head_bytes(frame)
    frame_type = int.from_bytes(frame[head_bytes : head_bytes + 2], "big")
    body = b""
    if frame_type in _LOGIN_TYPES:
        body = _NOWHERE + struct.pack("<I", received_time_ms // 1000 & 0xFFFF_FFFF)
    elif frame_type in HISTORY_KINDS:
        body = content[:4]
    return framed(frame[:2], frame[4:head_bytes], answer_type, body)


def framed(begin: bytes, head: bytes, frame_type: int, content: bytes) -> bytes:
    """A frame of the server's: `head` is the version, if there is one, and the identity."""
    length = 4 + len(head) + 2 + len(content) + _TAIL_BYTES
    body = begin + struct.pack("<H", length) + head + frame_type.to_bytes(2, "big") + content
    return body + crc16_x25(body).to_bytes(2, "little") + _LINE_END
