import pytest

from milepost.domain.command import CustomText, EngineResume, EngineStop, Interval, PositionNow
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.gt06 import PROTOCOL
from milepost.protocols.gt06.encoder import Gt06Encoder, frame_of

NOW_MS = 1_760_000_000_000
IMEI = "356307042441013"
FIX = Position(NOW_MS, -33.5, -70.6, speed_kmh=50.0, course_deg=90.0, satellites=9, ignition=True)
TIME = bytes((25, 10, 9, 8, 53, 20))


def codec(*, lenient: bool = False):
    return PROTOCOL.codec(CodecContext("tcp", lenient))


def decoded(frame_type: int, content: bytes, *, extended: bool = False) -> Message:
    (message,) = codec().receive(frame_of(frame_type, content, b"\0\1", extended=extended), NOW_MS)
    return message


def test_accepts_a_login_and_answers_it() -> None:
    speaking = codec()
    (login,) = speaking.receive(Gt06Encoder().login(IMEI), NOW_MS)
    assert (login.kind, login.unique_id) == ("login", IMEI)
    assert speaking.acknowledge(login) == bytes.fromhex("787805010001d9dc0d0a")
    assert speaking.refuse(login) == b""


def test_the_encoder_counts_what_was_acknowledged() -> None:
    encoder, speaking = Gt06Encoder(), codec()
    messages = speaking.receive(encoder.login(IMEI) + encoder.positions(IMEI, [FIX, FIX]), NOW_MS)
    assert encoder.acknowledged(b"".join(map(speaking.acknowledge, messages))) == 3


def test_accepts_a_heartbeat_with_the_ignition() -> None:
    message = decoded(0x13, bytes.fromhex("4606020002"))
    assert message.kind == "heartbeat"
    (status,) = message.positions
    assert (status.fix_time_ms, status.has_fix, status.ignition) == (NOW_MS, False, True)
    assert status.attributes["trackerBatteryPct"] == "100"


@pytest.mark.parametrize(
    ("north", "east", "flags"),
    ((1, 1, 0x1400), (1, -1, 0x1C00), (-1, 1, 0x1000), (-1, -1, 0x1800)),
)
def test_hemispheres(north: int, east: int, flags: int) -> None:
    fix = TIME + b"\xc9" + (1_800_000 * 20).to_bytes(4, "big") + (1_800_000 * 30).to_bytes(4, "big")
    (position,) = decoded(0x10, fix + b"\x32" + (flags | 90).to_bytes(2, "big")).positions
    assert (position.latitude_deg, position.longitude_deg) == (20 * north, 30 * east)
    assert position.valid and position.course_deg == 90


def test_a_fix_without_the_gps_bit_is_not_valid() -> None:
    lost = Position(NOW_MS, 10.0, 10.0, valid=False)
    (message,) = codec().receive(Gt06Encoder().positions(IMEI, [lost]), NOW_MS)
    assert message.positions[0].has_fix and not message.positions[0].valid


def test_an_impossible_date_is_the_time_of_reception_and_not_valid() -> None:
    fix = bytes((25, 13, 40, 0, 0, 0)) + b"\xc9" + b"\0\x10\0\0" * 2 + b"\0\x14\0"
    (position,) = decoded(0x10, fix).positions
    assert position.fix_time_ms == NOW_MS
    assert not position.valid


@pytest.mark.parametrize("alarm", ("sos", "power_cut", "overspeed", "tampering", "geofence_exit"))
def test_alarms_survive_the_wire(alarm: str) -> None:
    raised = Position(NOW_MS, 10.0, 10.0, ignition=False, alarm=alarm)
    (message,) = codec().receive(Gt06Encoder().positions(IMEI, [raised]), NOW_MS)
    assert message.positions[0].alarm == alarm
    assert message.positions[0].ignition is False


def test_a_time_request_is_answered_with_the_time() -> None:
    speaking = codec()
    (message,) = speaking.receive(frame_of(0x8A, b"", b"\0\7"), NOW_MS)
    assert speaking.acknowledge(message)[4:10] == TIME


