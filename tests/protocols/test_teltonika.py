import struct

import pytest

from milepost.domain.command import (
    CustomText,
    EngineResume,
    EngineStop,
    Interval,
    OutputOff,
    OutputOn,
    PositionNow,
    Reboot,
    SetOdometer,
)
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, HttpRequest
from milepost.protocols.teltonika import PROTOCOL
from milepost.protocols.teltonika.encoder import TeltonikaEncoder, encode_datagram
from milepost.protocols.wire.checksums import crc16_ibm

NOW_MS = 1_760_000_000_000
IMEI = "356307042441013"
FIX = Position(NOW_MS, 52.5, 13.4, 34.0, 50.0, 90.0, satellites=9, ignition=True)
RECORD_HEAD = struct.Struct(">QBiihHBHHH")


def codec(*, lenient: bool = False, transport: str = "tcp"):
    return PROTOCOL.codec(CodecContext(transport, lenient))


def frame(body: bytes) -> bytes:
    return struct.pack(">II", 0, len(body)) + body + struct.pack(">I", crc16_ibm(body))


def record(*, groups: bytes = bytes(10), **changed: int) -> bytes:
    head = {
        "time": NOW_MS,
        "priority": 0,
        "longitude": 134_000_000,
        "latitude": 525_000_000,
        "altitude": 34,
        "course": 90,
        "satellites": 9,
        "speed": 50,
        "event": 0,
        "total": 0,
        **changed,
    }
    return RECORD_HEAD.pack(*head.values()) + groups


def one(*, groups: bytes = bytes(10), **changed: int) -> Position:
    body = b"\x8e\x01" + record(groups=groups, **changed) + b"\x01"
    (message,) = codec().receive(frame(body), NOW_MS)
    return message.positions[0]


def only_bytes(element_id: int, value: int) -> bytes:
    return struct.pack(">HHB", 1, element_id, value) + bytes(8)


def test_accepts_a_login_and_answers_it() -> None:
    speaking = codec()
    (login,) = speaking.receive(TeltonikaEncoder().login(IMEI), NOW_MS)
    assert login == Message("login", IMEI)
    assert speaking.acknowledge(login) == b"\x01"
    assert speaking.refuse(login) == b"\x00"


def test_accepts_records_and_answers_with_their_number() -> None:
    speaking = codec()
    (message,) = speaking.receive(TeltonikaEncoder().positions(IMEI, [FIX] * 3), NOW_MS)
    assert len(message.positions) == 3
    assert speaking.acknowledge(message) == b"\0\0\0\x03"
    assert speaking.refuse(message) == b""


def test_accepts_a_datagram_and_answers_with_seven_bytes() -> None:
    speaking = codec(transport="udp")
    (message,) = speaking.receive(encode_datagram(IMEI, [FIX, FIX], 0xCAFE, 7), NOW_MS)
    assert message.unique_id == IMEI
    assert speaking.acknowledge(message) == bytes.fromhex("0005cafe010702")


def test_accepts_the_ping_byte() -> None:
    assert codec().receive(b"\xff", NOW_MS) == [Message("heartbeat")]


def test_encodes_more_than_255_positions_as_several_frames() -> None:
    messages = codec().receive(TeltonikaEncoder().positions(IMEI, [FIX] * 300), NOW_MS)
    assert [len(message.positions) for message in messages] == [255, 45]


def test_a_place_without_satellites_is_the_last_known_and_not_valid() -> None:
    position = one(satellites=0)
    assert (position.latitude_deg, position.longitude_deg) == (52.5, 13.4)
    assert not position.valid


def test_zero_zero_is_no_place_and_keeps_the_measurements() -> None:
    position = one(latitude=0, longitude=0, groups=only_bytes(239, 1))
    assert not position.has_fix
    assert position.ignition is True
    assert position.speed_kmh is None


def test_a_place_beyond_the_earth_is_none() -> None:
    assert not one(latitude=900_000_001).has_fix
    assert not one(longitude=-1_800_000_001).has_fix


def test_what_the_device_does_not_know_is_none() -> None:
    assert one(speed=0xFFFF).speed_kmh is None
    assert one(course=361).course_deg is None


