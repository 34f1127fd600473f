"""The parts of Castel's contents: state of the vehicle, places, versions, alarms, tagged values.

Source: Castel "IDD-213 communication protocol", sections 3.1 to 3.14; captured frames.
"""

import struct
from collections.abc import Callable, Mapping

from milepost.protocols.wire.bus_readings import note_codes
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.digit_times import moment_ms
from milepost.protocols.wire.report import Report
from milepost.vehiclebus.dtc import code_of

PROTOCOL_NAME = "castel"
KMH_PER_CM_PER_S = 0.036
_UNITS_PER_DEGREE = 3_600_000
_PLACE = struct.Struct("<6BIIHHB")
_STATE = struct.Struct("<IIIIIH4s8s")
_EAST, _NORTH, _FIX = 0x01, 0x02, 0x0C

ALARMS: Mapping[int, str] = {
    0x01: "overspeed",
    0x02: "low_power",
    0x03: "coolant_temperature",
    0x04: "harsh_acceleration",
    0x05: "harsh_braking",
    0x06: "idling",
    0x07: "towing",
    0x08: "high_rpm",
    0x09: "power_on",
    0x0A: "fault",
    0x0B: "lane_change",
    0x0C: "harsh_cornering",
    0x0D: "fatigue",
    0x0E: "power_off",
    0x0F: "geofence",
    0x10: "sos",
    0x11: "crash",
    0x12: "tampering",
    0x13: "door",
    0x14: "tampering",
    0x15: "fault",
    0x18: "fault",
    0x19: "unlock",
    0x1A: "driver_absent",
    0x1B: "general",
    0x1C: "vibration",
}
_IGNITION: Mapping[int, bool] = {0x16: True, 0x17: False}


class Told:
    """What a frame says: reports in its order, and what belongs to the message."""

    __slots__ = ("attributes", "reports", "text")

    def __init__(self, received_time_ms: int) -> None:
        self.reports: list[Report] = [Report(received_time_ms)]
        self.attributes: dict[str, str] = {}
        self.text: str | None = None

    @property
    def last(self) -> Report:
        """The newest report; the state of the vehicle belongs to it."""
        return self.reports[-1]

    @property
    def says_something(self) -> bool:
        """Whether anything was read."""
        return bool(self.attributes) or any(report.says_something for report in self.reports)

    def earlier(self) -> Report:
        """A new report before the newest one."""
        report = Report(self.last.fields["fix_time_ms"])
        self.reports.insert(len(self.reports) - 1, report)
        return report


Read = Callable[[Cursor, Told], None]


def little(cursor: Cursor, length: int) -> int:
    """The next bytes as a number, the lowest first."""
    return int.from_bytes(cursor.take(length), "little")


def read_history_flag(cursor: Cursor, told: Told) -> None:
    """Whether the frame was kept."""
    told.last.note("archive", cursor.number(1) != 0)


def read_state(cursor: Cursor, told: Told) -> None:
    """Start of the trip, time, distances and fuel of all and of this trip, state bits."""
    _, utc_s, total_m, trip_m, fuel, trip_fuel, state, more = _STATE.unpack(cursor.take(34))
    report = told.last
    report.fields["fix_time_ms"] = utc_s * 1000
    report.fields["odometer_m"] = float(total_m)
    report.fields["fuel_used_l"] = fuel / 100
    attributes = report.attributes
    attributes["tripOdometerM"] = str(trip_m)
    attributes["tripFuelUsedL"] = str(trip_fuel / 100)
    attributes["status"] = state.hex()
    attributes["statusExtended"] = more.hex()


def read_places(cursor: Cursor, told: Told) -> None:
    """A count of places, the oldest first; the vehicle's state goes with the last."""
    for left in range(cursor.number(1), 0, -1):
        _read_place(cursor, told.last if left == 1 else told.earlier())


def read_place(cursor: Cursor, told: Told) -> None:
    """Day, month, year, time, latitude, longitude, speed, course, flags."""
    _read_place(cursor, told.last)


def _read_place(cursor: Cursor, report: Report) -> None:
    *moment, latitude, longitude, speed, course, flags = _PLACE.unpack(cursor.take(_PLACE.size))
    report.fields["fix_time_ms"] = _time_ms(moment)
    latitude_deg, longitude_deg = latitude / _UNITS_PER_DEGREE, longitude / _UNITS_PER_DEGREE
    report.place(
        latitude_deg if flags & _NORTH else -latitude_deg,
        longitude_deg if flags & _EAST else -longitude_deg,
        valid=bool(flags & _FIX),
    )
    report.motion(speed * KMH_PER_CM_PER_S, course / 10)
    report.fields["satellites"] = flags >> 4


def _time_ms(moment: list[int]) -> int:
    day, month, year, hour, minute, second = moment
    return moment_ms(PROTOCOL_NAME, 2000 + year, month, day, hour, minute, second)


def read_rpm(cursor: Cursor, told: Told) -> None:
    """A count of engine speeds, the newest last."""
    for _ in range(cursor.number(1) if cursor.left else 0):
        told.last.fields["engine_rpm"] = float(little(cursor, 2))


def read_versions(cursor: Cursor, told: Told) -> None:
    """Software and hardware, each ending in a zero; what parameters there are follows."""
    for name in ("firmware", "hardware"):
        text, end, _ = cursor.content[cursor.offset :].partition(b"\0")
        cursor.take(len(text) + len(end))
        if text:
            told.last.note(name, text.decode("latin-1").strip())
    if cursor.left >= 2:
        cursor.take(min(2 + 2 * little(cursor, 2), cursor.left))


def read_alarms(cursor: Cursor, told: Told) -> None:
    """A count of alarms: whether it is new, type, value, threshold."""
    for _ in range(cursor.number(1) if cursor.left else 0):
        is_new, alarm_type = cursor.number(1), cursor.number(1)
        value, threshold = little(cursor, 2), little(cursor, 2)
        told.last.event(alarm_type)
        told.last.note("eventData", f"{is_new},{value},{threshold}")
        if is_new:
            told.last.alarm(ALARMS.get(alarm_type))
        if alarm_type in _IGNITION:
            told.last.fields["ignition"] = _IGNITION[alarm_type]


def read_tags(cursor: Cursor, told: Told) -> None:
    """Values with their tag and length."""
    while cursor.left:
        tag, length = little(cursor, 2), little(cursor, 2)
        value = cursor.take(length)
        if tag == _BATTERY_TAG:
            told.last.note("trackerBatteryV", int.from_bytes(value, "little") / 100)
        else:
            told.last.note(f"tag:{tag:04x}", value.hex())


_BATTERY_TAG = 0x0021


def read_trouble_codes(cursor: Cursor, told: Told) -> None:
    """Of a passenger car: a flag, a count, codes of two bytes as their digits read."""
    _read_codes(cursor, told, extra_bytes=0)


def read_commercial_trouble_codes(cursor: Cursor, told: Told) -> None:
    """Of a truck: each code has an attribute and a count of occurrences behind it."""
    _read_codes(cursor, told, extra_bytes=2)


def _read_codes(cursor: Cursor, told: Told, *, extra_bytes: int) -> None:
    cursor.number(1)
    count = cursor.number(1)
    codes = []
    for _ in range(count):
        code = little(cursor, 2)
        codes.append(code_of(code >> 8, code & 0xFF))
        cursor.take(extra_bytes)
    note_codes(told.last, codes)
