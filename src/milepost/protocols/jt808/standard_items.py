"""The additional items of the standard itself, of 808-2011 to -2019 and of JT/T 1078 for video.

Source: JT/T 808-2019, tables 27 to 33; JT/T 1078-2016, tables 13 to 15.
"""

from collections.abc import Mapping

from milepost.protocols.jt808.readers import Read, field, note, signal
from milepost.protocols.wire.report import Report

_BEAM = "Vehicle.Body.Lights.Beam"
_LIGHT_SIGNALS: Mapping[int, str] = {
    0: f"{_BEAM}.Low.IsOn",
    1: f"{_BEAM}.High.IsOn",
    2: "Vehicle.Body.Lights.DirectionIndicator.Right.IsSignaling",
    3: "Vehicle.Body.Lights.DirectionIndicator.Left.IsSignaling",
    5: "Vehicle.Body.Lights.Backup.IsOn",
    6: "Vehicle.Body.Lights.Fog.Front.IsOn",
    7: "Vehicle.Body.Lights.Parking.IsOn",
    8: "Vehicle.Body.Horn.IsActive",
    9: "Vehicle.Cabin.HVAC.IsAirConditioningActive",
    12: "Vehicle.ADAS.ABS.IsEngaged",
}
_BRAKE = 1 << 4
_VIDEO_ALARMS: Mapping[int, str] = {
    0: "fault",
    1: "tampering",
    2: "fault",
    3: "fault",
    4: "overload",
    5: "general",
    6: "general",
}
_BEHAVIOURS: Mapping[int, str] = {0: "fatigue", 1: "phone_use", 2: "smoking"}


def _vehicle_signals(report: Report, content: bytes) -> None:
    """Lamps, brake and horn (25); a bit that is not set may also be a wire that is not there."""
    bits = int.from_bytes(content, "big")
    if not bits:
        return
    report.attributes["lights"] = str(bits)
    report.fields["brake_pedal"] = bool(bits & _BRAKE)
    for bit, path in _LIGHT_SIGNALS.items():
        if bits >> bit & 1:
            report.signals[path] = 1.0


def _sleep(report: Report, content: bytes) -> None:
    """Bit 0: deep sleep, bit 1: sleep (2A)."""
    if content[-1] & 3:
        report.attributes["sleepMode"] = str(content[-1] & 3)


def _analogue(report: Report, content: bytes) -> None:
    """Two analogue inputs, the first in the lower half (2B)."""
    report.note("adc1", int.from_bytes(content[2:], "big"))
    report.note("adc2", int.from_bytes(content[:2], "big"))


def _area(alarm: str) -> Read:
    """What kind of area (1 circle, 2 rectangle, 3 polygon, 4 route) and its number (11, 12)."""

    def read(report: Report, content: bytes) -> None:
        report.alarm(alarm)
        if len(content) >= 5:
            report.note("geofenceId", int.from_bytes(content[1:5], "big"))

    return read


def _crossed_area(report: Report, content: bytes) -> None:
    """As above, and 0 for in, 1 for out."""
    _area("geofence_exit" if content[5] else "geofence_enter")(report, content)


def _route_time(report: Report, content: bytes) -> None:
    """Section of a route, seconds, 0 too fast or 1 too slow (13)."""
    report.note("geofenceId", int.from_bytes(content[:4], "big"))
    report.note("drivingS", int.from_bytes(content[4:6], "big"))


def _video_alarms(report: Report, content: bytes) -> None:
    bits = int.from_bytes(content, "big")
    report.attributes["videoAlarmBits"] = str(bits)
    for bit, alarm in _VIDEO_ALARMS.items():
        if bits >> bit & 1:
            report.alarm(alarm)
            report.event(f"video:{bit}")


def _behaviour(report: Report, content: bytes) -> None:
    """Abnormal driving (18): bits, and how tired the driver is from 0 to 100."""
    bits = int.from_bytes(content[:2], "big")
    for bit, alarm in _BEHAVIOURS.items():
        if bits >> bit & 1:
            report.alarm(alarm)
    if bits:
        report.attributes["alarmLevel"] = str(content[2])


def _cargo_temperature(report: Report, content: bytes) -> None:
    """The highest bit is the sign (06)."""
    value = int.from_bytes(content, "big")
    report.note("temp1C", -(value & 0x7FFF) if value & 0x8000 else value)


SIZED: Mapping[tuple[int, int], Read] = {
    (0x01, 4): field("odometer_m", 100),
    (0x02, 2): signal("Vehicle.Powertrain.FuelSystem.AbsoluteLevel", 0.1),
    (0x03, 2): signal("Vehicle.Speed", 0.1),
    (0x04, 2): note("event"),
    (0x06, 1): note("trackerBatteryPct"),
    (0x06, 2): _cargo_temperature,
    (0x11, 1): _area("overspeed"),
    (0x11, 5): _area("overspeed"),
    (0x12, 6): _crossed_area,
    (0x13, 7): _route_time,
    (0x14, 4): _video_alarms,
    (0x15, 4): note("videoLostBits"),
    (0x16, 4): note("videoCoveredBits"),
    (0x17, 2): note("storageFaultBits"),
    (0x18, 3): _behaviour,
    (0x25, 4): _vehicle_signals,
    (0x2A, 2): _sleep,
    (0x2B, 4): _analogue,
    (0x30, 1): note("gsmSignal"),
    (0x31, 1): field("satellites"),
}
"""(identity, length) -> reader."""
