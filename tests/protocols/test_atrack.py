from struct import pack

import pytest

from milepost.domain.command import CustomText, Reboot
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.atrack import PROTOCOL
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import Codec, CodecContext, Publish
from milepost.protocols.wire.checksums import crc16_ibm

NOW_MS = 1_760_000_000_000
UNIT_ID = 356_961_075_931_165
TOKEN = pack(">QH", UNIT_ID, 7)
FIXED_S = 1_534_712_047
FORM = b"%CI%MV%BV%SA\0"
LINE = (
    "1534712047,1534712048,1534712048,-88586191,43988312,86,2,201805,8,1,19,2,500,1858AE,215,2000,"
)


def codec(options: dict[str, str] | None = None, *, lenient: bool = False) -> Codec:
    return PROTOCOL.codec(CodecContext("tcp", lenient, options or {}))


def binary(content: bytes, prefix: bytes = b"@P") -> bytes:
    covered = pack(">HHQ", len(content) + 10, 7, UNIT_ID) + content
    return prefix + pack(">H", crc16_ibm(covered)) + covered


def text(*lines: str) -> bytes:
    content = f",7,{UNIT_ID}," + "".join(f"{line}\r\n" for line in lines)
    covered = f",{len(content)}{content}".encode("latin-1")
    return b"@P,%04X" % crc16_ibm(covered) + covered


def record(
    tail: bytes = b"",
    *,
    times: bytes = pack(">III", FIXED_S, FIXED_S + 1, FIXED_S + 1),
    hdop: int = 8,
    message: bytes = b"",
) -> bytes:
    fixed = pack(">iiHBIHBHBH", -88_586_191, 43_988_312, 86, 2, 201_805, hdop, 1, 19, 2, 500)
    return times + fixed + b"1858AE\0" + pack(">hh", 215, 2000) + message + b"\0" + tail


def decoded(frame: bytes, options: dict[str, str] | None = None) -> Message:
    (message,) = codec(options).receive(frame, NOW_MS)
    return message


def position_of(frame: bytes, options: dict[str, str] | None = None) -> Position:
    return decoded(frame, options).positions[0]


EXPECTED = Position(
    fix_time_ms=FIXED_S * 1000,
    latitude_deg=43.988312,
    longitude_deg=-88.586191,
    speed_kmh=19.0,
    course_deg=86.0,
    valid=True,
    hdop=0.8,
    odometer_m=20_180_500,
    event_codes=("2",),
    attributes={
        "inputs": "1",
        "outputs": "2",
        "ain1V": "0.5",
        "driverUniqueId": "1858AE",
        "temp1C": "21.5",
    },
)


def test_accepts_binary_and_text_alike() -> None:
    for frame in (binary(record()), text(LINE)):
        message = decoded(frame)
        assert (message.kind, message.unique_id) == ("positions", "356961075931165")
        assert message.positions == (EXPECTED,)
        assert codec().acknowledge(message) == b"\xfe\x02" + TOKEN
        assert codec().refuse(message) == b""


def test_accepts_several_records_and_another_prefix() -> None:
    assert decoded(binary(record() + record(), prefix=b"\x02\x03")).positions == (EXPECTED,) * 2
    assert decoded(text(LINE, LINE)).positions == (EXPECTED,) * 2


def test_accepts_times_of_seven_bytes_and_fourteen_digits() -> None:
    moment = pack(">HBBBBB", 2018, 8, 19, 20, 54, 7)
    for options in ({}, {"longDate": "true"}):
        assert position_of(binary(record(times=moment * 3)), options).fix_time_ms == FIXED_S * 1000
    digits = LINE.replace("1534712047", "20180819205407").replace("1534712048", "20180819205408")
    assert position_of(text(digits)).fix_time_ms == FIXED_S * 1000


def test_without_a_fix_of_now_it_is_the_clocks_time_and_not_valid() -> None:
    stale = position_of(binary(record(times=pack(">III", FIXED_S, FIXED_S + 900, 0))))
    assert (stale.valid, stale.has_fix) == (False, True)
    assert stale.fix_time_ms == (FIXED_S + 900) * 1000
    assert not position_of(binary(record(hdop=990))).valid
    assert not position_of(text(LINE.replace(",8,1,19", ",990,1,19"))).valid
    zero = pack(">HBBBBB", 0, 0, 0, 0, 0, 0)
    moment = pack(">HBBBBB", 2018, 8, 19, 20, 54, 7)
    assert not position_of(binary(record(times=zero + moment * 2))).valid


def test_a_decimal_point_makes_the_odometer_kilometres() -> None:
    assert position_of(text(LINE.replace("201805", "6.5"))).odometer_m == 6500


def test_custom_fields_by_the_reports_own_form() -> None:
    first, second = decoded(binary((record(FORM + b"\x00\x85\x00\x29\x0c")) * 2)).positions
    assert first == second
    assert first.battery_v == pytest.approx(13.3)
    assert first.satellites == 12
    assert first.attributes["trackerBatteryV"] == "4.1"
    in_text = position_of(text(LINE + "\x1a,%CI%MV%BV%SA,133,41,12"))
    assert in_text.battery_v == pytest.approx(13.3)
    assert in_text.satellites == 12


