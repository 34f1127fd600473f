import struct

import pytest

from milepost.domain.command import CustomText
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Transport
from milepost.protocols.minifinder2 import PROTOCOL
from milepost.protocols.wire.checksums import crc16_xmodem

NOW_MS = 1_760_000_000_000
FIX_S = 1_700_000_000
IMEI = b"863921033865216"
STATUS = 0x5A_53_02_11
"""90 %, signal 10, mode 3, motion, charging, located by GNSS."""
GENERAL = b"\x24" + struct.pack("<II", FIX_S, STATUS)
PLACE = b"\x20" + struct.pack("<iiHHhHIB", 525_200_000, -134_000_000, 45, 175, -12, 9, 2669, 11)


def frame(command: int, *elements: bytes, properties: int = 0x10, number: int = 0x0102) -> bytes:
    body = bytes((command,)) + b"".join(bytes((len(e),)) + e for e in elements)
    head = struct.pack("<BBHHH", 0xAB, properties, len(body), crc16_xmodem(body), number)
    return head + body


def received(data: bytes, *, lenient: bool = False, transport: Transport = "tcp") -> list[Message]:
    codec = PROTOCOL.codec(CodecContext(transport, lenient))
    return list(codec.receive(data, NOW_MS))


def decoded(command: int, *elements: bytes) -> Message:
    (message,) = received(frame(command, *elements))
    return message


def positions(*elements: bytes) -> tuple[Position, ...]:
    return decoded(1, b"\x01" + IMEI, *elements).positions


def test_accepts_a_whole_position() -> None:
    message = decoded(1, b"\x01" + IMEI, GENERAL, PLACE)
    assert (message.kind, message.unique_id) == ("positions", "863921033865216")
    (position,) = message.positions
    assert position.fix_time_ms == FIX_S * 1000
    assert position.latitude_deg == pytest.approx(52.52)
    assert position.longitude_deg == pytest.approx(-13.4)
    assert (position.speed_kmh, position.course_deg, position.altitude_m) == (45, 175, -12)
    assert (position.hdop, position.odometer_m, position.satellites) == (0.9, 2669, 11)
    assert position.valid
    assert position.attributes == {
        "status": str(STATUS),
        "trackerBatteryPct": "90",
        "gsmSignal": "10",
        "mode": "3",
        "charging": "true",
        "motion": "true",
    }


def test_a_frame_is_acknowledged_with_its_number_where_it_asks() -> None:
    (asks,) = received(frame(1, b"\x01" + IMEI, GENERAL))
    (does_not,) = received(frame(1, b"\x01" + IMEI, GENERAL, properties=0))
    codec = PROTOCOL.codec(CodecContext("tcp"))
    assert codec.acknowledge(asks) == bytes.fromhex("ab00030008c702017f0100")
    assert codec.acknowledge(does_not) == b""
    assert codec.refuse(asks) == b""


