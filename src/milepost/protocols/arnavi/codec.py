"""An Arnavi connection: text frames, binary headers and packages.

Source: Arnavi, "INTERNAL protocol": headers 22 to 25, packages 5B … 5D, answers 7B … 7D; captured
frames.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.arnavi.tags import PROTOCOL_NAME, read_tags
from milepost.protocols.arnavi.text import read_text
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.wire.checksums import sum8, xor8
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 70_000
_MAX_TEXT_BYTES = 2048
_HEADER, _PACKAGE, _PACKAGE_END, _TEXT = 0xFF, 0x5B, 0x5D, ord("$")
_LINE_ENDS = b"\r\n"
_HEADER_BYTES: Mapping[int, int] = {0x22: 10, 0x23: 10, 0x24: 18, 0x25: 10}
_WITHOUT_TIME = 0x22
_COMMAND_ANSWER, _ANSWER_BYTES = 0xFD, 4
_PACKET_HEAD_BYTES, _PACKET_TAIL_BYTES = 7, 1


class _Package(msgspec.Struct):
    """What a package's packets say together."""

    positions: list[Position] = []
    texts: list[str] = []
    attributes: dict[str, str] = {}
    damaged: bool = False


class ArnaviCodec:
    """One Arnavi connection, of either form."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._stream = FrameStream(PROTOCOL_NAME, FrameMeasure(), self._frame, MAX_BUFFER_BYTES)

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """7B 00 and the package's number; the time for later headers; RCPTOK for texts."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: without an answer the device keeps its packages."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if frame[0] in _LINE_ENDS:
            return ()
        if frame[0] == _TEXT:
            return (self._text(frame, received_time_ms),)
        if frame[0] == _HEADER:
            return (_login(frame, received_time_ms),)
        if frame[1] == _COMMAND_ANSWER:
            return (_command_answer(frame),)
        return (self._package(frame),)

    def _text(self, frame: bytes, received_time_ms: int) -> Message:
        content, _, stated = frame[1:].decode("latin-1").rpartition("*")
        try:
            damaged = int(stated, 16) != xor8(content.encode("latin-1"))
        except ValueError:
            damaged = True
        if damaged and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, f"wrong checksum in {frame[:48]!r}")
        if not content.isprintable():
            raise ProtocolError(PROTOCOL_NAME, f"a frame that is not printable: {frame[:40]!r}")
        return read_text(content, received_time_ms, damaged=damaged)

    def _package(self, frame: bytes) -> Message:
        """The packets of a package: type, length, time, content, their sum."""
        package = _Package([], [], {})
        offset = 2
        while offset < len(frame) - 1:
            length = frame[offset + 1] | frame[offset + 2] << 8
            start = offset + _PACKET_HEAD_BYTES
            end = start + length
            damaged = sum8(frame[offset + 3 : end]) != frame[end]
            if damaged and not self._lenient:
                reason = f"wrong checksum in {frame[offset : offset + 32].hex()}"
                raise ProtocolError(PROTOCOL_NAME, reason)
            package.damaged = package.damaged or damaged
            time_ms = int.from_bytes(frame[offset + 3 : start], "little") * 1000
            read = _PACKETS.get(frame[offset], _unknown)
            read(frame[offset], frame[start:end], time_ms, package)
            offset = end + _PACKET_TAIL_BYTES
        return _message(package, bytes((0x7B, 0x00, frame[1], 0x7D)))


def _message(package: _Package, token: bytes) -> Message:
    """Positions, or an answer, or what else came; of a damaged package all is damaged."""
    positions = tuple(
        msgspec.structs.replace(each, damaged=True) if package.damaged else each
        for each in package.positions
    )
    text = "\n".join(package.texts) or None
    return Message(
        "positions" if positions else "response" if text else "other",
        None,
        positions,
        text,
        token,
        package.damaged,
        package.attributes,
    )


