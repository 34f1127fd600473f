"""Eview's word of alarms.

Source: Eview, "EV-07B Protocol" 1.2, section 3.1, alarm code.
"""

from collections.abc import Mapping

from milepost.protocols.wire.bits import raise_alarms
from milepost.protocols.wire.report import Report

_ALARMS: Mapping[int, str] = {
    0: "low_battery",
    1: "overspeed",
    2: "fall",
    3: "general",
    4: "geofence",
    5: "geofence",
    6: "geofence",
    7: "geofence",
    8: "power_off",
    9: "power_on",
    10: "movement",
    11: "general",
    12: "sos",
}
"""Bit -> alarm; the other bits are events without an alarm, such as the end of one."""

_BARK_BIT = 31


def put_alarms(report: Report, bits: int) -> None:
    """Raise the alarm of each bit; every bit is an event by its number."""
    report.note("alarmBits", bits)
    raise_alarms(report, bits, _ALARMS)
    if bits >> _BARK_BIT:
        report.note("bark", value=True)
