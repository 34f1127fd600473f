"""FLEX: the fields of a telemetry record, their size and what they mean.

Source: Navtelecom, "Protocol of information exchange" 6.1 and 6.2, FLEX 1.0, 2.0 and 3.0, table of
telemetry fields; wiki.navtelecom.ru, "FLEX examples".
"""

import math
from collections.abc import Callable, Mapping

import msgspec

from milepost.protocols.wire.elements import attribute, field
from milepost.protocols.wire.radio import cell_text, joined
from milepost.protocols.wire.report import Report

FIX_TIME = "place_time_ms"
"""Where a record's time of the place stands until its layout settles it."""

Number = int | float
Take = Callable[[Report, Number], None]
TakeBytes = Callable[[Report, bytes], None]

_NO_FLOAT = -1.0
_COORDINATE_UNIT = 600_000
_EMPTY_WORD, _EMPTY_BYTE, _EMPTY_SIGNED, _EMPTY_CAN_LEVEL = 0xFFFF, 0xFF, -128, 0x7FFF


class FlexField(msgspec.Struct, frozen=True):
    """`layout` is struct's letter or `37s`; `take` gets the number, `take_bytes` the bytes."""

    layout: str
    take: Take | None = None
    take_bytes: TakeBytes | None = None


def _number(
    layout: str, put: Callable[[Report, int], None], empty: Number | None = None
) -> FlexField:
    def take(report: Report, value: Number) -> None:
        if value != empty:
            put(report, int(value))

    return FlexField(layout, take)


def _float(name: str, scale: float = 1) -> FlexField:
    """A floating-point number for a field of Position; -1 and what is not finite is none."""

    def take(report: Report, value: Number) -> None:
        if math.isfinite(value) and value >= 0:
            report.fields[name] = value * scale

    return FlexField("f", take)


def _float_attribute(name: str, scale: float = 1) -> FlexField:
    def take(report: Report, value: Number) -> None:
        if math.isfinite(value) and value != _NO_FLOAT:
            report.attributes[name] = repr(round(value * scale, 3))

    return FlexField("f", take)


def _bus_odometer(report: Report, value: Number) -> None:
    """Kilometres."""
    if math.isfinite(value) and value >= 0:
        report.signals["Vehicle.TraveledDistance"] = value * 1000


def _time(report: Report, value: Number) -> None:
    report.fields["fix_time_ms"] = int(value) * 1000


def _fix_time(report: Report, value: Number) -> None:
    """When the place was last valid; it counts once that is known to be now."""
    report.fields[FIX_TIME] = int(value) * 1000


def _event(report: Report, value: Number) -> None:
    report.fields["event_codes"] = (str(value),)


_ALARMED, _EVACUATED = 0x04, 0x20


def _status(report: Report, value: Number) -> None:
    """Bit 2: alarm; bits 3 and 4: mode of work; bit 5: evacuation."""
    bits = int(value)
    report.attributes["status"] = str(bits)
    report.attributes["mode"] = str(bits >> 3 & 3)
    if bits & _ALARMED:
        report.alarm("general")
    if bits & _EVACUATED:
        report.alarm("towing")


def _receiver(report: Report, value: Number) -> None:
    """Bit 0: receiver on; bit 1: the place is valid; from bit 2: satellites."""
    report.attributes["gnssStatus"] = str(int(value) & 3)
    report.fields["valid"] = bool(int(value) & 2)
    report.fields["satellites"] = int(value) >> 2


def _latitude(report: Report, value: Number) -> None:
    report.fields["latitude_deg"] = value / _COORDINATE_UNIT


def _longitude(report: Report, value: Number) -> None:
    report.fields["longitude_deg"] = value / _COORDINATE_UNIT


def _altitude(report: Report, value: Number) -> None:
    report.motion(None, None, value / 10)


def _course(report: Report, value: Number) -> None:
    report.motion(None, value)


def _speed(report: Report, value: Number) -> None:
    if 0 <= value < 10_000:
        report.fields["speed_kmh"] = value


