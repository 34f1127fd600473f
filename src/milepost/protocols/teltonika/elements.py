"""What Teltonika's AVL elements mean: the id's place in a position, its unit and its sign.

Source: Teltonika wiki, "FMB120 Teltonika Data Sending Parameters ID" (permanent I/O, eventual I/O,
OBD, OBD OEM, BLE and CAN adapter elements). The ids are those of the FMB, FMC and FMM families.
"""

from collections.abc import Callable, Mapping

import msgspec

from milepost.domain.position import Position

CELL_OF = {name: index for index, name in enumerate(Position.__struct_fields__)}


class Element(msgspec.Struct, frozen=True):
    """Where an AVL element goes: one of `cell` (a Position field), `signal` (a VSS path), `name`.

    `divisor` turns the raw integer into the unit of the target; a `name` (attribute) keeps the
    result as text.
    """

    cell: str | None = None
    signal: str | None = None
    name: str | None = None
    divisor: int | float = 1
    signed: bool = False
    convert: Callable[[int], object] | None = None


def _cell(name: str, divisor: int | float = 1, *, signed: bool = False) -> Element:
    return Element(cell=name, divisor=divisor, signed=signed)


def _signal(path: str, divisor: int | float = 1, *, signed: bool = False) -> Element:
    return Element(signal=f"Vehicle.{path}", divisor=divisor, signed=signed)


def _named(name: str, divisor: int | float = 1, *, signed: bool = False) -> Element:
    return Element(name=name, divisor=divisor, signed=signed)


_ENGINE = "Powertrain.CombustionEngine"

_PERMANENT = {
    239: Element(cell="ignition", convert=bool),
    240: _signal("IsMoving"),
    16: _cell("odometer_m"),
    182: _cell("hdop", 10),
    66: _cell("battery_v", 1000),
    800: _cell("battery_v", 1000),
    67: _named("trackerBatteryV", 1000),
    68: _named("trackerBatteryA", 1000),
    113: _named("trackerBatteryPct"),
    21: _named("gsmSignal"),
    69: _named("gnssStatus"),
    80: _named("dataMode"),
    181: _named("pdop", 10),
    199: _named("tripOdometerM"),
    200: _named("sleepMode"),
    205: _named("cellId"),
    206: _named("areaCode"),
    636: _named("cellId"),
    241: _named("operator"),
    237: _named("networkType"),
    1: _named("din1"),
    2: _named("din2"),
    3: _named("din3"),
    4: _named("din4"),
    9: _named("ain1V", 1000),
    6: _named("ain2V", 1000),
    10: _named("ain3V", 1000),
    11: _named("iccid1"),
    14: _named("iccid2"),
    179: _named("dout1"),
    180: _named("dout2"),
    380: _named("dout3"),
    17: _named("axisXMg", signed=True),
    18: _named("axisYMg", signed=True),
    19: _named("axisZMg", signed=True),
    15: _named("ecoScore", 100),
    12: _cell("fuel_used_l", 1000),
    13: _signal("Powertrain.FuelSystem.InstantConsumption", 100),
    303: _named("instantMovement"),
    449: _named("ignitionOnS"),
}

_EVENTUAL = {
    155: _named("geofence1"),
    156: _named("geofence2"),
    157: _named("geofence3"),
    158: _named("geofence4"),
    159: _named("geofence5"),
    175: _named("autoGeofence"),
    236: _named("sos"),
    246: _named("towing"),
    247: _named("crash"),
    249: _named("jamming"),
    250: _named("trip"),
    251: _named("idling"),
    252: _named("unplugged"),
    253: _named("greenDrivingType"),
    254: _named("greenDrivingValue"),
    255: _named("overspeedKmh"),
    318: _named("gnssJamming"),
}

_SENSORS = {
    72: _named("temp1C", 10, signed=True),
    73: _named("temp2C", 10, signed=True),
    74: _named("temp3C", 10, signed=True),
    75: _named("temp4C", 10, signed=True),
    25: _named("bleTemp1C", 100, signed=True),
    26: _named("bleTemp2C", 100, signed=True),
    27: _named("bleTemp3C", 100, signed=True),
    28: _named("bleTemp4C", 100, signed=True),
    29: _named("bleBattery1Pct"),
    20: _named("bleBattery2Pct"),
    22: _named("bleBattery3Pct"),
    23: _named("bleBattery4Pct"),
    86: _named("bleHumidity1Pct", 10),
    104: _named("bleHumidity2Pct", 10),
    106: _named("bleHumidity3Pct", 10),
    108: _named("bleHumidity4Pct", 10),
    201: _named("fuelSensor1"),
    202: _named("fuelSensor1TempC", signed=True),
    203: _named("fuelSensor2"),
    204: _named("fuelSensor2TempC", signed=True),
    10800: _named("tag1TempC", 100, signed=True),
    10801: _named("tag2TempC", 100, signed=True),
    10802: _named("tag3TempC", 100, signed=True),
    10803: _named("tag4TempC", 100, signed=True),
    10804: _named("tag1HumidityPct"),
    10805: _named("tag2HumidityPct"),
    10806: _named("tag3HumidityPct"),
    10807: _named("tag4HumidityPct"),
    10824: _named("tag1BatteryV", 1000),
    10825: _named("tag2BatteryV", 1000),
    10826: _named("tag3BatteryV", 1000),
    10827: _named("tag4BatteryV", 1000),
}

