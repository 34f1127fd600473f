"""Queclink's compressed fixes: one a second, each the difference to the one before.

Source: Queclink GB100 @Track Air Interface Protocol, "Compressed Fixed Report"; a captured frame.
"""

from milepost.protocols.queclink.values import refuse
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.report import Report

COMPRESSED = 100
_MILLIONTHS = 1_000_000
_WHOLE, _DIFFERENCE = 1, 2
_MAX_POINTS = 4096
_WIDTHS = (7, 7, 12, 11)
"""Bits of the differences of speed, azimuth, longitude and latitude."""
_KIND_SHIFT, _FIX_SHIFT = 6, 5
"""Of a point's first byte: its kind, and whether there was a fix."""


def read_points(cursor: Cursor, received_time_ms: int) -> list[Report]:
    """The points of a report; speed in 0.1 km/h, places in millionths of a degree.

    Raises:
        ProtocolError: it ends before its points, or begins with a difference.
    """
    count = cursor.number(2)
    if count > _MAX_POINTS:
        raise refuse(f"{count} points in a report")
    speed = azimuth = longitude = latitude = 0
    moment_s: int | None = None
    reports: list[Report] = []
    for _ in range(count):
        first = cursor.peek()
        kind, has_fix = first >> _KIND_SHIFT, bool(first >> _FIX_SHIFT & 1)
        if kind == _WHOLE:
            bits = cursor.number(3)
            speed, azimuth = bits >> 9 & 0xFFF, bits & 0x1FF
            longitude, latitude = cursor.signed(4), cursor.signed(4)
            moment_s = cursor.number(4) if moment_s is None else moment_s + 1
        elif kind == _DIFFERENCE and moment_s is not None:
            steps = _differences(cursor.number(5))
            speed, azimuth = speed + steps[0], azimuth + steps[1]
            longitude, latitude = longitude + steps[2], latitude + steps[3]
            moment_s += 1
        else:
            cursor.take(1)
            moment_s = None if moment_s is None else moment_s + 1
            continue
        report = Report(moment_s * 1000 if moment_s is not None else received_time_ms)
        report.place(latitude / _MILLIONTHS, longitude / _MILLIONTHS, valid=has_fix)
        report.motion(max(speed, 0) / 10, azimuth % 360)
        reports.append(report)
    return reports


def _differences(bits: int) -> list[int]:
    """The signed differences in the lowest 37 of 40 bits."""
    values: list[int] = []
    shift = sum(_WIDTHS)
    for width in _WIDTHS:
        shift -= width
        value = bits >> shift & ((1 << width) - 1)
        values.append(value - (1 << width) if value >> (width - 1) else value)
    return values
