import struct

import pytest

from milepost.domain.command import CustomText, EngineStop, OutputOff
from milepost.domain.message import Message
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.navtelecom import PROTOCOL
from milepost.protocols.navtelecom.codec import NavtelecomCodec, ntcb_message
from milepost.protocols.wire.checksums import crc8_31

NOW_MS = 1_760_000_000_000
TIME_S = 1_547_720_601
# Fields 1 to 15, 19 and 20: the first two bytes and two bits of the third.
MASK = bytes.fromhex("b00a0a45 fffe30000000000000")
# The example of wiki.navtelecom.ru: 123, 124, 125, 139 and 200 have no public size.
WIKI_MASK = bytes.fromhex(
    "b01e1efffffe300a08000000020000000020003800200000000000000104000000060000"
)


def codec(*, lenient: bool = False, size: str = "") -> NavtelecomCodec:
    options = {"flexDataSize": size} if size else {}
    return NavtelecomCodec(CodecContext("tcp", lenient, options))


def agreed(mask: bytes = MASK, *, lenient: bool = False, size: str = "") -> NavtelecomCodec:
    made = codec(lenient=lenient, size=size)
    made.receive(ntcb_message(1, 0, b"*>FLEX" + mask), NOW_MS)
    return made


def record(receiver: int = 0x2E, status: int = 0, *, number: int = 4) -> bytes:
    return struct.pack(
        "<IHI5BIiiifHfHH",
        *(number, 4656, TIME_S, status, 0, 0, 21, receiver, TIME_S - 1),
        *(33_803_978, 26_284_574, 929, 12.5, 196, 7.5, 12_034, 4_166),
    )


def flex(content: bytes) -> bytes:
    return content + bytes((crc8_31(content),))


def only(made: NavtelecomCodec, frame: bytes) -> Message:
    (message,) = made.receive(frame, NOW_MS)
    return message


def test_accepts_a_record_with_its_units() -> None:
    message = only(agreed(), flex(b"~T\x04\0\0\0" + record()))
    (position,) = message.positions
    assert position.fix_time_ms == (TIME_S - 1) * 1000
    assert position.latitude_deg == pytest.approx(56.33996333)
    assert position.longitude_deg == pytest.approx(43.80762333)
    assert (position.altitude_m, position.speed_kmh, position.course_deg) == (92.9, 12.5, 196)
    assert (position.satellites, position.valid) == (11, True)
    assert position.odometer_m == 7500
    assert position.battery_v == pytest.approx(12.034)
    assert position.event_codes == ("4656",)
    assert position.attributes["trackerBatteryV"] == "4.166"
    assert position.attributes["flex:3"] == str(TIME_S)


def test_an_old_place_is_not_valid_and_has_the_time_of_the_event() -> None:
    (position,) = only(agreed(), flex(b"~C" + record(receiver=1))).positions
    assert position.has_fix and not position.valid
    assert position.fix_time_ms == TIME_S * 1000


@pytest.mark.parametrize(("status", "alarm"), ((0x04, "general"), (0x20, "towing"), (0, None)))
def test_alarms(status: int, alarm: str | None) -> None:
    assert only(agreed(), flex(b"~C" + record(status=status))).positions[0].alarm == alarm


@pytest.mark.parametrize(("head", "count"), ((b"~A\x02", 2), (b"~T\x04\0\0\0", 1), (b"~C", 1)))
def test_frames_are_answered_with_their_head(head: bytes, count: int) -> None:
    made = agreed()
    message = only(made, flex(head + record() * count))
    assert len(message.positions) == count
    assert made.acknowledge(message) == flex(head)
    assert made.refuse(message) == b""


