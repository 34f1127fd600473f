import pytest

from milepost.domain.command import CustomText, Interval, PositionNow, Reboot
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.watch import PROTOCOL

NOW_MS = 1_760_000_000_000
PLACE = (
    "{kind},091025,101112,A,52.500000,N,13.4000000,W,7.60,273.8,34.5,9,80,44,120,3,{state},"
    "2,255,262,1,7605,42530,118,7605,58036,119,1,my, home,a0:b1:c2:d3:e4:f5,-61,12.5"
)


def codec():
    return PROTOCOL.codec(CodecContext("tcp"))


def framed(content: str | bytes, head: str = "3G*1234567890") -> bytes:
    body = content.encode() if isinstance(content, str) else content
    return f"[{head}*{len(body):04X}*".encode() + body + b"]"


def decoded(content: str | bytes, head: str = "3G*1234567890") -> Message:
    (message,) = codec().receive(framed(content, head), NOW_MS)
    return message


def placed(kind: str = "UD", state: str = "00000000") -> Position:
    (position,) = decoded(PLACE.format(kind=kind, state=state)).positions
    return position


def status(content: str | bytes) -> dict[str, str]:
    (position,) = decoded(content).positions
    assert not position.has_fix and position.fix_time_ms == NOW_MS
    return position.attributes


def test_accepts_a_place_with_everything() -> None:
    assert placed() == Position(
        fix_time_ms=1_760_004_672_000,
        latitude_deg=52.5,
        longitude_deg=-13.4,
        altitude_m=34.5,
        speed_kmh=7.6,
        course_deg=273.8,
        satellites=9,
        attributes={
            "gsmSignal": "80",
            "trackerBatteryPct": "44",
            "steps": "120",
            "turnovers": "3",
            "status": "00000000",
            "cells": "262-1-7605-42530 262-1-7605-58036",
            "field:cellSignals": "118,119",
            "wifi": "a0:b1:c2:d3:e4:f5@-61",
            "accuracyM": "12.5",
        },
    )


def test_accepts_cells_in_hex() -> None:
    place = "UD,091025,101112,A,52.5,N,13.4,E,0,0,0,9,80,44,0,0,00000000,1,1,234,10,55C0,3B882A2,9"
    (position,) = decoded(place).positions
    assert position.attributes["cells"] == "234-10-21952-62423714"


def test_accepts_a_sign_in_place_of_a_hemisphere() -> None:
    (position,) = decoded("UD2,091025,101112,V,-9.9,N,-84.1,W,0,0").positions
    assert (position.latitude_deg, position.longitude_deg) == (-9.9, -84.1)
    assert not position.valid


def test_accepts_a_report_without_a_place() -> None:
    (position,) = decoded("UD,091025,101112,V,00.000000,N,000.0000000,E,22.0,0,0").positions
    assert not position.has_fix and not position.valid and position.speed_kmh is None


def test_what_is_beyond_the_globe_is_no_place() -> None:
    (position,) = decoded("UD,091025,101112,A,95.0,N,13.4,E,0,0").positions
    assert not position.has_fix
    assert position.attributes["badPlace"] == "95.0,13.4"


@pytest.mark.parametrize(
    ("kind", "state", "alarm", "codes"),
    [
        ("AL", "00010000", "sos", ("16",)),
        ("AL_LTE", "00020000", "low_battery", ("17",)),
        ("AL", "00040000", "geofence_exit", ("18",)),
        ("AL", "00080000", "geofence_enter", ("19",)),
        ("AL", "00100008", "removing", ("20",)),
        ("AL", "00200010", "fall", ("21",)),
        ("AL", "00000002", "geofence_exit", ("1",)),
        ("AL", "00000000", "general", ("AL",)),
        ("UD", "00000001", "low_battery", ("0",)),
        ("UD", "00000002", None, ()),
    ],
)
def test_alarms(kind: str, state: str, alarm: str | None, codes: tuple[str, ...]) -> None:
    position = placed(kind, state)
    assert (position.alarm, position.event_codes) == (alarm, codes)


def test_several_alarms_are_all_kept() -> None:
    position = placed("AL", "00110000")
    assert position.alarm == "sos"
    assert position.attributes["alarms"] == "sos,removing"


@pytest.mark.parametrize(
    ("content", "attributes"),
    [
        ("LK,120,3,44", {"steps": "120", "turnovers": "3", "trackerBatteryPct": "44"}),
        ("TEMP,36.5", {"bodyTempC": "36.5"}),
        ("btemp2,1,35.29", {"bodyTempC": "35.29"}),
        ("oxygen,0,98", {"bloodOxygenPct": "98"}),
        ("PULSE,72", {"heartRateBpm": "72"}),
        ("BLOOD,109,68", {"bloodPressure": "109/68"}),
        (
            "bphrt,120,79,73,170,1,40,60",
            {"bloodPressure": "120/79", "heartRateBpm": "73", "extra": "170,1,40,60"},
        ),
        (b"TK,#!AMR\xff]", {"audio": "2321414d52ff5d"}),
        (b"img,5,251009101112,\xff\xd8", {"photo": "ffd8"}),
        (
            b"JXTK,0,a.amr,1,6,#!",
            {"media": "a.amr", "index": "1", "field:parts": "6", "audio": "2321"},
        ),
    ],
)
def test_accepts_values_without_a_place(content: str | bytes, attributes: dict[str, str]) -> None:
    assert status(content) == attributes


