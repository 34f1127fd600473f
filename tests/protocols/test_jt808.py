from functools import reduce
from operator import xor

import pytest

from milepost.domain.command import CustomText, EngineStop, Interval, PositionNow, SetOdometer
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.jt808 import PROTOCOL
from milepost.protocols.jt808.fragments import STORE_BYTES

NOW_MS = 1_760_000_000_000
PHONE = "013345678906"

# Alarm 0; status ACC and fix; 22.5° N, 114.25° E; 35 m; 60.5 km/h; 90°; 2025-10-09 16:53:20.
BASIC = bytes.fromhex("00000000 00000003 015752a0 06cf5110 0023 025d 005a 251009165320")


def frame(
    message_type: int, body: bytes, *, serial: int = 7, identity: str = PHONE, attributes: int = 0
) -> bytes:
    head = (message_type << 16 | attributes | len(body)).to_bytes(4, "big")
    content = head + bytes.fromhex(identity) + serial.to_bytes(2, "big") + body
    content += bytes((reduce(xor, content),))
    escaped = content.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")
    return b"\x7e" + escaped + b"\x7e"


def part(message_type: int, body: bytes, number: int, total: int) -> bytes:
    head = (message_type << 16 | 0x2000 | len(body)).to_bytes(4, "big")
    serial = (100 + number).to_bytes(2, "big")
    count = total.to_bytes(2, "big") + number.to_bytes(2, "big")
    content = head + bytes.fromhex(PHONE) + serial + count + body
    content += bytes((reduce(xor, content),))
    escaped = content.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")
    return b"\x7e" + escaped + b"\x7e"


def codec(*, lenient: bool = False, **options: str):
    return PROTOCOL.codec(CodecContext("tcp", lenient, options))


def decoded(data: bytes, **options: str) -> Message:
    (message,) = codec(**options).receive(data, NOW_MS)
    return message


def located(items: str = "", basic: bytes = BASIC) -> Position:
    (position,) = decoded(frame(0x0200, basic + bytes.fromhex(items))).positions
    return position


def with_words(alarms: int, status: int) -> bytes:
    return alarms.to_bytes(4, "big") + status.to_bytes(4, "big") + BASIC[8:]


def test_accepts_a_location_with_everything_of_it() -> None:
    position = located("0104000036c9 02020037 030201c2 30011f 31010e 2b0400100020")
    assert position == Position(
        fix_time_ms=1_760_000_000_000,
        latitude_deg=22.5,
        longitude_deg=114.25,
        altitude_m=35.0,
        speed_kmh=60.5,
        course_deg=90.0,
        valid=True,
        ignition=True,
        satellites=14,
        odometer_m=1_402_500,
        signals={"Vehicle.Speed": 45.0, "Vehicle.Powertrain.FuelSystem.AbsoluteLevel": 5.5},
        attributes={
            "status": "3",
            "gsmSignal": "31",
            "adc1": "32",
            "adc2": "16",
        },
    )


def test_hemispheres_and_a_last_known_place() -> None:
    position = located(basic=with_words(0, 0x0C))
    assert (position.latitude_deg, position.longitude_deg) == (-22.5, -114.25)
    assert not position.valid and position.ignition is False


def test_without_a_place_it_is_a_status() -> None:
    position = located(basic=with_words(0, 0x03)[:8] + bytes(8) + BASIC[16:])
    assert not position.has_fix and not position.valid


def test_a_time_that_is_none_is_the_time_of_reception() -> None:
    position = located(basic=BASIC[:22] + bytes(6))
    assert position.fix_time_ms == NOW_MS and not position.valid


def test_the_time_zone_can_be_set() -> None:
    (position,) = decoded(frame(0x0200, BASIC), timeZone="-03:00").positions
    assert position.fix_time_ms == NOW_MS + 11 * 3_600_000


def test_alarms_lead_and_are_all_kept() -> None:
    position = located(basic=with_words(0x00000101, 3))
    assert (position.alarm, position.event_codes) == ("sos", ("0", "8"))
    assert position.attributes["alarms"] == "sos,power_cut"


