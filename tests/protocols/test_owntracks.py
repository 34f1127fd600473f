import json
from typing import Any

import pytest

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, HttpRequest, Publish
from milepost.protocols.owntracks import PROTOCOL

NOW_MS = 1_760_000_000_000
TOPIC = "owntracks/jane/phone"
LOCATION = {
    "_type": "location",
    "lat": 52.5,
    "lon": 13.4,
    "tst": 1_760_000_000,
    "vel": 61,
    "tid": "ja",
}


def published(document: object, topic: str = TOPIC) -> Message:
    codec = PROTOCOL.codec(CodecContext("mqtt"))
    (message,) = codec.receive(Publish(topic, json.dumps(document).encode()), NOW_MS)
    assert codec.acknowledge(message) == b""
    return message


def posted(document: object, **headers: str) -> Message:
    codec = PROTOCOL.codec(CodecContext("http"))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = HttpRequest("POST", "/", "", named, json.dumps(document).encode())
    (message,) = codec.receive(request, NOW_MS)
    assert codec.acknowledge(message) == b"[]"
    assert codec.refuse(message) == b""
    return message


def test_accepts_a_publish() -> None:
    message = published({**LOCATION, "cog": 271, "alt": 167, "batt": 67})
    (position,) = message.positions
    assert message.unique_id == "phone"
    assert (position.latitude_deg, position.longitude_deg) == (52.5, 13.4)
    assert (position.speed_kmh, position.course_deg, position.altitude_m) == (61, 271, 167)
    assert position.fix_time_ms == NOW_MS
    assert position.attributes == {"trackerBatteryPct": "67"}


def test_http_has_the_identity_in_the_header_the_topic_or_the_tid() -> None:
    with_topic = {**LOCATION, "topic": "owntracks/jane/tablet"}
    assert posted(with_topic, x_limit_d="phone").unique_id == "phone"
    assert posted(with_topic).unique_id == "tablet"
    assert posted(LOCATION).unique_id == "ja"


def test_a_transition_is_a_geofence_alarm() -> None:
    transition = {**LOCATION, "_type": "transition", "event": "enter", "desc": "Depot"}
    (position,) = published(transition).positions
    assert position.alarm == "geofence_enter"
    assert position.attributes == {"zone": "Depot"}
    assert published({**transition, "event": "leave"}).positions[0].alarm == "geofence_exit"


def test_the_station_and_the_charger() -> None:
    message = published({**LOCATION, "BSSID": "a1:b2:c3:d4:e5:f6", "SSID": "home", "bs": 2})
    assert message.positions[0].attributes == {
        "wifi": "a1:b2:c3:d4:e5:f6",
        "bssid": "a1:b2:c3:d4:e5:f6",
        "ssid": "home",
        "trackerBatteryStatus": "2",
        "charging": "true",
    }


def test_beacons_and_steps_are_statuses() -> None:
    beacon = {"_type": "beacon", "tst": NOW_MS // 1000, "uuid": "CA27", "major": 1, "minor": 2}
    (status,) = published({**beacon, "rssi": -60, "acc": 1.5}).positions
    assert (status.fix_time_ms, status.has_fix, status.valid) == (NOW_MS, False, False)
    expected = {"tag1Id": "CA27-1-2", "tag1Signal": "-60", "tag1DistanceM": "1.5"}
    assert status.attributes == expected
    (walked,) = published({"_type": "steps", "steps": 4000, "distance": 2900}).positions
    assert walked.attributes == {"steps": "4000", "tripOdometerM": "2900"}


def test_other_types_are_no_positions() -> None:
    assert published({"_type": "lwt", "tst": 1}).kind == "other"


def test_a_cleared_topic_is_no_position() -> None:
    codec = PROTOCOL.codec(CodecContext("mqtt"))
    assert codec.receive(Publish(TOPIC, b""), NOW_MS) == (Message("other", "phone"),)


REJECTED: dict[str, tuple[Any, str]] = {
    "topic": (LOCATION, "owntracks/jane"),
    "JSON object is due": ([LOCATION], TOPIC),
    "lat and lon": ({"_type": "location", "lat": 1}, TOPIC),
    "no place": ({**LOCATION, "lat": 91}, TOPIC),
    "encrypted": ({"_type": "encrypted", "data": "x"}, TOPIC),
    "vel: a number": ({**LOCATION, "vel": "fast"}, TOPIC),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    document, topic = REJECTED[reason]
    with pytest.raises(ProtocolError, match=reason):
        published(document, topic)


def test_rejects_a_post_without_identity_and_plain_bytes() -> None:
    with pytest.raises(ProtocolError, match="no device identity"):
        posted({"_type": "location", "lat": 1, "lon": 2})
    with pytest.raises(ProtocolError, match="a publish is expected"):
        PROTOCOL.codec(CodecContext("mqtt")).receive(b"{}", NOW_MS)
