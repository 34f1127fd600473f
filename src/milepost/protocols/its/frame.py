"""AIS-140's frames: `$`, fields between commas, an end that each maker writes in its own way.

Source: AIS-140 (Automotive Research Association of India), annexes on the protocol; captured
frames. Ends that occur: `*`, `*` and two or eight hex digits, a checksum's digits or raw byte and
`*`, a line end, or nothing but the next frame.
"""

import re
import zlib

from fastcrc import crc32

PROTOCOL_NAME = "its"
BEGIN = b"$"[0]
LONGEST_BYTES = 1024
_STAR, _COMMA = b"*"[0], b","
_STOP = re.compile(rb"[*$\r\n]")
_SUM_BEFORE_STAR = re.compile(rb"[0-9A-Fa-f]{2}(?:[0-9A-Fa-f]{6})?|.?", re.DOTALL)
_HEX = re.compile(rb"[0-9A-Fa-f]*")
_LONG_SUM_DIGITS = 8
_EMERGENCY = b"EPB,"


def measure(data: bytes, start: int) -> int:
    """Up to the star or what stands for it, with the checksum that may follow a star."""
    if data[start] != BEGIN:
        begin = data.find(b"$", start)
        return (begin if begin >= 0 else len(data)) - start
    stop = _STOP.search(data, start + 1)
    if stop is None:
        have = len(data) - start
        return -(have + 1) if have < LONGEST_BYTES else have
    at = stop.start()
    if data[at] != _STAR:
        return at - start
    end = at + 1
    is_emergency = data.startswith(_EMERGENCY, start + 1)
    is_emergency = is_emergency or data.startswith(_EMERGENCY, start + 2)
    last = data[data.rfind(_COMMA, start, at) + 1 : at]
    if _SUM_BEFORE_STAR.fullmatch(last) and not (is_emergency and last):
        return end - start
    due = 8 if is_emergency else 2
    digits = _HEX.match(data, end, end + due)
    found = len(digits[0]) if digits else 0
    if found < due and end + found == len(data):
        return -(end + found + 1 - start)
    return end + found - start


def checksum_holds(frame: bytes) -> bool:
    """Whether a sum of eight digits is the CRC-32 of what stands before it.

    One maker uses the MPEG-2 form. Sums of two and four digits and of one raw byte differ from
    maker to maker, and nobody says how.
    """
    end = len(frame.rstrip(b"*,"))
    if end <= _LONG_SUM_DIGITS:
        return True
    start = end - _LONG_SUM_DIGITS
    digits = frame[start:end]
    if frame[start - 1] not in b",*" or digits.isdigit() or not _HEX.fullmatch(digits):
        return True
    content = frame[: start - (frame[start - 1] == _STAR)]
    stated = int(digits, 16)
    return zlib.crc32(content) == stated or crc32.mpeg_2(content) == stated
