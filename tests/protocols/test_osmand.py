import json

import pytest

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, HttpRequest
from milepost.protocols.osmand import PROTOCOL
from milepost.protocols.osmand.encoder import OsmandEncoder
from milepost.simulator.rehearsal import http_requests

NOW_MS = 1_760_000_000_000


def codec():
    return PROTOCOL.codec(CodecContext("http"))


def asked(query: str) -> Message:
    (message,) = codec().receive(HttpRequest("GET", "/", query, {}, b""), NOW_MS)
    return message


def posted(document: object, query: str = "") -> Message:
    body = json.dumps(document).encode()
    (message,) = codec().receive(HttpRequest("POST", "/", query, {}, body), NOW_MS)
    return message


def test_accepts_a_query_with_its_speed_in_knots() -> None:
    message = asked("id=7&lat=52.5&lon=13.4&timestamp=1760000001&speed=10&bearing=90&altitude=34")
    (position,) = message.positions
    assert message.unique_id == "7"
    assert position.fix_time_ms == 1_760_000_001_000
    assert position.speed_kmh == pytest.approx(18.52)
    assert (position.course_deg, position.altitude_m, position.valid) == (90, 34, True)
    assert codec().acknowledge(message) == codec().refuse(message) == b""


@pytest.mark.parametrize("name", ("id", "deviceid", "device_id", "deviceId", "imei", "uniqueId"))
def test_accepts_many_names_of_the_identity(name: str) -> None:
    assert asked(f"{name}=7&lat=1&lon=2").unique_id == "7"


@pytest.mark.parametrize(
    "time",
    (
        "1760000000",
        "1760000000000",
        "2025-10-09T08:53:20Z",
        "2025-10-09 08:53:20",
        "2025-10-09T10:53:20%2B02:00",
    ),
)
def test_accepts_many_forms_of_time(time: str) -> None:
    assert asked(f"id=7&lat=1&lon=2&timestamp={time}").positions[0].fix_time_ms == NOW_MS


def test_accepts_a_form() -> None:
    request = HttpRequest("POST", "/", "", {}, b"id=7&location=52.5,13.4&batt=80")
    (message,) = codec().receive(request, NOW_MS)
    (position,) = message.positions
    assert (position.latitude_deg, position.longitude_deg) == (52.5, 13.4)
    assert position.fix_time_ms == NOW_MS
    assert position.attributes == {"trackerBatteryPct": "80"}


def test_a_report_without_a_place_is_a_status() -> None:
    (status,) = asked("id=7&cell=257,2,16,2224&cell=257,2,16,2223").positions
    assert not status.has_fix and not status.valid
    assert status.attributes == {"cells": "257-2-16-2224 257-2-16-2223"}


def test_cells_and_stations_with_their_strength() -> None:
    query = "id=7&cell=257,02,16,2224,-90&wifi=00-1C-B3-09-85-15,-70&wifi=a1:b2:c3:d4:e5:f6"
    (status,) = asked(query).positions
    assert status.attributes == {
        "cells": "257-2-16-2224@-90",
        "wifi": "00:1c:b3:09:85:15@-70 a1:b2:c3:d4:e5:f6",
    }


def test_cells_and_stations_of_another_form_stay_as_they_came() -> None:
    (status,) = asked("id=7&cell=257,x&wifi=home").positions
    assert status.attributes == {"cell": "257,x", "network": "home"}


@pytest.mark.parametrize(
    ("came", "alarm"),
    (
        ("sos", "sos"),
        ("powerCut", "power_cut"),
        ("hardBraking", "harsh_braking"),
        ("meteorite", "general"),
    ),
)
def test_alarms_get_our_names(came: str, alarm: str) -> None:
    assert asked(f"id=7&lat=1&lon=2&alarm={came}").positions[0].alarm == alarm


@pytest.mark.parametrize("odd", ("altitude=NaN", "ignition=perhaps", "sat=999", "speed=null"))
def test_a_measurement_that_is_none_costs_no_position(odd: str) -> None:
    (position,) = asked(f"id=7&lat=1&lon=2&{odd}").positions
    name, _, value = odd.partition("=")
    assert position.has_fix
    assert position.attributes == {name: value}


LOCATION = {
    "timestamp": "2025-10-09T08:53:20.000Z",
    "coords": {"latitude": 52.5, "longitude": 13.4, "speed": 10, "heading": 90, "altitude": 34},
    "battery": {"level": 0.82, "is_charging": True},
    "activity": {"type": "in_vehicle"},
    "odometer": 1234.5,
    "extras": {"trip": 7},
}


def test_accepts_json_with_its_speed_in_metres_per_second() -> None:
    message = posted({"location": LOCATION, "device_id": "7"})
    (position,) = message.positions
    assert message.unique_id == "7"
    assert position.fix_time_ms == NOW_MS
    assert (position.speed_kmh, position.odometer_m) == (36, 1234.5)
    assert position.attributes == {
        "activity": "in_vehicle",
        "charging": "true",
        "trackerBatteryPct": "82",
        "trip": "7",
    }


def test_accepts_a_batch_of_locations_with_the_identity_in_the_query() -> None:
    message = posted({"location": [LOCATION, LOCATION]}, "id=7")
    assert (message.unique_id, len(message.positions)) == ("7", 2)


def test_minus_one_is_unknown() -> None:
    unknown = {**LOCATION, "coords": {"latitude": 1, "longitude": 2, "speed": -1, "heading": -1}}
    (position,) = posted({"location": unknown, "id": "7"}).positions
    assert position.speed_kmh is position.course_deg is None


REJECTED_QUERIES = {
    "no device identity": "lat=1&lon=2",
    "latitude: a number": "id=7&lat=north&lon=2",
    "finite": "id=7&lat=nan&lon=2",
    "no place": "id=7&lat=91&lon=2",
    "ISO 8601": "id=7&timestamp=2025-13-45",
    "not between": "id=7&timestamp=-5000",
    "parameters": "&".join(f"a{number}=1" for number in range(300)),
}


@pytest.mark.parametrize("reason", REJECTED_QUERIES)
def test_rejects_query(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        asked(REJECTED_QUERIES[reason])


REJECTED_DOCUMENTS: dict[str, object] = {
    "no location": {"location": [], "id": "7"},
    "JSON object is due": {"location": 7, "id": "7"},
    "no device identity": {"location": LOCATION},
    "a number is due": {"location": {**LOCATION, "odometer": "far"}, "id": "7"},
}


@pytest.mark.parametrize("reason", REJECTED_DOCUMENTS)
def test_rejects_document(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        posted(REJECTED_DOCUMENTS[reason])


def test_rejects_what_is_no_json_and_no_http() -> None:
    with pytest.raises(ProtocolError, match="no JSON"):
        codec().receive(HttpRequest("POST", "/", "", {}, b"{"), NOW_MS)
    with pytest.raises(ProtocolError, match="HTTP request is expected"):
        codec().receive(b"GET /", NOW_MS)


def test_the_encoder_writes_a_time_that_is_read_as_it_was() -> None:
    for time_ms in (8_000, 946_684_808_123, 1_750_000_000_001):
        (request,) = http_requests(OsmandEncoder().positions("7", (Position(time_ms),)))
        (message,) = codec().receive(request, NOW_MS)
        assert message.positions[0].fix_time_ms == time_ms
