"""Queclink's bus data: CAN values, their extension, OBD values, each chosen by a mask.

Source: Queclink GV300CAN @Track Air Interface Protocol 4.02 and GV65, "+RESP:GTCAN"; GV500
@Track Air Interface Protocol, "+RESP:GTOBD"; captured frames.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from milepost.protocols.queclink.values import (
    Set,
    attribute,
    flag,
    hexadecimal,
    number,
    numeric,
    signal,
    text,
)
from milepost.protocols.wire.report import Report, text_of

_SECONDS_PER_HOUR = 3600
_METRES_PER_HECTOMETRE = 100
_EXPANSION_BIT = 29
_PLACE_BITS = 22
"""From here on the bits choose the position and the cell, which have fields of their own."""


def _ignition_key(report: Report, value: str) -> None:
    """0: off, 1: ignition on, 2: the engine runs."""
    if value in ("0", "1", "2"):
        report.fields.setdefault("ignition", value != "0")
        if value == "2":
            report.signals["Vehicle.Powertrain.CombustionEngine.IsRunning"] = 1


def _distance(report: Report, value: str) -> None:
    """`H` and hectometres, `I` and pulses; without a letter hectometres too."""
    hectometres = number(value.lstrip("H"))
    if hectometres is not None:
        report.signals["Vehicle.TraveledDistance"] = hectometres * _METRES_PER_HECTOMETRE
    elif value[:1] == "I":
        report.note("counter1", value[1:])


def _consumption(report: Report, value: str) -> None:
    """`L/H` and litres an hour; otherwise litres per 100 km, which some write after an `H`."""
    rate = number(value.removeprefix("L/H")) if value.startswith("L/H") else None
    if rate is not None:
        report.signals["Vehicle.OBD.FuelRate"] = rate
        return
    economy = number(value.removeprefix("L/100KM").lstrip("HM"))
    if economy is not None:
        report.note("fuelEconomyLp100km", economy)


def _fuel_level(report: Report, value: str) -> None:
    """`P` and percent, `L` and litres."""
    level = number(value[1:])
    if level is None or level < 0:
        return
    if value[0] == "P":
        report.fields["fuel_level_pct"] = level
    elif value[0] == "L":
        report.signals["Vehicle.Powertrain.FuelSystem.AbsoluteLevel"] = level


def _ad_blue(report: Report, value: str) -> None:
    level = number(value[1:])
    if level is None:
        return
    if value[0] == "P":
        report.signals["Vehicle.Powertrain.CombustionEngine.DieselExhaustFluid.Level"] = level
    else:
        report.note("adBlueLevelL", level)


_BELT, _AIR, _CRUISE, _BRAKE, _HANDBRAKE, _LOCKED = 1, 2, 3, 4, 6, 7


def _indicators(report: Report, value: str) -> None:
    """A word of lamps: 1 the belt's, 2 air conditioning, 3 cruise control, 4 brake pedal …"""
    bits = hexadecimal(value)
    if bits is None:
        return
    report.fields["brake_pedal"] = bool(bits >> _BRAKE & 1)
    report.signals["Vehicle.ADAS.CruiseControl.IsActive"] = float(bits >> _CRUISE & 1)
    report.signals["Vehicle.Chassis.ParkingBrake.IsEngaged"] = float(bits >> _HANDBRAKE & 1)
    report.attributes["can:indicators"] = value
    report.attributes.update(_lamps(bits & 0xFFFF))


@lru_cache(maxsize=1024)
def _lamps(bits: int) -> Mapping[str, str]:
    return {
        "seatBelt": text_of(not bits >> _BELT & 1),
        "airConditioning": text_of(bool(bits >> _AIR & 1)),
        "locked": text_of(bool(bits >> _LOCKED & 1)),
    }


def _doors(report: Report, value: str) -> None:
    """Bits 0 to 3 the doors, 4 the boot, 5 the bonnet."""
    bits = hexadecimal(value)
    if bits is not None:
        report.attributes.update(_door_states(bits & 0xFFFF))


@lru_cache(maxsize=1024)
def _door_states(bits: int) -> Mapping[str, str]:
    return {
        "doorStatus": str(bits),
        "door": text_of(bool(bits & 0x0F)),
        "trunk": text_of(bool(bits >> 4 & 1)),
        "bonnet": text_of(bool(bits >> 5 & 1)),
    }


