"""Cuts TopFlyTech's streams into frames and answers them.

A binary frame is a header of its generation, message type, length of the whole, serial number,
IMEI in decimal digits, content.

Source: TOPFLYtech 0x25 0x25 Protocol 2023-09-21, "Message format", "Reply"; TOPFLYtechCodec user
manual, sections 2 and 5.
"""

import struct
from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.topflytech.assets import read_asset
from milepost.protocols.topflytech.fields import ASSET, FAMILIES, NAME
from milepost.protocols.topflytech.messages import read_other
from milepost.protocols.topflytech.text import read_text
from milepost.protocols.topflytech.vehicles import SECOND_GENERATION, read_vehicle
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.report import Report

MAX_BUFFER_BYTES = 16_384
_MAX_TEXT_BYTES = 1024
HEAD = struct.Struct(">HBHH8s")
"""Family, message type, length of the frame, serial number, IMEI."""
_LENGTH_AT = 3
_TEXT_BEGIN, _TEXT_END = b"("[0], b")"
_BLANKS = b"\r\n\0 "
_LOGINS = frozenset({0x01, 0x31})
_HEARTBEAT, _INTERACTION = 0x03, 0x81
_LOCATIONS = frozenset({0x02, 0x04}) | SECOND_GENERATION
_SENSOR_LOCATIONS = frozenset({0x16, 0x18})
_ALARMS = frozenset({0x04, 0x14, 0x18, 0x34})
_WIDE_TEXTS = frozenset({0x02, 0x03})
"""Interactions in UTF-16: forwarded messages and answers of the network; some answer so too."""


class TopflytechCodec:
    """One connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._stream = FrameStream(NAME, _measure, _frame, MAX_BUFFER_BYTES, context.transport)

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """The frame's head; after an alarm with its code."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: the device keeps its data and tries again."""
        del message
        return b""


def _measure(data: bytes, start: int) -> int:
    if data[start] == _TEXT_BEGIN:
        end = data.find(_TEXT_END, start)
        if end >= 0:
            return end + 1 - start
        available = len(data) - start
        return _MAX_TEXT_BYTES if available > _MAX_TEXT_BYTES else -(available + 1)
    if len(data) - start == 1 and data[start] * 0x101 in FAMILIES:
        return -HEAD.size
    if int.from_bytes(data[start : start + 2], "big") not in FAMILIES:
        return _garbage(data, start)
    if len(data) - start < HEAD.size:
        return -HEAD.size
    length = int.from_bytes(data[start + _LENGTH_AT : start + _LENGTH_AT + 2], "big")
    return length if length >= HEAD.size else 2


def _garbage(data: bytes, start: int) -> int:
    for at in range(start + 1, len(data)):
        pair = int.from_bytes(data[at : at + 2], "big")
        if data[at] == _TEXT_BEGIN or pair in FAMILIES:
            return at - start
    return len(data) - start


def _frame(frame: bytes, received_time_ms: int) -> Sequence[Message]:
    if not frame.strip(_BLANKS):
        return ()
    if frame[0] == _TEXT_BEGIN:
        return (read_text(frame),)
    if len(frame) < HEAD.size:
        raise ProtocolError(NAME, f"no frame begins with {frame[:16].hex()}")
    family, kind, length, serial, identity = HEAD.unpack_from(frame)
    digits = identity.hex()
    if family not in FAMILIES or not digits.isdecimal() or not any(identity):
        raise ProtocolError(NAME, f"no frame begins with {frame[:16].hex()}")
    if len(frame) < length:
        raise ProtocolError(NAME, f"a frame of {length} bytes ends after {len(frame)}")
    token = HEAD.pack(family, kind, HEAD.size, serial, identity)
    unique_id, content = digits[1:] if digits[0] == "0" else digits, frame[HEAD.size :]
    if kind in _LOGINS:
        attributes = {"firmware": content.hex()} if content else {}
        return (Message("login", unique_id, token=token, attributes=attributes),)
    if kind == _HEARTBEAT:
        return (Message("heartbeat", unique_id, token=token),)
    if kind == _INTERACTION:
        return (_interaction(unique_id, content),)
    report = Report(received_time_ms)
    alarm = _read(report, family, kind, content)
    if kind in _ALARMS:
        token = HEAD.pack(family, kind, HEAD.size + 1, serial, identity) + bytes((alarm,))
    return (Message("positions", unique_id, (report.position(),), token=token),)


def _read(report: Report, family: int, kind: int, content: bytes) -> int:
    if kind not in _LOCATIONS and kind not in _SENSOR_LOCATIONS:
        return read_other(report, family, kind, content)
    if family == ASSET and kind in (0x02, 0x04):
        return read_asset(report, content)
    if family == ASSET:
        return read_other(report, family, kind, content)
    return read_vehicle(report, family, kind, content)


def _interaction(unique_id: str, content: bytes) -> Message:
    """The answer to a command, after a byte that says what it is."""
    if not content:
        raise ProtocolError(NAME, "an answer without content")
    is_wide = content[0] in _WIDE_TEXTS or (len(content) > 2 and not any(content[2::2]))
    encoding = "utf-16-le" if is_wide else "latin-1"
    text = content[1:].decode(encoding, "replace").rstrip("\0")
    return Message("response", unique_id, text=text)