def test_a_login_and_a_mask_are_answered() -> None:
    message = only(codec(), ntcb_message(1, 0, b"*>S:866795033323864"))
    assert (message.kind, message.unique_id) == ("login", "866795033323864")
    answer = codec().acknowledge(message).hex()
    assert answer == "404e544300000000010000000300455e2a3c53"
    message = only(codec(), ntcb_message(1, 0, b"*>FLEX" + WIKI_MASK))
    answer = codec().acknowledge(message).hex()
    assert answer == "404e544300000000010000000900b1a02a3c464c4558b01e1e"


def test_records_follow_the_mask_in_the_same_read() -> None:
    stream = ntcb_message(1, 0, b"*>FLEX" + MASK) + flex(b"~C" + record()) + b"\x7f"
    messages = codec().receive(stream, NOW_MS)
    assert [message.kind for message in messages] == ["other", "positions", "heartbeat"]


def test_the_size_of_fields_that_are_not_public_is_learned() -> None:
    made = agreed(WIKI_MASK)
    rest = bytes.fromhex("00 00 837a0200 0000 38ffedffdefd 280401110e01 36000000 16000000 03000000")
    records = b"".join(record(number=number) + rest for number in (1, 2, 3))
    message = only(made, flex(b"~A\x03" + records))
    attributes = message.positions[2].attributes
    assert attributes["index"] == "3"
    assert attributes["flex:rest"] == "280401110e01"
    assert (attributes["custom32"], attributes["custom33"]) == ("22", "3")
    assert attributes["axisXMg"] == "-200"
    assert len(only(made, flex(b"~C" + record() + rest)).positions) == 1


def test_the_size_can_be_set() -> None:
    size = len(record()) + 3
    made = agreed(size=str(size))
    assert only(made, flex(b"~C" + record() + b"abc")).positions[0].attributes["flex:rest"]


def test_values_of_the_bus_that_are_not_there_are_left_out() -> None:
    mask = bytes((0xB0, 0x0A, 0x0A, 69, *bytes(6), 0x0F, 0xFF, 0xF8))
    empty = struct.pack(
        "<HfHbf5HBBBHIhB",
        0x7FFF,
        -1.0,
        0xFFFF,
        -128,
        -1.0,
        *[0xFFFF] * 5,
        255,
        255,
        255,
        0x7FFF,
        0xFFFFFFFF,
        0x7FFF,
        255,
    )
    (position,) = only(agreed(mask), flex(b"~C" + empty)).positions
    assert position.attributes == {} and position.signals == {}
    full = struct.pack(
        "<HfHbf5HBBBHIhB", 0x8032, 10.5, 900, 85, 2.5, *[100] * 5, 20, 30, 40, 125, 7, 3, 60
    )
    (position,) = only(agreed(mask), flex(b"~C" + full)).positions
    assert (position.fuel_level_pct, position.fuel_used_l, position.engine_rpm) == (50, 10.5, 900)
    assert (position.coolant_temp_c, position.engine_load_pct) == (85, 40)
    assert position.brake_pedal
    assert position.signals["Vehicle.Speed"] == 60
    assert position.signals["Vehicle.TraveledDistance"] == 2500
    assert position.attributes["adBlueLevelL"] == "12.5"
    assert position.attributes["serviceDistanceM"] == "15000"


def test_additional_packets_are_kept_and_answered() -> None:
    made = codec()
    message = only(made, flex(b"~E\x02\x02\x00ab\x01\x00c"))
    assert message.attributes == {"flex:additional": "0200616201" + "0063"}
    assert made.acknowledge(message) == flex(b"~E\x02")
    assert only(made, flex(b"~X\x01\0\0\0\x01\0a")).token == flex(b"~X\x01\0\0\0")


def ntcb_record(format_byte: int = 0x25) -> bytes:
    return bytes.fromhex(
        f"{format_byte:02x}000000000015" + "1500040b0a10" + "0829183800" + "e02e760ee6000000"
        "0000000000000000" + "0f1500040b0a10ac20703fb1aec23f00004842320149668f430000000000000000"
        "000000000000000000000000000000f3808080"
    )


