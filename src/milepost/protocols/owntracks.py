"""OwnTracks over MQTT and HTTP.

Source: OwnTracks Booklet, "JSON" (`_type` location, transition, beacon, steps, lwt …) and "HTTP".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import (
    CodecContext,
    DeviceProtocol,
    HttpRequest,
    Input,
    Publish,
)
from milepost.protocols.wire import web_fields
from milepost.protocols.wire.radio import station_text

_PROTOCOL = "owntracks"
_TOPIC_PARTS = 3
_EVENTS = {"enter": "geofence_enter", "leave": "geofence_exit"}


class OwntracksCodec:
    """One request or publish of a phone.

    The identity is the device's part of the topic `owntracks/user/device`; over HTTP the header
    `X-Limit-D`, else the topic in the body, else `tid`.
    """

    def __init__(self, context: CodecContext) -> None:
        self._answer = b"[]" if context.transport == "http" else b""

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The message of a request or publish; see `Codec.receive`."""
        unique_id: str | None
        secret = None
        if isinstance(data, Publish):
            content, unique_id = data.payload, _device(data.topic)
        elif isinstance(data, HttpRequest):
            content, unique_id = data.body, data.headers.get("x-limit-d")
            secret = web_fields.secret({}, data.headers)
        else:
            raise ProtocolError(_PROTOCOL, "an HTTP request or a publish is expected")
        if not content:
            return (Message("other", unique_id, secret=secret),)
        body = web_fields.json_object(_PROTOCOL, web_fields.json_of(_PROTOCOL, content))
        message = _message(body, unique_id or _identity(body), received_time_ms)
        return (msgspec.structs.replace(message, secret=secret),)

    def acknowledge(self, message: Message) -> bytes:
        """Over HTTP an empty list: nothing for the device to do."""
        del message
        return self._answer

    def refuse(self, message: Message) -> bytes:
        """Nothing; over HTTP the status says it."""
        del message
        return b""


def _device(topic: str) -> str:
    parts = topic.strip("/").split("/")
    if len(parts) < _TOPIC_PARTS or not all(parts[:_TOPIC_PARTS]):
        raise ProtocolError(_PROTOCOL, f"topic {topic!r}, due is owntracks/user/device")
    return parts[2]


def _identity(body: Mapping[str, Any]) -> str:
    topic, tracker_id = body.get("topic"), body.get("tid")
    if isinstance(topic, str) and topic:
        return _device(topic) if topic.count("/") >= 2 else topic
    if isinstance(tracker_id, str) and tracker_id:
        return tracker_id
    raise ProtocolError(_PROTOCOL, "no device identity: X-Limit-D, topic or tid")


def _message(body: Mapping[str, Any], unique_id: str, received_time_ms: int) -> Message:
    kind = str(body.get("_type"))
    if kind == "encrypted":
        raise ProtocolError(_PROTOCOL, "the payload is encrypted; switch that off in the app")
    time = body.get("tst")
    time_ms = received_time_ms if time is None else web_fields.time_ms(_PROTOCOL, time)
    if kind in _STATUSES:
        attributes = _STATUSES[kind](body)
        status = Position(time_ms, valid=False, attributes=attributes)
        return Message("positions", unique_id, (status,))
    if kind not in ("location", "transition"):
        return Message("other", unique_id, attributes={"type": kind})
    fields: dict[str, Any] = {"fix_time_ms": time_ms, **_place(body)}
    for name, (field, read) in _FIELDS.items():
        if body.get(name) is not None:
            fields[field] = read(web_fields.number(_PROTOCOL, name, body[name]))
    if kind == "transition":
        fields["alarm"] = _EVENTS.get(str(body.get("event")))
    attributes = {**_named(body, _NAMES), **_network(body)}
    return Message("positions", unique_id, (Position(**fields, attributes=attributes),))


