"""What the vehicle's diagnostic socket says: items 80 to A0, F3, and the texts `$OBD`.

Source: captured frames; scales as SAE J1979 has them where the value is a PID of its own.
"""

from collections.abc import Mapping

from milepost.errors import ProtocolError
from milepost.protocols.jt808.frames import PROTOCOL_NAME
from milepost.protocols.jt808.readers import (
    Read,
    field,
    note,
    read_or_keep,
    signal,
    text,
    text_of,
)
from milepost.protocols.wire.bus_readings import note_codes
from milepost.protocols.wire.report import Report

_PERCENT_OF_BYTE = 100 / 255
_SPEED = "Vehicle.Speed"
_INTAKE_TEMPERATURE = "Vehicle.OBD.IntakeTemp"
_INTAKE_PRESSURE = "Vehicle.Powertrain.CombustionEngine.MAP"
_INTAKE_FLOW = "Vehicle.Powertrain.CombustionEngine.MAF"
_ODOMETER = "Vehicle.TraveledDistance"
_FUEL_RATE = "Vehicle.OBD.FuelRate"
_FUEL_LEVEL = "Vehicle.Powertrain.FuelSystem.AbsoluteLevel"
_CODE_COUNT = "Vehicle.Diagnostics.DTCCount"
_EXHAUST_FLUID = "Vehicle.Powertrain.CombustionEngine.DieselExhaustFluid.Level"
_LAMP = "Vehicle.OBD.Status.IsMILOn"
_REAL_TIME = "$OBD-RT"


def _codes(report: Report, content: bytes) -> None:
    """Trouble codes, separated by commas; none clears nothing."""
    codes = [code for code in text_of(content).replace(" ", ",").split(",") if code]
    if codes:
        note_codes(report, codes)


def _summary(report: Report, content: bytes) -> None:
    """Voltage, speeds, throttle, load, coolant, consumption in one item (91)."""
    if len(content) < 22:
        raise ProtocolError(PROTOCOL_NAME, f"{len(content)} bytes are no diagnostic summary")
    for at, length, read in _SUMMARY:
        read(report, content[at : at + length])


_SUMMARY: tuple[tuple[int, int, Read], ...] = (
    (0, 2, field("battery_v", 0.1)),
    (2, 2, field("engine_rpm")),
    (4, 1, signal(_SPEED)),
    (5, 1, field("throttle_pct", _PERCENT_OF_BYTE)),
    (6, 1, field("engine_load_pct", _PERCENT_OF_BYTE)),
    (7, 1, field("coolant_temp_c", 1, -40)),
    (10, 2, note("fuelEconomyLp100km", 0.01)),
    (20, 2, field("fuel_used_l", 0.01)),
)


def _parameters(report: Report, content: bytes) -> None:
    """Two bytes of identity, one of length, content, one after the other (F3)."""
    if len(content) < 3:
        report.attributes["item:f3"] = content.hex()
        return
    at = 0
    while at + 3 <= len(content):
        item_id, length = int.from_bytes(content[at : at + 2], "big"), content[at + 2]
        item = content[at + 3 : at + 3 + length]
        read = _PARAMETERS.get(item_id) if len(item) == length else None
        read_or_keep(read, report, item, f"obd:{item_id:04x}")
        at += 3 + length


_PARAMETERS: Mapping[int, Read] = {
    0x0002: signal(_SPEED, 0.1),
    0x0003: field("engine_rpm"),
    0x0004: field("battery_v", 0.001),
    0x0005: signal(_ODOMETER, 100),
    0x0006: signal(_FUEL_RATE, 0.1),
    0x0007: note("fuelEconomyLp100km", 0.1),
    0x0008: field("engine_load_pct"),
    0x0009: field("coolant_temp_c", 1, -40),
    0x000B: signal(_INTAKE_PRESSURE),
    0x000C: signal(_INTAKE_TEMPERATURE, 1, -40),
    0x000D: signal(_INTAKE_FLOW, 0.1),
    0x000E: field("throttle_pct", _PERCENT_OF_BYTE),
    0x0050: text("vin"),
    0x0100: note("tripOdometerM", 100),
    0x0102: note("tripFuelUsedL", 0.1),
    0x0112: note("harshAccelerationCount"),
    0x0113: note("harshBrakingCount"),
    0x0114: note("harshCorneringCount"),
}

