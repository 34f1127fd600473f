"""Wialon IPS: lines `#TYPE#content`, packets with files, compressed packets.

Source: Gurtam, "Wialon IPS" 1.1, 2.0 (checksums, tachograph files) and 2.1 (compression).
"""

import zlib
from collections.abc import Callable, Mapping, Sequence

import msgspec

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.wialon.reports import (
    LONG_FIELDS,
    PROTOCOL_NAME,
    SHORT_FIELDS,
    read_report,
)
from milepost.protocols.wire.checksums import crc16_ibm
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 131_072
_MAX_UNPACKED_BYTES = 1_048_576
_COMPRESSED = 0xFF
_NONE = "NA"
_COMPRESSED_HEAD_BYTES = 3
_LINE_END = b"\r\n"
_FILE_TYPES = {b"I": 0, b"T": 1, b"US": 0, b"UC": 0}
"""Packets that are followed by bytes, and which of their fields says how many."""


class _Packet(msgspec.Struct, frozen=True):
    """A line without its checksum, and the bytes that follow it."""

    kind: str
    content: str
    unique_id: str | None
    damaged: bool
    data: bytes
    received_time_ms: int


class WialonCodec:
    """One connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._checked = False
        self._stream = FrameStream(
            PROTOCOL_NAME, _measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """`#AL#1`, `#ASD#1`, `#AD#1`, `#AB#n`, `#AP#` and so on, by the packet's type."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """`#AL#0` for a login; nothing else, so that the device keeps its data."""
        return b"#AL#0\r\n" if message.kind == "login" else b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if not frame.strip():
            return ()
        if frame[0] == _COMPRESSED:
            return self._unpacked(frame[_COMPRESSED_HEAD_BYTES:], received_time_ms)
        packet = self._packet(frame, received_time_ms)
        read = _PACKETS.get(packet.kind, _other)
        return (read(packet),)

    def _unpacked(self, content: bytes, received_time_ms: int) -> Sequence[Message]:
        inflate = zlib.decompressobj()
        try:
            lines = inflate.decompress(content, _MAX_UNPACKED_BYTES)
        except zlib.error as error:
            raise ProtocolError(PROTOCOL_NAME, f"compressed data: {error}") from error
        if inflate.unconsumed_tail:
            reason = f"compressed data of more than {_MAX_UNPACKED_BYTES} bytes"
            raise ProtocolError(PROTOCOL_NAME, reason)
        if not inflate.eof:
            raise ProtocolError(PROTOCOL_NAME, "compressed data that ends too early")
        messages: list[Message] = []
        for line in lines.split(_LINE_END):
            if line[:1] == bytes((_COMPRESSED,)):
                raise ProtocolError(PROTOCOL_NAME, "compressed data within compressed data")
            messages += self._frame(line, received_time_ms)
        return messages

    def _packet(self, frame: bytes, received_time_ms: int) -> _Packet:
        line, _, data = frame.partition(b"\n")
        head, hash_sign, rest = line.decode("utf-8", "replace").rstrip("\r").partition("#")
        kind, second, content = rest.partition("#")
        if not hash_sign or not second or not kind.isalpha() or not kind.isascii():
            raise ProtocolError(PROTOCOL_NAME, f"no packet begins with {line[:24]!r}")
        version, _, identity = head.rpartition(";")
        content, stated = self._split(kind, content, versioned=bool(version))
        damaged = stated is not None and not _holds(content, stated)
        if damaged and not self._lenient:
            # A login holds a password.
            shown = b"#L#" if kind == "L" else line[:48]
            raise ProtocolError(PROTOCOL_NAME, f"wrong checksum in {shown!r}")
        return _Packet(kind, content, identity or None, damaged, data, received_time_ms)

    def _split(self, kind: str, content: str, *, versioned: bool) -> tuple[str, str | None]:
        """The content to its last separator, and the checksum; None before version 2.0.

        Whether there is one is told by the number of fields, where that is fixed.
        """
        if kind == "L":
            fields = content.split(";")
            self._checked = len(fields) >= 3 and "." in fields[0]
            checked = self._checked and len(fields) > 3
        elif kind in _FIELDS:
            checked = content.count(";") >= _FIELDS[kind]
        elif kind == "B":
            last = content.rpartition("|")[2]
            checked = 0 < len(last) <= 6 and ";" not in last
            cut = content.rfind("|") + 1
            return (content[:cut], last) if checked else (content, None)
        else:
            checked = (self._checked or versioned) and ";" in content
        if not checked:
            return content, None
        cut = content.rfind(";") + 1
        return content[:cut], content[cut:]


