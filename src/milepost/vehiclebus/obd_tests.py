"""Modes 05 and 06: results of tests of sensors and monitors, with the limits they were held to.

Source: SAE J1979 (ISO 15031-5), sections 7.5 and 7.6, annexes C (tests of oxygen sensors) and E
(units and scalings); ranges of monitors: annex D.
"""

from collections.abc import Iterator
from typing import NamedTuple

from milepost.errors import ProtocolError
from milepost.vehiclebus.pid import PROTOCOL
from milepost.vehiclebus.reading import Reading


class Scaling(NamedTuple):
    """value = raw × scale + offset, in a unit."""

    scale: float
    unit: str = ""
    offset: float = 0


_UNSIGNED = {
    0x01: Scaling(1),
    0x02: Scaling(0.1),
    0x03: Scaling(0.01),
    0x04: Scaling(0.001),
    0x05: Scaling(0.0000305),
    0x06: Scaling(0.000305),
    0x07: Scaling(0.25, "rpm"),
    0x08: Scaling(0.01, "km/h"),
    0x09: Scaling(1, "km/h"),
    0x0A: Scaling(0.000122, "V"),
    0x0B: Scaling(0.001, "V"),
    0x0C: Scaling(0.01, "V"),
    0x0D: Scaling(0.00390625, "mA"),
    0x0E: Scaling(0.001, "A"),
    0x0F: Scaling(0.01, "A"),
    0x10: Scaling(0.001, "s"),
    0x11: Scaling(0.1, "s"),
    0x12: Scaling(1, "s"),
    0x13: Scaling(0.001, "Ohm"),
    0x14: Scaling(1, "Ohm"),
    0x15: Scaling(1000, "Ohm"),
    0x16: Scaling(0.1, "Celsius", -40),
    0x17: Scaling(0.01, "kPa"),
    0x18: Scaling(0.0117, "kPa"),
    0x19: Scaling(0.079, "kPa"),
    0x1A: Scaling(1, "kPa"),
    0x1B: Scaling(10, "kPa"),
    0x1C: Scaling(0.01, "degrees"),
    0x1D: Scaling(0.5, "degrees"),
    0x1E: Scaling(0.0000305, "ratio"),
    0x1F: Scaling(0.05, "ratio"),
    0x20: Scaling(0.00390625, "ratio"),
    0x21: Scaling(0.001, "Hz"),
    0x22: Scaling(1, "Hz"),
    0x23: Scaling(1000, "Hz"),
    0x24: Scaling(1),
    0x25: Scaling(1, "km"),
    0x26: Scaling(0.1, "V/s"),
    0x27: Scaling(0.01, "g/s"),
    0x28: Scaling(1, "g/s"),
    0x29: Scaling(0.25, "Pa/s"),
    0x2A: Scaling(0.001, "kg/h"),
    0x2B: Scaling(1),
    0x2C: Scaling(0.01, "g"),
    0x2D: Scaling(0.01, "mg"),
    0x2E: Scaling(1),
    0x2F: Scaling(0.01, "percent"),
    0x30: Scaling(0.001526, "percent"),
    0x31: Scaling(0.001, "l"),
    0x33: Scaling(0.00024414, "ratio"),
    0x34: Scaling(1, "min"),
    0x35: Scaling(0.01, "s"),
    0x36: Scaling(0.01, "g"),
    0x37: Scaling(0.1, "g"),
    0x38: Scaling(1, "g"),
    0x39: Scaling(0.01, "percent", -327.68),
}

_SIGNED = {
    0x81: Scaling(1),
    0x82: Scaling(0.1),
    0x83: Scaling(0.01),
    0x84: Scaling(0.001),
    0x85: Scaling(0.0000305),
    0x86: Scaling(0.000305),
    0x8A: Scaling(0.000122, "V"),
    0x8B: Scaling(0.001, "V"),
    0x8C: Scaling(0.01, "V"),
    0x8D: Scaling(0.00390625, "mA"),
    0x8E: Scaling(0.001, "A"),
    0x90: Scaling(0.001, "s"),
    0x96: Scaling(0.1, "Celsius"),
    0x9C: Scaling(0.01, "degrees"),
    0x9D: Scaling(0.5, "degrees"),
    0xA8: Scaling(1, "g/s"),
    0xA9: Scaling(0.25, "Pa/s"),
    0xAF: Scaling(0.01, "percent"),
    0xB0: Scaling(0.003052, "percent"),
    0xFC: Scaling(0.01, "kPa"),
    0xFD: Scaling(0.001, "kPa"),
    0xFE: Scaling(0.25, "Pa"),
}

