import struct
from typing import Any

import pytest

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.arnavi.codec import ArnaviCodec, FrameMeasure
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.wire.checksums import sum8, xor8

NOW_MS = 1_760_000_000_000
TIME = (1_521_113_853).to_bytes(4, "little")
STATE = "999999,12487,2277,203,-1,1,1,193,7,65535,1,13"
PLACE = "200741,5950.6773N,03029.1043E,10.0,36.0,121012"
V3 = f"AV,V3,{STATE},{PLACE}"


def codec(*, lenient: bool = False) -> ArnaviCodec:
    return ArnaviCodec(CodecContext("tcp", lenient))


def text(content: str) -> bytes:
    return f"${content}*{xor8(content.encode()):02X}\r\n".encode()


def tag(number: int, value: bytes) -> bytes:
    return bytes((number,)) + value


def packet(kind: int, content: bytes) -> bytes:
    timed = TIME + content
    return bytes((kind,)) + len(content).to_bytes(2, "little") + timed + bytes((sum8(timed),))


def package(*packets: bytes, number: int = 7) -> bytes:
    return bytes((0x5B, number)) + b"".join(packets) + b"\x5d"


def only(frame: bytes) -> Message:
    (message,) = codec().receive(frame, NOW_MS)
    return message


PLACED = tag(3, struct.pack("<f", 55.5)) + tag(4, struct.pack("<f", -37.25))


def test_accepts_tags_with_their_units() -> None:
    content = PLACED + b"".join(
        (
            tag(1, struct.pack("<HH", 4021, 27741)),
            tag(5, bytes((0x74, 0x14, 0x75, 41))),
            tag(7, struct.pack("<HH", 54879, 5019)),
            tag(8, bytes((2, 250, 0, 24))),
            tag(52, struct.pack("<I", 343_000)),
            tag(53, struct.pack("<I", 18_921_337)),
            tag(54, struct.pack("<I", 593_520)),
            tag(56, struct.pack("<I", 451)),
            tag(57, struct.pack("<I", 974)),
            tag(58, struct.pack("<i", -5)),
            tag(59, struct.pack("<I", 78)),
            tag(99, struct.pack("<I", 1)),
            tag(151, struct.pack("<I", 219)),
        )
    )
    (position,) = only(package(packet(1, content))).positions
    assert position.fix_time_ms == 1_521_113_853_000
    assert (position.latitude_deg, position.longitude_deg) == (55.5, -37.25)
    assert position.valid
    assert position.speed_kmh == pytest.approx(75.932)
    assert (position.course_deg, position.altitude_m, position.satellites) == (232, 200, 12)
    assert position.battery_v == pytest.approx(27.741)
    assert position.hdop == pytest.approx(2.19)
    assert (position.engine_hours_h, position.fuel_used_l) == (3430, 59_352)
    assert position.fuel_level_pct == pytest.approx(45.1)
    assert (position.engine_rpm, position.coolant_temp_c) == (974, -5)
    assert position.signals == {
        "Vehicle.Speed": 78.0,
        "Vehicle.TraveledDistance": 189_213_370.0,
    }
    assert position.attributes == {
        "trackerBatteryV": "4.021",
        "tag:99": "1",
        "gsmSignal": "24",
        "cells": "250-2-54879-5019",
    }


def test_without_a_place_there_is_no_motion() -> None:
    nowhere = tag(3, b"\x00\x00\xc0\x7f") + tag(4, bytes(4)) + tag(5, bytes((1, 1, 0, 9)))
    (position,) = only(package(packet(1, nowhere))).positions
    assert not position.has_fix and position.speed_kmh is None


def test_a_package_of_several_packets_has_one_answer() -> None:
    message = only(package(packet(1, PLACED), packet(1, PLACED), number=0xAE))
    assert len(message.positions) == 2
    assert codec().acknowledge(message) == b"\x7b\x00\xae\x7d"
    assert codec().refuse(message) == b""


@pytest.mark.parametrize(
    ("version", "tail", "answer"),
    (
        (0x22, b"", "7b00007d"),
        (0x23, b"", "7b0400c70078e7687d"),
        (0x24, bytes(8), "7b0400c70078e7687d"),
        (0x25, b"", "7b0400c70078e7687d"),
    ),
)
def test_headers_are_logins(version: int, tail: bytes, answer: str) -> None:
    message = only(bytes((0xFF, version)) + (865_209_039_777_769).to_bytes(8, "little") + tail)
    assert (message.kind, message.unique_id) == ("login", "865209039777769")
    assert codec().acknowledge(message).hex() == answer


