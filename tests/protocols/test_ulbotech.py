import struct

import pytest

from milepost.domain.command import CustomText
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.ulbotech import PROTOCOL
from milepost.protocols.wire.checksums import crc16_xmodem

NOW_MS = 1_760_000_000_000
IMEI = "353323083177450"
NOW_S = NOW_MS // 1000 - 946_684_800
HEAD = bytes.fromhex("01010" + IMEI) + NOW_S.to_bytes(4, "big")
PLACE = struct.pack(">iiHHH", -27_500_000, 153_250_000, 80, 112, 120)


def codec(*, lenient: bool = False):
    return PROTOCOL.codec(CodecContext("tcp", lenient))


def frame(content: bytes) -> bytes:
    checked = content + crc16_xmodem(content).to_bytes(2, "big")
    return b"\xf8" + checked.replace(b"\xf7", b"\xf7\0").replace(b"\xf8", b"\xf7\x0f") + b"\xf8"


def group(group_id: int, value: bytes) -> bytes:
    return bytes((group_id, len(value))) + value


def decoded(data: bytes | str) -> Message:
    content = data.encode() if isinstance(data, str) else data
    (message,) = codec().receive(content, NOW_MS)
    return message


def one(group_id: int, value: bytes) -> Position:
    (position,) = decoded(frame(HEAD + group(group_id, value))).positions
    return position


def test_a_whole_position_is_exact() -> None:
    """The supply is 923/4096 of 110 V less 10 V, the battery 527/4096, 40.2 °C 2166/4096 of 180."""
    content = (
        HEAD
        + group(0x01, PLACE)
        + group(0x02, bytes.fromhex("0106 0002 1267 0000032f 47".replace(" ", "")))
        + group(0x03, bytes.fromhex("0a420004"))
        + group(0x04, (7_392_416).to_bytes(4, "big"))
        + group(0x05, bytes.fromhex("039b1876220f"))
        + group(0x07, bytes.fromhex("310553 410c0c9e 310d05".replace(" ", "")))
    )
    message = decoded(frame(content))
    assert (message.kind, message.unique_id) == ("positions", IMEI)
    assert message.positions == (
        Position(
            fix_time_ms=NOW_MS,
            latitude_deg=-27.5,
            longitude_deg=153.25,
            speed_kmh=80.0,
            course_deg=112.0,
            hdop=1.2,
            ignition=True,
            odometer_m=7_392_416.0,
            engine_rpm=807.5,
            coolant_temp_c=43,
            battery_v=14.788,
            alarm="overspeed",
            event_codes=("2",),
            signals={"Vehicle.Speed": 5.0},
            attributes={
                "cells": "262-2-4711-815@-71",
                "status": "2626",
                "trackerTempC": "40.2",
                "trackerBatteryV": "4.153",
            },
        ),
    )


def test_a_frame_is_acknowledged_with_its_identity_and_time() -> None:
    message = decoded(frame(HEAD + group(0x04, bytes(4))))
    assert codec().acknowledge(message) == frame(b"\x01\xfe" + HEAD[2:])
    assert codec().refuse(message) == b""


def test_marks_within_data_are_escaped() -> None:
    content = HEAD + group(0x04, bytes.fromhex("00f7f800"))
    assert decoded(frame(content)).positions[0].odometer_m == 0xF7F800
    assert frame(content).count(b"\xf8") == 2


def test_a_capture_without_escapes_is_read_at_whatever_slices() -> None:
    content = HEAD + group(0x04, bytes.fromhex("00f7f800")) + group(0x10, b"\x01")
    raw = b"\xf8" + content + crc16_xmodem(content).to_bytes(2, "big") + b"\xf8"
    speaking = codec()
    messages = [m for byte in raw for m in speaking.receive(bytes((byte,)), NOW_MS)]
    assert [m.positions[0].odometer_m for m in messages] == [0xF7F800]


def test_a_place_of_a_lost_fix_is_not_valid() -> None:
    position = one(0x01, PLACE[:-2] + (9999).to_bytes(2, "big"))
    assert position.has_fix and not position.valid
    assert position.hdop is None


