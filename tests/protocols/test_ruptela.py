import pytest

from milepost.domain.command import CustomText, EngineStop, OutputOff, Reboot, SetOdometer
from milepost.domain.message import Message
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.ruptela import PROTOCOL
from milepost.protocols.ruptela.codec import RuptelaCodec
from milepost.protocols.wire.checksums import crc16_kermit

NOW_MS = 1_760_000_000_000
IMEI = 356307042441013


def codec(*, lenient: bool = False) -> RuptelaCodec:
    return RuptelaCodec(CodecContext("tcp", lenient))


def framed(command: int, content: str) -> bytes:
    body = IMEI.to_bytes(8, "big") + bytes((command,)) + bytes.fromhex(content)
    return len(body).to_bytes(2, "big") + body + crc16_kermit(body).to_bytes(2, "big")


def decoded(command: int, content: str) -> Message:
    (message,) = codec().receive(framed(command, content), NOW_MS)
    return message


# 2016-10-18 21:08:26 UTC, 47.0555133 N 21.923265 E, 138.1 m, 92.2 degrees, 11 satellites, 12 km/h.
HEAD = "58068f4a 00 00 0d11398a 1c0c19fd 0565 2404 0b 000c 0a"
PLAIN = "0001" + HEAD + "09 02 0501 1b1f 01 1d3674 01 410077468b 00"
EXTENDED_HEAD = "58068f4a 00 {part} 00 0d11398a 1c0c19fd 0565 2404 0b 000c 0a 0009"


def test_accepts_a_record_with_its_units() -> None:
    message = decoded(0x01, PLAIN)
    assert message.unique_id == str(IMEI)
    (position,) = message.positions
    assert position.fix_time_ms == 1_476_824_906_000
    assert position.latitude_deg == pytest.approx(47.0555133)
    assert position.longitude_deg == pytest.approx(21.923265)
    assert (position.altitude_m, position.course_deg) == (138.1, 92.2)
    assert (position.speed_kmh, position.satellites, position.hdop) == (12.0, 11, 1.0)
    assert position.valid and position.ignition
    assert position.battery_v == pytest.approx(13.94)
    assert position.odometer_m == 7_816_843
    assert position.event_codes == ("9",)
    assert position.attributes == {"din4": "1", "gsmSignal": "31"}


def test_accepts_parts_of_a_record_as_one_position() -> None:
    first = EXTENDED_HEAD.format(part="10") + "01 0005 01 00 00 00"
    second = EXTENDED_HEAD.format(part="11") + "01 00cf b1 00 00 00"
    (position,) = decoded(0x44, "0002" + first + second).positions
    assert position.ignition
    assert position.fuel_level_pct == pytest.approx(70.8)


def test_truck_values_that_are_not_available_are_left_out() -> None:
    content = "0001" + HEAD + "09 01 cfff 01 c5fffe 01 72ffffffff 00"
    (position,) = decoded(0x01, content).positions
    assert (position.fuel_level_pct, position.engine_rpm, position.odometer_m) == (None,) * 3


def test_truck_values_have_their_gains() -> None:
    content = "0001" + HEAD + "09 02 cfb1 737e 01 c52f80 02 7200186488 d0000003f1 00"
    (position,) = decoded(0x01, content).positions
    assert position.engine_rpm == 1520
    assert (position.coolant_temp_c, position.fuel_used_l) == (86, 504.5)
    assert position.odometer_m == 7_993_000


@pytest.mark.parametrize(
    ("element", "alarm"),
    (("5801", "jamming"), ("8601", "harsh_braking"), ("8801", "harsh_acceleration")),
)
def test_alarms(element: str, alarm: str) -> None:
    (position,) = decoded(0x01, "0001" + HEAD + f"09 01 {element} 00 00 00").positions
    assert position.alarm == alarm
    (quiet,) = decoded(0x01, "0001" + HEAD + f"09 01 {element[:2]}00 00 00 00").positions
    assert quiet.alarm is None


def test_keys_cards_and_vin_are_texts() -> None:
    eight = (
        "22 01d042f31d000030 7e 4c54303030303030 7f 3132333435360000"
        "68 555531444a463030 69 3537363738323630 6a 3500000000000000"
    )
    (position,) = decoded(0x01, "0001" + HEAD + "09 00 00 00 06" + eight).positions
    assert position.attributes["driverUniqueId"] == "01d042f31d000030"
    assert position.attributes["driver1Card"] == "LT000000123456"
    assert position.attributes["vin"] == "UU1DJF00576782605"


def test_without_a_fix_there_is_no_place() -> None:
    head = "58068f4a 00 00 80000000 80000000 8000 ffff ff ffff ff 07"
    (position,) = decoded(0x01, "0001" + head + "00 00 00 00").positions
    assert not position.has_fix and not position.valid
    assert (position.altitude_m, position.speed_kmh, position.satellites) == (None,) * 3


