import pytest

from milepost.domain.command import Command, CustomText, EngineResume, EngineStop, Reboot
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish, Transport
from milepost.protocols.eelink import PROTOCOL
from milepost.protocols.eelink.frame import envelope_sum, enveloped

NOW_MS = 1_760_000_000_000
TIME = "68e77620"  # 2025-10-09T08:45:20Z
TIME_MS = 1_759_999_520_000
# 52.5 N, 13.4 W, 58 m, 61 km/h, 270 degrees, 9 satellites
GNSS = "05a1f4a0" + "fe8ff540" + "003a" + "003d" + "010e" + "09"
BASE = "0106 0002 1267 0000032f 2d"
V1 = "05a1f4a0 fe8ff540 3d 010e 0106 0002 1267 00032f"


def packed(kind: int, content: str, number: int = 7) -> bytes:
    body = number.to_bytes(2, "big") + bytes.fromhex(content)
    return b"gg" + bytes((kind,)) + len(body).to_bytes(2, "big") + body


def codec(transport: Transport = "tcp", *, lenient: bool = False):
    return PROTOCOL.codec(CodecContext(transport, lenient))


def decoded(kind: int, content: str) -> Message:
    (message,) = codec().receive(packed(kind, content), NOW_MS)
    return message


def reported(kind: int, content: str) -> Position:
    (position,) = decoded(kind, content).positions
    return position


def test_accepts_a_location_with_everything() -> None:
    state = "0387" + "1086" + "018a" + "04ec" + "0001e240" + "086c" + "02fe" + "0afd" + "074d"
    sensors = "1480" + "01cc" + "00010080" + "00000190" + "fce0"
    wifi = "002542e50e7ea6"
    assert reported(0x12, TIME + "13" + GNSS + BASE + wifi + state + sensors) == Position(
        fix_time_ms=TIME_MS,
        latitude_deg=52.5,
        longitude_deg=-13.4,
        altitude_m=58.0,
        speed_kmh=61.0,
        course_deg=270.0,
        satellites=9,
        ignition=True,
        odometer_m=123_456.0,
        attributes={
            "cells": "262-2-4711-815@-65",
            "wifi": "00:25:42:e5:0e:7e@-90",
            "status": "0387",
            "armed": "false",
            "charging": "true",
            "motion": "true",
            "trackerBatteryV": "4.23",
            "ain1V": "0.394",
            "ain2V": "1.26",
            "field:gsmCounter": "2156",
            "field:gnssCounter": "766",
            "steps": "2813",
            "field:walkingTime": "1869",
            "temp1C": "20.5",
            "humidityPct": "46.0",
            "illuminanceLx": "256.5",
            "co2Ppm": "400",
            "temp2C": "-50.0",
        },
    )


def test_a_place_without_a_fix_is_the_last_known() -> None:
    position = reported(0x12, TIME + "01" + GNSS + "0002")
    assert position.has_fix and not position.valid and position.ignition is False


def test_accepts_neighbours_and_other_stations() -> None:
    second, third = "1268 00000330 10", "1269 00000331 11"
    stations = "".join(f"0000000000{n:02x}c4" for n in range(3))
    position = reported(0x12, TIME + "7e" + BASE + second + third + stations)
    assert not position.has_fix
    cells = "262-2-4711-815@-65 262-2-4712-816@-94 262-2-4713-817@-93"
    assert position.attributes["cells"] == cells
    assert position.attributes["wifi"].split()[2] == "00:00:00:00:00:02@-60"


def test_accepts_a_wide_mask_with_cells_of_lte() -> None:
    cell = "08 01 01f9 0001 304e 304e 0818390d 0000 00c5 24c2 ae"
    position = reported(0x12, TIME + "0081" + GNSS + cell + "0001")
    assert position.has_fix and position.valid
    assert position.attributes["cells"] == "505-1-12366-135805197@-82"
    none = reported(0x12, TIME + "0081" + GNSS + "0800" + "0001")
    assert "cells" not in none.attributes and none.valid
    gsm = reported(0x12, TIME + "0080" + "01 01 01f9 0001 304e 304e 0818390d 0000 ae" + "0001")
    assert gsm.attributes["status"] == "0001"