def test_an_unknown_cell_is_none() -> None:
    message = decoded(frame(HEAD + group(0x02, b"\xff" * 10 + b"\x78")))
    assert message == Message("heartbeat", IMEI, token=message.token)


@pytest.mark.parametrize(
    ("bits", "alarm"),
    ((1, "power_cut"), (2, "movement"), (4, "overspeed"), (16, "geofence"), (1024, "sos")),
)
def test_alarms(bits: int, alarm: str) -> None:
    assert one(0x03, b"\0\0" + bits.to_bytes(2, "big")).alarm == alarm


@pytest.mark.parametrize(
    ("bits", "alarm"), ((1, "harsh_acceleration"), (2, "harsh_braking"), (4, "harsh_cornering"))
)
def test_harsh_driving(bits: int, alarm: str) -> None:
    position = one(0x0A, bytes((bits,)))
    assert (position.alarm, position.attributes["greenDrivingType"]) == (alarm, str(bits))


def test_fences() -> None:
    position = one(0x06, struct.pack(">II", 0b1, 0b100))
    assert position.attributes == {"geofence1": "1", "geofence3": "0"}


def test_trouble_codes() -> None:
    position = one(0x09, bytes.fromhex("7320290082c021"))
    assert position.attributes == {"dtcs": "P2029,P0082,U0021"}
    assert position.signals == {"Vehicle.Diagnostics.DTCCount": 3.0}


def test_answers_of_other_modes_and_broken_ones_are_kept() -> None:
    assert one(0x07, bytes.fromhex("390453")).attributes == {"obd:09": "0453"}
    assert one(0x07, bytes.fromhex("610c0c")).attributes == {"rest": "610c0c"}


def test_parameter_groups_of_j1939() -> None:
    groups = bytes.fromhex("0b00feee 7d78ffffffffffff".replace(" ", ""))
    content = HEAD + b"\x0b\x00\x0c" + groups
    (position,) = decoded(frame(content)).positions
    assert position.coolant_temp_c == 85
    assert position.attributes == {"spn:174": "80"}


def test_a_speed_of_the_bus_is_a_signal() -> None:
    groups = bytes.fromhex("0b00fee8 ffff807dffff606d".replace(" ", ""))
    (position,) = decoded(frame(HEAD + b"\x0b\x00\x0c" + groups)).positions
    assert position.speed_kmh is None
    assert position.signals["Vehicle.Speed"] == 125.5


def test_groups_that_nobody_explained_are_kept() -> None:
    groups = bytes.fromhex("0b001234 0102030405060708".replace(" ", ""))
    content = HEAD + b"\x0b\x00\x0e" + groups + b"\x09\x00"
    (position,) = decoded(frame(content)).positions
    assert position.attributes == {"pgn:01234": "0102030405060708", "rest": "0900"}
    assert one(0x0F, b"\1\2").attributes == {"group:0f": "0102"}


def test_parameters_of_j1587() -> None:
    value = bytes.fromhex("825c50 83be1400 85f500000064 827f01".replace(" ", ""))
    position = one(0x0C, value)
    assert (position.engine_load_pct, position.engine_rpm) == (40, 1280)
    assert position.odometer_m == 16_100
    assert position.attributes == {"j1708:127": "01"}
    assert one(0x0C, b"\x85\xf5\x00").attributes == {"rest": "85f500"}


def test_texts_of_groups() -> None:
    assert one(0x0D, b"WVWZZZ1JZXW000001\0").attributes == {"vin": "WVWZZZ1JZXW000001"}
    assert one(0x0E, b"0012AB\r\n").attributes == {"driverUniqueId": "0012AB"}
    assert one(0x0E, b"\x01\x02").attributes == {"driverUniqueId": "0102"}
    event = one(0x10, b"\xe0\0\1")
    assert event.event_codes == ("224",)
    assert event.attributes == {"event": "224", "eventData": "0001"}


def test_a_group_that_is_cut_short_costs_only_itself() -> None:
    (position,) = decoded(frame(HEAD + group(0x04, bytes(4)) + b"\x01\x0e\x01")).positions
    assert (position.odometer_m, position.attributes) == (0, {"group:01": "01"})