class FrameMeasure:
    """Measures frames; what it has walked of an unfinished package is not walked again."""

    def __init__(self) -> None:
        self._walked_bytes = 0

    def __call__(self, data: bytes, start: int) -> int:
        """The length of the frame that begins here; see `framing.Measure`."""
        if data[start] == _PACKAGE:
            return self._package(data, start)
        measure = _MEASURES.get(data[start])
        if measure is None:
            reason = f"nothing begins with {data[start]:02x}"
            raise ProtocolError(PROTOCOL_NAME, reason, offset=start)
        return measure(data, start)

    def _package(self, data: bytes, start: int) -> int:
        left = len(data) - start
        if left < 3:
            return -3
        if data[start + 1] == _COMMAND_ANSWER:
            return _ANSWER_BYTES
        offset, self._walked_bytes = max(2, self._walked_bytes), 0
        while offset < left and data[start + offset] != _PACKAGE_END:
            if offset + 3 > left:
                self._walked_bytes = offset
                return -(offset + 3)
            length = data[start + offset + 1] | data[start + offset + 2] << 8
            offset += _PACKET_HEAD_BYTES + length + _PACKET_TAIL_BYTES
        if offset < left:
            return offset + 1
        self._walked_bytes = offset
        return -(offset + 1)


def _measure_line_end(data: bytes, start: int) -> int:
    del data, start
    return 1


def _measure_header(data: bytes, start: int) -> int:
    if len(data) - start < 2:
        return -2
    length = _HEADER_BYTES.get(data[start + 1])
    if length is None:
        raise ProtocolError(PROTOCOL_NAME, f"a header of version {data[start + 1]:02x}")
    return length


def _measure_text(data: bytes, start: int) -> int:
    end = data.find(b"*", start)
    if end < 0:
        if len(data) - start > _MAX_TEXT_BYTES:
            raise ProtocolError(PROTOCOL_NAME, f"a text without end of {len(data) - start} bytes")
        return -(len(data) - start + 1)
    return end + 3 - start


_MEASURES: Mapping[int, Callable[[bytes, int], int]] = {
    _HEADER: _measure_header,
    _TEXT: _measure_text,
    _LINE_ENDS[0]: _measure_line_end,
    _LINE_ENDS[1]: _measure_line_end,
}


def _login(frame: bytes, received_time_ms: int) -> Message:
    """A header: version, IMEI or number, and with version 24 a second number."""
    number = int.from_bytes(frame[2:10], "little")
    attributes = {"header:24": frame[10:].hex()} if len(frame) > 10 else {}
    if frame[1] == _WITHOUT_TIME:
        token = bytes((0x7B, 0x00, 0x00, 0x7D))
    else:
        time = (received_time_ms // 1000 & 0xFFFFFFFF).to_bytes(4, "little")
        token = bytes((0x7B, 0x04, 0x00, sum8(time))) + time + b"\x7d"
    return Message("login", str(number), token=token, attributes=attributes)


def _command_answer(frame: bytes) -> Message:
    """FD and the outcome, 0 for done."""
    if frame[-1] != _PACKAGE_END:
        raise ProtocolError(PROTOCOL_NAME, f"an answer without end: {frame.hex()}")
    return Message("response", text=f"{frame[2]:02x}", accepted=frame[2] == 0)


def _tags(kind: int, content: bytes, time_ms: int, package: _Package) -> None:
    del kind
    package.positions.append(read_tags(content, time_ms).position())


def _words(kind: int, content: bytes, time_ms: int, package: _Package) -> None:
    del kind, time_ms
    package.texts.append(content.decode("cp1251", "replace"))


def _file(kind: int, content: bytes, time_ms: int, package: _Package) -> None:
    """Where the part belongs in the file, and the part."""
    del kind, time_ms
    package.attributes["index"] = str(int.from_bytes(content[:4], "little"))
    package.attributes["photo"] = content[4:].hex()


def _binary(kind: int, content: bytes, time_ms: int, package: _Package) -> None:
    """Tags in practice; what is something else is kept."""
    if content and len(content) % 5 == 0:
        _tags(kind, content, time_ms, package)
    else:
        _unknown(kind, content, time_ms, package)


def _unknown(kind: int, content: bytes, time_ms: int, package: _Package) -> None:
    del time_ms
    package.attributes[f"packet:{kind}"] = content.hex()


_PACKETS: Mapping[int, Callable[[int, bytes, int, _Package], None]] = {
    1: _tags,
    3: _words,
    4: _file,
    6: _binary,
}
