import struct

import pytest

from milepost.domain.command import CustomText
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.egts import PROTOCOL
from milepost.protocols.egts.codec import EgtsCodec
from milepost.protocols.egts.packet import packet
from milepost.protocols.wire.checksums import crc8_31, crc16_ccitt_false

NOW_MS = 1_760_000_000_000
# 2020-05-07 08:52:33 UTC; half of 90 and of 180 degrees; valid, moving, with altitude.
FIX = struct.pack("<III", 326_537_553, 0x7FFFFFFF, 0x7FFFFFFF) + bytes.fromhex(
    "91 bd81 47 7b0000 05 13 8c0000"
)


def codec(*, lenient: bool = False) -> EgtsCodec:
    return EgtsCodec(CodecContext("tcp", lenient))


def sub(kind: int, content: bytes) -> bytes:
    return bytes((kind,)) + len(content).to_bytes(2, "little") + content


def record(*subs: bytes, oid: int | None = 7, service: int = 2, number: int = 1) -> bytes:
    data = b"".join(subs)
    flags, optional = (0, b"") if oid is None else (1, oid.to_bytes(4, "little"))
    head = struct.pack("<HHB", len(data), number, flags)
    return head + optional + bytes((service, service)) + data


def received(*records: bytes, made: EgtsCodec | None = None) -> list[Message]:
    return list((made or codec()).receive(packet(1, 9, b"".join(records)), NOW_MS))


def position(*subs: bytes) -> Position:
    (message,) = received(record(sub(16, FIX), *subs))
    (found,) = message.positions
    return found


def test_accepts_a_position_with_its_units() -> None:
    found = position()
    assert found.fix_time_ms == 1_588_841_553_000
    assert found.latitude_deg == pytest.approx(45)
    assert found.longitude_deg == pytest.approx(90)
    assert (found.speed_kmh, found.course_deg, found.altitude_m) == (44.5, 327, 140)
    assert found.odometer_m == 12_300
    assert found.valid
    assert (found.alarm, found.event_codes) == ("harsh_braking", ("19",))
    assert found.attributes == {"inputs": "5", "archive": "false", "motion": "true"}


def test_south_west_and_below_the_sea() -> None:
    value = FIX[:12] + bytes.fromhex("e8 0a40 10 000000 00 00 050000")
    (message,) = received(record(sub(16, value)))
    (found,) = message.positions
    assert found.latitude_deg == pytest.approx(-45)
    assert found.longitude_deg == pytest.approx(-90)
    assert (found.altitude_m, found.speed_kmh, found.course_deg) == (-5, 1.0, 16)
    assert not found.valid and found.attributes["archive"] == "true"
    assert found.odometer_m is None


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    (
        (17, "1f 6400 c800 2c01 0c 0300", {"vdop": "1.0", "pdop": "3.0", "egts:systems": "3"}),
        (18, "01 02 03 0f 010000 020000", {"outputs": "2", "egts:adio1": "15", "ain2": "2"}),
        (19, "05 010000 020000", {"counter1": "1", "counter3": "2"}),
        (20, "04 8c 00 29 02", {"mode": "4", "trackerBatteryV": "4.1", "externalPower": "false"}),
        (21, "04 8c 2a 29 04", {"trackerBatteryV": "4.2", "externalPower": "true"}),
        (20, "01 00000000 0000 6200 0000 9eff", {"axisXMg": "999", "axisZMg": "-999"}),
        (22, "07 21 03", {"loop:1": "1", "loop:2": "2", "loop:3": "3"}),
        (23, "2100", {"din2": "1"}),
        (24, "03 e80300", {"ain3": "1000"}),
        (25, "04 e80300", {"counter4": "1000"}),
        (26, "2300", {"loop:2": "3"}),
        (27, "01 0000 ae0e0000", {"fuelSensor1": "3758"}),
        (27, "12 0000 32000000", {"fuelSensor2Pct": "50"}),
        (27, "23 0000 f5010000", {"fuelSensor3L": "50.1"}),
        (27, "4b 0000 6162", {"fuelSensor3Status": "error", "fuel:3": "6162"}),
        (28, "00 05 01 0000 0102 0304", {"passengersIn1": "1", "passengersOut3": "4"}),
        (28, "01 05 01 0000 0102", {"egts:passengers": "0102"}),
        (99, "0102", {"sr:99": "0102"}),
    ),
)
def test_subrecords(kind: int, content: str, expected: dict[str, str]) -> None:
    attributes = position(sub(kind, bytes.fromhex(content))).attributes
    assert expected.items() <= attributes.items()


def test_measurements_go_to_fields() -> None:
    found = position(sub(17, bytes.fromhex("0a c800 0c")), sub(20, bytes.fromhex("048c000002")))
    assert (found.hdop, found.satellites, found.battery_v) == (2.0, 12, 14.0)


def test_a_packet_may_speak_for_several_objects() -> None:
    messages = received(
        record(sub(16, FIX), oid=7), record(sub(16, FIX), oid=8), record(sub(16, FIX), oid=7)
    )
    assert [(m.unique_id, len(m.positions)) for m in messages] == [("7", 2), ("8", 1)]
    assert messages[0].token == b"" and messages[1].token


def test_a_record_without_a_position_belongs_to_the_one_before() -> None:
    (message,) = received(record(sub(16, FIX)), record(sub(27, bytes.fromhex("010000ae0e0000"))))
    assert message.positions[0].attributes["fuelSensor1"] == "3758"
    (message,) = received(record(sub(27, bytes.fromhex("010000ae0e0000"))))
    assert not message.positions[0].has_fix
    assert message.positions[0].fix_time_ms == NOW_MS


