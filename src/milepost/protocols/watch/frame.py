"""A watch's frame: `[maker*identity*length*content]`, some with a number before the length.

Source: "Beesure GPS SeTracker Server Protocol", introduction; captured frames.
"""

import re

import msgspec

PROTOCOL_NAME = "watch"
LONGEST_TEXT_BYTES = 4096
_CLOSE = b"]"[0]
_HEAD = re.compile(
    rb"\[([0-9A-Z]{2,4})\*([0-9A-Za-z]{4,20})\*"
    rb"(?:([0-9A-Fa-f]{4})\*(?=[0-9A-Fa-f]{4}\*))?([0-9A-Fa-f]{4})\*"
)
_HEAD_PART = re.compile(
    rb"\[(?:[0-9A-Z]{0,4}|[0-9A-Z]{2,4}\*(?:[0-9A-Za-z]{0,20}|"
    rb"[0-9A-Za-z]{4,20}(?:\*[0-9A-Fa-f]{0,4}){1,2}))"
)
_NEXT = re.compile(rb"\](?=\s*\[[0-9A-Z]{2,4}\*)")
_PRINTABLE = re.compile(rb"[^\x00-\x1f\x7f]*")
_MEDIA = (b"TK,", b"JXTK,", b"img,")
_ESCAPED = re.compile(rb"\}([\x01-\x05])")
_PLAIN = {b"\x01": b"}", b"\x02": b"[", b"\x03": b"]", b"\x04": b",", b"\x05": b"*"}


class Head(msgspec.Struct, frozen=True):
    """Who speaks: the two letters of the maker, the identity, the serial number if there is one."""

    maker: str
    unique_id: str
    serial: str = ""


def parted(frame: bytes) -> tuple[Head, bytes] | None:
    """Head and content of a whole frame; None for what is none."""
    match = _HEAD.match(frame)
    if match is None or frame[-1] != _CLOSE:
        return None
    maker, unique_id, serial, _ = match.groups()
    content = frame[match.end() : -1]
    if b"}" in content:
        content = _ESCAPED.sub(lambda escaped: _PLAIN[escaped[1]], content)
    return Head(maker.decode(), unique_id.decode(), (serial or b"").decode()), content


def framed(head: Head, content: bytes) -> bytes:
    """A frame of the server's."""
    serial = f"{head.serial}*" if head.serial else ""
    begin = f"[{head.maker}*{head.unique_id}*{serial}{len(content):04x}*"
    return begin.encode() + content + b"]"


def measure(data: bytes, start: int) -> int:
    """By the stated length; where no `]` stands there, by the next one.

    The length counts the bytes on the wire or, of recordings, those before `}` escaped them.
    """
    match = _HEAD.match(data, start)
    if match is None:
        return _garbage(data, start)
    head_end = match.end()
    end = head_end + int(match[4], 16)
    if end < len(data):
        if data[end] == _CLOSE:
            return end + 1 - start
        return _miscounted(data, start, head_end, end)
    if end - head_end > LONGEST_TEXT_BYTES or data.startswith(_MEDIA, head_end):
        return -(end + 1 - start)
    early = _early_end(data, head_end, len(data))
    return early - start if early else -(len(data) + 1 - start)


def _miscounted(data: bytes, start: int, head_end: int, end: int) -> int:
    escapes, plain_bytes = 0, end - head_end
    for escaped in _ESCAPED.finditer(data, head_end):
        if escaped.start() >= head_end + plain_bytes + escapes:
            break
        escapes += 1
    if escapes:
        end += escapes
        if end >= len(data):
            return -(end + 1 - start)
        if data[end] == _CLOSE:
            return end + 1 - start
    following = _NEXT.search(data, head_end, end)
    close = following.start() if following else data.find(b"]", end)
    if close >= 0:
        return close + 1 - start
    return -(len(data) + 1 - start) if len(data) - end < LONGEST_TEXT_BYTES else len(data) - start


def _early_end(data: bytes, head_end: int, end: int) -> int:
    """Where a text ends before its stated length: 0 if it does not.

    Names of stations may have brackets, which come in pairs.
    """
    following = _NEXT.search(data, head_end, end)
    if following:
        return following.start() + 1
    if data[end - 1] != _CLOSE or not _PRINTABLE.fullmatch(data, head_end, end):
        return 0
    return end if data.count(b"]", head_end, end) == data.count(b"[", head_end, end) + 1 else 0


def _garbage(data: bytes, start: int) -> int:
    if _HEAD_PART.fullmatch(data, start):
        return -(len(data) + 1 - start)
    begin = data.find(b"[", start + 1)
    return (begin if begin >= 0 else len(data)) - start
