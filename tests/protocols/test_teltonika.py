import struct

import pytest

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
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
