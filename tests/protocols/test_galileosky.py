import pytest

from milepost.domain.command import CustomText, EngineStop, OutputOn, Reboot
from milepost.domain.message import Message
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.galileosky import PROTOCOL
from milepost.protocols.galileosky.codec import GalileoskyCodec
from milepost.protocols.wire.checksums import crc16_modbus

NOW_MS = 1_760_000_000_000
IMEI = b"\x03868204001269934".hex()
# 2016-06-24 03:28:53 UTC; 7 satellites, valid; 53.483351 N, 50.167228 E; 9.9 km/h, 106.9 degrees.
FIX = "20 f5a86c57 30 07 5717 3003 bc7d fd02 33 6300 2d04 34 4e00 35 1c"


def codec(*, lenient: bool = False, compressed: bool = False) -> GalileoskyCodec:
    options = {"compressed": "true"} if compressed else {}
    return GalileoskyCodec(CodecContext("tcp", lenient, options))


def framed(content: str, header: int = 1) -> bytes:
    body = bytes.fromhex(content)
    frame = bytes((header,)) + len(body).to_bytes(2, "little") + body
    return frame + crc16_modbus(frame).to_bytes(2, "little")


def decoded(content: str, header: int = 1) -> Message:
    (message,) = codec().receive(framed(content, header), NOW_MS)
    return message


def test_accepts_a_record_with_its_units() -> None:
    message = decoded(f"{IMEI} 10 ee0f {FIX} 40 0402 41 a842 42 af0e 43 fb d4 10270000")
    assert message.unique_id == "868204001269934"
    (position,) = message.positions
    assert position.fix_time_ms == 1_466_738_933_000
    assert position.latitude_deg == 53.483351
    assert position.longitude_deg == 50.167228
    assert (position.speed_kmh, position.course_deg) == (9.9, 106.9)
    assert (position.altitude_m, position.satellites) == (78.0, 7)
    assert position.hdop == pytest.approx(2.8)
    assert position.valid and position.ignition
    assert position.battery_v == pytest.approx(17.064)
    assert position.odometer_m == 10_000
    assert position.attributes == {
        "index": "4078",
        "status": "516",
        "motion": "false",
        "trackerBatteryV": "3.759",
        "trackerTempC": "-5",
    }


def test_a_second_tag_begins_a_second_record() -> None:
    assert len(decoded(f"{IMEI} {FIX} {IMEI} {FIX}").positions) == 2


def test_bus_values_have_their_gains() -> None:
    (position,) = decoded(f"{FIX} c0 e8030000 c1 7d 82 802f c2 e8030000").positions
    assert position.fuel_used_l == 500
    assert (position.fuel_level_pct, position.coolant_temp_c) == (50, 90)
    assert position.engine_rpm == 1520
    assert position.signals["Vehicle.TraveledDistance"] == 5000
    (quiet,) = decoded(f"{FIX} c0 00000000 c1 00000000").positions
    assert (quiet.fuel_used_l, quiet.engine_rpm) == (None, None)


def test_sensors_inputs_keys_and_texts() -> None:
    content = f"{FIX} 21 f401 50 0a00 60 0b00 63 0c00 05 70 01f6 80 021480 90 39300000 e2 01000000"
    (position,) = decoded(f"{content} ea 02 aabb").positions
    assert position.fix_time_ms % 1000 == 500
    expected = {
        "ain1": "10",
        "fuelSensor1": "11",
        "fuelSensor4": "12",
        "fuelSensor4TempC": "5",
        "temp1C": "-10",
        "temp9C": "20",
        "humidity1Pct": "50.2",
        "driverUniqueId": "12345",
        "custom1": "1",
        "data": "aabb",
    }
    assert position.attributes == expected


def test_extended_tags_and_their_unknown_end() -> None:
    cell = "8100 0100 8200 0200 8300 fa00 8400 0100 8500 14"
    (position,) = decoded(f"{FIX} fe 1600 0100 07000000 {cell[:-8]}").positions
    assert position.attributes["modbus:0"] == "7"
    (position,) = decoded(f"{FIX} fe 1900 {cell} ff00 aabbcc 00").positions
    assert position.attributes["cells"] == "250-1-2-1"
    assert position.attributes["tag:fe"] == "ff00aabbcc00"


@pytest.mark.parametrize(("bits", "alarm"), (("0004", "crash"), ("0080", "general")))
def test_alarms(bits: str, alarm: str) -> None:
    assert decoded(f"{FIX} 40 {bits}").positions[0].alarm == alarm


@pytest.mark.parametrize(("found", "located"), (("17", None), ("27", "cells")))
def test_places_that_are_no_fix_are_not_valid(found: str, located: str | None) -> None:
    (position,) = decoded(FIX.replace("30 07", f"30 {found}")).positions
    assert position.has_fix and not position.valid
    assert position.attributes.get("locatedBy") == located


def test_an_unknown_tag_is_kept_with_what_follows() -> None:
    (position,) = decoded(f"{FIX} 99 0102").positions
    assert position.attributes["rest"] == "990102"


def test_a_head_is_a_login_and_is_answered_with_its_checksum() -> None:
    frame = framed(f"01 82 02 12 {IMEI} 04 3200")
    (message,) = codec().receive(frame, NOW_MS)
    assert message.kind == "login"
    assert message.attributes == {"hardware": "130", "firmware": "18", "tag:04": "50"}
    assert codec().acknowledge(message) == b"\x02" + frame[-2:]
    assert codec().refuse(message) == b""


