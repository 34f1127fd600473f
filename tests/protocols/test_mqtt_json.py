import json
from typing import Any

import pytest

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.mqtt_json import ALIASES, PROTOCOL, MqttJsonEncoder

NOW_MS = 1_760_000_000_000
TOPIC = "milepost/truck-7/position"


def published(document: object, topic: str = TOPIC) -> Message:
    codec = PROTOCOL.codec(CodecContext("mqtt"))
    (message,) = codec.receive(Publish(topic, json.dumps(document).encode()), NOW_MS)
    assert codec.acknowledge(message) == codec.refuse(message) == b""
    return message


FULL = Position(
    fix_time_ms=NOW_MS + 123,
    latitude_deg=52.5,
    longitude_deg=13.4,
    speed_kmh=61.5,
    satellites=11,
    ignition=True,
    gear=-1,
    brake_pedal=False,
    tire_pressures_kpa=(800.0, None),
    alarm="sos",
    event_codes=("7",),
    signals={"Vehicle.Exterior.AirTemperature": 21.5},
    attributes={"driver": "42"},
)


def test_everything_survives_the_wire() -> None:
    codec = PROTOCOL.codec(CodecContext("mqtt"))
    (message,) = codec.receive(Publish(TOPIC, MqttJsonEncoder().positions("x", [FULL])), NOW_MS)
    assert message.unique_id == "truck-7"
    assert message.positions == (FULL,)


def test_accepts_aliases_and_keeps_unknown_names() -> None:
    (position,) = published(
        {
            "lat": "52.5",
            "lng": 13.4,
            "speed": 61,
            "ts": 1_760_000_001,
            "ign": "on",
            "cargo": [1, "a"],
        }
    ).positions
    assert position.fix_time_ms == 1_760_000_001_000
    assert (position.latitude_deg, position.longitude_deg) == (52.5, 13.4)
    assert (position.speed_kmh, position.ignition) == (61, True)
    assert position.attributes == {"cargo": '[1,"a"]'}


def test_aliases_name_fields() -> None:
    assert set(ALIASES.values()) <= set(Position.__struct_fields__)


def test_accepts_an_array() -> None:
    assert len(published([{"lat": 1, "lon": 2}] * 3).positions) == 3


def test_without_a_time_it_is_the_time_of_reception_and_without_a_place_a_status() -> None:
    (status,) = published({"ignition": True, "heading": None}).positions
    assert (status.fix_time_ms, status.has_fix, status.valid) == (NOW_MS, False, False)


REJECTED: dict[str, tuple[Any, str]] = {
    "topic": ({}, "milepost/truck-7"),
    "positions came": ([], TOPIC),
    "JSON object is due": ([7], TOPIC),
    "a place has": ({"lat": 1}, TOPIC),
    "no place": ({"lat": 1, "lon": 181}, TOPIC),
    "speed: a number": ({"speed": "fast"}, TOPIC),
    "true or false": ({"ignition": 7}, TOPIC),
    "-100 to 255": ({"satellites": 1e30}, TOPIC),
    "a list is due": ({"tirePressuresKpa": 7}, TOPIC),
    "a VSS path is due": ({"signals": {"speed": 7}}, TOPIC),
    "ISO 8601": ({"time": "yester-day"}, TOPIC),
}


def test_an_alarm_without_a_name_of_ours_is_general() -> None:
    for told, alarm in (("crash", "crash"), ("hot brakes", "general"), (7, "general")):
        (position,) = published({"alarm": told}).positions
        assert position.alarm == alarm


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    document, topic = REJECTED[reason]
    with pytest.raises(ProtocolError, match=reason):
        published(document, topic)


def test_rejects_plain_bytes_and_broken_json() -> None:
    codec = PROTOCOL.codec(CodecContext("mqtt"))
    with pytest.raises(ProtocolError, match="a publish is expected"):
        codec.receive(b"{}", NOW_MS)
    with pytest.raises(ProtocolError, match="no JSON"):
        codec.receive(Publish(TOPIC, b"["), NOW_MS)
