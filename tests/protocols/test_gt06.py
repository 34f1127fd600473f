import pytest

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
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