def test_status_bits_are_named_where_set() -> None:
    position = located(basic=with_words(0, 1 << 10 | 1 << 12 | 1 << 13 | 1 << 26))
    names = {"blocked", "locked", "door", "charging"}
    assert {name for name in position.attributes if name != "status"} == names


@pytest.mark.parametrize(
    ("item", "alarm", "event"),
    [
        ("642f 00000001 00 02 01" + "00" * 40, "lane_departure", "adas:2"),
        ("652f 00000001 00 01 02" + "00" * 40, "fatigue", "dsm:1"),
        ("6729 00000001 00 02" + "00" * 35, "collision_warning", "bsd:2"),
        ("0604 ffff ffff", None, None),
        ("fe07 7c 01 04 00000002", "harsh_braking", "fe:1"),
        ("1404 00000002", "tampering", "video:1"),
    ],
)
def test_alarms_of_items(item: str, alarm: str | None, event: str | None) -> None:
    position = located(item)
    assert position.alarm == alarm
    assert position.event_codes == (() if event is None else (event,))


@pytest.mark.parametrize(
    ("item", "attributes"),
    [
        ("51 04 8017 ffff", {"temp1C": "-2.3"}),
        ("06 02 8005", {"temp1C": "-5"}),
        ("56 02 0900", {"trackerBatteryPct": "90"}),
        ("69 02 018b", {"trackerBatteryV": "3.95"}),
        ("d5 02 01a2", {"trackerBatteryV": "4.18"}),
        ("54 08 01 f8af05826bc8 ca", {"wifi": "f8:af:05:82:6b:c8@-54"}),
        ("ee 0a 01cc 01 262c 009a6743 b5", {"cells": "460-1-9772-10118979@-75"}),
        ("53 09 01 027f 03 0045 6f07 3e", {"cells": "639-3-69-28423"}),
        ("cc 0a 38393836303030303031", {"iccid": "8986000001"}),
        ("99 02 abcd", {"item:99": "abcd"}),
        ("53 04 01027f03", {"item:53": "01027f03"}),
        ("99 20 ab", {"rest": "9920ab"}),
        ("77 08 01 7e19f1 0038 4d 08", {"tire1PressureKpa": "140.0", "tire1TempC": "27"}),
        ("eb 04 0003 00a8", {"item:eb": "000300a8"}),
        ("eb 05 0003 00a8 5c", {"trackerBatteryPct": "92"}),
    ],
)
def test_items_become_attributes(item: str, attributes: dict[str, str]) -> None:
    assert attributes.items() <= located(item).attributes.items()


def test_tyres_of_the_safety_standard_are_no_cells() -> None:
    tyre = "00 0002 00dc ffec 0064"
    position = located("66 32" + "00" * 40 + "01" + tyre)
    assert position.alarm == "tire_pressure"
    assert position.attributes["tire1PressureKpa"] == "220"
    assert position.attributes["tire1TempC"] == "-20"
    assert position.attributes["tire1BatteryPct"] == "100"


def test_diagnostics_have_their_units() -> None:
    position = located("80015a 81021388 82020085 840178 8c040008dcb6 a00650313233342c")
    assert position.signals["Vehicle.Speed"] == 90.0
    assert (position.engine_rpm, position.battery_v, position.coolant_temp_c) == (5000, 13.3, 80)
    assert position.signals["Vehicle.TraveledDistance"] == 58_079_000
    assert position.attributes["dtcs"] == "P1234"


def test_a_diagnostic_number_without_end_is_kept_raw() -> None:
    """Found by fuzzing: a parameter of 150 bytes is too large for a number."""
    position = located("f3 99 0002 96" + "ff" * 150)
    assert position.attributes == {"status": "3", "obd:0002": "ff" * 150}