_OBD = {
    30: _signal("OBD.Status.DTCCount"),
    31: _cell("engine_load_pct"),
    32: _cell("coolant_temp_c", signed=True),
    33: _signal("OBD.ShortTermFuelTrim1", signed=True),
    34: _signal("OBD.FuelPressure"),
    35: _signal(f"{_ENGINE}.MAP"),
    36: _cell("engine_rpm"),
    37: _signal("Speed"),
    38: _signal("OBD.TimingAdvance", signed=True),
    39: _signal("OBD.IntakeTemp", signed=True),
    40: _signal(f"{_ENGINE}.MAF", 100),
    41: _cell("throttle_pct"),
    42: _signal("OBD.RunTime"),
    43: _signal("OBD.DistanceWithMIL"),
    44: _signal("OBD.FuelRailPressureVac", 10),
    45: _signal("OBD.FuelRailPressureDirect", 0.1),
    46: _signal("OBD.CommandedEGR"),
    47: _signal("OBD.EGRError", signed=True),
    48: _cell("fuel_level_pct"),
    49: _signal("OBD.DistanceSinceDTCClear"),
    50: _signal("OBD.BarometricPressure"),
    51: _signal("OBD.ControlModuleVoltage", 1000),
    52: _signal("OBD.AbsoluteLoad"),
    53: _signal("Exterior.AirTemperature", signed=True),
    54: _signal("OBD.RunTimeMIL"),
    55: _signal("OBD.TimeSinceDTCCleared"),
    56: _signal("OBD.FuelRailPressureAbsolute", 0.1),
    57: _signal("OBD.HybridBatteryRemaining"),
    58: _cell("engine_oil_temp_c", signed=True),
    59: _signal("OBD.FuelInjectionTiming", 100, signed=True),
    60: _signal("OBD.FuelRate", 100),
    389: _cell("odometer_m", 0.001),
    390: _signal("Powertrain.FuelSystem.AbsoluteLevel", 10),
    755: _signal("Powertrain.Range", 0.001),
}

_CAN = {
    81: _signal("Speed"),
    82: _signal("Chassis.Accelerator.PedalPosition"),
    83: _cell("fuel_used_l", 10),
    84: _signal("Powertrain.FuelSystem.AbsoluteLevel", 10),
    85: _cell("engine_rpm"),
    87: _cell("odometer_m"),
    89: _cell("fuel_level_pct"),
    90: _named("doorStatus"),
    102: _cell("engine_hours_h", 60),
    103: _cell("engine_hours_h", 60),
    105: _cell("odometer_m"),
    107: _cell("fuel_used_l", 10),
    110: _signal("OBD.FuelRate", 10),
    111: _signal(f"{_ENGINE}.DieselExhaustFluid.Level"),
    114: _cell("engine_load_pct"),
    115: _cell("coolant_temp_c", 10, signed=True),
}

ELEMENTS: Mapping[int, Element] = {**_PERMANENT, **_EVENTUAL, **_SENSORS, **_OBD, **_CAN}
"""The numeric elements, by AVL id."""

TEXT_ELEMENTS: Mapping[int, tuple[str, str]] = {
    78: ("driverUniqueId", "hex"),
    207: ("driverUniqueId", "hex"),
    238: ("driverUniqueId", "hex"),
    256: ("vin", "text"),
    325: ("vin", "text"),
    233: ("vin1", "text"),
    234: ("vin2", "text"),
    235: ("vin3", "text"),
    264: ("barcode", "text"),
    281: ("dtcs", "text"),
    282: ("dtcs", "text"),
    387: ("iso6709", "text"),
    403: ("driverUniqueId", "text"),
}
"""Elements whose value is an identity or a text: attribute name, and how the bytes are shown."""

_ZONE = {0: "geofence_exit", 1: "geofence_enter"}

EVENT_ALARMS: Mapping[int, Mapping[int, str]] = {
    **dict.fromkeys((155, 156, 157, 158, 159), _ZONE),
    **dict.fromkeys(range(61, 66), _ZONE),
    175: _ZONE,
    236: {1: "sos"},
    246: {1: "towing"},
    247: dict.fromkeys(range(1, 7), "crash"),
    249: {1: "jamming"},
    251: {1: "idling"},
    252: {1: "power_cut"},
    253: {1: "harsh_acceleration", 2: "harsh_braking", 3: "harsh_cornering"},
    255: dict.fromkeys(range(1, 256), "overspeed"),
    318: {1: "jamming", 2: "jamming"},
}
"""Event element -> its value -> our alarm, raised by the record that the event made."""