_FIELDS: Mapping[str, int] = {"SD": SHORT_FIELDS, "D": LONG_FIELDS, "I": 6, "IT": 5, "T": 3}
"""Packets with a fixed number of fields before the checksum."""


def _holds(content: str, stated: str) -> bool:
    try:
        return int(stated, 16) == crc16_ibm(content.encode("utf-8", "replace"))
    except ValueError:
        return False


def _measure(data: bytes, start: int) -> int:
    if data[start] == _COMPRESSED:
        if len(data) - start < _COMPRESSED_HEAD_BYTES:
            return -_COMPRESSED_HEAD_BYTES
        return _COMPRESSED_HEAD_BYTES + int.from_bytes(data[start + 1 : start + 3], "little")
    end = data.find(b"\n", start)
    if end < 0:
        return -(len(data) - start + 1)
    _, _, rest = data[start:end].partition(b"#")
    kind, _, content = rest.partition(b"#")
    length = end + 1 - start
    if kind in _FILE_TYPES:
        size = content.split(b";")[_FILE_TYPES[kind] :][:1]
        if size and size[0].isdigit() and len(size[0]) < 8:
            length += int(size[0])
    return length


def _login(packet: _Packet) -> Message:
    """`imei;password`, from 2.0 on `version;imei;password;`."""
    fields = packet.content.split(";")
    versioned = len(fields) >= 3 and "." in fields[0]
    unique_id = fields[1 if versioned else 0].strip()
    if not unique_id or not unique_id.isprintable() or len(unique_id) > 64:
        raise ProtocolError(PROTOCOL_NAME, f"a login without identity: {unique_id[:40]!r}")
    password = fields[2 if versioned else 1 :][:1]
    secret = password[0] if password and password[0] not in ("", _NONE) else None
    return Message("login", unique_id, token=b"#AL#1\r\n", damaged=packet.damaged, secret=secret)


def _report(packet: _Packet) -> Message:
    position = read_report(
        packet.content.split(";"), packet.received_time_ms, damaged=packet.damaged
    )
    token = f"#A{packet.kind}#1\r\n".encode()
    return Message("positions", packet.unique_id, (position,), None, token, packet.damaged)


def _box(packet: _Packet) -> Message:
    """The black box: reports of either form, separated by `|`."""
    positions = tuple(
        read_report(report.split(";"), packet.received_time_ms, damaged=packet.damaged)
        for report in packet.content.split("|")
        if report
    )
    token = f"#AB#{len(positions)}\r\n".encode()
    return Message("positions", packet.unique_id, positions, None, token, packet.damaged)


def _ping(packet: _Packet) -> Message:
    return Message("heartbeat", packet.unique_id, token=b"#AP#\r\n")


def _driver_message(packet: _Packet) -> Message:
    text = packet.content.rstrip(";") or None
    return Message("response", packet.unique_id, (), text, b"#AM#1\r\n", packet.damaged)


def _picture(packet: _Packet) -> Message:
    """Size, number of the last part and of this one, date, time, name; then the bytes."""
    fields = packet.content.split(";")
    if len(fields) < 6:
        raise ProtocolError(PROTOCOL_NAME, f"a picture of {len(fields)} fields, 6 are due")
    attributes = {"image": fields[5], "index": fields[1], "photo": packet.data.hex()}
    token = f"#AI#{fields[1]};1\r\n".encode()
    return Message("other", packet.unique_id, (), None, token, packet.damaged, attributes)


def _tachograph(packet: _Packet) -> Message:
    """A tachograph file is announced: date, time, driver, code, number of parts."""
    attributes = {"tachograph:file": packet.content.rstrip(";")}
    return Message("other", packet.unique_id, (), None, b"#AIT#1\r\n", packet.damaged, attributes)


def _tachograph_part(packet: _Packet) -> Message:
    """Code, size, number of the part; then the bytes."""
    fields = packet.content.split(";")
    if len(fields) < 3:
        raise ProtocolError(PROTOCOL_NAME, f"part of a file of {len(fields)} fields, 3 are due")
    attributes = {"tachograph:part": fields[2], "data": packet.data.hex()}
    token = f"#AT#{fields[2]};1\r\n".encode()
    return Message("other", packet.unique_id, (), None, token, packet.damaged, attributes)


def _other(packet: _Packet) -> Message:
    """Answers to what the server asked for, and types of later versions."""
    attributes = {f"packet:{packet.kind[:16]}": packet.content}
    return Message("other", packet.unique_id, (), None, b"", packet.damaged, attributes)


_PACKETS: Mapping[str, Callable[[_Packet], Message]] = {
    "L": _login,
    "SD": _report,
    "D": _report,
    "B": _box,
    "P": _ping,
    "M": _driver_message,
    "I": _picture,
    "IT": _tachograph,
    "T": _tachograph_part,
}
