"""Traccar's attribute names and units beside ours: how its vectors' expectations are read."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.protocols.wire.speeds import KMH_PER_KNOT

Read = Callable[[Message, Position | None], Any]

ALARMS = {
    "accident": "crash",
    "tow": "towing",
    "hardAcceleration": "harsh_acceleration",
    "hardBraking": "harsh_braking",
    "hardCornering": "harsh_cornering",
    "fallDown": "fall",
    "idle": "idling",
    "fatigueDriving": "fatigue",
    "gpsAntennaCut": "antenna_cut",
    "footBrake": "brake",
}


def attribute(name: str, scale: float = 1) -> Read:
    def read(message: Message, position: Position | None) -> Any:
        kept = {**message.attributes, **(position.attributes if position is not None else {})}
        value = kept.get(name)
        return float(value) * scale if scale != 1 and value is not None else value

    return read


def field(name: str, scale: float = 1) -> Read:
    def read(_: Message, position: Position | None) -> Any:
        value = None if position is None else getattr(position, name)
        return value * scale if scale != 1 and value is not None else value

    return read


def signal(path: str, scale: float = 1) -> Read:
    def read(_: Message, position: Position | None) -> Any:
        value = None if position is None else position.signals.get(path)
        return value * scale if scale != 1 and value is not None else value

    return read


def first(*reads: Read) -> Read:
    """The first that says something: a concept may have a place as field or as attribute."""

    def read(message: Message, position: Position | None) -> Any:
        found = (each(message, position) for each in reads)
        return next((value for value in found if value is not None), None)

    return read


def _total(*levels: Any) -> float | None:
    """Sensors' levels as Traccar adds them up."""
    known = [float(level) for level in levels if level is not None]
    return sum(known) if known else None


def _spaced(codes: Any) -> Any:
    """Trouble codes as Traccar separates them."""
    return codes.replace(",", " ") if isinstance(codes, str) else codes


def _first_event(_: Message, position: Position | None) -> Any:
    return position.event_codes[0] if position is not None and position.event_codes else None


_ENGINE = "Vehicle.Powertrain.CombustionEngine"
_FUEL = "Vehicle.Powertrain.FuelSystem"

# Traccar's attribute -> where the value is with us, in Traccar's unit.
OURS: Mapping[str, Read] = {
    "power": field("battery_v"),
    "battery": attribute("trackerBatteryV"),
    "batteryLevel": attribute("trackerBatteryPct"),
    "charge": attribute("charging"),
    "deviceTemp": attribute("trackerTempC"),
    "rssi": first(attribute("gsmSignal"), attribute("signalDbm")),
    "gps": attribute("gnssStatus"),
    "antenna": attribute("gnssAntenna"),
    "satVisible": attribute("satellitesVisible"),
    "sat": field("satellites"),
    "hdop": field("hdop"),
    "altitude": field("altitude_m"),
    "course": field("course_deg"),
    "versionFw": attribute("firmware"),
    "versionHw": attribute("hardware"),
    "event": first(attribute("event"), _first_event),
    "alarm": field("alarm"),
    "input": attribute("inputs"),
    "output": attribute("outputs"),
    "ignition": field("ignition"),
    "odometer": field("odometer_m"),
    "tripOdometer": attribute("tripOdometerM"),
    "serviceOdometer": attribute("serviceDistanceM"),
    "obdOdometer": first(signal("Vehicle.TraveledDistance"), field("odometer_m")),
    "obdSpeed": signal("Vehicle.Speed"),
    "speedLimit": attribute("speedLimitKmh", 1 / KMH_PER_KNOT),
    "hours": field("engine_hours_h", 3_600_000),
    "drivingTime": first(attribute("drivingTime"), attribute("drivingS")),
    "rpm": field("engine_rpm"),
    "throttle": field("throttle_pct"),
    "engineLoad": field("engine_load_pct"),
    "coolantTemp": field("coolant_temp_c"),
    "engineTemp": first(field("engine_oil_temp_c"), field("coolant_temp_c")),
    "fuel": first(
        signal(f"{_FUEL}.AbsoluteLevel"), attribute("fuelSensor1L"), attribute("fuelSensor1")
    ),
    "fuelLevel": field("fuel_level_pct"),
    "fuelUsed": field("fuel_used_l"),
    "fuelConsumption": signal("Vehicle.OBD.FuelRate"),
    "adBlueLevel": first(signal(f"{_ENGINE}.DieselExhaustFluid.Level"), attribute("adBlueLevelL")),
    "dtcs": lambda message, position: _spaced(attribute("dtcs")(message, position)),
    "axleWeight": first(attribute("weightKg"), attribute("weight1Kg")),
    "lock": attribute("locked"),
    "humidity": first(attribute("humidityPct"), attribute("humidity1Pct")),
    "heartRate": attribute("heartRateBpm"),
    "bloodOxygen": attribute("bloodOxygenPct"),
    "card": attribute("driverUniqueId"),
    "driver": attribute("driverName"),
    "result": lambda message, _: message.text,
}