def test_a_text_without_values_is_a_heartbeat() -> None:
    assert decoded(f"*TS01,{IMEI}#") == Message("heartbeat", IMEI)


def test_a_text_with_values() -> None:
    text = (
        f"*TS01,{IMEI},085320091025,GPS:3;S27.5;E153.25;80;112;1.2,LBS:262;02;1267;32F;71,"
        "STT:242;4,MGR:7392416,ADC:0;14.77;1;40.2;2;4.15;7;1,EVT:1;7,VIN:X,RFI:AB,FOO:1#"
    )
    assert decoded(text).positions == (
        Position(
            fix_time_ms=NOW_MS,
            latitude_deg=-27.5,
            longitude_deg=153.25,
            speed_kmh=80.0,
            course_deg=112.0,
            hdop=1.2,
            ignition=True,
            odometer_m=7_392_416.0,
            battery_v=14.77,
            alarm="overspeed",
            event_codes=("2", "1"),
            attributes={
                "cells": "262-2-4711-815@-71",
                "status": "578",
                "trackerTempC": "40.2",
                "trackerBatteryV": "4.15",
                "adc:7": "1.0",
                "event": "1",
                "eventData": "7",
                "vin": "X",
                "driverUniqueId": "AB",
                "extra": "FOO:1",
            },
        ),
    )


def test_an_answer_to_a_command_is_a_response() -> None:
    message = decoded(f"*TS01,{IMEI},134955140317,WFE:0#")
    assert message == Message("response", IMEI, text="WFE:0")


def test_the_next_frame_is_found_after_garbage() -> None:
    speaking = codec()
    good = frame(HEAD + group(0x04, bytes(4)))
    assert len(speaking.receive(b"noise" + good, NOW_MS)) == 1
    with pytest.raises(ProtocolError, match="before the next frame"):
        speaking.receive(b"", NOW_MS)
    assert len(speaking.receive(b"\r\n" + good, NOW_MS)) == 1


def test_lenient_devices_get_their_damaged_frames_marked() -> None:
    content = HEAD + group(0x04, bytes(4))
    (message,) = codec(lenient=True).receive(b"\xf8" + content + b"\1\2\xf8", NOW_MS)
    assert message.damaged and message.positions[0].damaged


REJECTED = {
    "wrong checksum": b"\xf8" + HEAD + group(0x04, bytes(4)) + b"\1\2\xf8",
    "before the next frame": b"hello",
    "group 01 of 14 bytes": frame(HEAD + b"\x01\x0e\x01"),
    "is not of digits": frame(b"\1\1" + b"\xab" * 8 + bytes(4) + group(0x04, bytes(4))),
    "begins with": b"*XX01,1#",
    "identity 'a b'": b"*TS01,a b#",
    "no time": b"*TS01,1,995320091025,GPS:1#",
    "GPS has": b"*TS01,1,GPS:3;N1#",
    "GPS: a number": b"*TS01,1,GPS:3;N1;Ex#",
    "LBS names": b"*TS01,1,LBS:262#",
    "LBS: a whole number": b"*TS01,1,LBS:262;x;1;2#",
    "STT: a whole number": b"*TS01,1,STT:x#",
    "MGR: a number": b"*TS01,1,MGR:x#",
    "ADC: a number": b"*TS01,1,ADC:0;x#",
    "allowed are": b"*TS01," + b"1" * 5000,
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_rejects_a_frame_that_holds_nothing() -> None:
    with pytest.raises(ProtocolError, match="holds nothing"):
        codec(lenient=True).receive(b"\xf8\1\2\3\xf8\xf8", NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


def test_a_command_is_a_text() -> None:
    order = Order(IMEI, number=1)
    assert written("ulbotech", PROTOCOL.commands, CustomText("UNO;1"), order) == b"*TS01,UNO;1#"
    for text in ("a#b", "ü"):
        with pytest.raises(InvalidInput, match="text"):
            written("ulbotech", PROTOCOL.commands, CustomText(text), order)