def test_accepts_a_batch_and_one_that_is_cut_off() -> None:
    record = len(BASIC).to_bytes(2, "big") + BASIC
    message = decoded(frame(0x0704, b"\x00\x03\x01" + record + record + b"\x00\x1c" + BASIC[:9]))
    assert len(message.positions) == 2
    assert message.positions[0].attributes["archive"] == "true"


def test_accepts_drivers_cards_of_both_editions() -> None:
    body = (
        b"\x01"
        + BASIC[22:28]
        + b"\x00\x03Ann"
        + b"C-17".ljust(20, b"\0")
        + b"\x02GZ\x20\x30\x01\x01"
    )
    (position,) = decoded(frame(0x0702, body)).positions
    assert position.attributes == {
        "cardStatus": "in",
        "driverName": "Ann",
        "driverUniqueId": "C-17",
        "card:authority": "GZ",
        "card:expiry": "20300101",
    }
    old = b"\x03Ann" + b"1".ljust(20, b"\0") + b"C-17".ljust(40, b"\0") + b"\x00"
    (position,) = decoded(frame(0x0702, old)).positions
    assert position.attributes == {"driverUniqueId": "C-17", "driverName": "Ann"}


def test_a_registration_gets_its_code_and_an_unknown_device_is_refused() -> None:
    message = decoded(frame(0x0100, bytes(25)))
    assert (message.kind, message.unique_id) == ("login", PHONE)
    assert codec().acknowledge(message) == frame(0x8100, b"\x00\x07\x00" + PHONE.encode(), serial=0)
    assert codec().refuse(message) == frame(0x8100, b"\x00\x07\x04", serial=0)


def test_a_location_is_answered_and_never_refused() -> None:
    message = decoded(frame(0x0200, BASIC))
    assert codec().acknowledge(message) == frame(0x8001, b"\x00\x07\x02\x00\x00", serial=0)
    assert codec().refuse(message) == b""


@pytest.mark.parametrize(
    ("message_type", "kind", "answer_type", "answer"),
    [
        (0x0002, "heartbeat", 0x8001, "0007000200"),
        (0x0102, "login", 0x8001, "0007010200"),
        (0x0004, "other", 0x8004, "251009085320"),
        (0x0109, "other", 0x8109, "07e90a09083514"),
    ],
)
def test_kinds_and_answers(message_type: int, kind: str, answer_type: int, answer: str) -> None:
    message = decoded(frame(message_type, b""))
    assert message.kind == kind
    assert codec().acknowledge(message) == frame(answer_type, bytes.fromhex(answer), serial=0)


def test_an_answer_to_a_command_says_which_and_whether() -> None:
    message = decoded(frame(0x0001, bytes.fromhex("002a 8105 03")))
    assert (message.kind, message.reference, message.accepted) == ("response", 42, False)
    assert message.text == "8105: not supported"
    assert codec().acknowledge(message) == b""


def test_a_located_answer_has_its_position() -> None:
    message = decoded(frame(0x0201, b"\x00\x2a" + BASIC))
    assert (message.kind, message.reference) == ("response", 42)
    assert message.positions[0].latitude_deg == 22.5


def test_parameters_are_an_answer() -> None:
    body = bytes.fromhex("002a 02 00000029 04 0000001e 00000010 05") + b"cmnet"
    assert decoded(frame(0x0104, body)).text == "0029=30;0010=cmnet"


def test_the_edition_of_2019_has_a_version_and_ten_bytes() -> None:
    head = bytes.fromhex("0002 4000 01 00000866496077582164 0007")
    data = b"\x7e" + head + bytes((reduce(xor, head),)) + b"\x7e"
    message = decoded(data)
    assert (message.kind, message.unique_id) == ("heartbeat", "866496077582164")
    answer = codec().acknowledge(message)
    assert answer[1:16] == bytes.fromhex("8001 4005 01 00000866496077582164")


def test_a_binary_identity_is_the_imei_with_its_check_digit() -> None:
    assert decoded(frame(0x0002, b"", identity="4f07788ef87d")).unique_id == "868935060010210"
    assert decoded(frame(0x0002, b"", identity="ffffffffffff")).unique_id == "ffffffffffff"