def test_what_follows_the_last_record_is_kept() -> None:
    assert decoded(0x01, PLAIN + "ab").positions[0].attributes["rest"] == "ab"


def test_the_second_record_of_a_second_is_kept_apart() -> None:
    (position,) = decoded(0x01, "0001" + HEAD[:9] + "01" + HEAD[11:] + "09 00000000").positions
    assert position.fix_time_ms == 1_476_824_906_001


@pytest.mark.parametrize(
    ("command", "content", "kind", "answer", "refusal"),
    (
        (0x01, PLAIN, "positions", "0002640113bc", "00026400"),
        (0x0F, "", "login", "0002730100", "00027300"),
        (0x10, "", "heartbeat", "000274015829", "00027400"),
    ),
)
def test_answers(command: int, content: str, kind: str, answer: str, refusal: str) -> None:
    if command == 0x0F:
        content = b"Es0400.03.68.04".hex() + "0000c2b3090d0e95 0000827b 000003e8 0000003c 003c"
    message = decoded(command, content)
    assert message.kind == kind
    assert codec().acknowledge(message).hex().startswith(answer[:8])
    assert codec().refuse(message).hex().startswith(refusal)


def test_records_are_answered_as_documented() -> None:
    assert codec().acknowledge(decoded(0x01, PLAIN)) == bytes.fromhex("0002640113bc")


def test_an_identification_is_a_login() -> None:
    content = b"Es0400.03.68.04".hex() + "0000c2b3090d0e95 0000827b 000003e8 0000003c 003c"
    message = decoded(0x0F, content)
    assert message.attributes["model"] == "Es04"
    assert message.attributes["firmware"] == "00.03.68.04"
    assert message.attributes["imsi"] == "214074206785173"
    assert message.attributes["operator"] == "33403"


def test_a_picture_asks_for_its_next_part() -> None:
    name = b"5DDA1FAD".hex()
    message = decoded(0x25, f"0200{name} 0002 0000 ffd8")
    assert message.attributes == {"image": "5DDA1FAD", "index": "0", "photo": "ffd8"}
    assert codec().acknowledge(message)[2:-2].hex() == f"890200{name}0001"
    assert codec().refuse(message) == b""
    assert codec().acknowledge(decoded(0x25, f"0200{name} 0002 0001 ffd9")) == b""


def test_trouble_codes_have_their_time_and_place() -> None:
    (position,) = decoded(0x09, "01 ff 4e9caf2c 07d608f1 1a1480ba 01 5030303130").positions
    assert position.attributes["dtcs"] == "P0010"
    assert position.latitude_deg == pytest.approx(43.7551290)


def test_answers_to_commands_are_responses() -> None:
    message = decoded(0x07, b"DIN1=1".hex())
    assert (message.kind, message.text) == ("response", "DIN1=1")
    assert decoded(0x07, "0001").kind == "other"
    assert decoded(0x33, "0001").attributes == {"command:33": "0001"}


def test_a_wrong_checksum_passes_only_leniently() -> None:
    frame = framed(0x01, PLAIN)[:-1] + b"\x00"
    with pytest.raises(ProtocolError, match="wrong checksum"):
        codec().receive(frame, NOW_MS)
    (message,) = codec(lenient=True).receive(frame, NOW_MS)
    assert message.damaged and message.positions[0].damaged


REJECTED: dict[str, bytes] = {
    "9 or more": bytes(8),
    "more than 16 digits": b"\x00\x09" + b"\xff" * 8 + b"\x10" + b"\x94\xd8",
    "records without their count": framed(0x01, ""),
    "ends within its head": framed(0x01, "0001 5806"),
    "ends before its elements": framed(0x01, "0001" + HEAD + "09"),
    "ends within its elements": framed(0x01, "0001" + HEAD + "09 02 0501"),
    "bytes without a record": framed(0x01, "0000 00"),
    "trouble codes": framed(0x09, "01ff"),
    "an identification of": framed(0x0F, "00"),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    frame = bytearray(REJECTED[reason])
    frame[-2:] = crc16_kermit(bytes(frame[2:-2])).to_bytes(2, "big")
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(bytes(frame), NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


@pytest.mark.parametrize(
    ("command", "text"),
    (
        (EngineStop(), b"1234 setio 1,1"),
        (OutputOff(2), b"1234 setio 2,0"),
        (Reboot(), b"1234 reset"),
        (SetOdometer(1500.4), b"1234 setvalue 65,1500"),
        (CustomText("1234 getver"), b"1234 getver"),
    ),
)
def test_commands_are_texts(command: object, text: bytes) -> None:
    order = Order("1", 1, options={"password": "1234"})
    frame = written("ruptela", PROTOCOL.commands, command, order)  # type: ignore[arg-type]
    assert frame[2:-2] == b"\x6c" + text
    assert len(frame) == int.from_bytes(frame[:2], "big") + 4


def test_a_command_that_is_not_ascii_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ASCII"):
        written("ruptela", PROTOCOL.commands, CustomText("ä"), Order("1", 1))
