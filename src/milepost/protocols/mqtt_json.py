"""Milepost's own JSON over MQTT, for devices and gateways that can be told what to send.

Topic `milepost/{uniqueId}/position`, payload one object or an array of them. Names are those of
the API (`docs/protocols.md` lists them), or one of the friendly aliases.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from milepost.domain.alarm import ALARMS
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, DeviceProtocol, Input, Publish
from milepost.protocols.wire import web_fields
from milepost.protocols.wire.position_json import WIRE_NAMES, position_json

_PROTOCOL = "mqtt_json"
_MAX_POSITIONS = 1000
_TIMES = ("fixTime", "time", "timestamp", "ts", "tst", "fix_time")

_Read = Callable[[str, Any], Any]


class MqttJsonCodec:
    """One publish."""

    def __init__(self, context: CodecContext) -> None:
        del context

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The message of a publish; see `Codec.receive`."""
        if not isinstance(data, Publish):
            raise ProtocolError(_PROTOCOL, "a publish is expected")
        unique_id = _identity(data.topic)
        value = web_fields.json_of(_PROTOCOL, data.payload)
        entries = value if isinstance(value, list) else [value]
        if not 0 < len(entries) <= _MAX_POSITIONS:
            reason = f"{len(entries)} positions came, allowed are 1 to {_MAX_POSITIONS}"
            raise ProtocolError(_PROTOCOL, reason)
        positions = tuple(_position(entry, received_time_ms) for entry in entries)
        return (Message("positions", unique_id, positions),)

    def acknowledge(self, message: Message) -> bytes:
        """Nothing: the broker has its own."""
        del message
        return b""

    def refuse(self, message: Message) -> bytes:
        """Nothing."""
        del message
        return b""


def _identity(topic: str) -> str:
    parts = topic.split("/")
    if len(parts) != 3 or parts[0] != "milepost" or not parts[1] or parts[2] != "position":
        raise ProtocolError(_PROTOCOL, f"topic {topic!r}, due is milepost/{{uniqueId}}/position")
    return parts[1]


def _position(value: object, received_time_ms: int) -> Position:
    entry = web_fields.json_object(_PROTOCOL, value)
    fields: dict[str, Any] = {"fix_time_ms": received_time_ms}
    attributes: dict[str, str] = {}
    for name, content in entry.items():
        field = _FIELD_OF.get(name)
        if content is None:
            continue
        if name in _TIMES:
            fields["fix_time_ms"] = web_fields.time_ms(_PROTOCOL, content)
        elif field is None:
            attributes[name] = web_fields.text_of(content)
        else:
            fields[field] = _READ[field](name, content)
    return _placed(fields, attributes)


def _placed(fields: dict[str, Any], attributes: dict[str, str]) -> Position:
    latitude, longitude = fields.pop("latitude_deg", None), fields.pop("longitude_deg", None)
    if (latitude is None) != (longitude is None):
        raise ProtocolError(_PROTOCOL, "a place has latitudeDeg and longitudeDeg")
    if latitude is not None:
        fields |= web_fields.place(_PROTOCOL, latitude, longitude)
    fields["valid"] = latitude is not None and fields.get("valid", True)
    fields["attributes"] = attributes | fields.get("attributes", {})
    return Position(**fields)


def _number(name: str, value: Any) -> float:
    return web_fields.number(_PROTOCOL, name, value)


def _whole(name: str, value: Any) -> int:
    return web_fields.whole(_PROTOCOL, name, value, -100, 255)


def _truth(name: str, value: Any) -> bool:
    return web_fields.truth(_PROTOCOL, name, value)


def _alarm(name: str, value: Any) -> str:
    """One of `ALARMS`; what has no name there is `general`."""
    del name
    alarm = web_fields.text_of(value)
    return alarm if alarm in ALARMS else "general"


def _course(name: str, value: Any) -> float | None:
    return web_fields.course(_number(name, value))


def _speed(name: str, value: Any) -> float | None:
    return web_fields.speed(_number(name, value))


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ProtocolError(_PROTOCOL, f"{name}: a list is due, {value!r} came")
    return value


