"""EGTS: the subrecords of the telematics service, into a report.

Source: Order 285 of the Ministry of Transport of Russia (31.07.2012), EGTS_TELEDATA_SERVICE; GOST R
54619-2011 for the acceleration profile.
"""

import struct
from collections.abc import Callable, Mapping

from milepost.errors import ProtocolError
from milepost.protocols.wire.bits import set_bits
from milepost.protocols.wire.report import Report

PROTOCOL_NAME = "egts"
EPOCH_MS = 1_262_304_000_000
"""2010-01-01, where EGTS counts seconds from."""

POS_DATA = 16
_POSITION = struct.Struct("<IIIBHB3sBB")
_FULL_SCALE = 0xFFFF_FFFF
_VALID, _ARCHIVE, _MOVING, _SOUTH, _WEST, _WITH_ALTITUDE = 0x01, 0x08, 0x10, 0x20, 0x40, 0x80
_BELOW_SEA, _COURSE_HIGH, _SPEED_MASK = 0x4000, 0x8000, 0x3FFF

SOURCE_ALARMS: Mapping[int, str] = {
    6: "overspeed",
    9: "tampering",
    10: "power_cut",
    11: "low_battery",
    12: "sos",
    14: "sos",
    17: "fault",
    18: "harsh_acceleration",
    19: "harsh_braking",
    20: "fault",
    21: "fault",
    22: "fault",
    23: "antenna_cut",
    25: "low_speed",
    26: "movement",
}
"""What made the device report -> our alarm."""


def read_position(value: bytes, report: Report) -> None:
    """POS_DATA: time, place, flags, speed, course, odometer in 0.1 km, inputs, source, altitude."""
    if len(value) < _POSITION.size:
        raise ProtocolError(PROTOCOL_NAME, f"POS_DATA of {len(value)} bytes")
    time_s, latitude, longitude, flags, speed, course, odometer, inputs, source = (
        _POSITION.unpack_from(value)
    )
    fields, attributes = report.fields, report.attributes
    fields["fix_time_ms"] = EPOCH_MS + time_s * 1000
    latitude_deg = latitude * 90 / _FULL_SCALE
    longitude_deg = longitude * 180 / _FULL_SCALE
    report.place(
        -latitude_deg if flags & _SOUTH else latitude_deg,
        -longitude_deg if flags & _WEST else longitude_deg,
        valid=bool(flags & _VALID),
    )
    course_deg = course | (0x100 if speed & _COURSE_HIGH else 0)
    altitude_m = None
    if flags & _WITH_ALTITUDE and len(value) >= _POSITION.size + 3:
        altitude_m = int.from_bytes(value[_POSITION.size : _POSITION.size + 3], "little")
        altitude_m = -altitude_m if speed & _BELOW_SEA else altitude_m
    if "latitude_deg" in fields:
        report.motion((speed & _SPEED_MASK) / 10, course_deg, altitude_m)
    if any(odometer):
        fields["odometer_m"] = int.from_bytes(odometer, "little") * 100
    fields["event_codes"] = (str(source),)
    if source in SOURCE_ALARMS:
        report.alarm(SOURCE_ALARMS[source])
    attributes["inputs"] = str(inputs)
    attributes["archive"] = "true" if flags & _ARCHIVE else "false"
    attributes["motion"] = "true" if flags & _MOVING else "false"


def _taken(value: bytes, start: int, length: int) -> int:
    """An unsigned number; the subrecord must have it."""
    if start + length > len(value):
        raise ProtocolError(PROTOCOL_NAME, f"a subrecord of {len(value)} bytes ends too early")
    return int.from_bytes(value[start : start + length], "little")


def _extended(value: bytes, report: Report) -> None:
    """VDOP, HDOP, PDOP in hundredths, satellites, systems; a bit for each that is there."""
    flags, offset = _taken(value, 0, 1), 1
    for bit, length, put in _EXTENDED:
        if flags >> bit & 1:
            put(report, _taken(value, offset, length))
            offset += length


def _vdop(report: Report, raw: int) -> None:
    report.note("vdop", raw / 100)


def _hdop(report: Report, raw: int) -> None:
    report.fields["hdop"] = raw / 100


def _pdop(report: Report, raw: int) -> None:
    report.note("pdop", raw / 100)


def _satellites(report: Report, raw: int) -> None:
    report.fields["satellites"] = raw


def _systems(report: Report, raw: int) -> None:
    report.note("egts:systems", raw)


_EXTENDED: tuple[tuple[int, int, Callable[[Report, int], None]], ...] = (
    (0, 2, _vdop),
    (1, 2, _hdop),
    (2, 2, _pdop),
    (3, 1, _satellites),
    (4, 2, _systems),
)