def test_long_frames_are_answered_with_long_frames() -> None:
    message = decoded(0x94, b"\x00\x04\xd2", extended=True)
    assert message.positions[0].battery_v == 12.34
    assert message.token.startswith(b"\x79\x79\0\5\x94")


def test_unknown_types_are_kept_in_hex() -> None:
    message = decoded(0xEE, b"\1\2\3")
    assert message.kind == "other"
    assert message.positions[0].attributes == {"type:ee": "010203"}


def test_an_answer_to_a_command_is_a_response() -> None:
    message = decoded(0x21, b"\0\0\0\0\x01OK!", extended=True)
    assert (message.kind, message.text) == ("response", "OK!")


@pytest.mark.parametrize(
    ("text", "accepted"),
    (("DYD=Success!", True), ("OK!", True), ("DYD=Unvalued Fix", False), ("Lat:N22.5", None)),
)
def test_an_answer_refers_to_its_command(text: str, accepted: bool | None) -> None:
    content = bytes((4 + len(text),)) + b"\0\0\1\2" + text.encode() + b"\0\2"
    message = decoded(0x15, content)
    assert (message.kind, message.text) == ("response", text)
    assert (message.reference, message.accepted) == (0x0102, accepted)


def test_a_login_tells_model_and_time_zone() -> None:
    (login,) = codec().receive(
        frame_of(0x01, bytes.fromhex("03563070424410133605" + "226a"), b"\0\1"), NOW_MS
    )
    assert login.attributes == {"model": "3605", "timeZone": "-05:50"}


def test_a_whole_location_is_exact() -> None:
    """22.571285° is 40628313 in 1/1800000°; course 332 north, east, fixed: 0x154c."""
    content = bytes.fromhex("0b081d112e10cf026bf0590c38d42800154c01cc00287d001fb8")
    (position,) = decoded(0x12, content).positions
    assert position == Position(
        fix_time_ms=1_314_639_976_000,
        latitude_deg=0x026BF059 / 1_800_000,
        longitude_deg=0x0C38D428 / 1_800_000,
        speed_kmh=0.0,
        course_deg=332.0,
        satellites=15,
        attributes={"cells": "460-0-10365-8120"},
    )


def test_a_clock_ahead_of_utc_is_put_back() -> None:
    ahead = PROTOCOL.codec(CodecContext("tcp", options={"timeZone": "+08:00"}))
    fix = TIME + b"\xc9" + b"\0\x10\0\0" * 2 + b"\x32\x14\x5a"
    (message,) = ahead.receive(frame_of(0x10, fix, b"\0\1"), NOW_MS)
    assert message.positions[0].fix_time_ms == NOW_MS - 8 * 3_600_000


CELLS = bytes.fromhex("01060200010000023e" + "0001000003" + "20") + bytes(5 * 6) + b"\xff"


def test_cells_and_stations_of_a_list() -> None:
    stations = bytes.fromhex("02 a1b2c3d4e5f6 3c 0102030405e6 c4".replace(" ", ""))
    (status,) = decoded(0x2C, TIME + CELLS + stations).positions
    assert status.fix_time_ms == NOW_MS
    assert status.attributes == {
        "cells": "262-2-1-2 262-2-1-3",
        "wifi": "a1:b2:c3:d4:e5:f6@-60 01:02:03:04:05:e6@-60",
    }


def test_a_list_of_another_layout_is_kept_in_hex() -> None:
    (status,) = decoded(0x28, TIME + b"\1\6\2\0").positions
    assert status.attributes == {"network": "01060200"}


def test_a_header_that_counts_stations() -> None:
    content = "1710231108500200cc08" + "0c4e2fa564" + "0c4e2fa66e"
    frame = bytes.fromhex("78780069" + content + "0d0a")
    (message,) = codec(lenient=True).receive(frame, NOW_MS)
    assert message.positions[0].attributes == {"cells": "204-8-3150-12197 204-8-3150-12198"}