def test_custom_fields_by_the_devices_option() -> None:
    options = {"custom": "true", "form": "%MV%VN%RP"}
    frame = binary(record(b"\x00\x85" + b"2T1KR32E28C706185\0" + b"\x09\x47"))
    for came in (frame, text(LINE + "\x1a,133,2T1KR32E28C706185,2375")):
        position = position_of(came, options)
        assert position.battery_v == pytest.approx(13.3)
        assert position.attributes["vin"] == "2T1KR32E28C706185"
        assert position.engine_rpm == 2375
    assert position_of(text(LINE + "\x1a,133,7")).attributes["extra"] == "133,7"
    assert position_of(frame).attributes["rest"].startswith("0085")


def test_bus_values_in_their_units() -> None:
    form = b"%CI%RP%FC%ET%MF%IA%AT\0"
    values = pack(">HIhHbi", 2375, 123, -7, 1934, -5, -12)
    position = position_of(binary(record(form + values)))
    assert (position.engine_rpm, position.coolant_temp_c, position.altitude_m) == (2375, -7, -12)
    assert position.fuel_used_l == pytest.approx(12.3)
    assert position.signals["Vehicle.Powertrain.CombustionEngine.MAF"] == pytest.approx(19.34)
    assert position.signals["Vehicle.OBD.IntakeTemp"] == -5


def test_cells_accelerations_and_links() -> None:
    values = "310260,7888593,14953,008CFE7C03C4\x1a,http://x/?q=44.2,-88.4 \x1a,133"
    position = position_of(text(LINE + f"\x1a,%CI%CN%CE%LC%GV%GL%MV,{values}"))
    kept = position.attributes
    assert kept["cells"] == "310-260-14953-7888593"
    assert (kept["axisXMg"], kept["axisYMg"], kept["axisZMg"]) == ("140", "-388", "964")
    assert kept["custom:GL"] == "http://x/?q=44.2,-88.4"
    assert position.battery_v == pytest.approx(13.3)
    block = pack(">30h", *range(30))
    position = position_of(binary(record(b"%CI%GN%GL\0" + block + b"http://x\0")))
    assert position.attributes["accelerations"].startswith("0,1,2 3,4,5 ")
    assert position.attributes["custom:GL"] == "http://x"


def test_fields_of_unknown_width_do_not_cost_the_next_record() -> None:
    tail = b"%CI%MV%ZL3%SA\0" + b"\x00\x85" + b"\xab\xcd\xef"
    positions = decoded(binary(record(tail) * 3)).positions
    assert len(positions) == 3
    for position in positions:
        assert position.battery_v == pytest.approx(13.3)
        assert position.attributes["custom:ZL3"] == "abcdef"


def test_beacons_by_mask_and_by_frames() -> None:
    masked = position_of(text(LINE + "\x1a,%CI%BC,3:224:F128833445E6002C09C6"))
    assert masked.attributes["tag1Mac"] == "f1:28:83:34:45:e6"
    assert masked.attributes["tag1TempC"] == "25.02"
    options = {"form": "%BC", "frameMask": "1"}
    framed = position_of(text(LINE + "\x1a,0DE0CD9F8F1F40FE092D0BA0C5F0"), options)
    assert framed.attributes["tag1Mac"] == "e0:cd:9f:8f:1f:40"
    assert framed.attributes["tag1TempC"] == "23.49"
    assert framed.attributes["tag1HumidityPct"] == "29.76"
    for unclear in ("3:225:F128", "0D", "zz", "ff:224:F128"):
        position = position_of(text(LINE + f"\x1a,%CI%BC,{unclear}"))
        assert position.attributes["custom:BC"] == unclear


def test_a_fuel_sensors_message_is_read() -> None:
    position = position_of(binary(record(message=b"FULS:F=2091 t=17 N=0901")))
    assert position.attributes["text"] == "FULS:F=2091 t=17 N=0901"
    assert position.attributes["fuelSensor1"] == "2305"
    assert position.attributes["fuelSensor1TempC"] == "23"


def test_keep_alives_come_back_as_they_came() -> None:
    message = decoded(b"\xfe\x02" + TOKEN)
    assert (message.kind, message.unique_id) == ("heartbeat", "356961075931165")
    assert codec().acknowledge(message) == b"\xfe\x02" + TOKEN


def test_pictures_come_in_parts() -> None:
    message = decoded(binary(pack(">IBBB", FIXED_S, 6, 15, 3) + b"\xff\xd8", prefix=b"@R"))
    assert message.kind == "other"
    assert message.attributes == {
        "image": f"{FIXED_S}-6",
        "index": "3",
        "photo:total": "15",
        "photo": "ffd8",
    }
    assert codec().acknowledge(message) == b"\xfe\x02" + TOKEN