PASSED_THROUGH: Mapping[int, Read] = {
    0x0102: signal(_ODOMETER, 100),
    0x0103: signal(_FUEL_LEVEL, 0.01),
    0x0105: field("fuel_used_l", 0.01),
    0x014A: note("fuelEconomyLp100km", 0.01),
    0x0528: signal(_ODOMETER, 100),
    0x052A: signal(_FUEL_LEVEL, 0.01),
    0x052B: field("fuel_level_pct"),
    0x052C: field("fuel_used_l", 0.01),
    0x052D: field("coolant_temp_c", 1, -40),
    0x052E: signal(_INTAKE_TEMPERATURE, 1, -40),
    0x0530: field("battery_v", 0.001),
    0x0535: signal(_SPEED, 0.1),
    0x0536: field("engine_rpm"),
    0x0537: note("fuelEconomyLp100km", 0.01),
    0x0538: note("fuelEconomyLp100km", 0.01),
    0x0539: note("fuelEconomyLp100km", 0.01),
    0x053D: signal(_INTAKE_PRESSURE, 0.1),
    0x0544: signal(_EXHAUST_FLUID),
    0x0546: signal(_ODOMETER, 100),
    0x0547: field("throttle_pct"),
    0x0548: field("throttle_pct"),
}
"""Parameters of type F0 in a message that passes data through (0900)."""

_TEXT_FIELDS: tuple[tuple[str, str, float], ...] = (
    ("field", "battery_v", 1),
    ("field", "engine_rpm", 1),
    ("signal", _SPEED, 1),
    ("field", "throttle_pct", 1),
    ("field", "engine_load_pct", 1),
    ("field", "coolant_temp_c", 1),
    ("signal", _FUEL_RATE, 1),
    ("note", "fuelEconomyLp100km", 1),
    ("note", "tripOdometerM", 1000),
    ("signal", _ODOMETER, 1000),
    ("note", "tripFuelUsedL", 1),
    ("field", "fuel_used_l", 1),
    ("signal", _CODE_COUNT, 1),
    ("note", "harshAccelerationCount", 1),
    ("note", "harshBrakingCount", 1),
)
"""What follows `$OBD-RT`: where it goes, its name, its scale."""


def read_text(report: Report, content: bytes) -> bool:
    """`$OBD-RT,voltage,engine speed,…`; empty fields are not known.

    Returns:
        Whether it is this text; another one is left for others.
    """
    parts = content.decode("latin-1").strip("\r\n\0 ").split(",")
    if parts[0] != _REAL_TIME:
        return False
    for (kind, name, scale), part in zip(_TEXT_FIELDS, parts[1:], strict=False):
        if part.isascii() and part.replace(".", "", 1).lstrip("-").isdecimal():
            _put(report, kind, name, _scaled(part, scale))
    return True


def _scaled(part: str, scale: float) -> float:
    try:
        return float(part[:20]) * scale
    except ValueError as error:
        raise ProtocolError(PROTOCOL_NAME, f"a number is due, {part!r} came") from error


def _put(report: Report, kind: str, name: str, value: float) -> None:
    if kind == "field":
        report.fields[name] = value
    elif kind == "signal":
        report.signals[name] = value
    else:
        report.note(name, int(value) if value.is_integer() else value)


def read_parameter(report: Report, item_id: int, item: bytes) -> None:
    """One parameter of a passed-through list; unknown ones are kept as `obd:id`."""
    read = PASSED_THROUGH.get(item_id) if item else None
    read_or_keep(read, report, item, f"obd:{item_id:04x}")


SIZED: Mapping[tuple[int, int], Read] = {
    (0x80, 1): signal(_SPEED),
    (0x81, 2): field("engine_rpm"),
    (0x82, 2): field("battery_v", 0.1),
    (0x83, 1): field("engine_load_pct"),
    (0x84, 1): field("coolant_temp_c", 1, -40),
    (0x85, 2): note("fuelEconomyLp100km", 0.01),
    (0x86, 1): signal(_INTAKE_TEMPERATURE, 1, -40),
    (0x87, 2): signal(_INTAKE_FLOW),
    (0x88, 1): signal(_INTAKE_PRESSURE),
    (0x89, 1): field("throttle_pct"),
    (0x8C, 4): signal(_ODOMETER, 100),
    (0x8D, 2): note("tripOdometerM", 1000),
    (0x8E, 1): field("fuel_level_pct"),
    (0x8F, 1): signal(_LAMP),
    (0x94, 17): text("vin"),
}
ANY_SIZE: Mapping[int, Read] = {
    0x8B: text("vin"),
    0x91: _summary,
    0xA0: _codes,
    0xF3: _parameters,
}