# Traccar's attributes that end in a number -> ours with the same number.
NUMBERED: Mapping[str, tuple[str, ...]] = {
    "temp": ("temp{}C",),
    "humidity": ("humidity{}Pct",),
    "adc": ("ain{}V", "adc{}", "ain{}"),
    "in": ("din{}",),
    "out": ("dout{}",),
    "count": ("counter{}",),
    "fuel": ("fuelSensor{}", "fuelSensor{}L", "fuelSensor{}Pct"),
    "io": ("io:{}",),
}
# Of Traccar's tags (`tag1Temp`) and their like -> ours, and our unit in Traccar's.
TAGS: Mapping[str, tuple[str, float]] = {
    "Temp": ("TempC", 1),
    "Humidity": ("HumidityPct", 1),
    "Battery": ("BatteryV", 1000),
    "Voltage": ("BatteryV", 1000),
    "Pressure": ("PressureKpa", 1),
}
_NUMBERED = re.compile(r"([a-z]+)(\d+)")
_TAG = re.compile(r"(tag\d+)([A-Z][a-z]+)")


def reader_of(name: str) -> Read:
    """Where the value of one of Traccar's attributes is in every protocol."""
    if name in OURS:
        return OURS[name]
    numbered, tag = _NUMBERED.fullmatch(name), _TAG.fullmatch(name)
    if numbered is not None and numbered[1] in NUMBERED:
        templates = NUMBERED[numbered[1]]
        return first(*(attribute(each.format(numbered[2])) for each in templates), attribute(name))
    if tag is not None and tag[2] in TAGS:
        ending, scale = TAGS[tag[2]]
        return first(attribute(tag[1] + ending, scale), attribute(name))
    return attribute(name)


# What stands elsewhere in one protocol than in the others.
OURS_IN: Mapping[str, Mapping[str, Read]] = {
    "atrack": {
        "event": _first_event,
        "tag1Id": attribute("tag1Mac"),
    },
    "calamp": {
        "event": _first_event,
    },
    "cellocator": {
        "event": _first_event,
    },
    "queclink": {
        "accessoryVoltage": attribute("tag1BatteryV"),
        "fuel": attribute("fuelSensor1"),
        "in1": lambda message, position: {"0": "false", "1": "true"}.get(
            attribute("din1")(message, position) or ""
        ),
        "power2": attribute("auxiliaryV"),
        "warningType": attribute("event"),
    },
    "suntech": {
        "assign1": attribute("assign:1"),
        "fuel": lambda message, position: _total(
            attribute("fuelSensor1")(message, position), attribute("fuelSensor2")(message, position)
        ),
    },
    "jt808": {
        "alarm": first(attribute("alarms"), field("alarm")),
        "cardCode": attribute("driverUniqueId"),
        "lock1Battery": attribute("lock1BatteryV"),
        "lock2Battery": attribute("lock2BatteryV"),
        "timezone": attribute("timeZone"),
        "tire1Pressure": attribute("tire1PressureKpa", 0.01),
        "videoAlarm": attribute("videoAlarmBits"),
    },
    "meitrack": {
        "event": _first_event,
        "tagName": attribute("tag1Name"),
        "tagTemp": attribute("tag1TempC"),
        "tagHumidity": attribute("tag1HumidityPct"),
        "battery2Level": attribute("trackerBattery2Pct"),
        "battery3Level": attribute("trackerBattery3Pct"),
        "fuel": field("fuel_level_pct"),
    },
    "starlink": {
        "fuel": field("fuel_level_pct"),
        "sensor2Voltage": attribute("tag2BatteryV"),
    },
    "startek": {"fuel": field("fuel_level_pct")},
    "wialon": {"di_light": attribute("param:di_light")},
    "gps103": {
        "fuel1": attribute("fuelSensor1Pct"),
        "fuel2": attribute("fuelSensor2Pct"),
        "fuel": field("fuel_level_pct"),
    },
    "watch": {
        "temp1": attribute("bodyTempC"),
    },
    "tk103": {
        "fuel": attribute("fuelSensor1V", 100),
        "batteryTemp1": attribute("batteryTemp1C"),
        "batteryTemp2": attribute("batteryTemp2C"),
    },
}


def same(expected: Any, ours: Any) -> bool:
    if isinstance(expected, bool) and isinstance(ours, str):
        return ours == str(expected).lower()
    if isinstance(expected, int | float) and ours is not None and not isinstance(expected, bool):
        return float(ours) == pytest.approx(float(expected))
    if isinstance(expected, str) and isinstance(ours, str):
        snake = re.sub(r"(?<!^)([A-Z])", r"_\1", expected).lower()
        return ours in (expected, snake, ALARMS.get(expected))
    return bool(ours == expected)


def has_attribute(protocol: str, expected: dict[str, Any], messages: list[Message]) -> bool:
    name = expected["attribute"]
    read = OURS_IN.get(protocol, {}).get(name) or reader_of(name)
    pairs = [(m, p) for m in messages for p in (m.positions or (None,))]
    return any(same(expected["value"], read(message, position)) for message, position in pairs)