@pytest.mark.parametrize(
    ("content", "kind", "answer"),
    [
        ("LK", "heartbeat", b"[3G*1234567890*0002*LK]"),
        ("LK,0,0,53", "heartbeat", b"[3G*1234567890*0002*LK]"),
        ("TKQ", "heartbeat", b"[3G*1234567890*0003*TKQ]"),
        ("INIT,123,1,V1", "login", b"[3G*1234567890*0006*INIT,1]"),
        ("CONFIG,TY:G36,UL:600", "login", b"[3G*1234567890*0008*CONFIG,1]"),
        ("bphrt,120,79,73", "positions", b"[3G*1234567890*0005*bphrt]"),
        (PLACE.format(kind="AL", state="00010000"), "positions", b"[3G*1234567890*0002*AL]"),
        (PLACE.format(kind="UD", state="00000000"), "positions", b""),
        (b"TK,#!AMR", "positions", b"[3G*1234567890*0004*TK,1]"),
        ("PULSE", "other", b"[3G*1234567890*0005*PULSE]"),
    ],
)
def test_kinds_and_acknowledgements(content: str | bytes, kind: str, answer: bytes) -> None:
    message = decoded(content)
    assert (message.kind, message.unique_id) == (kind, "1234567890")
    assert codec().acknowledge(message) == answer
    assert codec().refuse(message) == b""


def test_a_serial_number_is_repeated() -> None:
    message = decoded(b"JXTK,0,a,1,6,#!", "ZJ*789468050042692*0034")
    assert codec().acknowledge(message) == b"[ZJ*789468050042692*0034*0007*JXTKR,1]"


def test_answers_to_commands_are_responses() -> None:
    message = decoded("TS,ver:G36,ID:1")
    assert (message.kind, message.text) == ("response", "TS,ver:G36,ID:1")
    assert [decoded(text).accepted for text in ("TK,1", "TK,0")] == [True, False]


def test_accepts_escaped_recordings_by_either_length() -> None:
    escaped = b"TK,#}\x01}\x02}\x03}\x04}\x05"
    assert status(escaped)["audio"] == b"#}[],*".hex()
    (message,) = codec().receive(b"[3G*1234567890*0009*" + escaped + b"]", NOW_MS)
    assert message.positions[0].attributes["audio"] == b"#}[],*".hex()


@pytest.mark.parametrize("stated", (2, 5, 9, 40))
def test_accepts_texts_that_miscount(stated: int) -> None:
    frame = f"[3G*1234567890*{stated:04x}*LK,0,0,53]".encode()
    for wire in (frame, frame + frame):
        messages = codec().receive(wire, NOW_MS)
        assert [m.positions[0].attributes["trackerBatteryPct"] for m in messages] == ["53"] * (
            len(wire) // len(frame)
        )


def test_accepts_brackets_in_names_of_stations() -> None:
    frame = framed(PLACE.format(kind="UD", state="00000000").replace("home", "[A/C]e7"))
    subject = codec()
    pieces = [subject.receive(bytes((byte,)), NOW_MS) for byte in frame]
    assert [len(messages) for messages in pieces] == [0] * (len(frame) - 1) + [1]


def test_goes_on_after_what_is_no_frame() -> None:
    subject = codec()
    assert len(subject.receive(b"\r\n[?]" + framed("LK") + b"\r\n", NOW_MS)) == 1
    with pytest.raises(ProtocolError, match="no frame begins"):
        subject.receive(b"", NOW_MS)
    assert len(subject.receive(framed("LK"), NOW_MS)) == 1


REJECTED: dict[str, bytes] = {
    "no frame begins": b"GET / HTTP/1.1",
    "a keyword is due": framed("L K,1"),
    "there is no date": framed("UD,310225,101112,A,1,N,2,E"),
    "there is no time": framed("UD,091025,251112,A,1,N,2,E"),
    "a number is due": framed("UD,091025,101112,A,1x,N,2,E"),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


@pytest.mark.parametrize(
    ("command", "content"),
    [
        (PositionNow(), "CR"),
        (Interval(300), "UPLOAD,300"),
        (Reboot(), "RESET"),
        (CustomText("VERNO"), "VERNO"),
    ],
)
def test_commands_speak_as_the_watch_does(command: object, content: str) -> None:
    token = decoded("LK").token
    order = Order("1234567890", 7, token)
    assert written("watch", PROTOCOL.commands, command, order).lower() == framed(content).lower()
    numbered = Order("1234567890", 7, decoded("LK", "ZJ*1234567890*0034").token)
    head = b"[ZJ*1234567890*0007*"
    assert written("watch", PROTOCOL.commands, command, numbered).startswith(head)
