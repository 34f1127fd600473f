"""The basic location of JT/T 808: 28 bytes that are the same everywhere, and what follows them.

Source: JT/T 808-2019, 8.12, tables 23 to 27; clones use further bits of the alarm and status words.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from struct import Struct

from milepost.errors import ProtocolError
from milepost.protocols.jt808.frames import PROTOCOL_NAME
from milepost.protocols.jt808.items import read_items
from milepost.protocols.wire.report import Report

BASIC_BYTES = 28
_BASIC = Struct(">IIIIhHH6s")
_DEGREE = 1_000_000
_TIME_DIGITS = {value: value // 16 * 10 + value % 16 for value in range(0x9A) if value % 16 < 10}
_DAY_MS = 86_400_000

ALARM_BITS: Mapping[int, str] = {
    0: "sos",
    1: "overspeed",
    2: "fatigue",
    3: "general",
    4: "fault",
    5: "antenna_cut",
    6: "antenna_cut",
    7: "low_battery",
    8: "power_cut",
    9: "fault",
    10: "fault",
    11: "fault",
    12: "fault",
    13: "overspeed",
    14: "fatigue",
    15: "vibration",
    16: "tire_pressure",
    17: "tampering",
    18: "fatigue",
    19: "parking",
    20: "geofence",
    21: "geofence",
    22: "general",
    23: "geofence_exit",
    24: "fault",
    25: "fuel_leak",
    26: "tampering",
    27: "tampering",
    28: "movement",
    29: "crash",
    30: "crash",
    31: "door",
}
"""Bit of the alarm word -> alarm.

7, 15 and 17 differ from the standard (low voltage, reserved or violation, right-turn blind spot):
trackers with a battery, far more than recorders of trucks, use them as here.
"""

_ACC, _FIXED, _SOUTH, _WEST = 0x01, 0x02, 0x04, 0x08
_BLOCKED, _LOCKED, _CHARGING = 1 << 10, 1 << 12, 1 << 26
_DOOR_BITS = 0x0003E000
_STATUS_FLAGS = {_BLOCKED: "blocked", _LOCKED: "locked", _DOOR_BITS: "door", _CHARGING: "charging"}
_NOTED_STATUS = _BLOCKED | _LOCKED | _DOOR_BITS | _CHARGING


@lru_cache(maxsize=64)
def _day_ms(day: bytes) -> int:
    """Midnight of a date in binary-coded decimals; -1 if there is no such date."""
    try:
        year, month, date = (_TIME_DIGITS[value] for value in day)
        return int(datetime(2000 + year, month, date, tzinfo=UTC).timestamp()) * 1000
    except (KeyError, ValueError):
        return -1


def time_ms_of(digits: bytes, offset_s: int) -> int | None:
    """YYMMDDhhmmss in binary-coded decimals, `offset_s` ahead of UTC; None if no such time is."""
    day_ms = _day_ms(digits[:3])
    hour, minute = _TIME_DIGITS.get(digits[3], 99), _TIME_DIGITS.get(digits[4], 99)
    second = _TIME_DIGITS.get(digits[5], 99)
    if day_ms < 0 or hour > 23 or minute > 59 or second > 59:
        return None
    return day_ms + ((hour * 60 + minute) * 60 + second - offset_s) * 1000


def read_location(content: bytes, received_time_ms: int, offset_s: int) -> Report:
    """A basic location and its additional items.

    Raises:
        ProtocolError: fewer than 28 bytes.
    """
    report = read_basic(content, received_time_ms, offset_s)
    if len(content) > BASIC_BYTES:
        read_items(content, BASIC_BYTES, report)
    return report


def read_basic(content: bytes, received_time_ms: int, offset_s: int) -> Report:
    """The first 28 bytes; what follows stays unread.

    Raises:
        ProtocolError: fewer than 28 bytes.
    """
    if len(content) < BASIC_BYTES:
        reason = f"a location has {BASIC_BYTES} bytes or more, {len(content)} came"
        raise ProtocolError(PROTOCOL_NAME, reason)
    alarms, status, latitude, longitude, altitude, speed, course, time = _BASIC.unpack_from(content)
    time_ms = time_ms_of(time, offset_s)
    report = Report(received_time_ms if time_ms is None else time_ms)
    fixed = bool(status & _FIXED) and time_ms is not None
    read_place(report, status, latitude, longitude, valid=fixed)
    if "latitude_deg" in report.fields or speed:
        report.motion(speed / 10, course, altitude)
    read_status(report, status)
    if alarms:
        read_alarms(report, alarms)
    return report


def read_place(report: Report, status: int, latitude: int, longitude: int, *, valid: bool) -> None:
    """Millionths of a degree; the status word has the hemispheres. Some makers sign instead."""
    latitude_deg = (latitude if latitude < 1 << 31 else latitude - (1 << 32)) / _DEGREE
    longitude_deg = (longitude if longitude < 1 << 31 else longitude - (1 << 32)) / _DEGREE
    if status & _SOUTH:
        latitude_deg = -latitude_deg
    if status & _WEST:
        longitude_deg = -longitude_deg
    report.place(latitude_deg, longitude_deg, valid=valid)


def read_status(report: Report, status: int) -> None:
    """The status word: ignition, and what it says of circuit, doors and charge where set."""
    report.fields["ignition"] = bool(status & _ACC)
    report.attributes["status"] = str(status)
    if status & _NOTED_STATUS:
        for bits, name in _STATUS_FLAGS.items():
            if status & bits:
                report.attributes[name] = "true"


def read_alarms(report: Report, alarms: int) -> None:
    """The alarm word; each bit is an event code."""
    report.attributes["alarmBits"] = str(alarms)
    for bit, alarm in ALARM_BITS.items():
        if alarms >> bit & 1:
            report.alarm(alarm)
            report.event(bit)