def test_a_frame_that_is_not_escaped_is_found_by_its_length() -> None:
    body = BASIC + b"\x99\x03\x7e\x7d\x01"
    escaped = frame(0x0200, body)
    raw = (
        b"\x7e"
        + escaped[1:-1].replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
        + b"\x7e"
    )
    messages = codec().receive(raw + escaped, NOW_MS)
    assert [m.positions[0].attributes["item:99"] for m in messages] == ["7e7d01", "7e7d01"]


def test_the_other_flag_is_answered_with_the_other_flag() -> None:
    content = frame(0x0002, b"")[1:-1]
    message = decoded(b"\xe7" + content + b"\xe7")
    assert codec().acknowledge(message)[:1] == b"\xe7"


def test_parts_are_joined_and_acknowledged_together() -> None:
    body = b"\x00\x01\x00" + len(BASIC).to_bytes(2, "big") + BASIC
    one = codec()
    (second,) = one.receive(part(0x0704, body[20:], 2, 2), NOW_MS)
    assert (second.kind, one.acknowledge(second)) == ("other", b"")
    (whole,) = one.receive(part(0x0704, body[:20], 1, 2), NOW_MS)
    assert whole.positions[0].longitude_deg == 114.25
    assert one.acknowledge(whole) == b"".join(
        frame(0x8001, serial.to_bytes(2, "big") + b"\x07\x04\x00", serial=0)
        for serial in (101, 102)
    )


def test_a_recording_in_parts_is_answered_part_by_part_and_at_its_end() -> None:
    head = bytes.fromhex("00000009 00 00 01 02")
    one = codec()
    (first,) = one.receive(part(0x0801, head + BASIC[:10], 1, 2), NOW_MS)
    assert one.acknowledge(first) == frame(0x8001, b"\x00\x65\x08\x01\x00", serial=0)
    (last,) = one.receive(part(0x0801, BASIC[10:] + b"JPEG", 2, 2), NOW_MS)
    assert one.acknowledge(last).endswith(frame(0x8800, head[:4], serial=0))
    attributes = last.positions[0].attributes
    assert (attributes["media"], attributes["media:bytes"]) == ("9", "4")