CAN: Mapping[int, Set] = {
    0: text("vin"),
    1: _ignition_key,
    2: _distance,
    3: numeric("fuel_used_l"),
    4: numeric("engine_rpm"),
    5: signal("Vehicle.Speed"),
    6: numeric("coolant_temp_c", least=-60),
    7: _consumption,
    8: _fuel_level,
    9: signal("Vehicle.Powertrain.Range", _METRES_PER_HECTOMETRE),
    10: numeric("throttle_pct"),
    11: numeric("engine_hours_h"),
    12: attribute("drivingS", _SECONDS_PER_HOUR),
    13: attribute("idlingS", _SECONDS_PER_HOUR),
    14: text("can:idleFuelL"),
    15: attribute("weightKg"),
    16: text("can:tachograph"),
    17: _indicators,
    18: text("lights"),
    19: _doors,
    20: text("can:overspeedHours"),
    21: text("can:engineOverspeedHours"),
}
"""Bit of the CAN mask -> what its value sets."""

EXPANSION: Mapping[int, Set] = {
    0: _ad_blue,
    1: attribute("weight1Kg"),
    2: attribute("weight3Kg"),
    3: attribute("weight4Kg"),
    4: text("can:tachographOverspeed"),
    5: flag("motion"),
    6: text("can:direction"),
    7: text("can:analogInput"),
    8: text("can:engineBrakingFactor"),
    9: text("can:pedalBrakingFactor"),
    10: text("can:kickdowns"),
    11: text("can:effectiveSpeedHours"),
    12: text("can:cruiseHours"),
    13: text("can:kickdownHours"),
    14: text("can:brakeApplications"),
    15: text("driver1Card"),
    16: text("driver2Card"),
    17: text("driverName"),
    18: text("can:driver2Name"),
    19: text("registrationNumber"),
    20: text("can:expansionBits"),
    21: text("can:rapidBrakings"),
    22: text("can:rapidAccelerations"),
}
"""Bit of the extension's mask -> what its value sets."""

OBD: Mapping[int, Set] = {
    0: text("vin"),
    1: text("obd:connected"),
    2: numeric("battery_v", per=1000),
    3: text("obd:supportedPids"),
    4: numeric("engine_rpm"),
    5: signal("Vehicle.Speed"),
    6: numeric("coolant_temp_c", least=-60),
    7: attribute("fuelEconomyLp100km"),
    8: signal("Vehicle.OBD.DistanceSinceDTCClear"),
    9: signal("Vehicle.OBD.DistanceWithMIL"),
    10: signal("Vehicle.OBD.Status.IsMILOn"),
    11: signal("Vehicle.Diagnostics.DTCCount"),
    12: text("dtcs"),
    13: numeric("throttle_pct"),
    14: numeric("engine_load_pct"),
    15: numeric("fuel_level_pct"),
    16: text("obdProtocol"),
    17: signal("Vehicle.TraveledDistance", 1000),
}
"""Bit of the OBD mask -> what its value sets."""


def _setters(table: Mapping[int, Set], bits: int) -> Callable[[int], tuple[Set, ...]]:
    """Mask -> what its values set, one after the other."""

    @lru_cache(maxsize=256)
    def chosen(mask: int) -> tuple[Set, ...]:
        return tuple(table.get(bit, text(f"bus:{bit}")) for bit in range(bits) if mask >> bit & 1)

    return chosen


_CAN_SETTERS = _setters(CAN, _PLACE_BITS)
_EXPANSION_SETTERS = _setters(EXPANSION, 32)
_OBD_SETTERS = _setters(OBD, 18)


def _read_chosen(report: Report, setters: Sequence[Set], values: Sequence[str]) -> int:
    """Set the values that a mask chose; gives how many there were."""
    for set_value, value in zip(setters, values, strict=False):
        if value:
            set_value(report, value)
    return min(len(setters), len(values))


def read_can(report: Report, values: Sequence[str]) -> int:
    """CAN mask, its values, the extension's mask and values; gives how many fields they are."""
    mask = hexadecimal(values[0]) if values else None
    if mask is None:
        return 0
    read = 1 + _read_chosen(report, _CAN_SETTERS(mask), values[1:])
    if mask >> _EXPANSION_BIT & 1 and read < len(values):
        expansion = hexadecimal(values[read]) or 0
        read += 1
        read += _read_chosen(report, _EXPANSION_SETTERS(expansion), values[read:])
    return read


def read_obd(report: Report, values: Sequence[str]) -> int:
    """OBD mask and its values; gives how many fields they are."""
    mask = hexadecimal(values[0]) if values else None
    if mask is None:
        return 0
    return 1 + _read_chosen(report, _OBD_SETTERS(mask), values[1:])
