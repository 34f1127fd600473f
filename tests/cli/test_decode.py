"""`milepost decode` as support engineers pipe frames through it."""

import json
import subprocess
import sys
from typing import Any

import pytest

from milepost import protocols
from milepost.cli.decode import Decoder, protocol_of
from milepost.cli.decode_input import read_line
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.teltonika.encoder import encode_datagram
from milepost.registry import discover
from tests.protocols.vectors import FOLDER, PROTOCOLS_WITH_VECTORS, replayed

LOGIN = "78780d01086471700328358100093f040d0a"
HEARTBEAT = "78780b23c00122040001000818720d0a"
FIX = (
    "78782a31180613012b39cc0274c4dc050d7cd000180002d4000ac3c70dbdc4150100000000000002a6000ea40b0d0a"
)
DAMAGED = "7878121011091c0b1b2999058508040097a89e0034520d0a"
H02 = "*HQ,4210051415,V1,164549,A,0956.3869,N,08406.7068,W,000.00,000,221215,FFFFFBFF"


def decoded(protocol: str, *frames: Any, lenient: bool = False) -> list[dict[str, Any]]:
    lines = [frame if isinstance(frame, str) else json.dumps(frame) for frame in frames]
    return list(Decoder(protocol_of(protocol), lenient=lenient).decode(lines))


def binary(payload: str, **more: Any) -> dict[str, Any]:
    return {"transport": "binary", "payload": payload, **more}


def run(protocol: str, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "milepost.cli.main", "decode", protocol, *options]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def test_the_login_holds_for_the_lines_that_follow() -> None:
    login, heartbeat, position = decoded("gt06", binary(LOGIN), binary(HEARTBEAT), binary(FIX))
    assert login == {"input": 0, "type": "login", "deviceId": "864717003283581"}
    assert (heartbeat["type"], heartbeat["deviceId"]) == ("heartbeat", "864717003283581")
    assert (position["type"], position["input"]) == ("position", 2)
    assert position["deviceId"] == "864717003283581"
    assert position["fixTime"] == "2024-06-19T01:43:57.000Z"
    assert position["latitudeDeg"] == pytest.approx(-22.8928, abs=1e-4)


def test_a_name_of_other_software_is_understood() -> None:
    for protocol in discover(protocols, "PROTOCOL", DeviceProtocol).values():
        for alias in protocol.aliases:
            assert protocol_of(alias) == protocol


def test_instances_are_connections_of_their_own() -> None:
    one, other = binary(LOGIN, instance="one"), binary(HEARTBEAT, instance="other")
    login, stranger, own = decoded("gt06", one, other, binary(HEARTBEAT, instance="one"))
    assert (login["deviceId"], stranger["deviceId"]) == ("864717003283581", None)
    assert own["deviceId"] == "864717003283581"


def test_options_are_taken_by_either_name() -> None:
    frame = read_line('{"payload": "", "config": {"setLongDate": true, "form": "%BC"}}')
    assert frame.options == {"longDate": "true", "form": "%BC"}


def test_damaged_frames_need_lenient_and_are_marked() -> None:
    (error,) = decoded("gt06", binary(DAMAGED))
    assert (error["type"], error["code"], error["input"]) == ("error", "protocol_error", 0)
    (position,) = decoded("gt06", binary(DAMAGED), lenient=True)
    assert position["type"] == "position"
    assert position["damaged"] is True


def test_it_goes_on_after_every_kind_of_bad_line() -> None:
    lines = decoded(
        "gt06",
        "no json",
        "7",
        "",
        {"transport": "binary", "payload": "xyz"},
        binary("00"),
        binary(FIX),
    )
    assert [(line["input"], line["type"]) for line in lines] == [
        (0, "error"),
        (1, "error"),
        (3, "error"),
        (4, "error"),
        (5, "position"),
    ]


def test_a_frame_may_come_in_two_lines() -> None:
    (position,) = decoded("gt06", binary(FIX[:40]), binary(FIX[40:]))
    assert (position["type"], position["input"]) == ("position", 1)


def test_a_frame_that_is_never_finished_is_an_error_of_its_line() -> None:
    half = binary(FIX[:40])
    error, position = decoded("gt06", half, binary(FIX))
    assert (error["input"], error["type"]) == (0, "error")
    assert (position["input"], position["type"]) == (1, "position")
    assert [line["input"] for line in decoded("gt06", half)] == [0]