def test_unknown_elements_are_kept_in_hex() -> None:
    assert one(groups=only_bytes(9999, 0x2A)).attributes == {"io:9999": "2a"}


def test_signed_elements_can_be_negative() -> None:
    assert one(groups=only_bytes(32, 0xF6)).coolant_temp_c == -10


def test_an_event_raises_its_alarm() -> None:
    position = one(groups=only_bytes(253, 2), event=253)
    assert position.alarm == "harsh_braking"
    assert position.event_codes == ("253",)
    assert one(groups=only_bytes(253, 2)).alarm is None


def test_records_of_alternating_shape_are_told_apart() -> None:
    body = b"\x8e\x03" + record(groups=only_bytes(239, 1)) + record(groups=only_bytes(240, 1))
    body += record(groups=only_bytes(239, 0)) + b"\x03"
    (message,) = codec().receive(frame(body), NOW_MS)
    assert [position.ignition for position in message.positions] == [True, None, False]
    assert message.positions[1].signals == {"Vehicle.IsMoving": 1.0}


def test_a_text_element_is_a_text() -> None:
    vin = b"WVWZZZ1JZXW000001"
    groups = bytes(8) + struct.pack(">HHH", 1, 256, len(vin)) + vin
    assert one(groups=groups).attributes == {"vin": vin.decode()}


def test_a_list_that_is_broken_is_kept_in_hex() -> None:
    groups = bytes(8) + struct.pack(">HHH", 1, 548, 3) + b"\x01\x09\x00"
    assert one(groups=groups).attributes == {"io:548": "010900"}


def test_answers_to_commands_are_responses() -> None:
    body = struct.pack(">BBBI", 12, 1, 6, 4) + b"OK\r\n\x01"
    assert codec().receive(frame(body), NOW_MS) == [Message("response", text="OK")]


def elements_of(**groups: tuple[tuple[int, int], ...]) -> bytes:
    """8E's groups `b`, `h`, `i`, `q` of (id, value)."""
    content = b""
    for code in "BHIQ":
        of_width = groups.get(code.lower(), ())
        content += struct.pack(">H", len(of_width))
        content += b"".join(struct.pack(f">H{code}", *each) for each in of_width)
    return content + b"\0\0"


def test_a_whole_record_is_exact() -> None:
    groups = elements_of(
        b=((239, 1), (240, 1), (21, 4), (89, 64), (32, 0xF6)),
        h=((66, 13_912), (182, 8), (181, 12), (206, 4711), (85, 1850)),
        i=((16, 123_456), (241, 26_202), (636, 815), (102, 90), (83, 1234)),
        q=((78, 0x0100_0012_AB34_CD01),),
    )
    assert one(groups=groups) == Position(
        fix_time_ms=NOW_MS,
        latitude_deg=52.5,
        longitude_deg=13.4,
        altitude_m=34.0,
        speed_kmh=50.0,
        course_deg=90.0,
        hdop=0.8,
        satellites=9,
        ignition=True,
        odometer_m=123_456.0,
        engine_hours_h=1.5,
        fuel_level_pct=64.0,
        fuel_used_l=123.4,
        engine_rpm=1850.0,
        coolant_temp_c=-10.0,
        battery_v=13.912,
        signals={"Vehicle.IsMoving": 1.0},
        attributes={
            "gsmSignal": "4",
            "pdop": "1.2",
            "operator": "26202",
            "cells": "262-2-4711-815",
            "driverUniqueId": "01000012AB34CD01",
        },
    )


def test_without_an_operator_a_cell_stays_in_parts() -> None:
    position = one(groups=elements_of(h=((205, 815), (206, 4711))))
    assert position.attributes == {"cellId": "815", "areaCode": "4711"}
    position = one(groups=elements_of(h=((205, 815), (206, 4711)), i=((241, 41),)))
    assert position.attributes == {"cellId": "815", "areaCode": "4711", "operator": "41"}


def test_what_is_of_another_length_is_not_misread() -> None:
    position = one(groups=elements_of(b=((85, 56),), h=((4, 1),), i=((113, 7),)))
    assert position.engine_rpm is None
    assert position.attributes == {"io:85": "38", "io:4": "0001", "io:113": "00000007"}


