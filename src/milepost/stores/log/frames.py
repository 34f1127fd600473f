"""The bytes of a log segment: entries one after the other, each with a checksum.

An entry is a head of 16 bytes, little-endian (length of the data, CRC-32 over place and data,
place), and its data. Nothing is ever overwritten, so only the end of a segment can be torn.
"""

import struct
from collections.abc import Iterator
from zlib import crc32

from milepost.stores.log.contract import Entry

_HEAD = struct.Struct("<IIQ")
_PLACE = struct.Struct("<Q")
HEAD_BYTES = _HEAD.size


def to_frame(place: int, data: bytes) -> bytes:
    """The bytes of one entry."""
    return _HEAD.pack(len(data), _checksum(place, data), place) + data


def read_frames(content: bytes) -> Iterator[tuple[Entry, int]]:
    """The entries up to the first that is not whole, each with the offset behind it."""
    offset = 0
    while offset + HEAD_BYTES <= len(content):
        length, checksum, place = _HEAD.unpack_from(content, offset)
        end = offset + HEAD_BYTES + length
        data = content[offset + HEAD_BYTES : end]
        if not length or len(data) < length or _checksum(place, data) != checksum:
            return
        yield Entry(place, data), end
        offset = end


def _checksum(place: int, data: bytes) -> int:
    return crc32(data, crc32(_PLACE.pack(place)))
