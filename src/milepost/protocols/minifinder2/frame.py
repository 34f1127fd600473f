"""Eview's frame: 0xAB, properties, length, checksum and number, little-endian, then the body.

Source: Eview, "EV-07B Protocol" 1.2, section 2.
"""

import struct
from collections.abc import Iterator

from milepost.errors import ProtocolError
from milepost.protocols.wire.checksums import crc16_xmodem

PROTOCOL_NAME = "minifinder2"
HEADER = 0xAB
ACKNOWLEDGE = 0x10
"""The bit of the properties that asks for an answer."""

_HEAD = struct.Struct("<BBHHH")
HEAD_BYTES = _HEAD.size


def framed(number: int, body: bytes) -> bytes:
    """A frame as the server sends it; `number` is 0 to 65535."""
    return _HEAD.pack(HEADER, 0, len(body), crc16_xmodem(body), number) + body


def opened(frame: bytes) -> tuple[int, int, bytes, bool]:
    """Properties, number and body of a whole frame, and whether the checksum is wrong.

    Raises:
        ProtocolError: the frame is shorter than it says, or has no body.
    """
    if len(frame) <= HEAD_BYTES:
        raise ProtocolError(PROTOCOL_NAME, f"a frame of {len(frame)} bytes has no body")
    _, properties, length, checksum, number = _HEAD.unpack_from(frame)
    body = frame[HEAD_BYTES:]
    if len(body) != length:
        raise ProtocolError(PROTOCOL_NAME, f"a body of {length} bytes is due, {len(body)} came")
    return properties, number, body, crc16_xmodem(body) != checksum


def elements(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Key and value of each element behind the command; an element's length counts its key.

    Raises:
        ProtocolError: an element is empty or goes beyond the body.
    """
    start, end = 1, len(body)
    while start < end:
        length = body[start]
        following = start + 1 + length
        if length == 0 or following > end:
            reason = f"an element of {length} bytes, {end - start - 1} are left"
            raise ProtocolError(PROTOCOL_NAME, reason, offset=start)
        yield body[start + 1], body[start + 2 : following]
        start = following