def test_a_request_for_the_time_is_answered_with_it() -> None:
    message = decoded(3, b"\x01" + IMEI, b"\x12")
    assert (message.kind, message.attributes) == ("heartbeat", {"event": "timeRequest"})
    answer = message.token[11:]
    assert answer[8:] == b"\x03\x05\x12" + struct.pack("<I", NOW_MS // 1000)


def test_heartbeats_say_the_charge() -> None:
    message = decoded(3, b"\x01" + IMEI, b"\x10\x5a", b"\x77\x01")
    assert (message.kind, message.unique_id) == ("heartbeat", "863921033865216")
    expected = {"event": "heartbeat", "trackerBatteryPct": "90", "service:77": "01"}
    assert message.attributes == expected


def test_an_identity_alone_is_a_login() -> None:
    assert decoded(1, b"\x01" + IMEI).kind == "login"


@pytest.mark.parametrize(
    ("bit", "alarm"),
    (
        *((0, "low_battery"), (1, "overspeed"), (2, "fall"), (5, "geofence"), (8, "power_off")),
        *((9, "power_on"), (10, "movement"), (12, "sos"), (17, None)),
    ),
)
def test_alarms(bit: int, alarm: str | None) -> None:
    code = b"\x02" + struct.pack("<II", 1 << bit, FIX_S - 1)
    (position,) = positions(GENERAL, code)
    assert (position.alarm, position.event_codes) == (alarm, (str(bit),))
    assert position.fix_time_ms == FIX_S * 1000


def test_an_alarm_alone_has_its_own_time() -> None:
    (position,) = positions(b"\x02" + struct.pack("<II", 0x80000001, FIX_S - 9))
    assert (position.fix_time_ms, position.alarm) == ((FIX_S - 9) * 1000, "low_battery")
    assert position.attributes == {"alarmBits": "2147483649", "bark": "true"}


def test_general_data_begin_a_report_and_counts_have_their_time() -> None:
    later = b"\x24" + struct.pack("<II", FIX_S + 5, STATUS)
    steps = b"\x30" + struct.pack("<II", FIX_S + 5, 19)
    barks = b"\x37" + struct.pack("<II", FIX_S + 9, 0x80000003)
    first, second, third = positions(GENERAL, PLACE, steps, later, barks)
    assert first.has_fix and not second.has_fix
    assert [p.fix_time_ms - FIX_S * 1000 for p in (first, second, third)] == [0, 5000, 9000]
    assert second.attributes["steps"] == "19"
    assert second.attributes["trackerBatteryPct"] == "90"
    assert third.attributes == {"barkCount": "3", "bark": "true"}


def test_a_place_before_its_time() -> None:
    (position,) = positions(PLACE, GENERAL)
    assert (position.fix_time_ms, position.has_fix) == (FIX_S * 1000, True)
    first, second = positions(GENERAL, PLACE, PLACE)
    assert first.fix_time_ms == second.fix_time_ms


def test_cells_and_stations() -> None:
    cells = b"\x21" + struct.pack("<HBbHHbHH", 262, 1, -71, 4711, 815, 14, 4711, 816)
    lte = b"\x29" + struct.pack("<HBbHI", 238, 1, 14, 3300, 13181806)
    stations = b"\x22\xba" + bytes.fromhex("74acb9b465ba") + b"\xb0" + bytes.fromhex("18e829e77370")
    named = b"\x19\xac" + bytes.fromhex("7483c2275cb8") + b"\x03abc"
    (position,) = positions(GENERAL, cells, lte, stations, named)
    assert position.attributes["cells"] == ("262-1-4711-815@-71 262-1-4711-816 238-1-3300-13181806")
    assert position.attributes["wifi"] == (
        "74:ac:b9:b4:65:ba@-70 18:e8:29:e7:73:70@-80 74:83:c2:27:5c:b8@-84"
    )
    assert position.attributes["wifiNames"] == "abc"


MAC = bytes.fromhex("f6b4f2923100")
HOME = struct.pack("<ii", 553_824_000, -73_716_900)


@pytest.mark.parametrize(
    ("element", "located_by", "attributes"),
    (
        (b"\x23" + MAC + HOME + b"Home", "beacon", {"tag1Mac": "00:31:92:f2:b4:f6"}),
        (b"\x2a\xc0" + MAC + b"\xc9" + HOME + b"Home", "wifi", {"wifi": "00:31:92:f2:b4:f6@-55"}),
        (b"\x28\xc0" + MAC + b"\xc9\xc3" + HOME + b"Home", "beacon", {"tag1Signal": "-55"}),
        (
            b"\x2c\xc0" + MAC + b"\xc9\xc3\x64" + HOME + b"\x04Home\xf1",
            "beacon",
            {"tag1Data": "f1"},
        ),
    ),
)
def test_beacons_and_stations_at_known_places(
    element: bytes, located_by: str, attributes: dict[str, str]
) -> None:
    (position,) = positions(GENERAL, element)
    assert position.latitude_deg == pytest.approx(55.3824)
    assert position.longitude_deg == pytest.approx(-7.37169)
    expected = {**attributes, "locatedBy": located_by, "description": "Home"}
    assert expected.items() <= position.attributes.items()


def test_the_receivers_place_goes_first() -> None:
    beacon = b"\x23" + MAC + HOME
    for elements in ((GENERAL, PLACE, beacon), (GENERAL, beacon, PLACE)):
        (position,) = positions(*elements)
        assert position.latitude_deg == pytest.approx(52.52)
        assert "locatedBy" not in position.attributes


def test_what_is_unknown_or_too_short_is_kept() -> None:
    (position,) = positions(GENERAL, b"\x99\x01\x02", b"\x20\x01", b"\x2a\x40")
    expected = {"key:99": "0102", "key:20": "01", "key:2a": "40"}
    assert expected.items() <= position.attributes.items()
    assert decoded(0x55, b"\x01").attributes == {"type:55": "0101"}


def test_settings() -> None:
    message = decoded(2, b"\x03" + IMEI, b"\x02\xcf\x29\x00\x01", b"\x14\x04\xa2\x0e", b"\x0b\x01")
    assert (message.kind, message.unique_id) == ("other", "863921033865216")
    assert message.attributes == {
        "firmware": "010029cf",
        "trackerBatteryPct": "4",
        "trackerBatteryV": "3.746",
        "config:0b": "01",
    }


def test_answers_to_orders() -> None:
    text = decoded(4, b"\x1f\x00ok")
    assert (text.kind, text.text, text.reference, text.accepted) == ("response", "ok", 258, None)
    for key, accepted in ((0, True), (0x12, False)):
        result = decoded(0x7F, bytes((key,)))
        assert (result.text, result.reference, result.accepted) == (str(key), 258, accepted)


def test_texts_are_written() -> None:
    order = Order("863921033865216", 12)
    data = written("minifinder2", PROTOCOL.commands, CustomText("test"), order)
    assert data == bytes.fromhex("ab000800c9ea0c0004061f0074657374")
    with pytest.raises(InvalidInput, match="253"):
        written("minifinder2", PROTOCOL.commands, CustomText("x" * 254), order)


def test_a_wrong_checksum_passes_only_leniently() -> None:
    bad = bytearray(frame(1, b"\x01" + IMEI, GENERAL))
    bad[4] ^= 1
    with pytest.raises(ProtocolError, match="checksum"):
        received(bytes(bad))
    (message,) = received(bytes(bad), lenient=True)
    assert message.damaged and message.positions[0].damaged


@pytest.mark.parametrize(
    ("data", "reason"),
    (
        (b"\x01\x02\x03", "no frame begins"),
        (frame(1)[:8], "has no body"),
        (frame(1, GENERAL)[:12], "is due"),
    ),
)
def test_rejects_what_is_no_frame(data: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        received(data, transport="udp")


@pytest.mark.parametrize(
    ("body", "reason"),
    (
        (b"\x01\x00", "element of 0"),
        (b"\x01\x05\x24\x00", "element of 5"),
        (b"\x01\x03\x01\xff\xfe", "identity"),
        (b"\x7f", "without a result"),
    ),
)
def test_rejects_what_is_no_body(body: bytes, reason: str) -> None:
    head = struct.pack("<BBHHH", 0xAB, 0, len(body), crc16_xmodem(body), 1)
    with pytest.raises(ProtocolError, match=reason):
        received(head + body)


def test_goes_on_after_garbage() -> None:
    codec = PROTOCOL.codec(CodecContext("tcp"))
    messages = codec.receive(b"\x00\x01" + frame(1, GENERAL), NOW_MS)
    assert len(messages) == 1
    with pytest.raises(ProtocolError, match="no frame begins"):
        codec.receive(b"", NOW_MS)