def test_accepts_beacons() -> None:
    tag = "f1a00220f0fe a7 00b1 0c 0be9 1510 0018"
    values = "0001 1086" + "00" * 16 + "00" * 14
    notes = reported(0x12, TIME + "00" + values + "0102" + tag).attributes
    assert notes["tag1Mac"] == "f1:a0:02:20:f0:fe"
    assert (notes["tag1Signal"], notes["tag1BatteryV"]) == ("-89", "3.049")
    assert (notes["tag1TempC"], notes["tag1Data"]) == ("21.06", "00b10c0018")
    unknown = reported(0x12, TIME + "00" + values + "0103" + tag).attributes
    assert unknown["rest"] == "0103" + tag.replace(" ", "")


@pytest.mark.parametrize(
    ("code", "alarm"),
    [
        ("01", "power_cut"),
        ("02", "sos"),
        ("03", "low_battery"),
        ("04", "vibration"),
        ("25", "removing"),
        ("82", "overspeed"),
        ("83", "geofence_enter"),
        ("84", "geofence_exit"),
        ("85", "crash"),
        ("86", "fall"),
        ("7f", "general"),
    ],
)
def test_alarms(code: str, alarm: str) -> None:
    for position in (
        reported(0x14, TIME + "01" + GNSS + code + "0001"),
        reported(0x04, TIME + V1 + "01" + code),
    ):
        assert (position.alarm, position.event_codes) == (alarm, (code,))
        assert position.valid


def test_accepts_places_and_changes_of_v1() -> None:
    position = reported(0x02, TIME + V1 + "01")
    assert (position.latitude_deg, position.longitude_deg) == (52.5, -13.4)
    assert (position.speed_kmh, position.course_deg, position.valid) == (61, 270, True)
    assert position.attributes == {"cells": "262-2-4711-815"}
    assert not reported(0x02, TIME + V1 + "00").valid
    for tail in ("01 05", "01 00 05"):
        assert reported(0x05, TIME + V1 + tail + TIME).event_codes == ("05",)
    changed = reported(0x05, TIME + V1 + "01 05" + TIME + "0006")
    assert (changed.event_codes, changed.ignition) == (("05",), True)


def test_accepts_reports_and_messages() -> None:
    assert reported(0x15, TIME + "01" + GNSS + "02" + "0003").event_codes == ("02",)
    content = TIME + "01" + GNSS + b"+4912345".ljust(21, b"\0").hex() + b"hello".hex()
    attributes = reported(0x16, content).attributes
    assert attributes == {"phone": "+4912345", "text": "hello"}


def test_accepts_obd_values() -> None:
    content = TIME + "0001e240" + "03" + "0c105c5555" + "057a555555" + "8a0000aef7" + "8900000049"
    position = reported(0x07, content)
    assert (position.fix_time_ms, position.odometer_m) == (TIME_MS, 123_456)
    assert (position.engine_rpm, position.coolant_temp_c) == (1047, 82)
    assert position.signals["Vehicle.TraveledDistance"] == 44_791_000
    assert position.attributes == {"pid:89": "00000049"}
    short = reported(0x07, "0006035d")
    assert short.ignition is True and short.attributes["field:obd"] == "035d"


@pytest.mark.parametrize(
    ("kind", "content", "of_kind", "answer"),
    [
        (0x01, "0352544071750518 0104", "login", "676701 0002 0007"),
        (
            0x01,
            "0352544071677471 0020 0205 0205 0001 0432 000086bd",
            "login",
            "676701 0009 0007 68e77800 0001 00",
        ),
        (0x03, "0006", "heartbeat", "676703 0002 0007"),
        (0x03, "", "heartbeat", "676703 0002 0007"),
        (0x12, TIME + "01" + GNSS, "positions", "676712 0002 0007"),
        (0x14, TIME + "01" + GNSS + "02", "positions", "676714 0002 0007"),
        (0x02, TIME + V1 + "01", "positions", ""),
        (0x1B, "0102", "other", "67671b 0002 0007"),
    ],
)
def test_kinds_and_acknowledgements(kind: int, content: str, of_kind: str, answer: str) -> None:
    message = decoded(kind, content)
    assert message.kind == of_kind
    assert codec().acknowledge(message) == bytes.fromhex(answer)
    assert codec().refuse(message) == b""


