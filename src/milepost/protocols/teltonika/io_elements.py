"""Teltonika's permanent and eventual elements, and its sensors'.

Source: Teltonika wiki, "FMB120 Teltonika Data Sending Parameters ID" (permanent I/O, eventual I/O,
Bluetooth low energy), "FMB640 Teltonika Data Sending Parameters ID", "EYE sensor".
"""

from collections.abc import Mapping

from milepost.protocols.teltonika.element import Element, cell, named, numbered, signal

GEOFENCES = (
    *range(155, 160),
    *range(61, 66),
    *(70, 88),
    *range(91, 100),
    *(153, 154),
    *range(190, 199),
    *(208, 209),
    *range(216, 232),
)
"""The device's fences 1 to 50."""

_NO_SENSOR = frozenset({2000, 3000, 4000, 5000})
"""Read error, not connected, no identity, not ready."""

PERMANENT: Mapping[int, Element] = {
    239: Element(cell="ignition", convert=bool),
    240: signal("IsMoving"),
    16: cell("odometer_m"),
    182: cell("hdop", 10),
    66: cell("battery_v", 1000),
    800: cell("battery_v", 1000),
    67: named("trackerBatteryV", 1000),
    68: named("trackerBatteryA", 1000),
    113: named("trackerBatteryPct"),
    116: named("charging"),
    21: named("gsmSignal"),
    69: named("gnssStatus"),
    71: named("gnssStatus"),
    80: named("dataMode"),
    181: named("pdop", 10),
    199: named("tripOdometerM"),
    200: named("sleepMode"),
    205: named("cellId"),
    206: named("areaCode"),
    636: named("cellId"),
    241: named("operator"),
    237: named("networkType"),
    1148: named("connectivityQuality"),
    1: named("din1"),
    2: named("din2"),
    3: named("din3"),
    381: named("groundSense"),
    9: named("ain1V", 1000),
    6: named("ain2V", 1000),
    245: named("ain4V", 1000),
    4: named("counter1"),
    5: named("counter2"),
    622: named("frequency1Hz"),
    623: named("frequency2Hz"),
    11: named("iccid1"),
    14: named("iccid2"),
    179: named("dout1"),
    180: named("dout2"),
    380: named("dout3"),
    17: named("axisXMg", signed=True),
    18: named("axisYMg", signed=True),
    19: named("axisZMg", signed=True),
    15: named("ecoScore", 100),
    12: cell("fuel_used_l", 1000),
    13: signal("Powertrain.FuelSystem.InstantConsumption", 100),
    303: named("instantMovement"),
    449: named("ignitionOnS"),
    10: named("sdStatus"),
    263: named("bluetoothStatus"),
    637: named("wakeReason"),
    391: named("privateMode"),
}

OF_WIDTH: Mapping[tuple[int, int], Element] = {
    (4, 1): named("din4"),
    (5, 1): named("din5"),
    (10, 2): named("ain2V", 1000),
    (11, 2): named("ain3V", 1000),
    (70, 2): named("trackerTempC", 10, signed=True),
    (70, 4): named("trackerTempC", 10, signed=True),
}
"""Elements that the FMB6 family has under the ids of others, told apart by their width in bytes."""

EVENTUAL: Mapping[int, Element] = {
    **numbered(GEOFENCES, lambda number: named(f"geofence{number}")),
    175: named("autoGeofence"),
    236: named("sos"),
    246: named("towing"),
    247: named("crash"),
    317: named("crashCount"),
    248: named("immobilizer"),
    249: named("jamming"),
    250: named("trip"),
    251: named("idling"),
    252: named("unplugged"),
    253: named("greenDrivingType"),
    254: named("greenDrivingValue"),
    243: named("greenDrivingMs"),
    255: named("overspeedKmh"),
    318: named("gnssJamming"),
    1412: named("motorcycleFall"),
}

SENSORS: Mapping[int, Element] = {
    **numbered(
        (72, 73, 74, 75),
        lambda number: named(
            f"temp{number}C", 10, signed=True, missing=_NO_SENSOR | frozenset({850})
        ),
    ),
    **numbered(
        (25, 26, 27, 28),
        lambda number: named(f"bleTemp{number}C", 100, signed=True, missing=_NO_SENSOR),
    ),
    **numbered((29, 20, 22, 23), lambda number: named(f"bleBattery{number}Pct")),
    **numbered(
        (86, 104, 106, 108),
        lambda number: named(f"bleHumidity{number}Pct", 10, missing=_NO_SENSOR),
    ),
    **numbered((270, 273, 276, 279), lambda number: named(f"bleFuelSensor{number}")),
    **numbered((306, 307, 308, 309), lambda number: named(f"bleFrequency{number}Hz")),
    **numbered((335, 336, 337, 338), lambda number: named(f"bleIlluminance{number}Lx")),
    **numbered((201, 203, 210, 212, 214), lambda number: named(f"fuelSensor{number}")),
    **numbered(
        (202, 204, 211, 213, 215),
        lambda number: named(f"fuelSensor{number}TempC", signed=True),
    ),
    327: named("fuelSensor1Mm", 10),
    **numbered(
        tuple(range(10800, 10804)), lambda number: named(f"tag{number}TempC", 100, signed=True)
    ),
    **numbered(tuple(range(10804, 10808)), lambda number: named(f"tag{number}HumidityPct")),
    **numbered(tuple(range(10808, 10812)), lambda number: named(f"tag{number}Magnet")),
    **numbered(tuple(range(10812, 10816)), lambda number: named(f"tag{number}Moving")),
    **numbered(
        tuple(range(10816, 10820)), lambda number: named(f"tag{number}PitchDeg", signed=True)
    ),
    **numbered(tuple(range(10820, 10824)), lambda number: named(f"tag{number}LowBattery")),
    **numbered(tuple(range(10824, 10828)), lambda number: named(f"tag{number}BatteryV", 1000)),
    **numbered(
        tuple(range(10832, 10836)), lambda number: named(f"tag{number}RollDeg", signed=True)
    ),
    **numbered(tuple(range(10836, 10840)), lambda number: named(f"tag{number}MoveCount")),
    **numbered(tuple(range(10840, 10844)), lambda number: named(f"tag{number}MagnetCount")),
}
