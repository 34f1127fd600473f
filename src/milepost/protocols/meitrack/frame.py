"""The envelope of Meitrack's frames: header, length, checksum.

`$$` identifier length `,` IMEI `,` command and content `*` checksum `\\r\\n`; the server's frames
begin with `@@`. The length counts from the first comma to the end.

Source: "MEITRACK GPRS Protocol" 1.21, I.1.
"""

import re

import msgspec

from milepost.errors import ProtocolError
from milepost.protocols.wire.checksums import sum8

PROTOCOL_NAME = "meitrack"
CONFIRM = "confirm"
MAX_FRAME_BYTES = 16_384
_HEADER_BYTES = 9
_TAIL_BYTES = 5
_MOST_BEYOND_LENGTH_BYTES = 512
_HEADER = re.compile(rb"\$\$[A-z]\d{1,4},\d{15},")
_WITH_BINARY = frozenset({b"CCC", b"CCE", b"D00", b"C40", b"C42", b"C43", b"C44", b"C46"})


class Frame(msgspec.Struct, frozen=True):
    """What the envelope holds; `content` begins with the command."""

    identifier: str
    imei: str
    content: bytes
    damaged: bool


def measure(data: bytes, start: int) -> int:
    """Length of the frame that begins at `start`; see `wire.framing.Measure`.

    The length of the header holds if the frame ends there. Some firmware miscounts: then the line
    end behind a checksum decides, in texts also before the length is reached. Where another header
    comes first, the device broke the frame off.
    """
    if data[start : start + 2] != b"$$":
        return _garbage(data, start)
    comma = data.find(b",", start + 3, start + _HEADER_BYTES)
    available = len(data) - start
    if comma < 0:
        return -(available + 1) if available < _HEADER_BYTES else _garbage(data, start)
    digits = data[start + 3 : comma]
    if not digits.isdigit():
        return _garbage(data, start)
    total = comma - start + int(digits)
    if available >= total and data[start + total - 2 : start + total] == b"\r\n":
        return total
    return _by_line_end(data, start, comma, total)


def _by_line_end(data: bytes, start: int, comma: int, total: int) -> int:
    header = _HEADER.search(data, comma, start + total + _MOST_BEYOND_LENGTH_BYTES)
    if header is not None:
        data = data[: header.start()]
    length = _checked_line_end(data, start, comma, total)
    return len(data) - start if header is not None and length <= 0 else length


def _checked_line_end(data: bytes, start: int, comma: int, total: int) -> int:
    available = len(data) - start
    second = data.find(b",", comma + 1, comma + 24)
    is_binary = second >= 0 and data[second + 1 : second + 4] in _WITH_BINARY
    if is_binary and available < total:
        return -total
    at = data.find(b"\r\n", start + total - _TAIL_BYTES if is_binary else comma)
    while at >= 0:
        if data[at - 3] == ord("*"):
            return at + 2 - start
        at = data.find(b"\r\n", at + 1)
    if available > total + _MOST_BEYOND_LENGTH_BYTES:
        return total
    return -max(total, available + 1) if is_binary else -(available + 1)


def _garbage(data: bytes, start: int) -> int:
    """Up to where the next frame may begin."""
    following = data.find(b"$$", start + 1)
    if following > 0:
        return following - start
    length = len(data) - start
    if data.endswith(b"$"):
        return length - 1 or -2
    return length


def is_broken_off(frame: bytes) -> bool:
    """Whether the device began anew within the frame: what it did not finish, it sends again."""
    return (
        frame.startswith(b"$$") and not frame.endswith(b"\r\n") and _HEADER.match(frame) is not None
    )


def opened(frame: bytes, *, lenient: bool) -> Frame:
    """The frame's parts.

    Raises:
        ProtocolError: it is no frame, or its checksum is wrong and `lenient` is not set.
    """
    parts = frame.split(b",", 2)
    if not frame.startswith(b"$$") or len(parts) < 3 or len(parts[0]) < 4:
        raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {frame[:16]!r}", offset=0)
    header, imei, _ = parts
    if not (imei.isdigit() and len(imei) <= 20):
        raise ProtocolError(PROTOCOL_NAME, f"an IMEI is due, {imei[:24]!r} came")
    star = len(frame) - _TAIL_BYTES
    damaged = not _is_sum_right(frame, star)
    if damaged and not lenient:
        reason = f"checksum is {frame[star:-2]!r}, computed is {sum8(frame[: star + 1]):02X}"
        raise ProtocolError(PROTOCOL_NAME, reason, offset=star)
    content = frame[len(header) + len(imei) + 2 : star]
    return Frame(chr(header[2]), imei.decode(), content, damaged)


def _is_sum_right(frame: bytes, star: int) -> bool:
    if frame[star : star + 1] != b"*":
        return False
    return frame[star + 1 : -2].upper() == b"%02X" % sum8(frame[: star + 1])


def written(identifier: str, imei: str, text: bytes) -> bytes:
    """A frame to the device, with length and checksum."""
    length = len(imei) + len(text) + 7
    head = b"@@%s%d,%s,%s*" % (identifier.encode("latin-1"), length, imei.encode(), text)
    return b"%s%02X\r\n" % (head, sum8(head))
