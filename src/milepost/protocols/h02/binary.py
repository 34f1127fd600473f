"""H02's binary frames: `$`, identity, time, fix and status in binary-coded decimals."""

import struct

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.h02.fields import (
    COUNTRIES,
    PROTOCOL_NAME,
    degrees_of,
    fix_time_ms,
    place,
    status_fields,
)
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.speeds import KMH_PER_KNOT

SHORT_BYTES, LONG_BYTES, IMEI_BYTES = 32, 45, 42
"""The lengths that occur: plain, with more measurements, with an IMEI in place of ten digits."""

_IDENTITY_DIGITS = {IMEI_BYTES: 16}
_FIX_DIGITS = 6 + 6 + 8 + 2 + 9 + 1 + 3 + 3 + 8
_CELL_TAIL = struct.Struct(">8sHBHHB")
_EAST, _NORTH, _VALID = 0x08, 0x04, 0x02


def read_binary(frame: bytes, received_time_ms: int, offset_s: int = 0) -> Message:
    """The message of a whole binary frame; its clock is `offset_s` ahead of UTC.

    Raises:
        ProtocolError: digits that are none, no such time, no such place.
    """
    digits = frame.hex()
    identity_end = 2 + _IDENTITY_DIGITS.get(len(frame), 10)
    unique_id = digits[2:identity_end]
    if identity_end > 12:
        unique_id = unique_id[:15]
    time, day, latitude, battery, longitude, flags, speed, course, status = _split(
        digits[identity_end:], (6, 6, 8, 2, 9, 1, 3, 3, 8)
    )
    numbers = (unique_id, time, day, latitude, longitude, speed, course)
    if not all(number.isdecimal() for number in numbers):
        raise ProtocolError(PROTOCOL_NAME, f"digits are due in {digits}")
    bits = int(flags, 16)
    latitude_deg, longitude_deg = degrees_of(latitude, 2) or 0.0, degrees_of(longitude, 3) or 0.0
    where = place(
        latitude_deg if bits & _NORTH else -latitude_deg,
        longitude_deg if bits & _EAST else -longitude_deg,
    )
    attributes = {"status": str(int(status, 16)), "trackerBatteryLevel": str(int(battery, 16))}
    attributes |= _rest(frame[(identity_end + _FIX_DIGITS) // 2 :])
    position = Position(
        fix_time_ms=fix_time_ms(day, time, received_time_ms, offset_s),
        valid=bool(where) and bool(bits & _VALID),
        speed_kmh=int(speed) * KMH_PER_KNOT,
        course_deg=float(course) if int(course) <= 360 else None,
        attributes=attributes,
        **where,
        **status_fields(int(status, 16)),
    )
    return Message("positions", unique_id, (position,))


def _rest(tail: bytes) -> dict[str, str]:
    """Eight bytes that differ by the maker, country, network, area, cell, a running number."""
    if not tail.strip(b"\0"):
        return {}
    if len(tail) != _CELL_TAIL.size:
        return {"rest": tail.hex()}
    more, country, network, area, cell, index = _CELL_TAIL.unpack(tail)
    if country not in COUNTRIES:
        return {"rest": tail.hex()}
    attributes = {"index": str(index)}
    if area and cell:
        attributes["cells"] = cell_text(country, network, area, cell)
    return attributes if not any(more) else {**attributes, "rest": more.hex()}


def _split(digits: str, widths: tuple[int, ...]) -> list[str]:
    parts: list[str] = []
    start = 0
    for width in widths:
        parts.append(digits[start : start + width])
        start += width
    return parts
