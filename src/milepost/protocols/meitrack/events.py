"""Meitrack's event codes.

Source: "MEITRACK T622 GPRS Protocol" 1.3; those of T633L, P88L and P99G.
"""

from collections.abc import Mapping

from milepost.protocols.wire.report import Report

PHOTO_EVENT = 39
DRIVER_EVENT = 37
FENCE_EVENTS = frozenset({20, 21})
_ALARMS: Mapping[int, str] = {
    1: "sos",
    17: "low_battery",
    18: "low_power",
    19: "overspeed",
    20: "geofence_enter",
    21: "geofence_exit",
    22: "power_restored",
    23: "power_cut",
    28: "antenna_cut",
    36: "towing",
    40: "power_off",
    44: "jamming",
    50: "temperature",
    51: "temperature",
    54: "fuel_leak",
    78: "crash",
    79: "fall",
    90: "harsh_cornering",
    91: "harsh_cornering",
    129: "harsh_braking",
    130: "harsh_acceleration",
    131: "overspeed",
    133: "idling",
    135: "fatigue",
    137: "coolant_temperature",
    140: "fault",
}


def read_event(report: Report, code: int) -> None:
    """What made the device report, and its alarm if it is one."""
    report.fields["event_codes"] = (str(code),)
    alarm = _ALARMS.get(code)
    if alarm is not None:
        report.fields["alarm"] = alarm