def test_a_frame_without_its_end_may_be_a_datagram() -> None:
    """As a stream it lacks its last line end; a text in a datagram needs none."""
    line = "#SD#251009;085320;5230.0000;N;01324.0000;E;60;90;40;7"
    login = {"transport": "binary", "payload": b"#L#350000000000006;NA\r\n".hex()}
    told, position = decoded("wialon", login, binary(line.encode().hex()))
    assert (told["type"], position["type"], position["input"]) == ("login", "position", 1)
    assert position["deviceId"] == "350000000000006"


def test_several_frames_in_a_line_and_the_error_among_them() -> None:
    lines = decoded("gt06", binary(FIX + "aabb" + FIX))
    assert [line["type"] for line in lines] == ["position", "position", "error"]
    assert {line["input"] for line in lines} == {0}


@pytest.mark.parametrize("transport", ("text", "buffer"))
@pytest.mark.parametrize("end", ("", "#"))
def test_text_with_or_without_its_delimiter(transport: str, end: str) -> None:
    (position,) = decoded("h02", {"transport": transport, "payload": H02 + end})
    assert position["deviceId"] == "4210051415"
    assert position["latitudeDeg"] == pytest.approx(9.93978, abs=1e-5)


def test_text_in_hex() -> None:
    payload = (H02 + "#").encode().hex()
    frame = {"transport": "buffer", "payload": payload, "payload_encoding": "hex"}
    assert decoded("h02", frame)[0]["type"] == "position"


QUERY = "id=7&lat=52.5&lon=13.4&timestamp=1760000000"


@pytest.mark.parametrize(
    "frame",
    (
        {"transport": "http", "payload": f"GET /?{QUERY} HTTP/1.1\r\nHost: x\r\n\r\n"},
        {"transport": "http", "payload": f"POST / HTTP/1.1\r\nHost: x\r\n\r\n{QUERY}"},
        {"transport": "http", "payload": f"/?{QUERY}"},
        {"transport": "http", "payload": QUERY},
        {"transport": "http", "http": {"uri": f"/?{QUERY}"}},
        {"transport": "http", "http": {"path": "/", "query": QUERY}},
        {"transport": "http", "payload": QUERY, "http": {"method": "POST", "uri": "/"}},
        {"transport": "http-request", "http": {"method": "POST", "uri": "/", "body": QUERY}},
        {"transport": "text", "payload": QUERY},
    ),
)
def test_http_in_every_form(frame: dict[str, Any]) -> None:
    (position,) = decoded("osmand", frame)
    assert (position["type"], position["deviceId"]) == ("position", "7")
    assert position["fixTime"] == "2025-10-09T08:53:20.000Z"


@pytest.mark.parametrize(
    "where", ({"topic": "owntracks/a/b"}, {"mqtt": {"topic": "owntracks/a/b"}})
)
def test_mqtt_with_its_topic(where: dict[str, Any]) -> None:
    document = {"_type": "location", "lat": 1, "lon": 2, "tst": 1_760_000_000}
    for payload in (document, json.dumps(document)):
        (position,) = decoded("owntracks", {"transport": "mqtt", "payload": payload, **where})
        assert (position["type"], position["deviceId"]) == ("position", "b")


def test_a_datagram_is_recognised_where_the_protocol_has_both() -> None:
    imei = "352093086403655"
    datagram = encode_datagram(imei, [Position(1_760_000_000_000, 52.5, 13.4)], 1, 1).hex()
    for frame in (binary(datagram), {"transport": "udp", "payload": datagram}):
        (position,) = decoded("teltonika", frame)
        assert (position["type"], position["deviceId"]) == ("position", imei)


@pytest.mark.parametrize("name", PROTOCOLS_WITH_VECTORS)
def test_captured_traffic_gives_a_line_for_every_line(name: str) -> None:
    text = (FOLDER / "decode" / f"{name}.jsonl").read_text()
    done = run(name, text, "--lenient")
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["input"] for line in lines} == set(range(len(text.splitlines())))
    kept = [json.loads(line) for line in text.splitlines()]
    outcomes = [outcome for _, outcome, _ in replayed(protocol_of(name), kept)]
    refused = sum(isinstance(outcome, ProtocolError) for outcome in outcomes)
    assert sum(line["type"] == "error" for line in lines) == refused


def test_exit_codes() -> None:
    assert run("gt06", "").returncode == 0
    assert run("gt06", json.dumps(binary("00"))).returncode == 0
    assert run("gt06", "no json").returncode == 1
    unknown = run("morse", "")
    assert unknown.returncode == 2
    assert "teltonika" in unknown.stderr


def test_protocols_are_found_by_name_as_people_write_it() -> None:
    assert protocol_of("MQTT-JSON").name == "mqtt_json"
    with pytest.raises(InvalidInput):
        protocol_of("morse")
