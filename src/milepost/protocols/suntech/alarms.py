"""What Suntech's alert and emergency numbers mean.

Source: Suntech "ST300/340 Operation Manual" 1.56, 6-2 (EMG) and 6-4 (ALT); "Universal Reporting
Guide" 1.62, 2.3.
"""

from collections.abc import Mapping

from milepost.protocols.suntech.fields import whole
from milepost.protocols.wire.report import Report

_EMERGENCIES: Mapping[int, str] = {
    1: "sos",
    2: "movement",
    3: "power_cut",
    5: "tampering",
    6: "door",
    7: "movement",
    8: "vibration",
}
_ALERTS: Mapping[int, str] = {
    1: "overspeed",
    3: "antenna_cut",
    5: "geofence_exit",
    6: "geofence_enter",
    8: "antenna_cut",
    13: "fault",
    14: "low_battery",
    15: "vibration",
    16: "crash",
    18: "geofence_exit",
    19: "geofence_enter",
    40: "power_restored",
    41: "power_cut",
    42: "sos",
    46: "harsh_acceleration",
    47: "harsh_braking",
    48: "harsh_cornering",
    50: "jamming",
    68: "parking",
}
DRIVER_ALERT = 59
"""The alert whose data is the driver's key."""


def read_emergency(report: Report, code: str) -> None:
    """An emergency's number."""
    value = whole("emergency", code)
    report.event(value)
    report.alarm(_EMERGENCIES.get(value, "general"))


def read_alert(report: Report, code: str) -> None:
    """An alert's number; those of ignition, sleep and drivers are events and no alarms."""
    value = whole("alert", code)
    report.event(value)
    report.alarm(_ALERTS.get(value))


def read_event(report: Report, code: str) -> None:
    """An event's number: an input that was switched."""
    report.event(whole("event", code))
