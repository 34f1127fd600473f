import pytest

from milepost.domain.command import (
    CustomText,
    EngineResume,
    EngineStop,
    OutputOff,
    OutputOn,
    PositionNow,
    Reboot,
)
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.suntech import PROTOCOL

NOW_MS = 1_760_000_000_000
PLACE = "+04.500000;-074.250000;036.000;090.00;9;1"
HEAD = f"ST300{{}};205170303;12;561;20251009;08:53:20;173f53;{PLACE};52982186;12.75;100010"
STATUS = HEAD.format("STT") + ";2;6328"
EVENT = HEAD.format("{}") + ";{}"
CELLS = "30062;724;2;-65;5221;255;" + "30061;724;2;5221;0;0;" * 6
UNIVERSAL = f"{{}};0560001616;{{}};56;1.0.15;1;20251009;08:53:20;00008D6C;334;20;0925;24;{PLACE}"


def codec(transport="tcp", *, lenient: bool = False, **options: str):
    return PROTOCOL.codec(CodecContext(transport, lenient, options))


def decoded(text: str | bytes, **options: str) -> Message:
    data = text if isinstance(text, bytes) else text.encode("latin-1") + b"\r"
    (message,) = codec(**options).receive(data, NOW_MS)
    return message


def placed(text: str | bytes, **options: str) -> Position:
    (position,) = decoded(text, **options).positions
    return position


def test_accepts_a_status_with_everything_of_it() -> None:
    tail = "093600;4.1;0;3.20;00000000000001;1;28F2B7600600005D:+5.2;:;:"
    assert placed(f"{STATUS};{tail}") == Position(
        fix_time_ms=1_760_000_000_000,
        latitude_deg=4.5,
        longitude_deg=-74.25,
        speed_kmh=36.0,
        course_deg=90.0,
        valid=True,
        satellites=9,
        ignition=True,
        odometer_m=52_982_186.0,
        engine_hours_h=1560.0,
        battery_v=12.75,
        attributes={
            "firmware": "561",
            "model": "12",
            "network": "173f53",
            **{"din1": "0", "din2": "0", "din3": "0", "dout1": "1", "dout2": "0"},
            "mode": "2",
            "index": "6328",
            "trackerBatteryV": "4.1",
            "archive": "true",
            "ain1V": "3.2",
            "driverUniqueId": "00000000000001",
            "driverAuthorized": "true",
            "temp1C": "5.2",
        },
    )


def test_a_place_without_a_fix_is_the_last_known_one() -> None:
    position = placed(STATUS.replace(";9;1;", ";0;0;"))
    assert position.has_fix and not position.valid
    assert not placed(STATUS.replace("+04.500000;-074.250000", "+00.000000;+000.000000")).has_fix


def test_the_families_have_other_heads() -> None:
    short = f"SA200STT;608945;129;20251009;08:53:20;3dce07;{PLACE};1;12.21;010000;1;3211"
    assert placed(short).attributes["firmware"] == "129"
    without_cell = f"ST500STT;205450135;07;843;20251009;08:53:20;{PLACE};141121;12.89;0;0;1;4659"
    assert placed(without_cell).odometer_m == 141_121.0
    network = (
        f"ST600STT;1;20;419;20251009;08:53:20;0032cc3e;736;3;445c;41;{PLACE};1;13.3;100000;2;3"
    )
    assert placed(network).attributes["cells"] == "736-3-17500-3329086"


def test_the_engines_speed_needs_its_option() -> None:
    text = f"{STATUS};000207;0.0;1;850;012E717F010000;1"
    assert placed(text, includeRpm="true").engine_rpm == 850.0
    position = placed(text)
    assert (position.engine_rpm, position.attributes["extra"]) == (None, "850")


@pytest.mark.parametrize("option", ["hbm", "protocolType"])
def test_meters_can_be_made_due(option: str) -> None:
    text = f"{STATUS};000060;no;1"
    assert placed(text).engine_hours_h is None
    with pytest.raises(ProtocolError, match="battery"):
        decoded(text, **{option: "1"})


