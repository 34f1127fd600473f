"""A Ruptela connection: frames, what their commands carry, and what they are answered with.

Source: "FM Pro, FM Eco & FM Tco Protocols" 1.67, sections 1 to 12; captured frames.
"""

import struct
from collections.abc import Callable, Mapping, Sequence

import msgspec

from milepost.domain.message import Message, MessageKind
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.ruptela.records import read_records
from milepost.protocols.wire.checksums import crc16_kermit
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.report import Report

PROTOCOL_NAME = "ruptela"
MAX_BUFFER_BYTES = 65_539
_HEAD = struct.Struct(">HQB")
_SHORTEST_BYTES = 9
_HIGHEST_IMEI = 10**16 - 1

_RECORDS_ANSWER, _IDENTITY_ANSWER, _HEARTBEAT_ANSWER, _DYNAMIC_ANSWER = 100, 115, 116, 118
_FILES_ANSWER = 137
_FILE_PART = 0x02


def frame_of(command: int, content: bytes) -> bytes:
    """A frame of the server's: length, command, content and their checksum."""
    body = bytes((command,)) + content
    return len(body).to_bytes(2, "big") + body + crc16_kermit(body).to_bytes(2, "big")


class _Content(msgspec.Struct, frozen=True):
    """What a frame says, without its identity."""

    kind: MessageKind
    positions: tuple[Position, ...] = ()
    text: str | None = None
    token: bytes = b""
    attributes: dict[str, str] = {}


class RuptelaCodec:
    """One Ruptela connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._stream = FrameStream(
            PROTOCOL_NAME, self._measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """The command's answer with 1; of a file, the request for its next part."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """The same answer with 0, after which the device keeps its records; nothing for files."""
        if len(message.token) == 6 and message.token[3] == 1:
            return frame_of(message.token[2], b"\x00")
        return b""

    def _measure(self, data: bytes, start: int) -> int:
        """Leniently, a length that is wrong gives way to a checksum over all that came."""
        length = _measure(data, start)
        rest = len(data) - start
        if self._lenient and 0 < length < rest and not _is_whole(data[start : start + length]):
            return rest if _is_whole(data[start:]) else length
        return length

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        damaged = len(frame) != _measure(frame, 0) or not _is_whole(frame)
        if damaged and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, f"wrong checksum or length in {frame[:32].hex()}")
        if len(frame) < _HEAD.size:
            raise ProtocolError(PROTOCOL_NAME, f"a frame of {len(frame)} bytes has no head")
        _, imei, command = _HEAD.unpack_from(frame)
        if imei > _HIGHEST_IMEI:
            raise ProtocolError(PROTOCOL_NAME, f"the IMEI {imei} has more than 16 digits")
        read = _COMMANDS.get(command, _other)
        content = read(command, frame[_HEAD.size : -2], received_time_ms, damaged)
        unique_id = f"{imei:015d}"
        return (
            Message(
                content.kind,
                unique_id,
                content.positions,
                content.text,
                content.token,
                damaged,
                content.attributes,
            ),
        )


def _is_whole(frame: bytes) -> bool:
    return crc16_kermit(frame[2:-2]) == int.from_bytes(frame[-2:], "big")


def _measure(data: bytes, start: int) -> int:
    if len(data) - start < 2:
        return -2
    length = data[start] << 8 | data[start + 1]
    if length < _SHORTEST_BYTES:
        reason = f"a frame of {length} bytes, {_SHORTEST_BYTES} or more are due"
        raise ProtocolError(PROTOCOL_NAME, reason, offset=start)
    return length + 4


def _answer(command: int) -> bytes:
    return frame_of(command, b"\x01")


def _records(command: int, content: bytes, received_time_ms: int, damaged: bool) -> _Content:
    del received_time_ms
    positions = read_records(content, extended=command == 0x44, damaged=damaged)
    return _Content("positions", positions, token=_answer(_RECORDS_ANSWER))


_CODE = struct.Struct(">BIiiB5s")


