"""Eelink's packages: `gg`, kind, size, number, content; over UDP in an envelope that begins `EL`.

Source: "EELINK Device Protocol" V2.0, sections 4 (TCP/IP) and 5.1; the sum of the envelope after
captured frames.
"""

import struct
from collections.abc import Iterator

import msgspec

from milepost.errors import ProtocolError

PROTOCOL_NAME = "eelink"
ENVELOPE_BEGIN = b"EL"
_PACKAGE_BEGIN = b"gg"
_HEAD_BYTES = 7
_ENVELOPE_BYTES = 14
_SIZED_BYTES = {_PACKAGE_BEGIN: 5, ENVELOPE_BEGIN: 4}
_PACKAGE_HEAD = struct.Struct(">2sBHH")
_FEWEST_SIZE = {_PACKAGE_BEGIN: 2, ENVELOPE_BEGIN: 10}


class Package(msgspec.Struct, frozen=True):
    """One package: its kind, number and content."""

    kind: int
    number: int
    content: bytes


def measure(data: bytes, start: int) -> int:
    """By the stated size of a package or envelope."""
    begin = data[start : start + 2]
    if len(begin) < 2:
        if begin in (b"g", b"E"):
            return -5
        return 1
    sized_bytes = _SIZED_BYTES.get(begin)
    if sized_bytes is None:
        return _garbage(data, start)
    at = start + sized_bytes - 2
    if len(data) < at + 2:
        return -sized_bytes
    size = int.from_bytes(data[at : at + 2], "big")
    return sized_bytes + max(size, _FEWEST_SIZE[begin])


def _garbage(data: bytes, start: int) -> int:
    begins = (data.find(begin, start + 1) for begin in _SIZED_BYTES)
    found = [at for at in begins if at >= 0]
    if found:
        return min(found) - start
    return len(data) - start - (data[-1:] in (b"g", b"E"))


def envelope_sum(data: bytes) -> int:
    """The sum of an envelope: turned left by a bit before each byte is added."""
    total = 0
    for byte in data:
        total = ((total << 1 | total >> 15) & 0xFFFF) + byte & 0xFFFF
    return total


def identity(packed: bytes) -> str:
    """An IMEI of 15 digits in eight bytes.

    Raises:
        ProtocolError: no digits.
    """
    digits = packed.hex()
    if not digits.isdecimal():
        raise ProtocolError(PROTOCOL_NAME, f"an IMEI is due, {digits} came")
    return digits.removeprefix("0")


def opened(envelope: bytes) -> tuple[str, bool, bytes]:
    """The identity in an envelope, whether its sum is right, and its packages.

    Raises:
        ProtocolError: it ends within its head, or its identity is none.
    """
    if len(envelope) < _ENVELOPE_BYTES:
        raise ProtocolError(PROTOCOL_NAME, f"an envelope of {len(envelope)} bytes")
    is_right = envelope_sum(envelope[6:]) == int.from_bytes(envelope[4:6], "big")
    return identity(envelope[6:_ENVELOPE_BYTES]), is_right, envelope[_ENVELOPE_BYTES:]


def packages(data: bytes) -> Iterator[Package]:
    """The packages, one after the other.

    Raises:
        ProtocolError: what follows is none, or ends too early.
    """
    start = 0
    while start < len(data):
        if len(data) - start < _HEAD_BYTES:
            raise ProtocolError(PROTOCOL_NAME, "a package ends within its head", offset=start)
        begin, kind, size, number = _PACKAGE_HEAD.unpack_from(data, start)
        end = start + 5 + size
        if begin != _PACKAGE_BEGIN or size < 2 or end > len(data):
            raise ProtocolError(PROTOCOL_NAME, f"no package of {size} bytes", offset=start)
        yield Package(kind, number, data[start + _HEAD_BYTES : end])
        start = end


def packed(kind: int, number: int, content: bytes = b"") -> bytes:
    """A package."""
    return _PACKAGE_HEAD.pack(_PACKAGE_BEGIN, kind, len(content) + 2, number) + content


def enveloped(unique_id: str, package: bytes) -> bytes:
    """A package in the envelope that UDP needs."""
    body = bytes.fromhex(unique_id.rjust(16, "0")) + package
    size = len(body) + 2
    return ENVELOPE_BEGIN + struct.pack(">HH", size, envelope_sum(body)) + body
