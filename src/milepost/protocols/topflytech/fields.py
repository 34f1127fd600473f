"""What TopFlyTech's messages share: decimals in bytes, times, places, cells, alarms.

Source: TOPFLYtech 0x25 0x25 Protocol 2021-12-22 and 2023-09-21, 0x26 0x26 Command List 2021-11-01;
captured frames.
"""

import math
import struct
from collections.abc import Mapping
from functools import lru_cache

from milepost.errors import ProtocolError
from milepost.protocols.wire.digit_times import midnight_ms
from milepost.protocols.wire.radio import cell_text, joined
from milepost.protocols.wire.report import Report

NAME = "topflytech"
VEHICLE, PLUS, OBD, ASSET, RADIO = 0x2323, 0x2525, 0x2626, 0x2727, 0x2828
FAMILIES = frozenset({VEHICLE, PLUS, OBD, ASSET, RADIO})
"""What a binary frame begins with, by generation: T880x, T880x+ and TLW, TLD, assets, radios."""

TIME_BYTES = 6
PLACE_BYTES = 16
"""Altitude, longitude, latitude, speed, course."""
LOCATED = 0x40
SATELLITES = 0x1F
"""Bits of the receiver's state."""
_PLACE = struct.Struct("<fff")
_CELLS = struct.Struct(">HHHHHH")
_LTE_CELL = struct.Struct(">HHI")
_LTE = 0x8000
_NO_NUMBER = 0xFFFF
_SMALLEST_DEG = 1e-6

VEHICLE_ALARMS: Mapping[int, str] = {
    0x01: "power_cut",
    0x02: "low_battery",
    0x03: "sos",
    0x04: "overspeed",
    0x05: "geofence_enter",
    0x06: "geofence_exit",
    0x07: "towing",
    0x08: "vibration",
    0x10: "vibration",
    0x21: "jamming",
    0x23: "power_restored",
    0x24: "low_power",
}
"""Alarm code of vehicle trackers -> alarm. 15 and 16 are the ignition's."""
ASSET_ALARMS: Mapping[int, str] = {
    0x01: "removing",
    0x02: "tampering",
    0x03: "sos",
    0x04: "fall",
    0x05: "fall",
    0x06: "low_battery",
    0x07: "low_battery",
    0x14: "geofence_enter",
    0x15: "geofence_exit",
}


def decimal(raw: int) -> int | None:
    """A number whose hex digits are decimal ones; None if one is not."""
    digits = f"{raw:x}"
    return int(digits) if digits.isdecimal() else None


@lru_cache(maxsize=64)
def _day_ms(digits: str) -> int | None:
    return midnight_ms(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))


def time_ms(content: bytes, at: int) -> int | None:
    """Year to second in decimal digits, UTC, as Unix ms; None where there is no such time."""
    digits = content[at : at + TIME_BYTES].hex()
    if len(digits) < 2 * TIME_BYTES or not digits.isdecimal():
        return None
    day_ms = _day_ms(digits[:6])
    hour, minute, second = int(digits[6:8]), int(digits[8:10]), int(digits[10:])
    if day_ms is None or hour > 23 or minute > 59 or second > 59:
        return None
    return day_ms + (hour * 3600 + minute * 60 + second) * 1000


def read_time(report: Report, content: bytes, at: int) -> None:
    """Set the time of a message.

    Raises:
        ProtocolError: there is no such time.
    """
    moment_ms = time_ms(content, at)
    if moment_ms is None:
        reason = f"no time: {content[at : at + TIME_BYTES].hex()}"
        raise ProtocolError(NAME, reason, offset=at)
    report.fields["fix_time_ms"] = moment_ms


def read_receiver(report: Report, state: int) -> bool:
    """Satellites; gives whether there is a fix."""
    report.fields["satellites"] = state & SATELLITES
    return bool(state & LOCATED)


def read_place(report: Report, content: bytes, at: int, *, located: bool) -> None:
    """Altitude, longitude, latitude, speed and course; without a fix the cells around.

    Some repeat the last known place without a fix.

    Raises:
        ProtocolError: the content ends before.
    """
    if len(content) < at + PLACE_BYTES:
        raise ProtocolError(NAME, f"{PLACE_BYTES} bytes of a place are due", offset=at)
    if located or (not read_cells(report, content, at) and is_place(content, at)):
        altitude, longitude, latitude = _PLACE.unpack_from(content, at)
        if math.isfinite(altitude + longitude + latitude):
            report.place(round(latitude, 6), round(longitude, 6), valid=located)
            report.motion(None, None, round(altitude, 2))
        read_motion(report, content, at + 12)


def read_motion(report: Report, content: bytes, at: int) -> None:
    """Speed in 0.1 km/h, decimal digits; course in degrees."""
    speed = decimal(content[at] << 8 | content[at + 1])
    course = content[at + 2] << 8 | content[at + 3]
    report.motion(
        None if speed is None else speed / 10, None if course == _NO_NUMBER else float(course)
    )


def read_cells(report: Report, content: bytes, at: int) -> bool:
    """Two cells of 2G, or one of 4G, where a place would stand; gives whether there are any."""
    country, network, *numbers = _CELLS.unpack_from(content, at)
    if not 200 <= country & ~_LTE < 800:
        return False
    if country & _LTE:
        cell = _LTE_CELL.unpack_from(content, at)[2]
        report.note("cells", cell_text(country & ~_LTE, network, 0, cell))
        return True
    pairs = (numbers[:2], numbers[2:])
    cells = [cell_text(country, network, area, cell) for area, cell in pairs if cell]
    if cells:
        report.note("cells", joined(cells))
    return bool(cells)


def is_place(content: bytes, at: int) -> bool:
    """Whether an altitude, a longitude and a latitude can stand here."""
    if len(content) < at + PLACE_BYTES:
        return False
    altitude, longitude, latitude = _PLACE.unpack_from(content, at)
    if not (abs(longitude) <= 180 and abs(latitude) <= 90 and -12_262 <= altitude <= 18_000):
        return False
    return bool(abs(longitude) > _SMALLEST_DEG and abs(latitude) > _SMALLEST_DEG)


def volts(raw: int) -> float | None:
    """Decimal digits of 0.01 V; None for `ffff` and what has other digits."""
    hundredths = None if raw == _NO_NUMBER else decimal(raw)
    return None if hundredths is None else hundredths / 100


def percent(raw: int) -> int | None:
    """A charge in decimal digits; a full one is written 00."""
    charge = decimal(raw)
    return 100 if charge == 0 else charge
