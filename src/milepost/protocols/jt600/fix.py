"""The 17 bytes that every binary record begins with: time, place, speed and course.

Source: "The Protocol of JT701 Product" 3.6, position data.
"""

from milepost.errors import ProtocolError
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

PROTOCOL_NAME = "jt600"
FIELDS = TextFields(PROTOCOL_NAME)
FIX_BYTES = 17
_DECIMALS = 29
_MINUTE_STEPS = 600_000
_VALID, _NORTH, _EAST = 0b0001, 0b0010, 0b0100
_NO_DATE = "000000"


def time_ms(day: str, time: str, received_time_ms: int) -> int:
    """`DDMMYY` and `HHMMSS`, UTC, as Unix ms; without a date the time of reception.

    Raises:
        ProtocolError: no such time.
    """
    if day == _NO_DATE:
        return received_time_ms
    return date_ms(PROTOCOL_NAME, day, "DMY") + time_of_day_ms(PROTOCOL_NAME, time)


def read_fix(digits: str, received_time_ms: int) -> Report:
    """The report that hex digits begin: BCD time, latitude, longitude, four bits, two bytes.

    The bits: valid, north, east, and one without a known meaning. The course is in steps of 2°.

    Raises:
        ProtocolError: digits that are none, or no such time.
    """
    if not digits[:_DECIMALS].isdecimal():
        raise ProtocolError(PROTOCOL_NAME, f"decimal digits are due, {digits[:_DECIMALS]} came")
    report = Report(time_ms(digits[:6], digits[6:12], received_time_ms))
    bits = int(digits[29], 16)
    latitude_deg = int(digits[12:14]) + int(digits[14:20]) / _MINUTE_STEPS
    longitude_deg = int(digits[20:23]) + int(digits[23:29]) / _MINUTE_STEPS
    report.place(
        latitude_deg if bits & _NORTH else -latitude_deg,
        longitude_deg if bits & _EAST else -longitude_deg,
        valid=bool(bits & _VALID),
    )
    report.motion(int(digits[30:32], 16), int(digits[32:34], 16) * 2)
    return report


def put_battery(percent: int, report: Report) -> None:
    """The tracker's own battery; 0xFF means that it is charged."""
    if percent <= 100:
        report.attributes["trackerBatteryPct"] = str(percent)
    elif percent == 0xFF:
        report.attributes["charging"] = "true"
    else:
        report.attributes["trackerBatteryLevel"] = str(percent)