def test_trouble_codes_are_counted() -> None:
    (status,) = decoded(0x65, TIME + b"\x01P0326,P1351").positions
    assert status.attributes == {"dtcs": "P0326,P1351"}
    assert status.signals == {"Vehicle.Diagnostics.DTCCount": 2.0}


def test_satellites_in_view() -> None:
    (status,) = decoded(0x94, b"\x09\x03\x02\x28\x2a\x07", extended=True).positions
    assert status.satellites == 2
    assert status.attributes == {"gnssStatus": "3", "satellitesVisible": "7"}


@pytest.mark.parametrize(("code", "ignition"), ((0xFE, True), (0xFF, False)))
def test_the_ignition_as_an_alarm_code(code: int, ignition: bool) -> None:
    (status,) = decoded(0x13, bytes((0x44, 6, 4, code, 2))).positions
    assert (status.ignition, status.alarm, status.event_codes) == (ignition, None, (str(code),))


ORDER = Order(IMEI, number=258)


def text_of(command, order: Order = ORDER) -> bytes:
    frame = written("gt06", PROTOCOL.commands, command, order)
    assert frame[3] == 0x80 and frame[5:9] == b"\0\0\1\2"
    return frame[9:-6]


def test_commands_are_texts_with_a_number() -> None:
    assert text_of(EngineStop()) == b"Relay,1#"
    assert text_of(EngineResume()) == b"Relay,0#"
    assert text_of(PositionNow()) == b"WHERE#"
    assert text_of(Interval(30)) == b"TIMER,30#"
    assert text_of(CustomText("STATUS#")) == b"STATUS#"


def test_with_a_password_the_engine_obeys_the_older_words() -> None:
    order = Order(IMEI, number=258, options={"password": "000000"})
    assert text_of(EngineStop(), order) == b"DYD,000000#"
    assert text_of(EngineResume(), order) == b"HFYD,000000#"


@pytest.mark.parametrize("text", ("ä", "A" * 201))
def test_rejects_a_command(text: str) -> None:
    with pytest.raises(InvalidInput, match="text"):
        text_of(CustomText(text))


def test_the_next_frame_is_found_after_garbage_and_damage() -> None:
    speaking = codec()
    good = Gt06Encoder().positions(IMEI, [FIX])
    damaged = bytearray(good)
    damaged[10] ^= 0xFF
    messages = speaking.receive(b"noise" + bytes(damaged) + good, NOW_MS)
    assert len(messages) == 1
    with pytest.raises(ProtocolError):
        speaking.receive(b"", NOW_MS)
    assert len(speaking.receive(good, NOW_MS)) == 1


GOOD = Gt06Encoder().positions(IMEI, [FIX])
REJECTED = {
    "wrong or no checksum": GOOD[:-4] + b"\0\0\r\n",
    "before the next header": b"hello" + GOOD[:2],
    "a login of": frame_of(0x01, b"\x03\x56", b"\0\1"),
    "bytes are due": frame_of(0x12, b"\1\2\3", b"\0\1"),
    "allowed are": b"\x79\x79\xff\xff",
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_rejects_a_frame_that_holds_nothing() -> None:
    with pytest.raises(ProtocolError, match="holds nothing"):
        codec(lenient=True).receive(b"\x78\x78\0\r\n", NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


def test_a_shortened_end_does_not_cost_the_fix() -> None:
    fix = TIME + b"\xc9" + b"\0\x10\0\0" * 2 + b"\x32\x14\x5a"
    (position,) = decoded(0x12, fix + b"\x01\x06\x02").positions
    assert position.has_fix and position.speed_kmh == 50
    assert "rest" in position.attributes


def test_a_fix_that_its_length_precedes() -> None:
    fix = b"\x09" + b"\0\x10\0\0" * 2 + b"\x32\x14\x5a"
    (position,) = decoded(0x33, TIME + b"\x0c" + fix + b"\1\2", extended=True).positions
    assert position.valid and position.attributes == {"rest": "0102"}
    assert not decoded(0x33, TIME + b"\0\1\2", extended=True).positions[0].has_fix