def _pressures(name: str, value: Any) -> tuple[float | None, ...]:
    return tuple(None if item is None else _number(name, item) for item in _list(name, value))


def _codes(name: str, value: Any) -> tuple[str, ...]:
    return tuple(web_fields.text_of(item) for item in _list(name, value))


def _signals(name: str, value: Any) -> dict[str, float]:
    entries = web_fields.json_object(_PROTOCOL, value)
    for path in entries:
        if not path.startswith("Vehicle."):
            raise ProtocolError(_PROTOCOL, f"{name}: a VSS path is due, {path!r} came")
    return {path: _number(f"{name}.{path}", number) for path, number in entries.items()}


def _attributes(name: str, value: Any) -> dict[str, str]:
    del name
    entries = web_fields.json_object(_PROTOCOL, value)
    return {key: web_fields.text_of(content) for key, content in entries.items()}


_READ: Mapping[str, _Read] = {
    **dict.fromkeys(WIRE_NAMES, _number),
    "speed_kmh": _speed,
    "course_deg": _course,
    "valid": _truth,
    "ignition": _truth,
    "brake_pedal": _truth,
    "damaged": _truth,
    "satellites": _whole,
    "gear": _whole,
    "alarm": _alarm,
    "tire_pressures_kpa": _pressures,
    "event_codes": _codes,
    "signals": _signals,
    "attributes": _attributes,
}

ALIASES: Mapping[str, str] = {
    "lat": "latitude_deg",
    "latitude": "latitude_deg",
    "lon": "longitude_deg",
    "lng": "longitude_deg",
    "longitude": "longitude_deg",
    "altitude": "altitude_m",
    "alt": "altitude_m",
    "speed": "speed_kmh",
    "course": "course_deg",
    "heading": "course_deg",
    "bearing": "course_deg",
    "sat": "satellites",
    "ign": "ignition",
    "odometer": "odometer_m",
    "engineHours": "engine_hours_h",
    "fuel": "fuel_level_pct",
    "fuelLevel": "fuel_level_pct",
    "fuelUsed": "fuel_used_l",
    "rpm": "engine_rpm",
    "throttle": "throttle_pct",
    "engineLoad": "engine_load_pct",
    "coolantTemp": "coolant_temp_c",
    "oilTemp": "engine_oil_temp_c",
    "oilPressure": "oil_pressure_kpa",
    "battery": "battery_v",
    "voltage": "battery_v",
}
"""Friendly name -> field; in the units of the field (km/h, m, %, V …)."""

_FIELD_OF: Mapping[str, str] = {
    **{wire_name: name for name, wire_name in WIRE_NAMES.items()},
    **ALIASES,
}


class MqttJsonEncoder:
    """`positions()` gives the payload: an object for one position, an array for several."""

    def login(self, unique_id: str) -> bytes:
        """Nothing."""
        del unique_id
        return b""

    def positions(self, unique_id: str, positions: Sequence[Position]) -> bytes:
        """The payload for the topic `milepost/{unique_id}/position`; everything is kept."""
        del unique_id
        entries = [position_json(position) for position in positions]
        return msgspec.json.encode(entries[0] if len(entries) == 1 else entries)

    def acknowledged(self, data: bytes) -> int:
        """MQTT has its own."""
        del data
        return 0


PROTOCOL = DeviceProtocol(
    name="mqtt_json",
    title="Milepost JSON over MQTT",
    port=None,
    transports=("mqtt",),
    checksum="none",
    identity="in the topic milepost/{uniqueId}/position",
    acknowledges="the broker's",
    codec=MqttJsonCodec,
    carries=(
        *("position", "cells", "wifi", "alarms", "io", "odometer", "engine_hours", "fuel"),
        *("temperature", "driver", "beacons", "obd", "j1939"),
    ),
    time_zone="UTC, or as the time says",
    encoder=MqttJsonEncoder,
    topics=("milepost/+/position",),
)