_MONITORS = (
    (0x01, 0x10, "oxygen sensor"),
    (0x21, 0x24, "catalyst"),
    (0x31, 0x34, "exhaust gas recirculation"),
    (0x35, 0x38, "variable valve timing"),
    (0x39, 0x3D, "evaporative system"),
    (0x41, 0x50, "oxygen sensor heater"),
    (0x61, 0x64, "heated catalyst"),
    (0x71, 0x74, "secondary air"),
    (0x81, 0x84, "fuel system"),
    (0x85, 0x86, "boost pressure"),
    (0x90, 0x91, "NOx adsorber"),
    (0x98, 0x99, "NOx catalyst"),
    (0xA1, 0xAD, "misfire"),
    (0xB0, 0xB1, "particulate filter"),
)

_OXYGEN_TESTS = {
    0x01: ("rich to lean threshold", Scaling(0.005, "V")),
    0x02: ("lean to rich threshold", Scaling(0.005, "V")),
    0x03: ("low voltage for switch time", Scaling(0.005, "V")),
    0x04: ("high voltage for switch time", Scaling(0.005, "V")),
    0x05: ("rich to lean switch time", Scaling(0.004, "s")),
    0x06: ("lean to rich switch time", Scaling(0.004, "s")),
    0x07: ("lowest voltage", Scaling(0.005, "V")),
    0x08: ("highest voltage", Scaling(0.005, "V")),
    0x09: ("time between transitions", Scaling(0.04, "s")),
    0x0A: ("period", Scaling(0.04, "s")),
}

_RECORD_BYTES = 9


def read_oxygen_test(_mode: int, body: bytes) -> tuple[Reading, ...]:
    """Mode 05, which only vehicles without CAN have: test, sensor, result.

    Raises:
        ProtocolError: bytes are missing.
    """
    if len(body) < 3:
        raise ProtocolError(PROTOCOL, f"mode 05 has {len(body)} bytes, not 3")
    test, sensor, raw = body[:3]
    name, scaling = _OXYGEN_TESTS.get(test, (f"test {test:02X}", Scaling(1)))
    identity = f"TID {test:02X} sensor {sensor:02X}"
    return (Reading(identity, f"oxygen sensor: {name}", raw * scaling.scale, scaling.unit),)


def read_monitor_tests(_mode: int, body: bytes) -> tuple[Reading, ...]:
    """Mode 06 on CAN: records of monitor, test, unit, result, lower and upper limit.

    Raises:
        ProtocolError: a record is cut, or its unit is unknown.
    """
    if body and body[0] % 0x20 == 0:
        return (Reading(f"MID {body[0]:02X}", "supported monitors", text=body[1:5].hex().upper()),)
    if not body or len(body) % _RECORD_BYTES:
        raise ProtocolError(PROTOCOL, f"mode 06 has {len(body)} bytes, not a multiple of 9")
    return tuple(
        reading
        for start in range(0, len(body), _RECORD_BYTES)
        for reading in _record(body[start : start + _RECORD_BYTES])
    )


def _record(record: bytes) -> Iterator[Reading]:
    monitor, test, unit = record[:3]
    scaling, signed = scaling_of(unit)
    identity = f"MID {monitor:02X} TID {test:02X}"
    for start, what in ((3, "result"), (5, "lower limit"), (7, "upper limit")):
        raw = int.from_bytes(record[start : start + 2], "big", signed=signed)
        value = raw * scaling.scale + scaling.offset
        yield Reading(identity, f"{_monitor_name(monitor)}: {what}", value, scaling.unit)


def scaling_of(unit: int) -> tuple[Scaling, bool]:
    """A unit-and-scaling id, and whether its numbers are signed.

    Raises:
        ProtocolError: there is none of this id.
    """
    scaling = (_SIGNED if unit & 0x80 else _UNSIGNED).get(unit)
    if scaling is None:
        raise ProtocolError(PROTOCOL, f"there is no unit {unit:02X}")
    return scaling, bool(unit & 0x80)


def _monitor_name(monitor: int) -> str:
    for first, last, name in _MONITORS:
        if first <= monitor <= last:
            return f"{name} {monitor - first + 1}"
    return f"monitor {monitor:02X}"
