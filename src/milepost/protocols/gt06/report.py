"""What a GT06 frame's parts are collected in, and the parts that many frame types share.

Source: Concox "GT06 GPS Tracker Communication Protocol" 1.8.1 and its 4G successors (JM-VL, X3,
WeTrack), and captured frames of clones where they differ.
"""

import struct

from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.digit_times import midnight_ms
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report

PROTOCOL_NAME = "gt06"
COORDINATE_UNIT = 1_800_000
LOCATION_BYTES = 18
_COURSE_MASK = 0x03FF
_NORTH = 0x0400
_WEST = 0x0800
_FIXED = 0x1000
_IGNITION_KNOWN = 0x4000
_IGNITION_ON = 0x8000
_LONG_NETWORK = 0x8000
_FIX = struct.Struct(">BIIBH")
_SLOW_FIX = struct.Struct(">BIIH")
_MINUTE_S, _HOUR_S = 60, 3600


class FrameReport(Report):
    """What a frame says: the position in the making, and what belongs to the message.

    `reference` and `accepted` are those of an answer to a command; `offset_s` is how far the
    device's clock is ahead of UTC; `timed` says that the frame had a time.
    """

    __slots__ = ("accepted", "offset_s", "reference", "text", "timed", "unique_id")

    def __init__(self, received_time_ms: int, offset_s: int = 0) -> None:
        super().__init__(received_time_ms)
        self.offset_s = offset_s
        self.unique_id: str | None = None
        self.text: str | None = None
        self.reference: int | None = None
        self.accepted: bool | None = None
        self.timed = False

    def clock(self, time_ms: int | None) -> None:
        """The device's time; without one the time of reception stays."""
        if time_ms is not None:
            self.fields["fix_time_ms"] = time_ms - self.offset_s * 1000
            self.timed = True


def time_ms_of(content: bytes, start: int = 0) -> int | None:
    """Year, month, day, hour, minute, second in a byte each; None if no such time exists."""
    year, month, day, hour, minute, second = content[start : start + 6]
    begin_ms = midnight_ms(2000 + year, month, day)
    if begin_ms is None or hour > 23 or minute > 59 or second > 59:
        return None
    return begin_ms + (hour * _HOUR_S + minute * _MINUTE_S + second) * 1000


def time_ms_of_bcd(content: bytes) -> int | None:
    """The same in binary-coded decimals, as some clones have it."""
    digits = content[:6].hex()
    if not digits.isdecimal():
        return None
    return time_ms_of(bytes(int(digits[index : index + 2]) for index in range(0, 12, 2)))


def looks_like_location(content: bytes) -> bool:
    """Whether a frame that could hold a fix or a cell begins with a fix."""
    if len(content) < LOCATION_BYTES or content[6] < 0x80 or time_ms_of(content) is None:
        return False
    latitude = int.from_bytes(content[7:11], "big")
    longitude = int.from_bytes(content[11:15], "big")
    return latitude <= 90 * COORDINATE_UNIT and longitude <= 180 * COORDINATE_UNIT


def read_time(cursor: Cursor, report: FrameReport) -> None:
    """Six bytes of time; the time of reception stays if there is no such time."""
    report.clock(time_ms_of(cursor.take(6)))


def read_fix(cursor: Cursor, report: FrameReport) -> None:
    """Satellites, latitude, longitude, speed, course and flags: 12 bytes."""
    satellites, latitude, longitude, speed_kmh, flags = _FIX.unpack(cursor.take(_FIX.size))
    if _place(report, satellites, latitude, longitude, flags):
        report.fields["speed_kmh"] = float(speed_kmh)


def read_fix_without_speed(cursor: Cursor, report: FrameReport) -> None:
    """Satellites, latitude, longitude, course and flags, then the speed in two bytes."""
    satellites, latitude, longitude, flags = _SLOW_FIX.unpack(cursor.take(_SLOW_FIX.size))
    speed_kmh = cursor.number(2)
    if _place(report, satellites, latitude, longitude, flags):
        report.fields["speed_kmh"] = float(speed_kmh)


def _place(report: FrameReport, satellites: int, latitude: int, longitude: int, flags: int) -> bool:
    fields = report.fields
    fields["satellites"] = satellites & 0x0F
    if flags & _IGNITION_KNOWN:
        fields["ignition"] = bool(flags & _IGNITION_ON)
    latitude_deg, longitude_deg = latitude / COORDINATE_UNIT, longitude / COORDINATE_UNIT
    if not (latitude or longitude) or latitude_deg > 90 or longitude_deg > 180:
        return False
    fields["latitude_deg"] = latitude_deg if flags & _NORTH else -latitude_deg
    fields["longitude_deg"] = -longitude_deg if flags & _WEST else longitude_deg
    course_deg = flags & _COURSE_MASK
    fields["course_deg"] = float(course_deg) if course_deg <= 360 else None
    fields["valid"] = bool(flags & _FIXED) and report.timed
    return True


def read_location(cursor: Cursor, report: FrameReport) -> None:
    """Time and fix: 18 bytes."""
    read_time(cursor, report)
    read_fix(cursor, report)


def read_operator(cursor: Cursor) -> tuple[int, int]:
    """Country and network; the country's high bit says that the network has two bytes."""
    country = cursor.number(2)
    network = cursor.number(2 if country & _LONG_NETWORK else 1)
    return country & ~_LONG_NETWORK, network


def read_cell(cursor: Cursor, report: FrameReport) -> None:
    """A cell of 2G: country, network, area of 2 and cell of 3 bytes."""
    _read_cell(cursor, report, 2, 3)


def read_cell_4g(cursor: Cursor, report: FrameReport) -> None:
    """A cell of 4G: country, network, area of 4 and cell of 8 bytes."""
    _read_cell(cursor, report, 4, 8)


def read_wide_cell(cursor: Cursor, report: FrameReport) -> None:
    """A cell with an area of 2 and a cell of 5 bytes."""
    _read_cell(cursor, report, 2, 5)


def read_sized_cell(cursor: Cursor, report: FrameReport) -> None:
    """A cell that a length precedes; some devices count the length byte itself, some do not, some
    have no length at all."""
    length = cursor.peek()
    if not 0x08 <= length <= 0x14:
        _read_cell(cursor, report, 2, 3)
        return
    cursor.number(1)
    cell = Cursor(PROTOCOL_NAME, cursor.take(length if length == 8 else length - 1))
    area_bytes = 4 if cell.left > 12 else 2
    _read_cell(cell, report, area_bytes, None)


def _read_cell(
    cursor: Cursor, report: FrameReport, area_bytes: int, cell_bytes: int | None
) -> None:
    country, network = read_operator(cursor)
    area = cursor.number(area_bytes)
    cell = cursor.number(cursor.left if cell_bytes is None else cell_bytes)
    if country:
        report.attributes["cells"] = cell_text(country, network, area, cell)
