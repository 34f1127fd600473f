"""The envelope of ATrack's frames.

Binary: prefix (2 bytes), CRC, length of what follows, sequence number, unit id (8 bytes). Text:
`@P,CRC,length,sequence,unit id,` with the length counted from the comma behind it. The prefix is
`@P` unless it is configured; `@R` carries pictures. Keep-alives and acknowledgements are `FE02`,
unit id, sequence number. Answers to commands are lines that begin with `$`.

Source: "AT Series Protocol Document" 1.1.4, 2.2 and 2.3.
"""

import re
from struct import Struct

import msgspec

from milepost.errors import ProtocolError
from milepost.protocols.wire.checksums import crc16_ibm

PROTOCOL_NAME = "atrack"
MAX_FRAME_BYTES = 16_384
KEEP_ALIVE = b"\xfe\x02"
PICTURE = b"@R"
_KEEP_ALIVE_BYTES = 12
_TEXT_HEAD_BYTES, _TEXT_LENGTH_DIGITS = 8, 6
_MAX_LINE_BYTES = 2048
_HEAD = Struct(">2sHHHQ")
_TOKEN = Struct(">QH")
_BINARY_HEAD_BYTES = 6
_NEXT_TEXT = re.compile(rb"\n(?=@[A-Z],[0-9A-Fa-f]{4},\d{1,6},\d)")
_HEX = frozenset(b"0123456789ABCDEFabcdef")
_LINE_START, _COMMA, _LINE_FEED, _RETURN = b"$"[0], b","[0], b"\n"[0], b"\r"[0]
# Of a sequence number, and of an identity with 64 bits.
_MOST_DIGITS = 20
_USUAL_PREFIX, _FIRST_PRINTABLE = b"@"[0], 0x20


class Frame(msgspec.Struct, frozen=True):
    """What the envelope holds; `token` is unit id and sequence number as an answer repeats them."""

    prefix: bytes
    unit_id: str
    token: bytes
    content: bytes
    is_text: bool
    damaged: bool


def is_text(data: bytes, start: int = 0) -> bool:
    """Whether a report is text: behind the prefix are a comma, four hex digits and a comma."""
    return (
        data[start + 2] == _COMMA
        and data[start + 7] == _COMMA
        and all(byte in _HEX for byte in data[start + 3 : start + 7])
    )


def measure(data: bytes, start: int) -> int:
    """Length of the frame that begins at `start`; see `wire.framing.Measure`."""
    first = data[start]
    if first == _LINE_START:
        return _line(data, start)
    if first in (_RETURN, _LINE_FEED):
        return 1
    if data[start : start + 2] == KEEP_ALIVE:
        return _KEEP_ALIVE_BYTES
    return _report(data, start)


def _report(data: bytes, start: int) -> int:
    first = data[start]
    if first not in (_USUAL_PREFIX, KEEP_ALIVE[0]) and first >= _FIRST_PRINTABLE:
        return len(data) - start
    available = len(data) - start
    if available < _TEXT_HEAD_BYTES:
        return -_TEXT_HEAD_BYTES
    if is_text(data, start):
        return _text(data, start)
    return _BINARY_HEAD_BYTES + int.from_bytes(data[start + 4 : start + 6], "big")


def _line(data: bytes, start: int) -> int:
    end = data.find(b"\n", start)
    if end >= 0:
        return end + 1 - start
    available = len(data) - start
    return available if available > _MAX_LINE_BYTES else -(available + 1)


def _text(data: bytes, start: int) -> int:
    """The length counts to the last line's end; where a byte was lost or put in, that decides.

    Where another report begins before it, the device broke this one off.
    """
    begin = start + _TEXT_HEAD_BYTES
    comma = data.find(b",", begin, begin + _TEXT_LENGTH_DIGITS)
    available = len(data) - start
    if comma < 0:
        is_short = available < _TEXT_HEAD_BYTES + _TEXT_LENGTH_DIGITS
        return -(available + 1) if is_short else available
    digits = data[begin:comma]
    if not digits.isdigit():
        return available
    total = comma - start + int(digits)
    following = _NEXT_TEXT.search(data, comma, start + total)
    if following is not None:
        return following.end() - start
    if available >= total - 1 and data[start + total - 2] == _LINE_FEED:
        return total - 1
    if available >= total and data[start + total - 1] == _RETURN:
        return total + 1
    return total if available >= total or total > MAX_FRAME_BYTES else -(available + 1)


def opened(frame: bytes, *, lenient: bool) -> Frame:
    """The frame's parts.

    Raises:
        ProtocolError: it is no frame, or its checksum is wrong and `lenient` is not set.
    """
    is_plausible = frame[0] == _USUAL_PREFIX or frame[0] < _FIRST_PRINTABLE
    if len(frame) < _TEXT_HEAD_BYTES or not is_plausible:
        raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {frame[:16]!r}", offset=0)
    return _opened_text(frame, lenient) if is_text(frame) else _opened_binary(frame, lenient)


def _opened_text(frame: bytes, lenient: bool) -> Frame:
    fields = frame[3:].split(b",", 4)
    if len(fields) < 5 or not all(map(_is_number, fields[2:4])):
        raise ProtocolError(PROTOCOL_NAME, f"a text report begins with {frame[:48]!r}")
    checksum, _, sequence, unit_id, content = fields
    damaged = _is_damaged(int(checksum, 16), frame[7:], lenient)
    token = _TOKEN.pack(int(unit_id) & 0xFFFF_FFFF_FFFF_FFFF, int(sequence) & 0xFFFF)
    return Frame(frame[:2], unit_id.decode(), token, content, is_text=True, damaged=damaged)


def _is_number(digits: bytes) -> bool:
    return digits.isdigit() and len(digits) <= _MOST_DIGITS


def _opened_binary(frame: bytes, lenient: bool) -> Frame:
    if len(frame) < _HEAD.size:
        raise ProtocolError(PROTOCOL_NAME, f"a report of {len(frame)} bytes")
    prefix, checksum, _, sequence, unit_id = _HEAD.unpack_from(frame)
    damaged = _is_damaged(checksum, frame[4:], lenient)
    token = _TOKEN.pack(unit_id, sequence)
    content = frame[_HEAD.size :]
    return Frame(prefix, str(unit_id), token, content, is_text=False, damaged=damaged)


def _is_damaged(checksum: int, covered: bytes, lenient: bool) -> bool:
    computed = crc16_ibm(covered)
    if checksum == computed:
        return False
    if not lenient:
        reason = f"checksum is {checksum:04x}, computed is {computed:04x}"
        raise ProtocolError(PROTOCOL_NAME, reason)
    return True
