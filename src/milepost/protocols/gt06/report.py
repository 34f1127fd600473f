"""What a GT06 frame's parts are collected in, and the parts that many frame types share.

Source: Concox "GT06 GPS Tracker Communication Protocol" 1.8.1 and its 4G successors (JM-VL, X3,
WeTrack), and captured frames of clones where they differ.
"""

from datetime import UTC, datetime
from typing import Any

from milepost.domain.position import Position
from milepost.protocols.wire.cursor import Cursor

PROTOCOL_NAME = "gt06"
_COORDINATE_UNIT = 1_800_000
_COURSE_MASK = 0x03FF
_NORTH = 0x0400
_WEST = 0x0800
_FIXED = 0x1000
_IGNITION_KNOWN = 0x4000
_IGNITION_ON = 0x8000
LOCATION_BYTES = 18


class Report:
    """The fields of the position that a frame gives, while it is read."""

    def __init__(self, received_time_ms: int) -> None:
        self.fields: dict[str, Any] = {"fix_time_ms": received_time_ms, "valid": False}
        self.attributes: dict[str, str] = {}
        self.unique_id: str | None = None
        self.text: str | None = None
        self.timed = False

    @property
    def says_something(self) -> bool:
        """Whether anything beyond the time was read."""
        return len(self.fields) > 2 or bool(self.attributes)

    def position(self, *, damaged: bool) -> Position:
        """The position of what was read."""
        return Position(**self.fields, damaged=damaged, attributes=self.attributes)


def time_ms_of(content: bytes) -> int | None:
    """Year, month, day, hour, minute, second in a byte each, UTC; None if no such time exists."""
    year, month, day, hour, minute, second = content[:6]
    try:
        moment = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1000


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
    return latitude <= 90 * _COORDINATE_UNIT and longitude <= 180 * _COORDINATE_UNIT


def read_time(cursor: Cursor, report: Report) -> None:
    """Six bytes of time; the time of reception stays if there is no such time."""
    time_ms = time_ms_of(cursor.take(6))
    if time_ms is not None:
        report.fields["fix_time_ms"] = time_ms
        report.timed = True


def read_fix(cursor: Cursor, report: Report, *, speed_first: bool = True) -> None:
    """Satellites, latitude, longitude, speed, course and flags: 12 bytes."""
    satellites = cursor.number(1) & 0x0F
    latitude = cursor.number(4) / _COORDINATE_UNIT
    longitude = cursor.number(4) / _COORDINATE_UNIT
    speed_kmh = cursor.number(1) if speed_first else None
    flags = cursor.number(2)
    report.fields["satellites"] = satellites
    if flags & _IGNITION_KNOWN:
        report.fields["ignition"] = bool(flags & _IGNITION_ON)
    if (latitude or longitude) and latitude <= 90 and longitude <= 180:
        course_deg = flags & _COURSE_MASK
        report.fields.update(
            latitude_deg=latitude if flags & _NORTH else -latitude,
            longitude_deg=-longitude if flags & _WEST else longitude,
            speed_kmh=None if speed_kmh is None else float(speed_kmh),
            course_deg=float(course_deg) if course_deg <= 360 else None,
            valid=bool(flags & _FIXED) and report.timed,
        )


def read_location(cursor: Cursor, report: Report) -> None:
    """Time and fix: 18 bytes."""
    read_time(cursor, report)
    read_fix(cursor, report)


def read_cell(cursor: Cursor, report: Report) -> None:
    """A cell of 2G: country, network, area of 2 and cell of 3 bytes."""
    _read_cell(cursor, report, 2, 3)


def read_cell_4g(cursor: Cursor, report: Report) -> None:
    """A cell of 4G: country, network, area of 4 and cell of 8 bytes."""
    _read_cell(cursor, report, 4, 8)


def read_wide_cell(cursor: Cursor, report: Report) -> None:
    """A cell with an area of 2 and a cell of 5 bytes."""
    _read_cell(cursor, report, 2, 5)


def read_sized_cell(cursor: Cursor, report: Report) -> None:
    """A cell that a length precedes; some devices count the length byte itself, some do not, some
    have no length at all."""
    length = cursor.peek()
    if not 0x08 <= length <= 0x14:
        read_cell(cursor, report)
        return
    cursor.number(1)
    cell = Cursor(PROTOCOL_NAME, cursor.take(length if length == 8 else length - 1))
    area_bytes = 4 if cell.left > 12 else 2
    _read_cell(cell, report, area_bytes, None)


def _read_cell(cursor: Cursor, report: Report, area_bytes: int, cell_bytes: int | None) -> None:
    """The country's high bit says that the network has two bytes."""
    country = cursor.number(2)
    network = cursor.number(2 if country & 0x8000 else 1)
    area = cursor.number(area_bytes)
    cell = cursor.number(cursor.left if cell_bytes is None else cell_bytes)
    if country & 0x7FFF:
        report.attributes["cell"] = f"{country & 0x7FFF}-{network}-{area}-{cell}"
