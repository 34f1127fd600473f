"""The frames of JT/T 808: flags, escapes, header, checksum; and how they are written.

Source: JT/T 808-2019, 4.4.2 (escapes) and 4.4.3 (header); 808-2011 and -2013 have the same header
without version and with six bytes of identity. Jointech's messages 0506, 5501 and 5502 count with
one byte, by captured frames.
"""

from struct import Struct

import msgspec

from milepost.errors import InvalidInput, ProtocolError

PROTOCOL_NAME = "jt808"
MAX_BUFFER_BYTES = 8192
SHORT_SERIAL_TYPES = frozenset({0x0506, 0x5501, 0x5502})
LONGEST_BODY_BYTES = 0x03FF

_FLAG, _ALTERNATIVE_FLAG, _TEXT_BEGIN, _TEXT_END = 0x7E, 0xE7, 0x28, 0x29
_FLAGS = (_FLAG, _ALTERNATIVE_FLAG, _TEXT_BEGIN)
_ESCAPE, _ALTERNATIVE_ESCAPE = b"\x7d", b"\x3e"
_VERSIONED, _FRAGMENTED = 0x4000, 0x2000
_SHORT_ID_BYTES, _LONG_ID_BYTES = 6, 10
_LONGEST_TEXT_BYTES = 1024
_HEAD = Struct(">HH")
_SERIAL = Struct(">H")


class Header(msgspec.Struct, frozen=True):
    """Whom a frame is from or for, as the answer repeats it.

    `version` is None before 2019, where the identity has six bytes and not ten. `flag` is the byte
    around the frame: 7E, or E7 with some makers.
    """

    identity: bytes
    version: int | None = None
    flag: int = _FLAG


class Frame(msgspec.Struct, frozen=True):
    """A frame without escapes. `part` is (number of parts, number of this one from 1)."""

    header: Header
    message_type: int
    serial: int
    body: bytes
    part: tuple[int, int] | None
    whole: bool


def measure(data: bytes, start: int) -> int:
    """Length of what begins at `start`: a frame, a text in parentheses, or garbage before one."""
    first = data[start]
    if first == _TEXT_BEGIN:
        end = data.find(_TEXT_END, start, start + _LONGEST_TEXT_BYTES)
        if end >= 0:
            return end + 1 - start
        return 1 if len(data) - start >= _LONGEST_TEXT_BYTES else -(len(data) - start + 1)
    if first not in _FLAGS:
        found = [at for at in (data.find(flag, start) for flag in _FLAGS) if at >= 0]
        return min(found, default=len(data)) - start
    return _measure_frame(data, start, first)


def _measure_frame(data: bytes, start: int, flag: int) -> int:
    """To the next flag.

    Some makers do not escape, so a flag may stand inside: if the checksum does not hold at the
    first one, the header's length decides.
    """
    end = data.find(flag, start + 1)
    if end < 0:
        return -(len(data) - start + 1)
    if end == start + 1:
        return 1
    content = unescaped(data[start + 1 : end], flag)
    if len(content) < 5:
        return end + 1 - start
    due = _due_bytes(content)
    if len(content) >= due or exclusive_or(content) == 0:
        return end + 1 - start
    if len(data) < start + due + 2:
        return -(due + 2)
    return due + 2 if data[start + due + 1] == flag else end + 1 - start


def exclusive_or(data: bytes) -> int:
    """All bytes combined with exclusive or: halves of one long number, faster than one by one."""
    bits = 8
    while bits < len(data) * 4:
        bits *= 2
    folded = int.from_bytes(data, "big")
    while bits >= 8:
        folded ^= folded >> bits
        folded &= (1 << bits) - 1
        bits //= 2
    return folded & 0xFF


def _due_bytes(content: bytes) -> int:
    """How many bytes the header says that a frame has between its flags."""
    message_type, attributes = _HEAD.unpack_from(content)
    body_bytes = int(attributes) & LONGEST_BODY_BYTES
    return _header_bytes(message_type, attributes) + body_bytes + 1


