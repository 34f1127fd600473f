import pytest

from milepost.domain.command import (
    Command,
    EngineResume,
    EngineStop,
    Interval,
    PositionNow,
    Reboot,
)
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.meiligao import PROTOCOL
from milepost.protocols.wire.checksums import crc16_ccitt_false

NOW_MS = 1_760_000_000_000
SENTENCE = b"101112.000,A,5230.0000,N,01324.0000,W,10.00,90,091025,,*36"
PLACE = SENTENCE + b"|0.8|123|2103|0000,020E,02AA|02080005089E00E1CF84|1C|00001BB6|0B"
DECIMAL = SENTENCE + b"|0.8|123|2100|0000,0000|000028687"


def codec(*, lenient: bool = False):
    return PROTOCOL.codec(CodecContext("tcp", lenient))


def framed(command: int, data: bytes = b"", packed: str = "13612345678fff") -> bytes:
    body = b"$$" + (17 + len(data)).to_bytes(2, "big") + bytes.fromhex(packed)
    body += command.to_bytes(2, "big") + data
    return body + crc16_ccitt_false(body).to_bytes(2, "big") + b"\r\n"


def decoded(command: int, data: bytes = b"") -> Message:
    (message,) = codec().receive(framed(command, data), NOW_MS)
    return message


def reported(command: int, data: bytes) -> Position:
    (position,) = decoded(command, data).positions
    return position


def test_accepts_a_place_with_everything() -> None:
    assert decoded(0x9955, PLACE).unique_id == "13612345678"
    position = reported(0x9955, PLACE)
    assert position.speed_kmh == pytest.approx(18.52)
    assert position == Position(
        fix_time_ms=1_760_004_672_000,
        latitude_deg=52.5,
        longitude_deg=-13.4,
        altitude_m=123.0,
        speed_kmh=position.speed_kmh,
        course_deg=90.0,
        hdop=0.8,
        satellites=11,
        odometer_m=7094.0,
        attributes={
            "inputs": "33",
            "outputs": "3",
            "adc1": "0",
            "adc2": "526",
            "adc3": "682",
            "cell": "520-5-2206-14798724",
            "gsmSignal": "28",
        },
    )


def test_accepts_an_odometer_in_decimal() -> None:
    assert reported(0x9955, DECIMAL).odometer_m == 28_687
    position = reported(0x9016, DECIMAL + b"|003148")
    assert position.attributes["extra"] == "003148"


def test_a_report_without_a_fix_has_no_place() -> None:
    data = b"101112.000,V,0000.0000,N,00000.0000,E,5.00,90,091025,,*36||0|0000"
    position = reported(0x9955, data)
    assert not position.has_fix and not position.valid and position.speed_kmh is None


def test_a_receiver_that_was_never_set_knows_no_time() -> None:
    position = reported(0x9955, SENTENCE.replace(b"091025", b"220899"))
    assert position.fix_time_ms == NOW_MS
    assert position.attributes["timeEstimated"] == "true"


@pytest.mark.parametrize(
    ("code", "alarm"),
    [
        (0x01, "sos"),
        (0x10, "low_battery"),
        (0x11, "overspeed"),
        (0x12, "movement"),
        (0x13, "geofence"),
        (0x50, "power_cut"),
        (0x53, "antenna_cut"),
        (0x02, None),
    ],
)
def test_alarms(code: int, alarm: str | None) -> None:
    position = reported(0x9999, bytes((code,)) + PLACE)
    assert (position.alarm, position.event_codes) == (alarm, (f"{code:02x}",))


def test_accepts_an_alarm_without_its_code() -> None:
    assert reported(0x9999, PLACE).event_codes == ()


def test_accepts_a_driving_licence() -> None:
    card = b"|%  ^SMITH$JO$MS.^^?;600764310=1505=?+   24   1   0004111  00100  ?"
    attributes = reported(0x9955, PLACE + card).attributes
    assert attributes["driverUniqueId"] == "600764310"
    assert attributes["driverName"] == "SMITH JO MS."
    assert attributes["driverLicense"] == "0004111"
    assert reported(0x9955, PLACE + b"|0012345678").attributes["driverUniqueId"] == "0012345678"


def test_accepts_retransmitted_places() -> None:
    data = b"\x02\x00" + DECIMAL + b"\\\x00" + DECIMAL.replace(b"101112", b"101142")
    first, second = decoded(0x6688, data).positions
    assert second.fix_time_ms - first.fix_time_ms == 30_000
    assert first.attributes["archive"] == "true"


def test_accepts_cards() -> None:
    data = bytes.fromhex("009e1f7f 0012b3ab 00000000") + b"|101112,091025,5230.0,S,01324.0,E"
    position = reported(0x9966, data)
    assert (position.latitude_deg, position.longitude_deg) == (-52.5, 13.4)
    assert position.attributes == {"driverUniqueId": "0010362751", "card:2": "0001225643"}


