"""Totem's frames: `$$` and their length, of four digits with a type, or of two hex digits.

Source: "AVL-08 GPRS Data Protocol" 1.0.1, section 1; "AT09 Protocol & Commands" 2.43, section 2.
"""

import re
from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.totem.frame import PROTOCOL_NAME, Frame, acknowledgement
from milepost.protocols.totem.joined import read_report, read_values
from milepost.protocols.totem.listed import read_listed
from milepost.protocols.wire.checksums import crc16_modbus, xor8
from milepost.protocols.wire.clock import utc_offset_s
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 4096
_BEGIN = b"$$"
_STOPS = (b"\r", b"\n", _BEGIN)
_JOINED_LENGTH, _LISTED_LENGTH = re.compile(rb"0[0-9]{3}"), re.compile(rb"[1-9A-Fa-f][0-9A-Fa-f]")
_HEAD_BYTES, _FEWEST_BYTES = 6, 24
_JOINED = re.compile(r"\$\$[0-9]{4}([0-9A-Z]{2})([0-9]{15})\|?(.*)", re.DOTALL)
_LISTED = re.compile(r"\$\$[0-9A-Fa-f]{2}([0-9]{15,20})\|(.*)", re.DOTALL)
_XOR_DIGITS, _CRC_DIGITS = 2, 4
_HEARTBEAT = "BB"


class TotemCodec:
    """One Totem connection, or one datagram."""

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
        """`$$0014AA`, the serial number and a checksum for a report that has one."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: the device keeps what is not acknowledged."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if not frame.startswith(_BEGIN):
            if not frame.strip():
                return ()
            raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {frame[:16]!r}", offset=0)
        text = frame.decode("latin-1")
        if not text.isprintable():
            raise ProtocolError(PROTOCOL_NAME, f"a frame that is not printable: {frame[:40]!r}")
        is_joined = _JOINED_LENGTH.match(frame, len(_BEGIN)) is not None
        digits = _XOR_DIGITS if is_joined else _CRC_DIGITS
        damaged = not _checksum_holds(frame, digits)
        if damaged and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, f"wrong checksum in {frame[:40]!r}")
        match = (_JOINED if is_joined else _LISTED).match(text[:-digits])
        if match is None:
            raise ProtocolError(PROTOCOL_NAME, f"an IMEI is due in {text[:40]!r}")
        kind, unique_id, content = match.groups() if is_joined else ("", *match.groups())
        parts = Frame(kind, unique_id, content, received_time_ms, self._offset_ms, damaged)
        return (_joined(parts) if is_joined else _listed(parts),)


def _measure(data: bytes, start: int) -> int:
    """By the length; a line end or the next `$$` before it ends a frame that miscounts."""
    if data[start : start + 2] != _BEGIN:
        return _garbage(data, start)
    if len(data) - start < _HEAD_BYTES:
        stop = _stop(data, start + 2, len(data))
        return -_HEAD_BYTES if stop < 0 else stop - start
    joined, listed = _JOINED_LENGTH.match(data, start + 2), _LISTED_LENGTH.match(data, start + 2)
    if joined is not None:
        length = int(joined[0])
    elif listed is not None:
        length = int(listed[0], 16)
    else:
        return len(_BEGIN)
    length = max(length, _FEWEST_BYTES)
    stop = _stop(data, start + 2, start + length)
    return length if stop < 0 else stop - start


def _stop(data: bytes, start: int, end: int) -> int:
    found = [at for at in (data.find(stop, start, end) for stop in _STOPS) if at >= 0]
    return min(found) if found else -1


def _garbage(data: bytes, start: int) -> int:
    begin = data.find(_BEGIN, start)
    if begin >= 0:
        return begin - start
    length = len(data) - start
    if data.endswith(b"$"):
        return length - 1 or -2
    return length


def _checksum_holds(frame: bytes, digits: int) -> bool:
    checksum = xor8 if digits == _XOR_DIGITS else crc16_modbus
    return frame[-digits:].upper() == f"{checksum(frame[:-digits]):0{digits}X}".encode()


def _joined(frame: Frame) -> Message:
    if frame.kind == _HEARTBEAT:
        return Message("heartbeat", frame.unique_id, damaged=frame.damaged)
    report, serial = read_values(frame), ""
    if report is None:
        report, serial = read_report(frame)
    if report is None:
        text = frame.kind + frame.content
        return Message("response", frame.unique_id, text=text, damaged=frame.damaged)
    position = report.position(damaged=frame.damaged)
    token = acknowledgement(serial) if serial else b""
    return Message("positions", frame.unique_id, (position,), None, token, frame.damaged)


def _listed(frame: Frame) -> Message:
    position = read_listed(frame).position(damaged=frame.damaged)
    return Message("positions", frame.unique_id, (position,), damaged=frame.damaged)