def _header_bytes(message_type: int, attributes: int) -> int:
    identity = 1 + _LONG_ID_BYTES if attributes & _VERSIONED else _SHORT_ID_BYTES
    serial = 1 if message_type in SHORT_SERIAL_TYPES else 2
    return 4 + identity + serial + (4 if attributes & _FRAGMENTED else 0)


def unescaped(content: bytes, flag: int) -> bytes:
    """What stands between two flags, without escapes."""
    escape = _ESCAPE if flag == _FLAG else _ALTERNATIVE_ESCAPE
    if escape not in content:
        return content
    return content.replace(escape + b"\x02", bytes((flag,))).replace(escape + b"\x01", escape)


def frame_of(data: bytes) -> Frame:
    """The parts of a frame with its flags; `whole` says whether length and checksum hold.

    Raises:
        ProtocolError: garbage, or too short for a header.
    """
    flag = data[0]
    if flag not in (_FLAG, _ALTERNATIVE_FLAG) or len(data) < 2:
        reason = f"{len(data)} bytes before the next frame"
        raise ProtocolError(PROTOCOL_NAME, reason, offset=0)
    if data[-1] != flag:
        raise ProtocolError(PROTOCOL_NAME, f"no flag closes {data[:32].hex()}")
    raw = data[1:-1]
    content = unescaped(raw, flag)
    if len(content) != len(raw) and not _holds(content) and _holds(raw):
        content = raw
    if len(content) < 5 or len(content) < _header_bytes(*_HEAD.unpack_from(content)) + 1:
        raise ProtocolError(PROTOCOL_NAME, f"a frame of {len(data)} bytes has no header")
    return _split(content, flag)


def _holds(content: bytes) -> bool:
    return len(content) >= 5 and len(content) == _due_bytes(content) and exclusive_or(content) == 0


def _split(content: bytes, flag: int) -> Frame:
    message_type, attributes = _HEAD.unpack_from(content)
    versioned = bool(attributes & _VERSIONED)
    id_at = 5 if versioned else 4
    serial_at = id_at + (_LONG_ID_BYTES if versioned else _SHORT_ID_BYTES)
    header = Header(content[id_at:serial_at], content[4] if versioned else None, flag)
    if message_type in SHORT_SERIAL_TYPES:
        serial, body_at = content[serial_at], serial_at + 1
    else:
        serial, body_at = _SERIAL.unpack_from(content, serial_at)[0], serial_at + 2
    part = None
    if attributes & _FRAGMENTED:
        total, number = _HEAD.unpack_from(content, body_at)
        part, body_at = (total, number), body_at + 4
    whole = exclusive_or(content) == 0
    return Frame(header, message_type, serial, content[body_at:-1], part, whole)


def written(header: Header, message_type: int, serial: int, body: bytes) -> bytes:
    """A frame with flags, checksum and escapes.

    Raises:
        InvalidInput: a body beyond 1023 bytes.
    """
    if len(body) > LONGEST_BODY_BYTES:
        raise InvalidInput("text", f"{len(body)} bytes", f"{LONGEST_BODY_BYTES} bytes")
    versioned = header.version is not None
    head = _HEAD.pack(message_type, len(body) | (_VERSIONED if versioned else 0))
    version = bytes((header.version,)) if header.version is not None else b""
    short = message_type in (0x4401,)
    count = bytes((serial & 0xFF,)) if short else _SERIAL.pack(serial)
    content = head + version + header.identity + count + body
    return _escaped(content + bytes((exclusive_or(content),)), header.flag)


def _escaped(content: bytes, flag: int) -> bytes:
    escape = _ESCAPE if flag == _FLAG else _ALTERNATIVE_ESCAPE
    mark = bytes((flag,))
    content = content.replace(escape, escape + b"\x01").replace(mark, escape + b"\x02")
    return mark + content + mark
