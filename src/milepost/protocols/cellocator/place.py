"""Times and places as Cellocator units write them.

Source: "Cellocator Wireless Communication Protocol" 4.1.8, type 0, bytes 38 to 68.
"""

import math

from milepost.protocols.wire.report import Report

_FIX_MODES = range(2, 7)
_LEAST_SATELLITES = 3
_RADIANS_STEP = 1e8
_COURSE_STEP = 1e3
_SAME_FIX_MINUTES = 5
_MINUTES_A_DAY = 1440


def is_fix(mode_1: int, mode_2: int, satellites: int) -> bool:
    """Whether the receiver had a solution.

    Mode 1 is 2 to 6 for one of two or more satellites; receivers that do not fill the modes in
    leave both 0.
    """
    if mode_1 or mode_2:
        return mode_1 & 7 in _FIX_MODES
    return satellites >= _LEAST_SATELLITES


def is_of_now(last_fix: int, day: int, hour: int, minute: int) -> bool:
    """Whether the last fix (day, hour, minute in 5, 5 and 6 bits) is of the report's time.

    The month is not told, so a fix may be of the end of the last one.
    """
    if not last_fix:
        return True
    fixed = ((last_fix >> 11) * 24 + (last_fix >> 6 & 0x1F)) * 60 + (last_fix & 0x3F)
    reported = (day * 24 + hour) * 60 + minute
    return any(
        abs(reported + days * _MINUTES_A_DAY - fixed) <= _SAME_FIX_MINUTES
        for days in (0, 28, 29, 30, 31)
    )


def course_deg(milliradians: int) -> float:
    """A course, of thousandths of a radian."""
    return math.degrees(milliradians / _COURSE_STEP) % 360


def put_radians(report: Report, longitude: int, latitude: int, *, valid: bool) -> None:
    """A place in hundred millionths of a radian."""
    report.place(
        math.degrees(latitude / _RADIANS_STEP), math.degrees(longitude / _RADIANS_STEP), valid=valid
    )