def _named(body: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    return {
        name: web_fields.text_of(body[key])
        for key, name in names.items()
        if body.get(key) is not None
    }


def _network(body: Mapping[str, Any]) -> dict[str, str]:
    """The Wi-Fi station that the phone uses, and whether it is charged."""
    found: dict[str, str] = {}
    address = body.get("BSSID")
    if isinstance(address, str) and _ADDRESS.fullmatch(address):
        found["wifi"] = station_text(address)
    charging = _CHARGING.get(web_fields.text_of(body.get("bs")))
    if charging is not None:
        found["charging"] = charging
    return found


def _beacon(body: Mapping[str, Any]) -> dict[str, str]:
    """An iBeacon in range: UUID, major, minor, strength, distance."""
    parts = (body.get(key) for key in ("uuid", "major", "minor"))
    identity = "-".join(web_fields.text_of(part) for part in parts if part is not None)
    return {"tag1Id": identity, **_named(body, {"rssi": "tag1Signal", "acc": "tag1DistanceM"})}


def _steps(body: Mapping[str, Any]) -> dict[str, str]:
    return _named(body, {"steps": "steps", "distance": "tripOdometerM"})


_STATUSES: Mapping[str, Callable[[Mapping[str, Any]], dict[str, str]]] = {
    "beacon": _beacon,
    "steps": _steps,
}
_ADDRESS = re.compile(r"[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{2}){5}")
_CHARGING = {"1": "false", "2": "true", "3": "true"}


def _place(body: Mapping[str, Any]) -> dict[str, Any]:
    if body.get("lat") is None or body.get("lon") is None:
        raise ProtocolError(_PROTOCOL, "a location has lat and lon")
    return web_fields.place(_PROTOCOL, body["lat"], body["lon"])


_FIELDS: Mapping[str, tuple[str, Callable[[float], float | None]]] = {
    "vel": ("speed_kmh", web_fields.speed),
    "cog": ("course_deg", web_fields.course),
    "alt": ("altitude_m", float),
}

_NAMES: Mapping[str, str] = {
    "acc": "accuracyM",
    "vac": "verticalAccuracyM",
    "batt": "trackerBatteryPct",
    "bs": "trackerBatteryStatus",
    "conn": "connection",
    "t": "trigger",
    "p": "pressureKpa",
    "SSID": "ssid",
    "BSSID": "bssid",
    "desc": "zone",
    "inregions": "zones",
    "inrids": "zoneIds",
    "rid": "zoneId",
    "wtst": "zoneTime",
    "rad": "radiusM",
    "poi": "poi",
    "tag": "tag",
    "m": "monitoringMode",
    "created_at": "createdAt",
    "motionactivities": "activity",
    "source": "locatedBy",
    "imagename": "image",
    "ignition": "ignition",
}


class OwntracksEncoder:
    """`positions()` gives a JSON object for each position, a line each: publish or POST each line.

    A fix carries time, place, speed, course and altitude.
    """

    def login(self, unique_id: str) -> bytes:
        """Nothing."""
        del unique_id
        return b""

    def positions(self, unique_id: str, positions: Sequence[Position]) -> bytes:
        """The lines; `topic` names the device, so that HTTP needs no header."""
        return b"\n".join(_payload(unique_id, position) for position in positions)

    def acknowledged(self, data: bytes) -> int:
        """Answers with status 200 (HTTP); MQTT has its own."""
        return data.count(b"HTTP/1.1 200")


def _payload(unique_id: str, position: Position) -> bytes:
    fields = {
        "_type": "location",
        "topic": f"owntracks/milepost/{unique_id}",
        "tid": unique_id[-2:],
        "tst": position.fix_time_ms // 1000,
        "lat": position.latitude_deg,
        "lon": position.longitude_deg,
        "vel": None if position.speed_kmh is None else round(position.speed_kmh),
        "cog": None if position.course_deg is None else round(position.course_deg),
        "alt": None if position.altitude_m is None else round(position.altitude_m),
    }
    return msgspec.json.encode({name: value for name, value in fields.items() if value is not None})


PROTOCOL = DeviceProtocol(
    name="owntracks",
    title="OwnTracks (MQTT and HTTP)",
    port=5144,
    transports=("mqtt", "http"),
    checksum="none",
    identity="device in the topic owntracks/user/device; over HTTP X-Limit-D, topic or tid",
    proof="HTTP Basic over HTTP; over MQTT the broker asks",
    acknowledges="[] over HTTP; the broker's over MQTT",
    codec=OwntracksCodec,
    carries=("position", "wifi", "alarms", "beacons"),
    encoder=OwntracksEncoder,
    topics=("owntracks/+/+",),
)