@pytest.mark.parametrize(
    ("line", "accepted"), (("$OK", True), ("$ERROR=101", False), ("$FORM=0,@P", None))
)
def test_answers_to_commands_are_responses(line: str, accepted: bool | None) -> None:
    message = decoded(f"{line}\r\n".encode())
    assert (message.kind, message.text, message.accepted) == ("response", line, accepted)
    assert codec().acknowledge(message) == b""


def test_info_is_an_answer_with_a_status() -> None:
    message = decoded(
        b"$INFO=358683066267395,AX7,Rev.0.61,358683066267395,4669,8988,144,0,9,1,12\r\n"
    )
    assert (message.kind, message.unique_id) == ("response", "358683066267395")
    (status,) = message.positions
    assert (status.fix_time_ms, status.has_fix) == (NOW_MS, False)
    assert (status.battery_v, status.satellites) == (14.4, 9)
    assert status.attributes["firmware"] == "Rev.0.61"


def test_a_lost_or_added_byte_costs_no_other_frame() -> None:
    good = text(LINE)
    shorter, longer = good.replace(b"1858AE", b"1858A"), good.replace(b"1858AE", b"1858AEF")
    for wrong in (shorter, longer):
        for pieces in ([wrong + good], [wrong, good]):
            receiver = codec(lenient=True)
            messages = [m for piece in pieces for m in receiver.receive(piece, NOW_MS)]
            assert [message.damaged for message in messages] == [True, False]


def test_a_report_that_was_broken_off_costs_no_other_frame() -> None:
    broken = text(LINE, LINE)[: -len(LINE) - 2]
    receiver = codec()
    assert receiver.receive(broken, NOW_MS) == []
    (message,) = receiver.receive(text(LINE), NOW_MS)
    assert message.positions == (EXPECTED,)
    with pytest.raises(ProtocolError, match="checksum"):
        receiver.receive(b"", NOW_MS)


def test_lenient_reports_are_marked() -> None:
    for frame in (binary(record()), text(LINE)):
        wrong = frame.replace(b"1858AE", b"1858AF")
        (message,) = codec(lenient=True).receive(wrong, NOW_MS)
        assert message.damaged and message.positions[0].damaged


REJECTED: dict[str, bytes] = {
    "no frame begins": b"GET / HTTP/1.1\r\n",
    "checksum is": binary(record()).replace(b"1858AE", b"1858AF"),
    "checksum is [0-9a-f]{4}, computed": text(LINE).replace(b"1858AE", b"1858AF"),
    "a text report begins": text(LINE).replace(b",7,", b",x,"),
    "a report of 8 bytes": b"@P\x00\x00\x00\x02\x00\x00",
    "ends within a record": binary(record()[:34]),
    "ends within temperatures": binary(record()[:45]),
    "the field %SA|the field %MV": binary(record(FORM + b"\x00\x85\x00\x29")),
    "the field %VN": binary(record(b"%CI%VN\0ABC")),
    "129 custom fields": binary(record(b"%CI" + b"%MV" * 128 + b"\0")),
    "a record has 3 fields": text("1,2,3"),
    "a time is due": text(LINE.replace("1534712047", "yesterday")),
    "there is no time 15": text(LINE.replace("1534712047", "15")),
    "there is no date": text(LINE.replace("1534712047", "20181319205407")),
    "there is no year 0": binary(
        record(times=pack(">HBBBBB", 0, 1, 1, 0, 0, 0) + pack(">HBBBBB", 2018, 1, 1, 0, 0, 0) * 2)
    ),
    "longitude: a number": text(LINE.replace("-88586191", "west")),
    "a picture's part": binary(b"\x00", prefix=b"@R"),
    "INFO has the fields": b"$INFO=1,2\r\n",
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


@pytest.mark.parametrize(
    "data", (b",\x01,C581,157,4,358887095935894,1\r\n", b"@P,ABCD,1234567,", b"@P,ABCD,xx,1,2,3")
)
def test_rejects_text_heads_that_are_none(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        codec(lenient=True).receive(data, NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


def test_writes_commands() -> None:
    order = Order(str(UNIT_ID), 1)
    writers = PROTOCOL.commands
    assert written("atrack", writers, Reboot(), order) == b"AT$REBOOT\r\n"
    assert written("atrack", writers, CustomText("AT$INFO=?"), order) == b"AT$INFO=?\r\n"
    with pytest.raises(InvalidInput, match="ASCII"):
        written("atrack", writers, CustomText("Grüße"), order)


def test_a_datagram_that_was_cut_off_is_refused_or_marked() -> None:
    cut_off = text(LINE, LINE)[: -len(LINE) - 2]
    with pytest.raises(ProtocolError, match="checksum"):
        PROTOCOL.codec(CodecContext("udp")).receive(cut_off, NOW_MS)
    (message,) = PROTOCOL.codec(CodecContext("udp", lenient=True)).receive(cut_off, NOW_MS)
    assert message.damaged and len(message.positions) == 1