def _sensors(value: bytes, report: Report) -> None:
    """Which octets of inputs there are, outputs, which analogue inputs there are, their values."""
    octets, outputs, analogue = _taken(value, 0, 1), _taken(value, 1, 1), _taken(value, 2, 1)
    report.attributes["outputs"] = str(outputs)
    offset = 3
    for bit in set_bits(octets):
        report.attributes[f"egts:adio{bit + 1}"] = str(_taken(value, offset, 1))
        offset += 1
    for bit in set_bits(analogue):
        report.attributes[f"ain{bit + 1}"] = str(_taken(value, offset, 3))
        offset += 3


def _counters(value: bytes, report: Report) -> None:
    offset = 1
    for bit in set_bits(_taken(value, 0, 1)):
        report.attributes[f"counter{bit + 1}"] = str(_taken(value, offset, 3))
        offset += 3


_STATE_BYTES = 5
_ACCELERATION = struct.Struct("<Hhhh")
_MG_PER_TENTH = 100 / 9.80665
"""Thousandths of g in 0.1 m/s²."""


def _state_or_acceleration(value: bytes, report: Report) -> None:
    """20 is the state in practice, and the acceleration profile in the standard; longer is that."""
    if len(value) < _STATE_BYTES + _ACCELERATION.size:
        _state(value, report)
        return
    _, x, y, z = _ACCELERATION.unpack_from(value, 5)
    for axis, raw in (("X", x), ("Y", y), ("Z", z)):
        report.note(f"axis{axis}Mg", round(raw * _MG_PER_TENTH))
    if len(value) > _STATE_BYTES + _ACCELERATION.size:
        report.note("egts:acceleration", value.hex())


def _state(value: bytes, report: Report) -> None:
    """Mode; main, backup and internal voltage in 0.1 V; bits: backup, internal, receiver used."""
    mode, main, backup, internal = (_taken(value, at, 1) for at in range(4))
    report.note("mode", mode)
    report.fields["battery_v"] = main / 10
    report.note("trackerBatteryV", (backup or internal) / 10)
    if len(value) > 4:
        report.note("externalPower", not value[4] & 3)
        report.note("gnssStatus", value[4] >> 2 & 1)


def _loops(value: bytes, report: Report) -> None:
    """Four bits for each loop that is there."""
    for at, bit in enumerate(set_bits(_taken(value, 0, 1))):
        octet = _taken(value, 1 + at // 2, 1)
        report.attributes[f"loop:{bit + 1}"] = str(octet >> (4 * (at % 2)) & 0x0F)


def _nibble(name: str) -> Callable[[bytes, Report], None]:
    """State in the lowest four bits, number in the twelve above."""

    def read(value: bytes, report: Report) -> None:
        raw = _taken(value, 0, 2)
        report.attributes[name.format(raw >> 4)] = str(raw & 0x0F)

    return read


def _single(name: str) -> Callable[[bytes, Report], None]:
    """Number, and a value of three bytes."""

    def read(value: bytes, report: Report) -> None:
        report.attributes[name.format(_taken(value, 0, 1))] = str(_taken(value, 1, 3))

    return read


_LIQUID_UNITS: Mapping[int, tuple[str, float]] = {
    0: ("fuelSensor{}", 1),
    1: ("fuelSensor{}Pct", 1),
    2: ("fuelSensor{}L", 0.1),
}


def _liquid(value: bytes, report: Report) -> None:
    """Sensor (3 bits), raw text (1), unit (2), error (1); port; level of four bytes."""
    flags = _taken(value, 0, 1)
    number = flags & 0x07
    if flags & 0x40:
        report.attributes[f"fuelSensor{number}Status"] = "error"
    if flags & 0x08:
        report.attributes[f"fuel:{number}"] = value[3:].hex()
        return
    name, scale = _LIQUID_UNITS.get(flags >> 4 & 3, _LIQUID_UNITS[0])
    level = _taken(value, 3, 4)
    report.note(name.format(number), level if scale == 1 else level * scale)


def _passengers(value: bytes, report: Report) -> None:
    """Raw or not; doors that have counters, doors that were opened; port; in and out of each."""
    flags, doors = _taken(value, 0, 1), _taken(value, 1, 1)
    report.note("doorStatus", _taken(value, 2, 1))
    if flags & 1:
        report.note("egts:passengers", value[5:].hex())
        return
    for at, bit in enumerate(set_bits(doors)):
        report.note(f"passengersIn{bit + 1}", _taken(value, 5 + 2 * at, 1))
        report.note(f"passengersOut{bit + 1}", _taken(value, 6 + 2 * at, 1))


SUBRECORDS: Mapping[int, Callable[[bytes, Report], None]] = {
    POS_DATA: read_position,
    17: _extended,
    18: _sensors,
    19: _counters,
    20: _state_or_acceleration,
    21: _state,
    22: _loops,
    23: _nibble("din{}"),
    24: _single("ain{}"),
    25: _single("counter{}"),
    26: _nibble("loop:{}"),
    27: _liquid,
    28: _passengers,
}
"""Subrecords by type."""