def test_the_same_id_can_mean_two_things_by_its_length() -> None:
    assert one(groups=elements_of(b=((4, 1),))).attributes == {"din4": "1"}
    assert one(groups=elements_of(i=((4, 7),))).attributes == {"counter1": "7"}


def test_a_missing_sensor_and_no_key_give_nothing() -> None:
    groups = elements_of(h=((25, 3000), (26, 2150)), i=((72, 850),), q=((78, 0),))
    assert one(groups=groups).attributes == {"bleTemp2C": "21.5"}


def test_a_tachograph_card_has_two_halves() -> None:
    first, second = (int.from_bytes(half, "big") for half in (b"DF000001", b"23456700"))
    groups = elements_of(q=((147, first), (148, second)))
    assert one(groups=groups).attributes == {"driver1Card": "DF00000123456700"}


def test_minutes_of_driving_are_seconds() -> None:
    assert one(groups=elements_of(h=((139, 61),))).attributes == {"driver1DrivingS": "3660"}


def test_fences_up_to_50() -> None:
    position = one(groups=elements_of(b=((231, 1),)), event=231)
    assert (position.alarm, position.attributes) == ("geofence_enter", {"geofence50": "1"})


def test_a_drivers_name_identifies_where_there_is_no_card() -> None:
    name = bytes(8) + struct.pack(">HHH", 1, 403, 3) + b"Ada"
    assert one(groups=name).attributes == {"driverName": "Ada", "driverUniqueId": "Ada"}
    both = bytes(8) + struct.pack(">HHH", 2, 403, 3) + b"Ada" + struct.pack(">HH", 406, 2) + b"17"
    assert one(groups=both).attributes == {"driverName": "Ada", "driverUniqueId": "17"}


def test_codec_16_says_why_a_record_was_made() -> None:
    head = struct.pack(">QBiihHBHHBB", NOW_MS, 0, 134_000_000, 525_000_000, 34, 90, 9, 50, 0, 7, 0)
    body = b"\x10\x01" + head + bytes(4) + b"\x01"
    (message,) = codec().receive(frame(body), NOW_MS)
    assert message.positions[0].attributes == {"uploadReason": "7"}


def test_the_answer_to_getgps_has_a_position() -> None:
    text = b"GPS:1 Sat:7 Lat:54.5 Long:25.25 Alt:147 Speed:9 Dir:77 Date: 2017/6/16 Time: 12:58:37"
    body = struct.pack(">BBBI", 12, 1, 6, len(text)) + text + b"\x01"
    (message,) = codec().receive(frame(body), NOW_MS)
    assert message.kind == "response"
    assert message.positions == (
        Position(1_497_617_917_000, 54.5, 25.25, 147.0, 9.0, 77.0, satellites=7),
    )


@pytest.mark.parametrize("text", (b"Lat:x Long:1", b"Lat:1 Long:1 Date: 2017/13/1 Time: 1:1:1"))
def test_an_answer_without_a_place_has_no_position(text: bytes) -> None:
    body = struct.pack(">BBBI", 12, 1, 6, len(text)) + text + b"\x01"
    (message,) = codec().receive(frame(body), NOW_MS)
    assert (message.kind, message.positions) == ("response", ())


def test_a_refused_command_is_not_accepted() -> None:
    content = bytes.fromhex("0" + IMEI)
    body = struct.pack(">BBBI", 14, 1, 0x11, len(content)) + content + b"\x01"
    (message,) = codec().receive(frame(body), NOW_MS)
    assert (message.kind, message.accepted) == ("response", False)


ORDER = Order(IMEI, number=7)
COMMAND_TEXTS = {
    EngineStop(): "setdigout 1",
    EngineResume(): "setdigout 0",
    OutputOn(2): "setdigout ?1",
    OutputOff(3): "setdigout ??0",
    PositionNow(): "getgps",
    Interval(30): "setparam 10050:30;10055:30;10150:30;10155:30;10250:30;10255:30",
    Reboot(): "cpureset",
    SetOdometer(123_456.0): "odoset:123456",
    CustomText("getver"): "getver",
}


