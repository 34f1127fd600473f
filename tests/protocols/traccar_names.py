"""Traccar's attribute names and units beside ours: how its vectors' expectations are read."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from milepost.domain.message import Message
from milepost.domain.position import Position

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


# Traccar's attribute -> where the value is with us, in Traccar's unit.
OURS: Mapping[str, Read] = {
    "power": field("battery_v"),
    "battery": attribute("trackerBatteryV"),
    "batteryLevel": attribute("trackerBatteryPct"),
    "charge": attribute("charging"),
    "altitude": field("altitude_m"),
    "course": field("course_deg"),
    "ignition": field("ignition"),
    "alarm": field("alarm"),
    "rpm": field("engine_rpm"),
    "sat": field("satellites"),
    "hdop": field("hdop"),
    "hours": field("engine_hours_h", 3_600_000),
    "fuelUsed": field("fuel_used_l"),
    "humidity": attribute("humidityPct"),
    "temp1": attribute("temp1C"),
    "temp2": attribute("temp2C"),
    "temp3": attribute("temp3C"),
    "tag1Temp": attribute("tag1TempC"),
    "tag1Battery": attribute("tag1BatteryV", 1000),
    "tag1Voltage": attribute("tag1BatteryV", 1000),
    "result": lambda message, _: message.text,
}


def _first_event(_: Message, position: Position | None) -> Any:
    return position.event_codes[0] if position is not None and position.event_codes else None


# What stands elsewhere in one protocol than in the others.
OURS_IN: Mapping[str, Mapping[str, Read]] = {
    "atrack": {
        "event": _first_event,
        "rssi": attribute("gsmSignal"),
        "input": attribute("inputs"),
        "output": attribute("outputs"),
        "odometer": field("odometer_m"),
        "fuelLevel": field("fuel_level_pct"),
        "throttle": field("throttle_pct"),
        "engineLoad": field("engine_load_pct"),
        "tag1Id": attribute("tag1Mac"),
        "tag1Humidity": attribute("tag1HumidityPct"),
        "versionFw": attribute("firmware"),
        "adc1": attribute("ain1V"),
    },
    "calamp": {
        "event": _first_event,
        "rssi": attribute("signalDbm"),
        "input": attribute("inputs"),
    },
    "cellocator": {
        "event": _first_event,
        "input": attribute("inputs"),
        "odometer": field("odometer_m"),
    },
    "queclink": {
        "accessoryVoltage": attribute("tag1BatteryV"),
        "adBlueLevel": first(attribute("adBlueLevelPct"), attribute("adBlueLevelL")),
        "fuel": attribute("fuelSensor1"),
        "in1": lambda message, position: {"0": "false", "1": "true"}.get(
            attribute("din1")(message, position) or ""
        ),
        "power2": attribute("auxiliaryV"),
        "warningType": attribute("event"),
    },
    "suntech": {
        "adc1": attribute("ain1V"),
        "assign1": attribute("assign:1"),
        "fuel": lambda message, position: _total(
            attribute("fuelSensor1")(message, position), attribute("fuelSensor2")(message, position)
        ),
        "fuel1": attribute("fuelSensor1"),
        "input": attribute("inputs"),
    },
    "jt808": {
        "alarm": first(attribute("alarms"), field("alarm")),
        "cardCode": attribute("driverUniqueId"),
        "driver": attribute("driverName"),
        "dtcs": lambda message, position: _spaced(attribute("dtcs")(message, position)),
        "lock1Battery": attribute("lock1BatteryV"),
        "lock2Battery": attribute("lock2BatteryV"),
        "timezone": attribute("timeZone"),
        "tire1Pressure": attribute("tire1PressureKpa", 0.01),
        "videoAlarm": attribute("videoAlarmBits"),
    },
    "meitrack": {
        "event": _first_event,
        "rssi": attribute("gsmSignal"),
        "input": attribute("inputs"),
        "output": attribute("outputs"),
        "odometer": field("odometer_m"),
        "fuelLevel": field("fuel_level_pct"),
        "coolantTemp": field("coolant_temp_c"),
        "lock": attribute("locked"),
        "tagName": attribute("tag1Name"),
        "tagTemp": attribute("tag1TempC"),
        "tagHumidity": attribute("tag1HumidityPct"),
        "battery2Level": attribute("trackerBattery2Pct"),
        "battery3Level": attribute("trackerBattery3Pct"),
        "throttle": field("throttle_pct"),
        "fuel": field("fuel_level_pct"),
        "obdSpeed": signal("Vehicle.Speed"),
        "obdOdometer": attribute("obdOdometerM"),
    },
    "wialon": {"di_light": attribute("param:di_light")},
    "gps103": {
        "fuel1": attribute("fuelSensor1Pct"),
        "fuel2": attribute("fuelSensor2Pct"),
        "fuel": field("fuel_level_pct"),
    },
    "gosafe": {"temp0": attribute("temp0C")},
    "watch": {
        "temp1": attribute("bodyTempC"),
        "bloodOxygen": attribute("bloodOxygenPct"),
        "heartRate": attribute("heartRateBpm"),
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
    read = OURS_IN.get(protocol, {}).get(name) or OURS.get(name) or attribute(name)
    pairs = [(m, p) for m in messages for p in (m.positions or (None,))]
    return any(same(expected["value"], read(message, position)) for message, position in pairs)