def test_texts_files_and_unknown_packets() -> None:
    message = only(package(packet(3, b"traccar")))
    assert (message.kind, message.text) == ("response", "traccar")
    assert only(package(packet(4, b"\x05\0\0\0\xff\xd8"))).attributes == {
        "index": "5",
        "photo": "ffd8",
    }
    assert only(package(packet(6, PLACED))).positions
    assert only(package(packet(6, b"ab"))).attributes == {"packet:6": "6162"}
    assert only(package(packet(9, b"ab"))).attributes == {"packet:9": "6162"}


def test_an_answer_to_a_command() -> None:
    message = only(b"\x5b\xfd\x00\x5d")
    assert (message.kind, message.accepted) == ("response", True)
    assert only(b"\x5b\xfd\x02\x5d").accepted is False


def test_accepts_a_text_with_its_units() -> None:
    message = only(text(V3))
    assert message.unique_id == "999999"
    assert codec().acknowledge(message) == b"RCPTOK\r\n"
    (position,) = message.positions
    assert position.fix_time_ms == 1_350_072_461_000
    assert position.latitude_deg == pytest.approx(59 + 50.6773 / 60)
    assert position.longitude_deg == pytest.approx(30 + 29.1043 / 60)
    assert position.speed_kmh == pytest.approx(18.52)
    assert (position.course_deg, position.satellites, position.valid) == (36, 13, True)
    assert (position.battery_v, position.ignition) == (22.77, True)
    assert position.attributes == {
        "index": "12487",
        "trackerBatteryV": "2.03",
        "motion": "true",
        "inputs": "193",
        "counter1": "7",
    }


def test_altitude_comes_before_the_time() -> None:
    (position,) = only(text(f"AV,V4,{STATE},80.0,56.1,{PLACE}")).positions
    assert position.altitude_m == 80
    (position,) = only(text(f"AV,V4,{STATE},,,{PLACE}")).positions
    assert position.altitude_m is None


def test_a_clock_that_is_not_set_gives_the_time_of_reception() -> None:
    (position,) = only(text(V3.replace("121012", "060180"))).positions
    assert position.fix_time_ms == NOW_MS


def test_other_texts_are_kept() -> None:
    message = only(text("AV,V3DI,85164,20707,863071013041618,89997077111301204297,"))
    assert message.kind == "other"
    assert message.attributes["imei"] == "863071013041618"
    assert message.attributes["iccid"] == "89997077111301204297"
    assert only(text("AV,V6SD,85164,1,2")).attributes == {"type:V6SD": "1,2"}


def test_wrong_checksums_pass_only_leniently() -> None:
    for frame in (text(V3).replace(b"V3,9", b"V3,8"), package(packet(1, PLACED))[:-2] + b"\x00]"):
        with pytest.raises(ProtocolError, match="wrong checksum"):
            codec().receive(frame, NOW_MS)
        (message,) = codec(lenient=True).receive(frame, NOW_MS)
        assert message.damaged and message.positions[0].damaged


REJECTED: dict[str, bytes] = {
    "nothing begins with": b"GET",
    "a header of version": b"\xff\x99",
    "an answer without end": b"\x5b\xfd\x00\x00",
    "no whole number of tags": package(packet(1, b"abc")),
    "a text without end": b"$" + b"A" * 2100,
    "not printable": text("AV,V3,1\x01"),
    "no frame of Arnavi": text("XX,V3,1"),
    "no identity": text("AV,V3,?,1"),
    "without a place": text("AV,V3,1,2,3"),
    "a report of": text("AV,V3,1,2,3,4,5N,6E"),
    "a receiver of": text(V3.replace(",7,65535,1,13", ",1,13")),
    "there is no date": text(V3.replace("121012", "311112")),
    "there is no time": text(V3.replace("200741", "250741")),
    "supply": text(V3.replace("2277", "x")),
    "satellites": text(V3.replace(",13,", ",x,")),
    "speed": text(V3.replace("10.0", "x")),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


class Walked(bytes):
    """Bytes that count how often one of them is looked at."""

    looks = 0

    def __getitem__(self, key: Any) -> Any:
        Walked.looks += 1
        return super().__getitem__(key)


def test_a_long_package_is_not_walked_anew_with_every_byte() -> None:
    measure, wire = FrameMeasure(), package(*[packet(0x20, b"")] * 500)
    Walked.looks = 0
    for end in range(1, len(wire)):
        assert measure(Walked(wire[:end]), 0) < 0
    assert measure(Walked(wire), 0) == len(wire)
    assert Walked.looks < 8 * len(wire)
    assert measure(Walked(wire + wire), len(wire)) == len(wire)