@pytest.mark.parametrize(
    ("kind", "code", "alarm"),
    [
        ("EMG", "1", "sos"),
        ("EMG", "3", "power_cut"),
        ("EMG", "99", "general"),
        ("ALT", "41", "power_cut"),
        ("ALT", "46", "harsh_acceleration"),
        ("ALT", "33", None),
        ("EVT", "2", None),
    ],
)
def test_alarms(kind: str, code: str, alarm: str | None) -> None:
    position = placed(EVENT.format(kind, code))
    assert (position.alarm, position.event_codes) == (alarm, (code,))


def test_an_emergency_is_acknowledged_and_nothing_else() -> None:
    emergency = decoded(EVENT.format("EMG", "1"))
    assert codec().acknowledge(emergency) == b"ST300CMD;205170303;02;AckEmerg\r"
    assert codec().acknowledge(decoded(STATUS)) == b""
    assert codec().refuse(emergency) == b""


def test_serial_data_is_as_long_as_it_says() -> None:
    data = "a;b\r\n"
    text = f"{HEAD.format('UEX')};5;{data};7F;000120;4.0;1"
    position = placed(text)
    assert (
        position.attributes["serial"] == "613b620d0a"[:6] or position.attributes["serial"] == "a;b"
    )
    assert position.engine_hours_h == 2.0


def test_serial_data_with_escaped_bytes() -> None:
    text = f"{HEAD.format('UEX')};4;\x02\x01\x10\x01\x11\xfe;7F;000120;4.0;1;00000000000000;0"
    (message,) = codec().receive(text.encode("latin-1"), NOW_MS)
    assert message.positions[0].attributes["serial"] == "020001fe"


@pytest.mark.parametrize(
    ("data", "attributes"),
    [
        ("GTSL|6|1|0|9255143|2|", {"driverUniqueId": "9255143"}),
        ("t_0=F6;N_0=0419.0", {"fuelSensor1": "1049", "fuelSensor1TempC": "-10"}),
        ('CabAVL"CabMensaje,0,58.5,-1.0,,,FinMensaje"FinAVL', {"fuelSensor1": "58.5"}),
    ],
)
def test_serial_data_that_is_understood(data: str, attributes: dict[str, str]) -> None:
    position = placed(f"{HEAD.format('UEX')};{len(data)};{data};7F;000120;4.0;1")
    assert attributes.items() <= position.attributes.items()


def test_a_trip_ends_where_it_ends() -> None:
    position = placed(
        "ST300HTE;1;04;248;20251009;08:53:20;167559;12.28;000120;3.9;1;0;3;3;0;"
        "-22.881018;-047.070831;-22.900000;-047.100000;000.000;000.000;01E04D44160000"
    )
    assert (position.latitude_deg, position.longitude_deg) == (-22.9, -47.1)
    assert position.attributes["tripOdometerM"] == "167559.0"
    assert position.attributes["trip:start"] == "-22.881018,-047.070831"
    assert position.attributes["driverUniqueId"] == "01E04D44160000"


def test_universal_fields_follow_the_mask() -> None:
    position = placed(
        UNIVERSAL.format("STT", "BFFFFF") + ";00000001;00000010;2;1;1765;00008003;4.0;12.14;000090"
    )
    assert (position.latitude_deg, position.speed_kmh, position.satellites) == (4.5, 36.0, 9)
    assert (position.ignition, position.battery_v, position.engine_hours_h) == (True, 12.14, 1.5)
    assert position.attributes["cells"] == "334-20-2341-36204"
    assert position.attributes["outputs"] == "2"
    assert position.attributes["trackerBatteryV"] == "4.0"


def test_universal_alerts() -> None:
    sos = placed(UNIVERSAL.format("ALT", "3FFFFF") + ";00000000;00000000;42;2;;+23.0")
    assert (sos.alarm, sos.event_codes) == ("sos", ("42",))
    assert sos.attributes["assign:1"] == "+23.0"
    driver = placed(UNIVERSAL.format("ALT", "3FFFFF") + ";00000000;00000000;59;0;AB12")
    assert (driver.alarm, driver.attributes["driverUniqueId"]) == (None, "AB12")


def test_a_shorter_mask_has_fewer_fields() -> None:
    position = placed("STT;1;01187E;56;1.0;1;20251009;08:53:20;8D;+04.500000;-074.250000;1")
    assert (position.latitude_deg, position.valid, position.ignition) == (4.5, True, None)