def test_an_answer_to_a_command_is_a_response() -> None:
    message = decoded(f"{IMEI} 04 4701 e0 07000000 e1 02 4f4b")
    assert (message.kind, message.text, message.reference) == ("response", "OK", 7)


def test_a_picture_is_answered_as_one() -> None:
    frame = framed("00 ffd8", header=7)
    (message,) = codec().receive(frame, NOW_MS)
    assert message.attributes == {"index": "0", "photo": "ffd8"}
    assert codec().acknowledge(message) == b"\x07" + frame[-2:]
    assert decoded("aabb", header=6).attributes == {"garmin:data": "aabb"}


def compressed_record(tags: str = "01 43 05") -> str:
    # 1,000,000 s of the year, valid, at half of each range: 0 E, 45 N (3/4), alarm.
    bits = 1_000_000 << 54 | (1 << 21) << 31 | (3 << 19) << 10 | 1 << 9
    return f"{bits.to_bytes(10, 'big').hex()} {tags}"


def test_compressed_records() -> None:
    (position,) = decoded(compressed_record(), header=8).positions
    assert position.fix_time_ms == 1_735_689_600_000 + 1_000_000_000
    assert (position.latitude_deg, position.longitude_deg) == (45.0, 0.0)
    assert (position.valid, position.alarm) == (True, "general")
    assert position.attributes == {"trackerTempC": "5"}
    assert decoded(compressed_record(""), header=8).positions[0].alarm == "general"


def test_compressed_times_are_never_in_the_future() -> None:
    late = (360 * 86_400 << 54 | (1 << 21) << 31 | (3 << 19) << 10).to_bytes(10, "big").hex()
    (position,) = decoded(f"{late} 00 {late} 00", header=8).positions[:1]
    assert position.fix_time_ms == 1_704_067_200_000 + 360 * 86_400_000


def iridium(payload: str, imei: bytes = b"300234069604590") -> bytes:
    content = bytes.fromhex(payload)
    header = bytes(4) + imei + bytes(5) + (1_700_000_000).to_bytes(4, "big")
    location = bytes.fromhex("02 21 a8f8 46 aba5 00000002")
    parts = ((1, header), (3, location), (2, content))
    body = b"".join(bytes((kind,)) + len(each).to_bytes(2, "big") + each for kind, each in parts)
    return b"\x01" + len(body).to_bytes(2, "big") + body


def test_iridium_carries_records_of_both_forms() -> None:
    (message,) = codec().receive(iridium(FIX), NOW_MS)
    assert message.unique_id == "300234069604590"
    assert message.positions[0].latitude_deg == 53.483351
    (message,) = codec(compressed=True).receive(iridium(compressed_record()), NOW_MS)
    assert message.positions[0].latitude_deg == 45


def test_iridium_knows_the_place_coarsely() -> None:
    (message,) = codec().receive(iridium("43 05"), NOW_MS)
    position = message.positions[-1]
    assert position.latitude_deg == pytest.approx(-(33 + 43.256 / 60))
    assert position.longitude_deg == pytest.approx(70 + 43.941 / 60)
    assert not position.valid
    assert position.attributes["accuracyM"] == "2000"


def test_a_wrong_checksum_passes_only_leniently() -> None:
    frame = framed(FIX)[:-1] + b"\x00"
    with pytest.raises(ProtocolError, match="wrong checksum"):
        codec().receive(frame, NOW_MS)
    (message,) = codec(lenient=True).receive(frame, NOW_MS)
    assert message.damaged and message.positions[0].damaged


REJECTED: dict[str, bytes] = {
    "no packet begins": b"GET / HTTP",
    "without content": bytes.fromhex("010000000000"),
    "ends after the packet": framed("20 f5a8"),
    "bytes of a tag are due": framed("e1 05 41"),
    "IMEI .* is no digits": framed("03" + "ff" * 15),
    "tag 99 is unknown": framed(compressed_record("01 99 00"), header=8),
    "Iridium's IMEI": iridium("43 05", b"x" * 15),
    "element of Iridium's": iridium("43 05").replace(b"\x02\x00\x02", b"\x02\x00\x03"),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


@pytest.mark.parametrize(
    ("command", "text"),
    (
        (CustomText("status"), b"status"),
        (OutputOn(2), b"Out 1,1"),
        (EngineStop(), b"Out 0,1"),
        (Reboot(), b"Reset"),
    ),
)
def test_commands(command: object, text: bytes) -> None:
    order = Order("868204001269934", 7)
    frame = written("galileosky", PROTOCOL.commands, command, order)  # type: ignore[arg-type]
    assert frame[3:19].hex() == IMEI
    assert frame[22:-2] == b"\xe0\x07\x00\x00\x00\xe1" + bytes((len(text),)) + text
    assert crc16_modbus(frame[:-2]).to_bytes(2, "little") == frame[-2:]


def test_a_command_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidInput, match="255 bytes"):
        written("galileosky", PROTOCOL.commands, CustomText("x" * 256), Order("1", 1))


def test_an_empty_message_of_iridiums_is_a_login_of_nobody() -> None:
    messages = codec(lenient=True).receive(bytes.fromhex("01000001001c") + bytes(1), NOW_MS)
    assert [(message.kind, message.unique_id) for message in messages] == [("login", None)]
