import struct

import pytest

from milepost.domain.command import EngineResume, EngineStop
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.castel import PROTOCOL
from milepost.protocols.castel.codec import framed
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish

NOW_MS = 1_760_000_000_000
NOW_S = NOW_MS // 1000
NAME = "213GDP2018021343"
SC_HEAD = b"\x04" + NAME.encode().ljust(20, b"\0")
CC_HEAD = NAME.encode().ljust(20, b"\0")


def codec(*, lenient: bool = False):
    return PROTOCOL.codec(CodecContext("tcp", lenient))


def sc(frame_type: int, content: bytes) -> bytes:
    return framed(b"@@", SC_HEAD, frame_type, content)


def decoded(frame: bytes) -> Message:
    (message,) = codec().receive(frame, NOW_MS)
    return message


def state(*, fuel: int = 1234) -> bytes:
    """Trip of 1500 m in 21 km, 12.34 l in all, 0.56 l on the trip."""
    numbers = struct.pack("<IIIIIH", NOW_S - 60, NOW_S, 21_000, 1500, fuel, 56)
    return numbers + bytes.fromhex("00020400") + bytes(8)


def place(flags: int = 0x9F, second: int = 20) -> bytes:
    """52.5, 13.25 on 9 October 2025 at 08:53; 1000 cm/s, 90.5°."""
    moment = bytes((9, 10, 25, 8, 53, second))
    return moment + struct.pack("<IIHHB", 189_000_000, 47_700_000, 1000, 905, flags)


def test_a_whole_position_is_exact() -> None:
    content = b"\0" + state() + b"\x01" + place() + b"\x01" + struct.pack("<H", 850)
    message = decoded(sc(0x4001, content))
    assert (message.kind, message.unique_id, message.token) == ("positions", NAME, b"")
    assert message.positions == (
        Position(
            fix_time_ms=NOW_MS,
            latitude_deg=52.5,
            longitude_deg=13.25,
            speed_kmh=36.0,
            course_deg=90.5,
            satellites=9,
            odometer_m=21_000.0,
            fuel_used_l=12.34,
            engine_rpm=850.0,
            attributes={
                "archive": "false",
                "tripOdometerM": "1500",
                "tripFuelUsedL": "0.56",
                "status": "00020400",
                "statusExtended": "0000000000000000",
            },
        ),
    )


@pytest.mark.parametrize(
    ("flags", "north", "east", "valid"),
    ((0x0F, 1, 1, True), (0x0E, 1, -1, True), (0x0D, -1, 1, True), (0x03, 1, 1, False)),
)
def test_hemispheres_and_validity(flags: int, north: int, east: int, valid: bool) -> None:
    content = b"\0" + state() + b"\x01" + place(flags)
    (position,) = decoded(sc(0x4001, content)).positions
    assert (position.latitude_deg, position.longitude_deg) == (52.5 * north, 13.25 * east)
    assert position.valid is valid


def test_the_state_goes_with_the_last_of_several_places() -> None:
    content = b"\1" + state() + b"\x02" + place(second=10) + place()
    first, second = decoded(sc(0x4001, content)).positions
    assert (first.fix_time_ms, first.odometer_m) == (NOW_MS - 10_000, None)
    assert (second.fix_time_ms, second.odometer_m) == (NOW_MS, 21_000)


def test_a_login_is_answered_with_the_time() -> None:
    content = state() + b"\0" + b"S V1\0H V2\0" + struct.pack("<HH", 1, 0x2001)
    message = decoded(sc(0x1001, content))
    assert message.kind == "login"
    assert not message.positions[0].has_fix
    assert message.positions[0].attributes["firmware"] == "S V1"
    assert message.positions[0].attributes["hardware"] == "H V2"
    answer = codec().acknowledge(message)
    assert answer == sc(0x9001, b"\xff\xff\xff\xff\0\0" + struct.pack("<I", NOW_S))
    assert codec().refuse(message) == b""


def test_a_heartbeat_is_answered() -> None:
    message = decoded(sc(0x1003, b""))
    assert (message.kind, message.positions) == ("heartbeat", ())
    assert message.token == sc(0x9003, b"")


