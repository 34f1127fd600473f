"""OsmAnd and Traccar Client over HTTP: a query, a form, or the JSON of background-geolocation.

Source: OsmAnd "Trip recording: online tracking"; Traccar "OsmAnd protocol" (speed in knots);
transistorsoft "cordova-background-geolocation: HTTP" (speed in m/s).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from milepost.domain.alarm import ALARMS
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, HttpRequest, Input
from milepost.protocols.wire import web_fields
from milepost.protocols.wire.radio import cell_text, station_text
from milepost.protocols.wire.speeds import KMH_PER_KNOT, KMH_PER_METRE_PER_SECOND

_PROTOCOL = "osmand"
_IDENTITIES = ("id", "deviceid", "device_id", "deviceId", "imei", "uniqueId", "username", "dev_id")
_JSON_IDENTITIES = ("device_id", "deviceId", "id", "uniqueId")
_TIMES = ("timestamp", "time", "utc", "tst")
_MAX_PARAMETERS = 200

_Fields = dict[str, Any]
_Read = Callable[[str], Any]


class OsmandCodec:
    """One HTTP request of a phone."""

    def __init__(self, context: CodecContext) -> None:
        del context

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages of a request; see `Codec.receive`."""
        if not isinstance(data, HttpRequest):
            raise ProtocolError(_PROTOCOL, "an HTTP request is expected")
        if data.body.lstrip()[:1] in (b"{", b"["):
            return _json_messages(data, _pairs(data.query), received_time_ms)
        pairs = _pairs(data.query) or _pairs(data.body.decode("latin-1"))
        return (_query_message(pairs, data.headers, received_time_ms),)

    def acknowledge(self, message: Message) -> bytes:
        """HTTP 200 with an empty body."""
        del message
        return b""

    def refuse(self, message: Message) -> bytes:
        """An empty body; the status says it."""
        del message
        return b""


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=False, max_num_fields=_MAX_PARAMETERS)
    except ValueError as error:
        raise ProtocolError(_PROTOCOL, f"more than {_MAX_PARAMETERS} parameters") from error


def _query_message(
    pairs: Sequence[tuple[str, str]], headers: Mapping[str, str], received_time_ms: int
) -> Message:
    parameters = dict(pairs)
    unique_id = web_fields.identity(_PROTOCOL, parameters, _IDENTITIES)
    time = next((parameters[name] for name in _TIMES if name in parameters), None)
    fields: _Fields = {
        "fix_time_ms": received_time_ms if time is None else web_fields.time_ms(_PROTOCOL, time)
    }
    fields |= _query_place(parameters)
    attributes: dict[str, str] = {}
    for parameter, value in pairs:
        name, text = _named(parameter, value)
        if not _measured(name, text, fields) and name not in _CONSUMED:
            known = attributes.get(name)
            separator = " " if name in _SPACED else ";"
            attributes[name] = text if known is None else f"{known}{separator}{text}"
    fields["valid"] = "latitude_deg" in fields and fields.get("valid", True)
    position = Position(**fields, attributes=attributes)
    secret = web_fields.secret(parameters, headers)
    return Message("positions", unique_id, (position,), secret=secret)


def _named(parameter: str, value: str) -> tuple[str, str]:
    """Our name and form of a parameter."""
    if parameter in _RADIO:
        return _RADIO[parameter](value)
    return _NAMES.get(parameter, parameter), value


def _cell(value: str) -> tuple[str, str]:
    """`257,02,16,2224,-90`: country, network, area, cell, and perhaps the strength in dBm."""
    try:
        country, network, area, cell, *strength = (int(part) for part in value.split(","))
    except ValueError:
        return "cell", value
    return "cells", cell_text(country, network, area, cell, strength[0] if strength else None)