def _engine_time(report: Report, value: Number) -> None:
    """Seconds."""
    report.fields["engine_hours_h"] = value / 3600


_EXHAUST_FLUID = "Vehicle.Powertrain.CombustionEngine.DieselExhaustFluid.Level"


def _can_level(report: Report, value: Number) -> None:
    """The highest bit set: percent; else tenths of a litre; 7FFF: none."""
    level = int(value)
    if level & 0x8000:
        report.fields["fuel_level_pct"] = float(min(level & 0x7FFF, 100))
    elif level != _EMPTY_CAN_LEVEL:
        report.signals["Vehicle.Powertrain.FuelSystem.AbsoluteLevel"] = level / 10


def _ad_blue(report: Report, value: Number) -> None:
    level = int(value)
    if level & 0x8000 and level != _EMPTY_WORD:
        report.signals[_EXHAUST_FLUID] = float(level & 0x7FFF)
    elif level < _EMPTY_CAN_LEVEL:
        report.attributes["adBlueLevelL"] = str(level / 10)


def _can_speed(report: Report, value: Number) -> None:
    if value != _EMPTY_BYTE:
        report.signals["Vehicle.Speed"] = float(value)


def _pedal(report: Report, value: Number) -> None:
    if value != _EMPTY_BYTE:
        report.signals["Vehicle.Chassis.Accelerator.PedalPosition"] = float(value)


def _brake(report: Report, value: Number) -> None:
    if value != _EMPTY_BYTE:
        report.signals["Vehicle.Chassis.Brake.PedalPosition"] = float(value)
        report.fields["brake_pedal"] = value > 0


def _visible(report: Report, value: bytes) -> None:
    report.attributes["satellitesVisible"] = str(sum(value))


def _dilution(report: Report, value: bytes) -> None:
    """HDOP and PDOP in tenths."""
    if value[0]:
        report.fields["hdop"] = value[0] / 10
        report.attributes["pdop"] = str(value[1] / 10)


_CELL_BYTES = 11


def _cells(report: Report, value: bytes) -> None:
    """Three cells: id, area, country, network, dBm; then the time of the measurement."""
    cells = []
    for start in range(0, 3 * _CELL_BYTES, _CELL_BYTES):
        number = int.from_bytes(value[start : start + 4], "little")
        area, country, network = (
            int.from_bytes(value[at : at + 2], "little") for at in range(start + 4, start + 10, 2)
        )
        signal_dbm = int.from_bytes(value[start + 10 : start + 11], "little", signed=True)
        if number and country:
            cells.append(cell_text(country, network, area, number, signal_dbm))
    if cells:
        report.attributes["cells"] = joined(cells)


def _acceleration(report: Report, value: bytes) -> None:
    """X, Y, Z in thousandths of g."""
    for at, axis in enumerate("XYZ"):
        raw = int.from_bytes(value[2 * at : 2 * at + 2], "little", signed=True)
        report.attributes[f"axis{axis}Mg"] = str(raw)


def _level_and_temperature(number: int) -> FlexField:
    def take(report: Report, value: bytes) -> None:
        level = int.from_bytes(value[:2], "little")
        if level != _EMPTY_WORD:
            report.attributes[f"fuelSensor{number}"] = str(level)
            report.attributes[f"fuelSensor{number}TempC"] = str(
                int.from_bytes(value[2:], "little", signed=True)
            )

    return FlexField("3s", take_bytes=take)


def _row(
    first: int, layout: str, template: str, count: int, empty: Number | None = None
) -> dict[int, FlexField]:
    return {
        first + index: _number(layout, attribute(template.format(index + 1)), empty)
        for index in range(count)
    }