@pytest.mark.parametrize(
    ("alarm_type", "alarm"), ((0x01, "overspeed"), (0x11, "crash"), (0x1C, "vibration"))
)
def test_an_alarm_is_raised_and_answered_with_its_number(alarm_type: int, alarm: str) -> None:
    alarms = b"\x01" + bytes((1, alarm_type)) + struct.pack("<HH", 7, 9)
    message = decoded(sc(0x4007, struct.pack("<I", 77) + state() + b"\x01" + place() + alarms))
    (position,) = message.positions
    assert (position.alarm, position.event_codes) == (alarm, (str(alarm_type),))
    assert position.attributes["eventData"] == "1,7,9"
    assert message.token == sc(0xC007, struct.pack("<I", 77))


def test_an_alarm_that_is_over_is_not_raised() -> None:
    alarms = b"\x02" + bytes((0, 1, 0, 0, 0, 0)) + bytes((1, 0x17, 0, 0, 0, 0))
    (position,) = decoded(sc(0x4007, bytes(4) + state() + b"\0" + alarms)).positions
    assert (position.alarm, position.ignition) == (None, False)
    assert position.event_codes == ("1", "23")


def test_parameters_of_two_groups() -> None:
    head = state() + struct.pack("<HB", 30, 3) + bytes.fromhex("05210c21a621")
    groups = bytes.fromhex("02 07 5a 0403 5d460300 5b 0004 5e460300".replace(" ", ""))
    earlier, now = decoded(sc(0x4002, head + groups)).positions
    assert (earlier.fix_time_ms, now.fix_time_ms) == (NOW_MS - 30_000, NOW_MS)
    assert (earlier.coolant_temp_c, earlier.engine_rpm) == (90, 772)
    assert (now.coolant_temp_c, now.engine_rpm, now.odometer_m) == (91, 1024, 21_462_200)


def test_parameters_of_unknown_length_stay_in_hex() -> None:
    head = state() + struct.pack("<HB", 30, 2) + bytes.fromhex("0521ee21")
    (status,) = decoded(sc(0x4002, head + b"\x01\x02\x5a\x01")).positions
    assert status.attributes["data"] == "5a01"
    assert status.attributes["configuration"] == "05 EE"


def test_a_freeze_frame() -> None:
    content = state() + b"\x03\x02" + bytes.fromhex("0d21 4221 30 e038".replace(" ", ""))
    (status,) = decoded(sc(0x4005, content)).positions
    assert status.attributes["index"] == "3"
    assert status.signals["Vehicle.Speed"] == 48
    assert status.signals["Vehicle.OBD.ControlModuleVoltage"] == pytest.approx(14.56)


@pytest.mark.parametrize(
    ("frame_type", "codes", "expected"),
    (
        (0x4006, "2603 5143", "P0326,C0351"),
        (0x400B, "2603 0105 5143 0101", "P0326,C0351"),
    ),
)
def test_trouble_codes(frame_type: int, codes: str, expected: str) -> None:
    content = state() + b"\0\x02" + bytes.fromhex(codes.replace(" ", ""))
    (status,) = decoded(sc(frame_type, content)).positions
    assert status.attributes["dtcs"] == expected
    assert status.signals == {"Vehicle.Diagnostics.DTCCount": 2.0}


def test_the_last_acceleration_is_kept() -> None:
    content = state() + b"\x0a\0\x02" + struct.pack("<6h", 1, 2, 3, -10, 20, 1000)
    (status,) = decoded(sc(0x4003, content)).positions
    kept = [status.attributes[f"axis{axis}Mg"] for axis in "XYZ"]
    assert kept == ["-10", "20", "1000"]


def test_supported_parameters_fuel_and_cell() -> None:
    content = state() + b"\x02" + bytes.fromhex("04210d21")
    assert decoded(sc(0x4004, content)).positions[0].attributes["configuration"] == "04 0D"
    fuel = decoded(sc(0x400E, state() + b"\x10\x01")).positions[0]
    assert fuel.attributes["fuelSensor1"] == "272"
    cell = decoded(sc(0x4008, struct.pack("<HH", 4711, 815))).positions[0]
    assert cell.attributes == {"areaCode": "4711", "cellId": "815"}