def _station(value: str) -> tuple[str, str]:
    """`00-14-22-01-23-45,-80`: address and strength in dBm."""
    address, _, strength = value.partition(",")
    try:
        mac = bytes.fromhex(address.replace("-", "").replace(":", ""))
        return "wifi", station_text(mac, int(strength) if strength else None)
    except ValueError:
        return "network", value


_RADIO: Mapping[str, Callable[[str], tuple[str, str]]] = {"cell": _cell, "wifi": _station}
_SPACED = frozenset({"cells", "wifi"})

_NAMES: Mapping[str, str] = {
    "batt": "trackerBatteryPct",
    "batteryLevel": "trackerBatteryPct",
    "charge": "charging",
    "accuracy": "accuracyM",
    "acc": "accuracyM",
    "driver": "driverUniqueId",
    "vehicle": "vehicleId",
}
"""What apps call it -> our name; other names stay as they are."""


def _measured(name: str, value: str, fields: _Fields) -> bool:
    """Put a measurement in its field; apps write NaN or null there, which costs no position."""
    if name not in _READ:
        return False
    field, read = _READ[name]
    try:
        fields[field] = read(value)
    except ProtocolError:
        return False
    return True


def _query_place(parameters: Mapping[str, str]) -> _Fields:
    latitude = parameters.get("lat", parameters.get("latitude"))
    longitude = parameters.get("lon", parameters.get("lng", parameters.get("longitude")))
    if latitude is None and longitude is None and "location" in parameters:
        latitude, _, longitude = parameters["location"].partition(",")
    if latitude is None or longitude is None:
        return {}
    return web_fields.place(_PROTOCOL, latitude, longitude)


def _number(name: str) -> _Read:
    return lambda value: web_fields.number(_PROTOCOL, name, value)


def _truth(name: str) -> _Read:
    return lambda value: web_fields.truth(_PROTOCOL, name, value)


def _knots(value: str) -> float | None:
    return web_fields.speed(web_fields.number(_PROTOCOL, "speed", value) * KMH_PER_KNOT)


def _course(value: str) -> float | None:
    return web_fields.course(web_fields.number(_PROTOCOL, "bearing", value))


def _count(value: str) -> int:
    return web_fields.whole(_PROTOCOL, "sat", value, 0, 255)


def _alarm(value: str) -> str:
    """Our name, also for one in camel case; what has none is `general`."""
    name = _CAPITAL.sub(lambda letter: f"_{letter[0].lower()}", value)
    name = _ALARMS.get(name, name)
    return name if name in ALARMS else "general"


_CAPITAL = re.compile(r"(?<!^)[A-Z]")
_ALARMS: Mapping[str, str] = {
    "accident": "crash",
    "tow": "towing",
    "hard_acceleration": "harsh_acceleration",
    "hard_braking": "harsh_braking",
    "hard_cornering": "harsh_cornering",
    "fall_down": "fall",
    "idle": "idling",
    "fatigue_driving": "fatigue",
    "gps_antenna_cut": "antenna_cut",
}

_READ: Mapping[str, tuple[str, _Read]] = {
    "speed": ("speed_kmh", _knots),
    "bearing": ("course_deg", _course),
    "heading": ("course_deg", _course),
    "course": ("course_deg", _course),
    "altitude": ("altitude_m", _number("altitude")),
    "alt": ("altitude_m", _number("altitude")),
    "hdop": ("hdop", _number("hdop")),
    "sat": ("satellites", _count),
    "satellites": ("satellites", _count),
    "valid": ("valid", _truth("valid")),
    "ignition": ("ignition", _truth("ignition")),
    "odometer": ("odometer_m", _number("odometer")),
    "fuel": ("fuel_level_pct", _number("fuel")),
    "rpm": ("engine_rpm", _number("rpm")),
    "power": ("battery_v", _number("power")),
    "coolantTemp": ("coolant_temp_c", _number("coolantTemp")),
    "engineLoad": ("engine_load_pct", _number("engineLoad")),
    "throttle": ("throttle_pct", _number("throttle")),
    "fuelUsed": ("fuel_used_l", _number("fuelUsed")),
    "hours": ("engine_hours_h", _number("hours")),
    "alarm": ("alarm", _alarm),
}
"""Query parameter -> field of the position and how it is read; the rest become attributes."""