def test_parts_that_never_end_are_forgotten() -> None:
    one = codec()
    for number in range(1, STORE_BYTES // 1000 + 20):
        (message,) = one.receive(part(0x0801, bytes(1000), number, 4000), NOW_MS)
        assert message.kind == "other"
    assert sum(len(parts) for parts in one._fragments._unfinished.values()) * 1000 <= STORE_BYTES


def test_passed_through_events_and_codes() -> None:
    place = "0000000b 029dc58c 04b99b60 230223171822"
    body = bytes.fromhex("f0 230223150215 01 02 03 01 1b 00" + place)
    (position,) = decoded(frame(0x0900, body)).positions
    assert (position.alarm, position.event_codes) == ("harsh_braking", ("27",))
    assert position.longitude_deg == -79.2728


def test_a_recording_of_the_bus_keeps_its_messages() -> None:
    body = bytes.fromhex("0001 1015304000 4cf00400 0102030405060708")
    (position,) = decoded(frame(0x0705, body)).positions
    assert position.attributes == {"can:cf00400": "0102030405060708"}


def test_a_lock_is_in_utc_and_answered_in_its_own_way() -> None:
    head = bytes.fromhex("5501 0025 740190311185 06")
    body = bytes.fromhex(
        "091025085320 22348476 1135504907 0a 2d 1c06 00000007 4e 00005ded 05e2 03 0020 0000"
        "0a 03 02dc65"
    )
    content = head[:2] + len(body).to_bytes(2, "big") + head[4:] + body
    message = decoded(b"\x7e" + content + bytes((reduce(xor, content),)) + b"\x7e")
    (position,) = message.positions
    assert position.fix_time_ms == 1_760_000_000_000
    assert position.latitude_deg == pytest.approx(22 + 34.8476 / 60, abs=1e-6)
    assert position.longitude_deg == pytest.approx(113 + 55.0490 / 60, abs=1e-6)
    assert (position.speed_kmh, position.course_deg) == (pytest.approx(18.52), 90.0)
    assert position.odometer_m == 7000.0
    assert position.attributes["blocked"] == "true"
    assert position.attributes["cells"] == "732-101-1506-24045"
    assert codec().acknowledge(message)[1:-2] == bytes.fromhex("4401 0003 740190311185 01 5501 00")


def test_texts_in_parentheses() -> None:
    message = decoded(b"(740190311185,1,001,ELOCK,3,529439)")
    assert (message.kind, message.unique_id) == ("response", "740190311185")
    message = decoded(b"(794104004140,1,001,BASE,2,TIME)")
    assert codec().acknowledge(message) == b"(794104004140,1,001,BASE,2,20251009085320)"


def command(kind: object, token: bytes = b"", **options: str) -> bytes:
    order = Order(unique_id=PHONE, number=7, token=token, options=options)
    return written("jt808", PROTOCOL.commands, kind, order)


@pytest.mark.parametrize(
    ("kind", "message_type", "body"),
    [
        (EngineStop(), 0x8105, "f0"),
        (PositionNow(), 0x8201, ""),
        (Interval(60), 0x8103, "01 00000029 04 0000003c"),
        (SetOdometer(123_456_000.0), 0x8103, "01 00000080 04 0012d680"),
    ],
)
def test_commands(kind: object, message_type: int, body: str) -> None:
    assert command(kind) == frame(message_type, bytes.fromhex(body))


def test_a_command_has_the_header_that_the_device_uses() -> None:
    token = bytes.fromhex("7e 8001 4005 01 00000866496077582164 0000 0001020000 00 7e")
    assert command(PositionNow(), token)[1:18] == bytes.fromhex(
        "8201 4000 01 00000866496077582164 0007"
    )


def test_commands_that_cannot_be_written_are_refused() -> None:
    with pytest.raises(InvalidInput, match="text"):
        command(CustomText("语" * 600))
    with pytest.raises(InvalidInput, match="uniqueId"):
        written("jt808", PROTOCOL.commands, PositionNow(), Order("truck seven", 1))
    with pytest.raises(InvalidInput, match="uniqueId"):
        written("jt808", PROTOCOL.commands, PositionNow(), Order("1" * 21, 1))


REJECTED: dict[str, bytes] = {
    "before the next frame": b"GET / HTTP/1.1\r\n",
    "has no header": b"\x7e\x02\x00\x00\x7e",
    "wrong checksum": frame(0x0200, BASIC)[:-2] + b"\x00\x7e",
    "a location has 28": frame(0x0200, BASIC[:20]),
    "bytes are due": frame(0x0001, b"\x00"),
    "nothing is passed": frame(0x0900, b""),
    "no acceleration": frame(0x2070, b"\x01"),
    "a recording has": frame(0x0800, b"\x01"),
    "a report has": bytes.fromhex("7e550100017401903111850600b47e"),
    "no text of this": b"(hello)",
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec(lenient=reason == "a report has").receive(REJECTED[reason], NOW_MS)


@pytest.mark.parametrize(
    ("reason", "old", "new"),
    [("no time", "091025", "991025"), ("digits are due", "22348476", "2234847f")],
)
def test_rejects_locks_that_write_no_digits(reason: str, old: str, new: str) -> None:
    body = "091025085320 22348476 1135504907 0a2d1c06000000074e00005ded05e20300200000"
    content = bytes.fromhex("5501 0023 740190311185 06" + body.replace(old, new))
    data = b"\x7e" + content + bytes((reduce(xor, content),)) + b"\x7e"
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(data, NOW_MS)


def test_a_wrong_checksum_passes_leniently_and_is_marked() -> None:
    data = REJECTED["wrong checksum"]
    (message,) = codec(lenient=True).receive(data, NOW_MS)
    assert message.damaged and message.positions[0].damaged


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)