@pytest.mark.parametrize("command", COMMAND_TEXTS)
def test_commands_are_texts_of_codec_12(command) -> None:
    text = COMMAND_TEXTS[command].encode()
    expected = frame(struct.pack(">BBBI", 12, 1, 5, len(text)) + text + b"\x01")
    assert written("teltonika", PROTOCOL.commands, command, ORDER) == expected


@pytest.mark.parametrize("command", (OutputOn(5), CustomText("grüße")))
def test_rejects_a_command(command) -> None:
    with pytest.raises(InvalidInput):
        written("teltonika", PROTOCOL.commands, command, ORDER)


def test_codec_14_names_the_device() -> None:
    content = bytes.fromhex("0" + IMEI) + b"done"
    body = struct.pack(">BBBI", 14, 1, 6, len(content)) + content + b"\x01"
    assert codec().receive(frame(body), NOW_MS) == [Message("response", IMEI, text="done")]


def test_lenient_devices_get_their_damaged_frames_marked() -> None:
    damaged = TeltonikaEncoder().positions(IMEI, [FIX])[:-1] + b"\x99"
    (message,) = codec(lenient=True).receive(damaged, NOW_MS)
    assert message.damaged and message.positions[0].damaged


REJECTED = {
    "checksum .* came": TeltonikaEncoder().positions(IMEI, [FIX])[:-1] + b"\x99",
    "preamble": b"\0\0\0\1\0\0\0\x10",
    "identity of": b"\0\x40" + b"1" * 64,
    "letters and digits": b"\0\x03\x01\x02\x03",
    "data length": bytes(8),
    "allowed are": struct.pack(">II", 0, 70_000),
    "codec 99": frame(b"\x99\x01" + record() + b"\x01"),
    "announced at the start": frame(b"\x8e\x01" + record() + b"\x02"),
    "reaches beyond": frame(b"\x8e\x01" + record()[:-1] + b"\x01"),
    "records end here": frame(b"\x8e\x01" + record() + b"\0\x01"),
    "a record reaches": frame(b"\x8e\x01" + record(groups=b"\xff\xff" + bytes(8)) + b"\x01"),
    "time": frame(b"\x8e\x01" + record(time=2**60) + b"\x01"),
    "a command of": frame(struct.pack(">BBBI", 12, 1, 6, 99) + b"OK\x01"),
    "a command reaches": frame(struct.pack(">BBBI", 12, 2, 6, 2) + b"OK\x02"),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


DATAGRAM = encode_datagram(IMEI, [FIX], 1, 1)
REJECTED_DATAGRAMS = {
    "length says otherwise": DATAGRAM + b"\0",
    "within the IMEI": struct.pack(">HHBBH", 8, 1, 1, 1, 15) + b"35",
    "an identity of": struct.pack(">HHBBH", 8, 1, 1, 1, 99) + b"35",
}


@pytest.mark.parametrize("reason", REJECTED_DATAGRAMS)
def test_rejects_datagram(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec(transport="udp").receive(REJECTED_DATAGRAMS[reason], NOW_MS)


def test_rejects_http() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(HttpRequest("GET", "/", "", {}, b""), NOW_MS)


def test_accepts_the_old_gh_codec() -> None:
    status = bytes.fromhex("50aa14320201f001")
    gps = struct.pack(">ffhBBB", 44.5, 25.25, 120, 64, 50, 7)
    fix = bytes.fromhex("50aa17f3031f") + gps + bytes.fromhex("02ef01fe07")
    (message,) = codec().receive(frame(b"\x07\x02" + status + fix + b"\x02"), NOW_MS)
    first, second = message.positions
    assert not first.has_fix and first.signals == {"Vehicle.IsMoving": 1.0}
    assert (second.latitude_deg, second.longitude_deg) == (44.5, 25.25)
    assert (second.altitude_m, second.course_deg, second.speed_kmh) == (120, 90, 50)
    assert (second.satellites, second.ignition, second.valid) == (7, True, True)
    assert second.attributes == {"greenDrivingValue": "7"}