def test_cells_without_a_place_are_a_status() -> None:
    message = decoded(f"ST410STT;109815653;445;03;{CELLS}3.86;0;0098;1;003;;;;;;;;;")
    (position,) = message.positions
    assert (position.fix_time_ms, position.has_fix) == (NOW_MS, False)
    assert position.attributes["cells"].startswith("724-2-5221-30062@-65 724-2-5221-30061")
    assert (position.attributes["archive"], position.attributes["index"]) == ("true", "98")


def test_portable_trackers() -> None:
    place = "20251009;08:53:20;-22.500000;-046.250000;000.000;000.00;1"
    location = placed(f"ST910;Location;205576803;500;{place};3.8;0;1;9159")
    assert (location.latitude_deg, location.attributes["index"]) == (-22.5, "9159")
    assert placed(f"ST910;Emergency;205576803;500;{place};2").alarm == "sos"
    assert decoded("ST910;Alive;205576803").kind == "heartbeat"


def test_beacons() -> None:
    place = "20251009;08:53:20;+32.5;-117.25"
    text = f"BLE;0820012345;82;1.0.0;{place};1;-32;-100;33;AABBCCDDEEFF;12;18;52"
    attributes = placed(text).attributes
    assert (attributes["tag1Id"], attributes["tag1Signal"]) == ("AABBCCDDEEFF", "-32")


@pytest.mark.parametrize(
    ("text", "kind", "unique_id", "answer"),
    [
        ("ST300ALV;205174410", "heartbeat", "205174410", None),
        ("ST600ALV;008728327", "heartbeat", "008728327", None),
        ("ST300CMD;Res;100850000;010;Reset", "response", "100850000", "Reset"),
        ("RES;4309999001;04;02;TEST", "response", "4309999001", "04;02;TEST"),
        ("SNB;4309999001;1;2", "other", "4309999001", None),
    ],
)
def test_kinds(text: str, kind: str, unique_id: str, answer: str | None) -> None:
    message = decoded(text)
    assert (message.kind, message.unique_id, message.text) == (kind, unique_id, answer)


# Kind 11 (emergency): device 205170303, model 12, 2025-10-09 08:53:20, 4.5° N, 74.25° W, 36 km/h,
# 90°, a fix by 9 satellites, 1000 m, 12.75 V, ignition, panic button, 120 min, 4.1 V, live.
ZIP_BODY = (
    "11 2051703030 0c 0231 190a09083514 173f53 04500000 4a250000 002400 005a00 a9 000003e8 0c75 01"
    "01 00000078 0410 01"
)


def zipped(body: str = ZIP_BODY) -> bytes:
    content = bytes.fromhex(body)
    return b"\x02" + len(content).to_bytes(2, "big") + content + b"\x03"


def test_a_zip_string_has_the_same_as_a_text() -> None:
    message = decoded(zipped())
    (position,) = message.positions
    assert message.unique_id == "205170303"
    assert position.fix_time_ms == 1_760_000_000_000
    assert (position.latitude_deg, position.longitude_deg) == (4.5, -74.25)
    assert (position.speed_kmh, position.course_deg, position.satellites) == (36.0, 90.0, 9)
    assert (position.odometer_m, position.battery_v) == (1000.0, 12.75)
    assert (position.alarm, position.engine_hours_h, position.ignition) == ("sos", 2.0, True)
    assert position.attributes["trackerBatteryV"] == "4.1"
    assert codec().acknowledge(message) == b"ST300CMD;205170303;02;AckEmerg\r"


# Kind 81: STT of device 0520001338 with all fields.
UNIVERSAL_BODY = (
    "0520001338 3fffff 34 010003 01 190a09083514 00008d6c 014e 0014 0925 18 0044aa20 846cf710"
    "0e10 2328 09 01 01 00 02 03 00a8 0029 04c1 0000005a"
)


def binary(start: int, body: str) -> bytes:
    content = bytes.fromhex(body)
    return bytes((start,)) + len(content).to_bytes(2, "big") + content