def test_accepts_obd_values() -> None:
    data = b"14.1,2687,90,21.57,4.71,85,7.10,8.16,4.27,104,0.34,9.34,2,1,0"
    position = reported(0x9901, data)
    assert (position.battery_v, position.engine_rpm, position.coolant_temp_c) == (14.1, 2687, 85)
    assert (position.throttle_pct, position.engine_load_pct) == (21.57, 4.71)
    assert (position.odometer_m, position.fuel_used_l) == (104_000, 9.34)
    assert position.signals == {"Vehicle.Speed": 90, "Vehicle.Diagnostics.DTCCount": 2}
    assert position.attributes == {
        "obd:consumption": "7.1",
        "fuelEconomyLp100km": "8.16",
        "tripOdometerM": "4270",
        "tripFuelUsedL": "0.34",
        "harshAccelerationCount": "1",
        "harshBrakingCount": "0",
    }
    totals = reported(0x9902, b"25,2.5,0.5,22,43,119,3756,75,12").attributes
    assert (totals["drivingS"], totals["idlingS"], totals["maxSpeedKmh"]) == ("9000", "1800", "119")
    assert reported(0x9903, b"C1E88P0301").attributes == {"dtcs": "C1E88,P0301"}


def test_accepts_a_part_of_a_picture_without_a_checksum() -> None:
    frame = framed(0x9988, bytes.fromhex("0242681102ffd8"))[:-4] + b"\xff\xff\r\n"
    (message,) = codec().receive(frame, NOW_MS)
    assert message.positions[0].attributes == {"index": "2", "field:parts": "17", "photo": "ffd8"}
    assert not message.damaged


@pytest.mark.parametrize(
    ("command", "data", "kind", "answer"),
    [
        (0x5000, b"", "login", "40400012 13612345678fff 4000 01"),
        (0x0001, b"", "heartbeat", "40400012 13612345678fff 0001 01"),
        (0x9955, PLACE, "positions", ""),
    ],
)
def test_kinds_and_acknowledgements(command: int, data: bytes, kind: str, answer: str) -> None:
    message = decoded(command, data)
    expected = bytes.fromhex(answer)
    if expected:
        expected += crc16_ccitt_false(expected).to_bytes(2, "big") + b"\r\n"
    assert message.kind == kind
    assert codec().acknowledge(message) == expected
    assert codec().refuse(message) == b""


def test_answers_to_commands_are_responses() -> None:
    told = [decoded(0x4102, flag) for flag in (b"\x01", b"\x00")]
    assert [(m.kind, m.text, m.accepted) for m in told] == [
        ("response", "4102 01", True),
        ("response", "4102 00", False),
    ]
    assert decoded(0x9001, b"SN1,1234").text == "9001 SN1,1234"
    assert decoded(0x1234, b"\x07").attributes == {"type:1234": "07"}


def test_accepts_lengths_that_are_wrong() -> None:
    short = b"$$\x00\x00" + framed(0x9955, PLACE)[4:]
    long = b"$$" + (len(short) + 1).to_bytes(2, "big") + short[4:]
    for frame in (short, long):
        (message,) = codec(lenient=True).receive(frame, NOW_MS)
        assert message.positions[0].satellites == 11
        assert len(codec(lenient=True).receive(frame + frame, NOW_MS)) == 2


def test_a_wrong_checksum_marks_what_leniency_lets_through() -> None:
    frame = framed(0x9955, PLACE)[:-4] + b"\x12\x34\r\n"
    with pytest.raises(ProtocolError, match="wrong checksum"):
        codec().receive(frame, NOW_MS)
    (message,) = codec(lenient=True).receive(frame, NOW_MS)
    assert message.damaged and message.positions[0].damaged


def test_filling_between_frames_is_passed_over() -> None:
    subject = codec()
    assert len(subject.receive(b"\0" + framed(0x5000) + b"\0\0" + framed(0x5000), NOW_MS)) == 2
    assert subject.receive(b"", NOW_MS) == []


REJECTED: dict[str, bytes] = {
    "no frame is": b"GET / HTTP/1.1\r\n",
    "an identity is due": framed(0x5000, packed="1a612345678fff"),
    "a place is due": framed(0x9955, b"nowhere"),
    "a place is due, '101112,A,1'": framed(0x9955, b"101112,A,1"),
    "text is due": framed(0x9955, PLACE + b"\x01"),
    "a card's place is due": framed(0x9966, b"\0\0\0\1|101112,091025"),
    "cards and a place are due": framed(0x9966, b"\0\0\0\1"),
    "a part of a picture is due": framed(0x9988, b"\2\1"),
    "there is no date": framed(0x9955, SENTENCE.replace(b"091025", b"310225")),
    "latitude: a number": framed(0x9955, SENTENCE.replace(b"5230.0000", b"52x")),
    "speed: a number": framed(0x9955, SENTENCE.replace(b"10.00", b"fast")),
    "HDOP: a number": framed(0x9955, SENTENCE + b"|x"),
    "state: a whole": framed(0x9955, SENTENCE + b"|1|2|xyz"),
    "AD: a whole": framed(0x9955, SENTENCE + b"|1|2|0|xyz"),
    "OBD value: a number": framed(0x9901, b"x"),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


@pytest.mark.parametrize(
    ("command", "code", "data"),
    [
        (EngineStop(), "4115", "01"),
        (EngineResume(), "4115", "00"),
        (PositionNow(), "4101", ""),
        (Interval(100), "4102", "000a"),
        (Interval(3), "4102", "0001"),
        (Reboot(), "4902", ""),
    ],
)
def test_commands(command: Command, code: str, data: str) -> None:
    order = Order("123456789012345", 7)
    came = written("meiligao", PROTOCOL.commands, command, order)
    assert came[:4] == b"@@" + len(came).to_bytes(2, "big")
    assert came[4:-4].hex() == "12345678901234" + code + data


def test_a_command_needs_digits() -> None:
    with pytest.raises(InvalidInput, match="digits"):
        written("meiligao", PROTOCOL.commands, Reboot(), Order("abc", 7))