def test_telemetry_before_flex() -> None:
    message = only(codec(), ntcb_message(1, 0, b"*>T" + ntcb_record()))
    (position,) = message.positions
    assert position.fix_time_ms == 1_478_898_004_000
    assert position.latitude_deg == pytest.approx(53.743357)
    assert position.longitude_deg == pytest.approx(87.144369)
    assert (position.speed_kmh, position.course_deg, position.battery_v) == (50, 306, 12.0)
    assert position.attributes["temp1C"] == "-13"
    assert codec().acknowledge(message).endswith(b"*<T\0\0\0\0")
    message = only(codec(), ntcb_message(1, 0, b"*>A\x02" + ntcb_record() * 2))
    assert len(message.positions) == 2
    assert codec().acknowledge(message).endswith(b"*<A\x02")


def test_answers_to_commands_are_responses() -> None:
    message = only(codec(), ntcb_message(1, 0, b"*@CNCT_DRC OK"))
    assert (message.kind, message.text) == ("response", "*@CNCT_DRC OK")
    assert only(codec(), ntcb_message(1, 0, b"*#\x01")).attributes == {"data": "2a2301"}


def test_wrong_checksums_pass_only_leniently() -> None:
    frame = flex(b"~C" + record())[:-1] + b"\x00"
    with pytest.raises(ProtocolError, match="wrong checksum"):
        agreed().receive(frame, NOW_MS)
    message = only(agreed(lenient=True), frame)
    assert message.damaged and message.positions[0].damaged
    body = ntcb_message(1, 0, b"*>T" + ntcb_record())[:-1] + b"\x00"
    with pytest.raises(ProtocolError, match="wrong checksum"):
        codec().receive(body, NOW_MS)
    message = only(codec(lenient=True), body)
    assert message.damaged and message.positions[0].damaged


REJECTED: dict[str, bytes] = {
    "nothing begins with": b"GET /",
    "no message begins": b"@XTC" + bytes(12),
    "before its mask": flex(b"~C" + record()),
    "no FLEX frame": b"~Z\x00",
    "no mask of FLEX": ntcb_message(1, 0, b"*>FLEX\x01\x02"),
    "bytes of mask": ntcb_message(1, 0, b"*>FLEX\xb0\x0a\x0a\x45\xff"),
    "without fields": ntcb_message(1, 0, b"*>FLEX\xb0\x0a\x0a\x08\x00"),
    "without identity": ntcb_message(1, 0, b"*>S:"),
    "telemetry of format": ntcb_message(1, 0, b"*>T" + ntcb_record(0x77)),
    "telemetry of 9 bytes": ntcb_message(1, 0, b"*>T" + ntcb_record()[:9]),
    "there is no time": ntcb_message(1, 0, b"*>T" + ntcb_record()[:7] + b"\xff" * 80),
    "bytes of 2 records": ntcb_message(1, 0, b"*>A\x02" + ntcb_record()[:-1]),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_rejects_records_that_no_size_explains() -> None:
    with pytest.raises(ProtocolError, match="no size of records"):
        agreed(WIKI_MASK).receive(b"~A\x01" + b"\x00" * 1200, NOW_MS)


def test_rejects_a_size_that_is_too_small() -> None:
    with pytest.raises(ProtocolError, match="its fields have"):
        agreed(size="10").receive(flex(b"~C" + record()[:10]), NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


@pytest.mark.parametrize(
    ("command", "text"),
    (
        (EngineStop(), b"*!SETOUT 1Y"),
        (OutputOff(3), b"*!SETOUT 3N"),
        (CustomText("*?V"), b"*?V"),
    ),
)
def test_commands(command: object, text: bytes) -> None:
    frame = written("navtelecom", PROTOCOL.commands, command, Order("1", 1))  # type: ignore[arg-type]
    assert frame == ntcb_message(0, 1, text)


def test_a_command_that_is_not_ascii_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ASCII"):
        written("navtelecom", PROTOCOL.commands, CustomText("ä"), Order("1", 1))