def test_an_universal_binary_report() -> None:
    message = decoded(binary(0x81, UNIVERSAL_BODY))
    (position,) = message.positions
    assert message.unique_id == "0520001338"
    assert (position.latitude_deg, position.longitude_deg) == (4.5, -74.25)
    assert (position.speed_kmh, position.course_deg) == (36.0, 90.0)
    assert (position.battery_v, position.engine_hours_h) == (12.17, 1.5)
    assert position.attributes["cells"] == "334-20-2341-36204"
    assert position.attributes["trackerBatteryV"] == "4.1"
    assert decoded(binary(0x83, "0520001338")).kind == "heartbeat"


def test_a_datagram_needs_no_line_end() -> None:
    (message,) = codec("udp").receive(STATUS.encode(), NOW_MS)
    assert message.positions


def command(kind: object, token: bytes = b"") -> bytes:
    order = Order(unique_id="123456789", number=1, token=token)
    return written("suntech", PROTOCOL.commands, kind, order)


@pytest.mark.parametrize(
    ("kind", "numbered", "universal"),
    [
        (EngineStop(), "02;Enable1", "04;01"),
        (EngineResume(), "02;Disable1", "04;02"),
        (OutputOn(2), "02;Enable2", "04;03"),
        (OutputOff(2), "02;Disable2", "04;04"),
        (PositionNow(), "02;StatusReq", "03;01"),
        (Reboot(), "02;Reboot", "03;03"),
        (CustomText("ReqVer"), "02;ReqVer", "ReqVer"),
    ],
)
def test_commands_are_in_the_words_of_the_family(
    kind: object, numbered: str, universal: str
) -> None:
    assert command(kind).decode() == f"SA200CMD;123456789;{numbered}\r"
    assert command(kind, b"ST300STT").decode() == f"ST300CMD;123456789;{numbered}\r"
    assert command(kind, b"STT").decode() == f"CMD;123456789;{universal}\r"


def test_a_whole_command_goes_out_as_it_is() -> None:
    assert command(CustomText("ST300NTW;1;02;0")) == b"ST300NTW;1;02;0\r"
    assert command(CustomText("CMD;1;03;03")) == b"CMD;1;03;03\r"


def test_commands_that_cannot_be_written_are_refused() -> None:
    with pytest.raises(InvalidInput, match="output"):
        command(OutputOn(3))
    with pytest.raises(InvalidInput, match="text"):
        command(CustomText("Überprüfung 语"))


REJECTED: dict[str, bytes] = {
    "no report begins": b"GET / HTTP/1.1\r",
    "more are due": b"ST300STT;205170303;12;561;20251009;08:53:20\r",
    "no date follows": b"ST300STT;1;2;3;4;5;6;7;8\r",
    "no place follows": b"ST300STT;1;2;3;20251009;08:53:20;1;2;3;4;5;6;7;8\r",
    "no time": STATUS.replace("08:53:20", "25:53:20").encode() + b"\r",
    "no time 2025": STATUS.replace("20251009", "20251309").encode() + b"\r",
    "longitude": STATUS.replace("-074.250000", "west").encode() + b"\r",
    "speed": STATUS.replace("036.000", "fast").encode() + b"\r",
    "satellites": STATUS.replace(";9;1;", ";x;1;").encode() + b"\r",
    "alert": EVENT.format("ALT", "x").encode() + b"\r",
    "a trip of": b"ST300HTE;1;04;248;20251009;08:53:20\r",
    "an answer of": b"ST300CMD;Res;1\r",
    "no mask": b"STT;1;zz;56\r",
    "no seven cells": b"ST410STT;1;445;03;3.86;0\r",
    "a report of 2": b"ST910;Alive\r",
    "bytes are due": zipped("10 2051703030 0c 0231"),
    "no time 2025-13-9": zipped(ZIP_BODY.replace("190a09", "190d09")),
    "digits are due": zipped(ZIP_BODY.replace("04500000", "0450000f")),
    "a binary report of": binary(0x81, "0520001338 3fffff"),
    "with the mask": binary(0x81, UNIVERSAL_BODY.replace("3fffff", "3ffffe")),
    "allowed are 8192": b"\x81\xff\xff",
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_goes_on_after_garbage() -> None:
    data = b"\x00\x7f\x01junk\r" + STATUS.encode() + b"\r"
    (message,) = codec().receive(data, NOW_MS)
    assert message.positions


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)
