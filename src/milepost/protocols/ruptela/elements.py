"""What Ruptela's I/O ids mean.

Source: "FM Pro, FM Eco & FM Tco Protocols" 1.67 and 1.103; "FM Eco3, Pro3, Tco3 User Manual" 7,
table of I/O elements; captured records, where distance, fuel, speed and engine speed of one instant
confirm the scales. Ids that no list explains stay as `io:id`.
"""

from collections.abc import Mapping

from milepost.protocols.wire.elements import (
    HIGHEST_J1939,
    Put,
    alarm,
    attribute,
    both,
    field,
    flag,
    numbered,
    signal,
    truth,
)

_BYTE, _WORD, _LONG = HIGHEST_J1939[1], HIGHEST_J1939[2], HIGHEST_J1939[4]
_ONES_WORD = 0xFFFE

_TRACKER: dict[int, Put] = {
    2: attribute("din1"),
    3: attribute("din2"),
    4: attribute("din3"),
    5: both(attribute("din4"), truth("ignition")),
    6: attribute("trackerTempC", signed_bits=8),
    **numbered(attribute, "counter{}", 18, 2),
    22: attribute("ain1V", 0.001),
    23: attribute("ain2V", 0.001),
    27: attribute("gsmSignal", highest=0xFE),
    28: attribute("mode"),
    29: field("battery_v", 0.001),
    30: attribute("trackerBatteryV", 0.001),
    32: attribute("trackerTempC", signed_bits=8),
    65: field("odometer_m"),
    74: attribute("temp4C", 0.1, signed_bits=16),
    78: attribute("temp1C", 0.1, signed_bits=16),
    79: attribute("temp2C", 0.1, signed_bits=16),
    80: attribute("temp3C", 0.1, signed_bits=16),
    88: both(flag("jamming"), alarm("jamming")),
    150: attribute("operator"),
    170: flag("charging"),
    173: flag("motion"),
    175: attribute("idlingS"),
    251: truth("ignition"),
    405: attribute("dout1"),
    406: attribute("dout2"),
    409: truth("ignition"),
    410: both(flag("towing"), alarm("towing")),
    411: alarm("crash"),
    415: alarm("antenna_cut", lambda raw: raw == 0),
}

_DRIVING: dict[int, Put] = {
    130: attribute("maxSpeedKmh"),
    133: attribute("maxRpm"),
    134: alarm("harsh_braking"),
    135: alarm("harsh_cornering"),
    136: alarm("harsh_acceleration"),
    198: alarm("overspeed"),
    199: alarm("harsh_braking"),
    200: alarm("harsh_braking"),
    201: alarm("harsh_acceleration"),
}

# Passenger cars (OBD-II): offsets and gains of SAE J1979.
_OBD: dict[int, Put] = {
    94: field("engine_rpm", 0.25),
    95: signal("Speed"),
    96: field("coolant_temp_c", offset=-40),
    97: signal("OBD.IntakeTemp", offset=-40),
    98: field("fuel_level_pct", 100 / 255),
    100: signal("OBD.FuelRate", 0.05, highest=_ONES_WORD),
    102: signal("OBD.DistanceWithMIL"),
    107: signal("OBD.RunTime"),
    645: signal("TraveledDistance", 1000),
    920: field("engine_rpm"),
    921: signal("Speed"),
    922: signal("TraveledDistance", 1000),
}

# Trucks (FMS): gains of SAE J1939-71, which the user manual repeats.
_FMS: dict[int, Put] = {
    36: truth("brake_pedal"),
    37: signal("ADAS.CruiseControl.IsActive"),
    38: signal("OBD.IsPTOActive"),
    39: field("engine_load_pct", highest=_BYTE),
    41: attribute("weight1Kg", 0.5, highest=_WORD),
    114: field("odometer_m", 5, highest=_LONG),
    115: field("coolant_temp_c", offset=-40, highest=_BYTE),
    116: signal("OBD.FuelRate", 0.05, highest=_WORD),
    163: field("odometer_m", 5, highest=_LONG),
    164: attribute("tripOdometerM", 5, highest=_LONG),
    165: signal("Speed", 1 / 256, highest=_WORD),
    166: field("engine_rpm", 0.125, highest=_WORD),
    197: field("engine_rpm", 0.125, highest=_WORD),
    203: field("engine_hours_h", 0.05, highest=_LONG),
    205: signal("Powertrain.FuelSystem.AbsoluteLevel", 0.1, highest=_ONES_WORD),
    206: signal("Chassis.Accelerator.PedalPosition", 0.4, highest=_BYTE),
    207: field("fuel_level_pct", 0.4, highest=_BYTE),
    208: field("fuel_used_l", 0.5, highest=_LONG),
    210: signal("Speed", 1 / 256, highest=_WORD),
}

ELEMENTS: Mapping[int, Put] = {**_TRACKER, **_DRIVING, **_OBD, **_FMS}
"""Elements of 1, 2 and 4 bytes by id."""

IBUTTON = 34
VIN_PARTS = (104, 105, 106)
"""Elements of eight letters each that make up the vehicle identification number."""

CARD_PARTS: Mapping[tuple[int, int], str] = {
    (126, 127): "driver1Card",
    (155, 156): "driver1Card",
    (128, 129): "driver2Card",
    (157, 158): "driver2Card",
}
"""Pairs of elements that hold a tachograph card's number (by CAN, by tachograph)."""