def _troubles(command: int, content: bytes, received_time_ms: int, damaged: bool) -> _Content:
    """Their number, then type, time, longitude, latitude, source and code of each."""
    del command, received_time_ms
    if not content or len(content) != 1 + content[0] * _CODE.size:
        reason = f"{content[:1].hex() or 'no'} trouble codes in {len(content)} bytes"
        raise ProtocolError(PROTOCOL_NAME, reason)
    positions = []
    for kind, time_s, longitude, latitude, source, code in _CODE.iter_unpack(content[1:]):
        report = Report(time_s * 1000)
        report.place(latitude / 10_000_000, longitude / 10_000_000, valid=True)
        report.note("dtcs", code.decode("latin-1").rstrip("\0"))
        report.note("dtc:type", kind)
        report.note("dtc:source", source)
        positions.append(report.position(damaged=damaged))
    return _Content("positions", tuple(positions), token=_answer(109))


_IDENTIFICATION = struct.Struct(">4s11sQIIIH")


def _identification(command: int, content: bytes, received_time_ms: int, damaged: bool) -> _Content:
    """Device type, firmware, IMSI, operator, and what makes a record: distance, time, angle."""
    del command, received_time_ms, damaged
    if len(content) < _IDENTIFICATION.size:
        raise ProtocolError(PROTOCOL_NAME, f"an identification of {len(content)} bytes")
    model, firmware, imsi, operator, distance_m, time_s, angle_deg = _IDENTIFICATION.unpack_from(
        content
    )
    attributes = {
        "model": _text(model),
        "firmware": _text(firmware),
        "imsi": f"{imsi:015d}",
        "operator": str(operator),
        "configuration": f"distance {distance_m} m, time {time_s} s, angle {angle_deg} degrees",
    }
    return _Content("login", token=_answer(_IDENTITY_ANSWER), attributes=attributes)


def _text(content: bytes) -> str:
    return content.rstrip(b"\0").decode("latin-1").strip()


def _dynamic(command: int, content: bytes, received_time_ms: int, damaged: bool) -> _Content:
    """Dynamic identification: fields that vary by firmware, kept whole."""
    del received_time_ms, damaged
    attributes = {f"command:{command:02x}": content.hex()} if content else {}
    return _Content("login", token=_answer(_DYNAMIC_ANSWER), attributes=attributes)


def _heartbeat(command: int, content: bytes, received_time_ms: int, damaged: bool) -> _Content:
    del command, content, received_time_ms, damaged
    return _Content("heartbeat", token=_answer(_HEARTBEAT_ANSWER))


def _response(command: int, content: bytes, received_time_ms: int, damaged: bool) -> _Content:
    """The answer to a command in the words of an SMS, or what a device says of itself."""
    text = content.decode("latin-1").strip("\0\r\n ")
    if not text or not all(sign.isprintable() or sign in "\r\n\t" for sign in text):
        return _other(command, content, received_time_ms, damaged)
    return _Content("response", text=text)


def _file(command: int, content: bytes, received_time_ms: int, damaged: bool) -> _Content:
    """Part of a picture: kind, source, name of eight letters, number of parts, number of this."""
    del received_time_ms, damaged
    if len(content) < 14 or content[0] != _FILE_PART:
        return _Content("other", attributes={f"command:{command:02x}": content.hex()})
    parts, number = struct.unpack_from(">HH", content, 10)
    attributes = {
        "image": _text(content[2:10]),
        "index": str(number),
        "photo": content[14:].hex(),
    }
    token = b""
    if number + 1 < parts:
        token = frame_of(_FILES_ANSWER, content[:10] + (number + 1).to_bytes(2, "big"))
    return _Content("other", token=token, attributes=attributes)


def _other(command: int, content: bytes, received_time_ms: int, damaged: bool) -> _Content:
    del received_time_ms, damaged
    return _Content("other", attributes={f"command:{command:02x}": content.hex()})


_Read = Callable[[int, bytes, int, bool], _Content]

_COMMANDS: Mapping[int, _Read] = {
    0x01: _records,
    0x02: _response,
    0x03: _response,
    0x04: _response,
    0x07: _response,
    0x09: _troubles,
    0x0F: _identification,
    0x10: _heartbeat,
    0x12: _dynamic,
    0x25: _file,
    0x44: _records,
}