def test_a_login_has_the_identity_and_versions() -> None:
    message = decoded(0x01, "0352544071677471 0020 0205 0304 0001 0432 000086bd")
    assert message.unique_id == "352544071677471"
    assert message.positions[0].attributes == {"firmware": "3.4", "hardware": "2.5"}


def test_what_is_not_read_is_kept() -> None:
    assert reported(0x17, "aabb").attributes == {"type:17": "aabb"}


def test_answers_to_commands_are_responses() -> None:
    message = decoded(0x80, "01 00000009" + b"RELAY OK!\0".hex())
    assert (message.kind, message.text, message.reference) == ("response", "RELAY OK!", 9)
    assert codec().acknowledge(message) == b""


def test_an_answer_may_be_a_place() -> None:
    text = b"Lat:S33.5,Lon:E151.25,Course:90.00,Speed:12.50km/h,DateTime:2025-10-09 08:45:20"
    message = decoded(0x80, "01 00000001" + text.hex())
    (position,) = message.positions
    assert position.fix_time_ms == TIME_MS
    assert (position.latitude_deg, position.longitude_deg) == (-33.5, 151.25)
    assert (position.speed_kmh, position.course_deg) == (12.5, 90)


def test_datagrams_are_enveloped_and_so_are_their_answers() -> None:
    body = packed(0x12, TIME + "01" + GNSS) + packed(0x80, "01 00000001 4f4b", 8)
    subject = codec("udp")
    first, second = subject.receive(enveloped("352544071677471", body), NOW_MS)
    assert first.unique_id == second.unique_id == "352544071677471"
    expected = bytes.fromhex("0352544071677471 6767120002 0007")
    came = subject.acknowledge(first)
    assert came[:4] == b"EL\0\x11" and came[6:] == expected
    assert int.from_bytes(came[4:6], "big") == envelope_sum(expected)
    assert subject.acknowledge(second) == b""


def test_the_sum_of_an_envelope_turns() -> None:
    assert envelope_sum(b"\x80\x01") == 0x101
    assert envelope_sum(b"\x80" + b"\0" * 9) == 1


def test_a_wrong_sum_marks_what_leniency_lets_through() -> None:
    envelope = bytearray(enveloped("352544071677471", packed(0x03, "0006")))
    envelope[4] ^= 1
    with pytest.raises(ProtocolError, match="wrong sum"):
        codec("udp").receive(bytes(envelope), NOW_MS)
    (message,) = codec("udp", lenient=True).receive(bytes(envelope), NOW_MS)
    assert message.damaged and message.positions[0].damaged


REJECTED: dict[str, bytes] = {
    "no package of": b"GET / HTTP/1.1",
    "a package ends within its head": enveloped("1", b"gg\x03\0"),
    "an envelope without a package": enveloped("1", b""),
    "there is no package 99": packed(0x99, "00"),
    "an IMEI is due": packed(0x01, "a352544071677471 0104"),
    "bytes are due": packed(0x12, TIME + "01" + GNSS[:-2]),
    "time: no time": packed(
        0x80,
        "01 00000001"
        + b"Lat:N1.0,Lon:E1.0,Course:1.0,Speed:1.0km/h,DateTime:2025-13-09 08:45:20".hex(),
    ),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_rejects_half_an_envelope() -> None:
    with pytest.raises(ProtocolError, match="an envelope of"):
        codec("udp").receive(b"EL\0\x50abcdef", NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (EngineStop(), b"RELAY,1#"),
        (EngineResume(), b"RELAY,0#"),
        (Reboot(), b"RESET#"),
        (CustomText("PARAM#"), b"PARAM#"),
    ],
)
def test_commands_have_the_number_that_is_repeated(command: Command, text: bytes) -> None:
    came = written("eelink", PROTOCOL.commands, command, Order("352544071677471", 9))
    assert came == b"gg\x80" + (7 + len(text)).to_bytes(2, "big") + b"\0\0\1\0\0\0\x09" + text


def test_a_command_in_an_envelope_needs_an_imei() -> None:
    with pytest.raises(InvalidInput, match="an IMEI"):
        written("eelink", PROTOCOL.commands, Reboot(), Order("abc", 9, b"EL"))
