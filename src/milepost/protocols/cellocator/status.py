"""Type 0: the status and location of a unit, 70 bytes.

Source: "Cellocator Wireless Communication Protocol" 4.1.8, "Status/Location message (type 0)".
"""

from collections.abc import Mapping
from struct import Struct

from milepost.protocols.cellocator.frame import PROTOCOL_NAME, SYSTEM_CODE_OF_DEGREES, Frame
from milepost.protocols.cellocator.place import (
    course_deg,
    is_fix,
    is_of_now,
    put_radians,
)
from milepost.protocols.wire.digit_times import moment_ms
from milepost.protocols.wire.report import Report

_CONTENT = Struct("<HBBBBBBBBBIB4B3s6sHBBBBiiiIHBBBBBH")
_IGNITION_BIT = 5
_CM_PER_S_TO_KMH = 0.036
_DEGREES_STEP = 1e7
_ROAMING, _BAD_TIME = 0b0010, 0b0100

_ALARMS: Mapping[int, str] = {
    34: "overspeed",
    35: "idling",
    47: "driver_absent",
    64: "door",
    70: "sos",
    80: "power_cut",
    81: "low_power",
    83: "low_battery",
    87: "power_restored",
    99: "harsh_braking",
    100: "harsh_cornering",
    101: "harsh_acceleration",
    191: "geofence",
    207: "jamming",
    212: "overspeed",
}
"""Transmission reason -> alarm."""


def read_status(frame: Frame) -> Report:
    """The report of a type 0 frame.

    Raises:
        ProtocolError: its time is none.
    """
    values = _CONTENT.unpack(frame.content)
    control, _, hardware, firmware, _, unit, operator, reason_data, reason, mode = values[:10]
    inputs, operator_end, *analogs = values[10:16]
    mileage, key, last_fix, flags, mode_1, mode_2, satellites = values[16:23]
    second, minute, hour, day, month, year = values[28:]
    report = Report(moment_ms(PROTOCOL_NAME, year, month, day, hour, minute, second))
    now = is_fix(mode_1, mode_2, satellites) and is_of_now(last_fix, day, hour, minute)
    read_place = _read_degrees if frame.code == SYSTEM_CODE_OF_DEGREES else _read_radians
    read_place(report, values[23:28], valid=now)
    report.fields["satellites"] = satellites
    report.fields["odometer_m"] = int.from_bytes(mileage, "little") * 1000
    report.fields["ignition"] = bool(inputs >> _IGNITION_BIT & 1)
    _read_reason(report, reason, reason_data)
    _read_supply(report, analogs)
    if any(key):
        report.attributes["driverUniqueId"] = key.hex()
    _read_unit(report, unit, operator, operator_end)
    report.attributes |= {
        "inputs": str(inputs),
        "mode": str(mode),
        "gnssStatus": str(flags),
        "hardware": str(hardware),
        "firmware": str(firmware),
        "status": str(control),
    }
    return report


_Place = tuple[int, int, int, int, int]


def _read_radians(report: Report, values: _Place, *, valid: bool) -> None:
    """Longitude, latitude, altitude in cm, speed in cm/s, course in milliradians."""
    longitude, latitude, altitude_cm, speed_cm_s, course = values
    put_radians(report, longitude, latitude, valid=valid)
    report.motion(speed_cm_s * _CM_PER_S_TO_KMH, course_deg(course), altitude_cm / 100)


def _read_degrees(report: Report, values: _Place, *, valid: bool) -> None:
    """Latitude and longitude in ten millionths of a degree, metres, km/h, degrees."""
    latitude, longitude, altitude_m, speed_kmh, course = values
    report.place(latitude / _DEGREES_STEP, longitude / _DEGREES_STEP, valid=valid)
    report.motion(speed_kmh, course, altitude_m)


def _read_reason(report: Report, reason: int, reason_data: int) -> None:
    report.event(reason)
    report.alarm(_ALARMS.get(reason))
    if reason_data:
        report.note("eventData", reason_data)


def _read_supply(report: Report, analogs: list[int]) -> None:
    """Vehicle's supply, battery, battery's temperature, and a fourth one that is configured."""
    supply, battery, temperature, fourth = analogs
    report.fields["battery_v"] = supply * 30 / 255
    report.note("trackerBatteryV", battery * 4.2 / 255)
    report.note("trackerTempC", temperature * 0.4314 - 40)
    report.note("ain4", fourth)


def _read_unit(report: Report, unit: int, operator: int, operator_end: int) -> None:
    """State bits, and the operator's number in five half bytes."""
    number = (unit >> 4) << 16 | operator << 8 | operator_end
    if number:
        report.note("operator", number)
    report.note("roaming", bool(unit & _ROAMING))
    if unit & _BAD_TIME:
        report.note("timeEstimated", value=True)