_CONSUMED = frozenset(
    {*_IDENTITIES, *_TIMES, "secret", "lat", "latitude", "lon", "lng", "longitude", "location"}
)


def _json_messages(
    request: HttpRequest, query: Sequence[tuple[str, str]], received_time_ms: int
) -> Sequence[Message]:
    root = web_fields.json_of(_PROTOCOL, request.body)
    wrapper = root if isinstance(root, dict) else {}
    locations = wrapper.get("location", root)
    locations = locations if isinstance(locations, list) else [locations]
    if not locations:
        raise ProtocolError(_PROTOCOL, "no location")
    first = web_fields.json_object(_PROTOCOL, locations[0])
    unique_id = web_fields.identity(
        _PROTOCOL, {**first, **dict(query), **wrapper}, _JSON_IDENTITIES
    )
    positions = tuple(_json_position(location, received_time_ms) for location in locations)
    secret = web_fields.secret({**dict(query), **wrapper}, request.headers)
    return (Message("positions", unique_id, positions, secret=secret),)


def _json_position(value: object, received_time_ms: int) -> Position:
    location = web_fields.json_object(_PROTOCOL, value)
    coordinates = web_fields.json_object(_PROTOCOL, location.get("coords", {}))
    time = location.get("timestamp")
    fields: _Fields = {
        "fix_time_ms": received_time_ms if time is None else web_fields.time_ms(_PROTOCOL, time)
    }
    if coordinates.get("latitude") is not None and coordinates.get("longitude") is not None:
        fields |= web_fields.place(_PROTOCOL, coordinates["latitude"], coordinates["longitude"])
    for name, (field, read) in _COORDINATES.items():
        if coordinates.get(name) is not None:
            fields[field] = read(web_fields.number(_PROTOCOL, name, coordinates[name]))
    if location.get("odometer") is not None:
        fields["odometer_m"] = web_fields.number(_PROTOCOL, "odometer", location["odometer"])
    return Position(
        **fields, valid="latitude_deg" in fields, attributes=_json_attributes(location, coordinates)
    )


_COORDINATES: Mapping[str, tuple[str, Callable[[float], float | None]]] = {
    "speed": ("speed_kmh", lambda value: web_fields.speed(value * KMH_PER_METRE_PER_SECOND)),
    "heading": ("course_deg", web_fields.course),
    "altitude": ("altitude_m", float),
}


def _known(value: object) -> object:
    """A phone says -1 for what it does not know."""
    return None if value == -1 else value


def _json_attributes(location: _Fields, coordinates: _Fields) -> dict[str, str]:
    battery = location.get("battery")
    activity = location.get("activity")
    extras = location.get("extras")
    found: _Fields = {
        "event": location.get("event"),
        "motion": location.get("is_moving"),
        "mock": location.get("mock"),
        "accuracyM": coordinates.get("accuracy"),
        "verticalAccuracyM": _known(coordinates.get("altitude_accuracy")),
        "speedAccuracy": _known(coordinates.get("speed_accuracy")),
        "headingAccuracyDeg": _known(coordinates.get("heading_accuracy")),
        "activity": activity.get("type") if isinstance(activity, dict) else None,
        **(extras if isinstance(extras, dict) else {}),
    }
    if isinstance(battery, dict):
        level = battery.get("level")
        found["charging"] = battery.get("is_charging")
        if level is not None and web_fields.number(_PROTOCOL, "battery.level", level) >= 0:
            found["trackerBatteryPct"] = round(float(level) * 100)
    return {name: web_fields.text_of(value) for name, value in found.items() if value is not None}