def test_a_comprehensive_report_has_tagged_values() -> None:
    tags = bytes.fromhex("2100 0200 8201 1000 0100 ff".replace(" ", ""))
    content = b"\0" + struct.pack("<I", 5) + state() + b"\x01" + place() + tags
    (position,) = decoded(sc(0x401F, content)).positions
    assert position.has_fix
    assert position.attributes["trackerBatteryV"] == "3.86"
    assert position.attributes["tag:0010"] == "ff"


def test_a_sleeping_device_and_a_shortened_end() -> None:
    (position,) = decoded(sc(0x4009, struct.pack("<I", NOW_S) + place())).positions
    assert position.has_fix
    message = decoded(sc(0x4001, b"\0" + state() + b"\x01\x09\x0a"))
    assert message.positions[0].odometer_m == 21_000
    assert message.positions[0].attributes["rest"] == "090a"


def test_an_answer_to_a_query() -> None:
    vin = b"MALC381CMKM567148"
    content = struct.pack("<HBBB", 5, 1, 0, 1) + struct.pack("<HB", 0x1234, 1)
    message = decoded(sc(0xA002, content + struct.pack("<HH", 0x2001, len(vin)) + vin))
    assert (message.kind, message.text) == ("response", "MALC381CMKM567148,1234=failed")
    assert message.positions[0].attributes["vin"] == vin.decode()


def test_a_position_that_was_asked_for() -> None:
    message = decoded(sc(0xB001, b"\x05\0\x01" + place()))
    assert (message.kind, message.attributes) == ("response", {"index": "5"})
    assert message.positions[0].has_fix


def test_a_cc_login_and_heartbeat() -> None:
    content = place() + struct.pack("<IBI", 0xC48, 9, 5897) + bytes(7) + b"V1\0H2\0"
    message = decoded(framed(b"$$", CC_HEAD, 0x4001, content))
    (position,) = message.positions
    assert (message.kind, position.odometer_m) == ("login", 5897)
    assert (position.attributes["status"], position.attributes["firmware"]) == ("00000c48", "V1")
    answer = b"\xff\xff\xff\xff\0\0" + struct.pack("<I", NOW_S)
    assert message.token == framed(b"$$", CC_HEAD, 0x8001, answer)
    beat = decoded(framed(b"$$", CC_HEAD, 0x4206, b"\0\x01" + place()))
    assert (beat.kind, beat.token) == ("heartbeat", framed(b"$$", CC_HEAD, 0x8206, b""))
    assert beat.positions[0].has_fix


def test_unknown_types_are_kept_in_hex() -> None:
    message = decoded(sc(0x4ABC, b"\1\2"))
    assert (message.kind, message.positions) == ("other", ())
    assert message.attributes == {"type:4abc": "0102"}


def test_lenient_devices_get_their_damaged_frames_marked() -> None:
    damaged = bytearray(sc(0x4001, b"\0" + state() + b"\x01" + place()))
    damaged[-3] ^= 0xFF
    (message,) = codec(lenient=True).receive(bytes(damaged), NOW_MS)
    assert message.damaged and message.positions[0].damaged


REJECTED = {
    "no frame begins": b"XX\x20\0",
    "holds nothing": b"@@\x10\0",
    "allowed are": b"@@\xff\xff",
    "checksum": sc(0x1003, b"")[:-4] + b"\0\0\r\n",
    "is not readable": framed(b"@@", b"\x04" + bytes(20), 0x1003, b""),
    "there is no time": sc(0x4009, bytes(4) + b"\x20" + place()[1:]),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    speaking = codec()
    with pytest.raises(ProtocolError, match=reason):
        speaking.receive(REJECTED[reason], NOW_MS)


def test_rejects_one_byte_that_begins_nothing() -> None:
    with pytest.raises(ProtocolError, match="no frame begins with 58"):
        codec().receive(b"X", NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


def test_commands_control_the_petrol() -> None:
    order = Order("123456789012345", number=1)
    head = b"\x01" + b"123456789012345".ljust(20, b"\0")
    stop = written("castel", PROTOCOL.commands, EngineStop(), order)
    assert stop == framed(b"@@", head, 0x4583, b"\x01")
    resume = written("castel", PROTOCOL.commands, EngineResume(), order)
    assert resume == framed(b"@@", head, 0x4583, b"\x00")
    with pytest.raises(InvalidInput, match="uniqueId"):
        written("castel", PROTOCOL.commands, EngineStop(), Order("1" * 21, number=1))