IDENTITY = bytes.fromhex("03000000 42") + b"864495034643376" + b"\x00\x01"


def test_a_terminal_that_said_its_imei_stays_that() -> None:
    made = codec()
    (login,) = received(record(sub(1, IDENTITY), service=1), made=made)
    assert (login.kind, login.unique_id) == ("login", "864495034643376")
    assert login.attributes == {"egts:terminal": "3", "egts:buffer": "256"}
    (message,) = received(record(sub(16, FIX), oid=3), made=made)
    assert message.unique_id is None


def test_a_terminal_without_imei_is_its_number() -> None:
    vehicle = sub(3, b"WDB12345678901234" + bytes(8))
    (login,) = received(record(sub(1, bytes.fromhex("0300000000")), vehicle, service=1))
    assert (login.unique_id, login.attributes["vin"]) == ("3", "WDB12345678901234")


def test_a_dispatcher_has_no_identity_of_a_device() -> None:
    (message,) = received(record(sub(5, b"\x00\xab\x08\x00\x00me"), oid=None, service=1))
    assert (message.kind, message.unique_id) == ("other", None)
    assert message.attributes == {"egts:dispatcher": "2219", "text": "me"}


def test_a_packet_and_its_records_are_answered() -> None:
    (message,) = received(record(sub(16, FIX), number=5))
    answer = codec().acknowledge(message)
    assert answer[:10].hex() == "0100000b001000090000"
    assert answer[10] == crc8_31(answer[:10])
    assert answer[11:-2].hex() == "090000" + "0600" + "0500" + "40" + "0202" + "000300" + "050000"
    assert crc16_ccitt_false(answer[11:-2]) == int.from_bytes(answer[-2:], "little")
    assert codec().refuse(message)[13] == 153


def test_an_identification_is_answered_with_its_result() -> None:
    (login,) = received(record(sub(1, IDENTITY), service=1))
    answer = codec().acknowledge(login)
    assert answer.endswith(packet(1, 9, bytes.fromhex("04000100400101" + "09010000")))
    assert (
        codec().refuse(login).endswith(packet(1, 9, bytes.fromhex("04000100400101" + "09010099")))
    )


def test_the_devices_confirmations_are_told_and_not_answered() -> None:
    (message,) = codec().receive(packet(0, 3, bytes.fromhex("070000")), NOW_MS)
    assert (message.kind, message.reference, message.accepted) == ("other", 7, True)
    assert codec().acknowledge(message) == b""


def test_an_answer_to_a_command_is_a_response() -> None:
    content = struct.pack("<BIIB", 0x11, 7, 0, 0) + b"no such"
    (message,) = received(record(sub(51, content), service=4))
    assert (message.kind, message.text) == ("response", "no such")
    assert (message.reference, message.accepted) == (7, False)
    coded = struct.pack("<BIIB", 0x10, 7, 0, 3) + b"\x00\x02abOK"
    (message,) = received(record(sub(51, coded), service=4))
    assert (message.text, message.accepted) == ("OK", True)


def test_signed_packets_are_read() -> None:
    content = b"\x02\x00ab" + record(sub(16, FIX))
    (message,) = codec().receive(packet(2, 9, content), NOW_MS)
    assert message.positions


def test_wrong_checksums_pass_only_leniently() -> None:
    whole = packet(1, 9, record(sub(16, FIX)))
    for damaged in (whole[:-1] + b"\x00", whole[:10] + b"\x00" + whole[11:]):
        with pytest.raises(ProtocolError, match="wrong checksum"):
            codec().receive(damaged, NOW_MS)
        (message,) = codec(lenient=True).receive(damaged, NOW_MS)
        assert message.damaged and message.positions[0].damaged


def with_flags(flags: int) -> bytes:
    whole = bytearray(packet(1, 9, record(sub(16, FIX))))
    whole[2] = flags
    whole[10] = crc8_31(bytes(whole[:10]))
    return bytes(whole)


REJECTED: dict[str, bytes] = {
    "protocol version": b"\x02",
    "a header of": b"\x01\x00\x00\x05" + bytes(8),
    "encrypted or compressed": with_flags(0x08),
    "a packet of type": packet(7, 9, b"\x00"),
    "a response of": packet(0, 9, b"\x00"),
    "ends within its head": packet(1, 9, b"\x00\x00"),
    "a record of 9 bytes is cut off": packet(1, 9, b"\x09\x00\x01\x00\x00\x02\x02"),
    "a subrecord of 9 bytes": packet(1, 9, record(b"\x10\x09\x00")),
    "a subrecord's head": packet(1, 9, record(b"\x10")),
    "POS_DATA of": packet(1, 9, record(sub(16, FIX[:9]))),
    "ends too early": packet(1, 9, record(sub(27, b"\x01"))),
    "TERM_IDENTITY of": packet(1, 9, record(sub(1, b"\x01"), service=1)),
    "DISPATCHER_IDENTITY of": packet(1, 9, record(sub(5, b"\x01"), service=1)),
    "COMMAND_DATA of": packet(1, 9, record(sub(51, b"\x01"), service=4)),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


def test_a_command_is_a_message_to_the_device() -> None:
    frame = written("egts", PROTOCOL.commands, CustomText("hi"), Order("1", 7))
    content = bytes.fromhex("40 07000000 00000000 01 00") + b"hi"
    data = sub(51, content)
    expected = struct.pack("<HHBBB", len(data), 7, 0x40, 4, 4) + data
    assert frame == packet(1, 7, expected)
