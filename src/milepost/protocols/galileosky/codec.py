"""A Galileosky connection: packets, compressed packets, pictures, and Iridium's messages.

Source: Galileosky, "Server exchange protocol"; Iridium, "Short Burst Data Service Developers
Guide", 3.0, mobile-originated DirectIP.
"""

import struct
from collections.abc import Sequence

from milepost.domain.message import Message, MessageKind
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.galileosky.records import (
    PROTOCOL_NAME,
    Record,
    read_compressed,
    read_records,
)
from milepost.protocols.wire.checksums import crc16_modbus
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.report import Report

MAX_BUFFER_BYTES = 65_541
COMPRESSED = "compressed"
_MAIN, _GARMIN, _PICTURE, _COMPRESSED = 0x01, 0x06, 0x07, 0x08
_HEADERS = (_MAIN, _GARMIN, _PICTURE, _COMPRESSED)
_ACCEPTED = b"\x02"
_IRIDIUM = b"\x01\x00\x1c"
_IRIDIUM_HEADER, _IRIDIUM_PAYLOAD, _IRIDIUM_LOCATION = 0x01, 0x02, 0x03


class GalileoskyCodec:
    """One Galileosky connection."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._compressed = context.options.get(COMPRESSED) == "true"
        self._stream = FrameStream(PROTOCOL_NAME, _measure, self._frame, MAX_BUFFER_BYTES)

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """02 and the packet's checksum; 07 and the checksum for a picture."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: without the answer the device keeps its packets."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if frame[0] == _MAIN and frame[3:6] == _IRIDIUM:
            return (self._satellite(frame, received_time_ms),)
        damaged = crc16_modbus(frame[:-2]) != int.from_bytes(frame[-2:], "little")
        if damaged and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, f"wrong checksum in {frame[:32].hex()}")
        content = frame[3:-2]
        if frame[0] == _PICTURE:
            return (_picture(content, b"\x07" + frame[-2:], damaged=damaged),)
        if frame[0] == _GARMIN:
            return (Message("other", damaged=damaged, attributes={"garmin:data": content.hex()}),)
        read = read_compressed if frame[0] == _COMPRESSED else read_records
        records = read(content, received_time_ms)
        return _messages(records, _ACCEPTED + frame[-2:], damaged=damaged)

    def _satellite(self, frame: bytes, received_time_ms: int) -> Message:
        """Iridium's elements: header with the IMEI and the time, coarse location, payload."""
        elements = _elements(frame)
        header = elements.get(_IRIDIUM_HEADER, b"")
        imei = header[4:19]
        if not imei.isdigit():
            raise ProtocolError(PROTOCOL_NAME, f"Iridium's IMEI {imei.hex()} is no digits")
        payload = elements.get(_IRIDIUM_PAYLOAD, b"")
        read = read_compressed if self._compressed else read_records
        positions = [record.position() for record in read(payload, received_time_ms)]
        if not any(position.has_fix for position in positions):
            location = elements.get(_IRIDIUM_LOCATION, b"")
            time_s = int.from_bytes(header[24:28], "big")
            positions += _coarse(location, time_s)
        return Message("positions", imei.decode("ascii"), tuple(positions))


def _elements(frame: bytes) -> dict[int, bytes]:
    """Number, length and content of each, after the overall length."""
    elements: dict[int, bytes] = {}
    offset = 3
    while offset + 3 <= len(frame):
        length = int.from_bytes(frame[offset + 1 : offset + 3], "big")
        if offset + 3 + length > len(frame):
            reason = "an element of Iridium's ends after the message"
            raise ProtocolError(PROTOCOL_NAME, reason, offset=offset)
        elements[frame[offset]] = frame[offset + 3 : offset + 3 + length]
        offset += 3 + length
    return elements


_LOCATION = struct.Struct(">BBHBHI")


def _coarse(location: bytes, time_s: int) -> list[Position]:
    """Where the satellite thinks the device is, kilometres wide: never a fix."""
    if len(location) < _LOCATION.size:
        return []
    flags, *parts, radius_km = _LOCATION.unpack_from(location)
    latitude = parts[0] + parts[1] / 60_000
    longitude = parts[2] + parts[3] / 60_000
    report = Report(time_s * 1000)
    report.place(
        -latitude if flags & 2 else latitude, -longitude if flags & 1 else longitude, valid=False
    )
    report.note("accuracyM", radius_km * 1000)
    return [report.position()]


def _measure(data: bytes, start: int) -> int:
    header = data[start]
    if header not in _HEADERS:
        raise ProtocolError(PROTOCOL_NAME, f"no packet begins with {header:02x}", offset=start)
    if len(data) - start < 6:
        return -6
    if header == _MAIN and data[start + 3 : start + 6] == _IRIDIUM:
        return 3 + int.from_bytes(data[start + 1 : start + 3], "big")
    length = int.from_bytes(data[start + 1 : start + 3], "little") & 0x7FFF
    if not length:
        raise ProtocolError(PROTOCOL_NAME, "a packet without content", offset=start)
    return 3 + length + 2


def _picture(content: bytes, token: bytes, *, damaged: bool) -> Message:
    """The number of the part, then the part; a part without content is the picture's end."""
    attributes = {"index": str(content[0]), "photo": content[1:].hex()}
    return Message("other", None, (), None, token, damaged, attributes)


def _messages(records: Sequence[Record], token: bytes, *, damaged: bool) -> Sequence[Message]:
    """One message a packet: positions; or a login or an answer, where it is nothing else."""
    unique_id = next((record.unique_id for record in records if record.unique_id), None)
    told = next((record for record in records if record.text is not None), None)
    positions = tuple(record.position(damaged=damaged) for record in records if _is_report(record))
    kind: MessageKind = "login"
    if positions:
        kind = "positions"
    elif told is not None:
        kind = "response"
    return (
        Message(
            kind,
            unique_id,
            positions,
            None if told is None else told.text,
            token,
            damaged,
            {} if positions or not records else records[0].attributes,
            None if told is None else told.command_number,
        ),
    )


def _is_report(record: Record) -> bool:
    """Whether a record measured something: heads and answers have only versions and numbers."""
    return len(record.fields) > 2 or bool(record.attributes.keys() - _HEAD_NAMES)


_HEAD_NAMES = frozenset({"hardware", "firmware", "tag:04"})
