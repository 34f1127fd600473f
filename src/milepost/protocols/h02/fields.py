"""What H02's text and binary frames share: times, coordinates, the status word.

Source: "H02 GPS tracker protocol" (HQ text protocol and its `$` form); captured frames.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from milepost.errors import ProtocolError

PROTOCOL_NAME = "h02"
COUNTRIES = range(200, 800)
"""Mobile country codes (ITU-T E.212)."""

_IGNITION_BIT = 10
_ALARM_BITS: Mapping[int, str] = {
    0: "vibration",
    1: "sos",
    18: "sos",
    2: "overspeed",
    19: "power_cut",
}
_DAY_MS = 86_400_000


def fix_time_ms(day: str, time: str, received_time_ms: int, offset_s: int = 0) -> int:
    """`DDMMYY` and `HHMMSS`, `offset_s` ahead of UTC, to Unix ms.

    Without a day it is the time of reception. Without a time of day it is the time of reception
    if that is of about the same day, else the day's begin.

    Raises:
        ProtocolError: digits that are no date or time.
    """
    if not day:
        return received_time_ms
    if not (len(day) == 6 and day.isdecimal() and (not time or time.isdecimal())):
        raise ProtocolError(PROTOCOL_NAME, f"date {day!r} and time {time!r}")
    hours, minutes, seconds = (int((time or "000000")[at : at + 2] or "0") for at in (0, 2, 4))
    try:
        begin = date(2000 + int(day[4:6]), int(day[2:4]), int(day[:2]))
    except ValueError as error:
        raise ProtocolError(PROTOCOL_NAME, f"there is no date {day}") from error
    midnight = datetime(begin.year, begin.month, begin.day, tzinfo=UTC)
    midnight_ms = (int(midnight.timestamp()) - offset_s) * 1000
    if not time:
        same_day = abs(received_time_ms - midnight_ms) < 2 * _DAY_MS
        return received_time_ms if same_day else midnight_ms
    return midnight_ms + ((hours * 60 + minutes) * 60 + seconds) * 1000


def degrees_of(text: str, degree_digits: int) -> float | None:
    """`DDMM.MMMM`, `DDMMMMMM` or `-DD-M.MMMM` to degrees without sign; None for an empty field.

    Raises:
        ProtocolError: not a number.
    """
    if not text:
        return None
    try:
        if "-" in text:
            degrees, _, minutes = text.lstrip("-").partition("-")
            return int(degrees) + float(minutes) / 60
        whole, point, fraction = text.partition(".")
        if not point and len(text) > degree_digits + 2:
            whole, fraction = text[: degree_digits + 2], text[degree_digits + 2 :]
        return int(whole[:-2] or "0") + float(f"{whole[-2:]}.{fraction or 0}") / 60
    except (ValueError, OverflowError) as error:
        raise ProtocolError(PROTOCOL_NAME, f"coordinate {text!r}") from error


def place(latitude: float | None, longitude: float | None) -> dict[str, Any]:
    """The fields of a place; none at 0°, 0° or without both.

    Raises:
        ProtocolError: beyond 90° or 180°.
    """
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return {}
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ProtocolError(PROTOCOL_NAME, f"there is no place {latitude}, {longitude}")
    return {"latitude_deg": latitude, "longitude_deg": longitude}


def status_fields(status: int) -> dict[str, Any]:
    """The status word: a bit that is 0 is an alarm; bit 10 is the ignition."""
    alarms = [alarm for bit, alarm in _ALARM_BITS.items() if not status >> bit & 1]
    return {
        "ignition": bool(status >> _IGNITION_BIT & 1),
        "alarm": alarms[0] if alarms else None,
    }