_FLEX_1: dict[int, FlexField] = {
    1: _number("I", attribute("index")),
    2: FlexField("H", _event),
    3: FlexField("I", _time),
    4: FlexField("B", _status),
    5: _number("B", attribute("flex:5")),
    6: _number("B", attribute("flex:6")),
    7: _number("B", attribute("gsmSignal"), 99),
    8: FlexField("B", _receiver),
    9: FlexField("I", _fix_time),
    10: FlexField("i", _latitude),
    11: FlexField("i", _longitude),
    12: FlexField("i", _altitude),
    13: FlexField("f", _speed),
    14: FlexField("H", _course),
    15: _float("odometer_m", 1000),
    16: _float_attribute("tripOdometerM", 1000),
    17: _number("H", attribute("flex:17")),
    18: _number("H", attribute("flex:18")),
    19: _number("H", field("battery_v", 0.001)),
    20: _number("H", attribute("trackerBatteryV", 0.001)),
    **{at: _number("H", attribute(f"ain{at - 20}V", 0.001)) for at in range(21, 29)},
    29: _number("B", attribute("inputs")),
    30: _number("B", attribute("flex:30")),
    31: _number("B", attribute("outputs")),
    32: _number("B", attribute("flex:32")),
    **_row(33, "I", "counter{}", 2),
    **_row(35, "H", "frequency{}Hz", 2),
    37: FlexField("I", _engine_time),
    **_row(38, "H", "fuelSensor{}", 7, _EMPTY_WORD),
    **_row(45, "b", "temp{}C", 8, _EMPTY_SIGNED),
    53: FlexField("H", _can_level),
    54: _float("fuel_used_l"),
    55: _number("H", field("engine_rpm"), _EMPTY_WORD),
    56: _number("b", field("coolant_temp_c"), _EMPTY_SIGNED),
    57: FlexField("f", _bus_odometer),
    **_row(58, "H", "weight{}Kg", 5, _EMPTY_WORD),
    63: FlexField("B", _pedal),
    64: FlexField("B", _brake),
    65: _number("B", field("engine_load_pct"), _EMPTY_BYTE),
    66: FlexField("H", _ad_blue),
    67: _number("I", attribute("flex:67"), 0xFFFFFFFF),
    68: _number("h", attribute("serviceDistanceM", 5000), 0x7FFF),
    69: FlexField("B", _can_speed),
}

_FLEX_2: dict[int, FlexField] = {
    70: FlexField("8s", take_bytes=_visible),
    71: FlexField("2s", take_bytes=_dilution),
    72: FlexField("1s"),
    73: FlexField("16s"),
    74: FlexField("4s"),
    75: FlexField("2s"),
    76: FlexField("4s"),
    77: FlexField("37s", take_bytes=_cells),
    **{
        at: _number("b", attribute(f"fuelSensor{at - 77}TempC"), _EMPTY_SIGNED)
        for at in range(78, 85)
    },
    **{at: _level_and_temperature(at - 77) for at in range(85, 94)},
    94: FlexField("6s"),
    95: FlexField("12s"),
    96: FlexField("24s"),
    97: FlexField("48s"),
    **{at: FlexField("1s") for at in (98, 99, 100, 101, 104, 119)},
    **{at: FlexField("4s") for at in (102, 103, 105)},
    **{at: FlexField("2s") for at in (106, 108, *range(110, 119), 120, 121, 122)},
    107: FlexField("6s", take_bytes=_acceleration),
    109: FlexField("6s"),
}

# What the customer configures: 16 fields of a byte, 15 of two, 15 of four, 3 of eight.
_CUSTOM: dict[int, FlexField] = {
    206: _number("I", attribute("flex:206")),
    **_row(207, "B", "custom{}", 16),
    **{at: _number("H", attribute(f"custom{at - 206}")) for at in range(223, 238)},
    **{at: _number("I", attribute(f"custom{at - 206}")) for at in range(238, 253)},
    **{at: _number("Q", attribute(f"custom{at - 206}")) for at in range(253, 256)},
}

FIELDS: Mapping[int, FlexField] = {**_FLEX_1, **_FLEX_2, **_CUSTOM}
"""Fields by their number in the mask, from 1 on. Those from 123 to 205 are not public in full: how
long they are together is learned from the first frame."""
