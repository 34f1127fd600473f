"""NTCB: telemetry of the formats before FLEX, in `*>T` and `*>A`.

Source: Navtelecom, NTCB protocol, telemetry formats F5 (05), F5.1 (15) and F5.2 (25); captured
frames. Angles are radians, months count from 0.
"""

import math
import struct

from milepost.errors import ProtocolError
from milepost.protocols.wire.digit_times import moment_ms
from milepost.protocols.wire.report import Report

_PROTOCOL = "navtelecom"
_FORMATS = (0x05, 0x15, 0x25)
_WITH_TEMPERATURES = 0x25
_EMPTY_SIGNED = -128

# Number, event, time; status, modules, signal, outputs, inputs, supplies, analogue inputs, pulses;
# receiver, its time, latitude, longitude, speed, course, mileage, last leg and its seconds.
_RECORD = struct.Struct("<IH6s5BHHHHIIB6sfffHffHH")


def read_ntcb(record: bytes) -> Report:
    """A record with its format byte.

    Raises:
        ProtocolError: another format, too few bytes, or no such time.
    """
    if record[:1] not in (bytes((each,)) for each in _FORMATS):
        raise ProtocolError(_PROTOCOL, f"telemetry of format {record[:1].hex() or 'none'}")
    if len(record) < 1 + _RECORD.size:
        raise ProtocolError(_PROTOCOL, f"telemetry of {len(record)} bytes")
    row = _RECORD.unpack_from(record, 1)
    number, event, time, status, modules, signal, outputs, inputs, supply, backup = row[:10]
    report = Report(_time_ms(time))
    report.event(event)
    report.fields["battery_v"] = supply / 1000
    for name, value in (
        ("index", number),
        ("status", status),
        ("ntcb:modules", modules),
        ("gsmSignal", signal),
        ("outputs", outputs),
        ("inputs", inputs),
        ("trackerBatteryV", backup / 1000),
        ("ain1V", row[10] / 1000),
        ("ain2V", row[11] / 1000),
        ("counter1", row[12]),
        ("counter2", row[13]),
    ):
        report.note(name, value)
    _navigation(report, row[14:])
    _end(report, record)
    return report


def _navigation(report: Report, row: tuple[int | float | bytes, ...]) -> None:
    """The receiver's state (bit 1: valid, from bit 2: satellites), and the last valid place."""
    state, _, latitude, longitude, speed, course, mileage_km, *_ = row
    assert isinstance(state, int)
    report.fields["satellites"] = state >> 2
    degrees = [math.degrees(float(each)) for each in (latitude, longitude)]
    if all(math.isfinite(each) for each in degrees):
        report.place(degrees[0], degrees[1], valid=bool(state & 2))
    if "latitude_deg" in report.fields:
        report.motion(float(speed) if math.isfinite(float(speed)) else None, float(course))
    if math.isfinite(float(mileage_km)) and float(mileage_km) >= 0:
        report.fields["odometer_m"] = float(mileage_km) * 1000


def _end(report: Report, record: bytes) -> None:
    """What follows: fuel sensors, and in F5.2 four thermometers at the very end."""
    rest = record[1 + _RECORD.size :]
    if record[0] == _WITH_TEMPERATURES and len(rest) >= 4:
        for at, value in enumerate(struct.unpack("4b", rest[-4:]), 1):
            if value != _EMPTY_SIGNED:
                report.note(f"temp{at}C", value)
        rest = rest[:-4]
    if any(rest):
        report.note("ntcb:rest", rest.hex())


def _time_ms(value: bytes) -> int:
    hour, minute, second, day, month, year = value
    return moment_ms(_PROTOCOL, 2000 + year, month + 1, day, hour, minute, second)
