import pytest

from milepost.domain.command import CustomText, Interval, PositionNow
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.taip import PROTOCOL
from milepost.protocols.wire.checksums import xor8

NOW_MS = 1_760_000_000_000  # 2025-10-09 08:53:20 UTC, second 32000 of the day
PLACE = "-5250000+01340000"
MOMENT = "091025085320"
GP = f"RGP{MOMENT}{PLACE}0610903FFC42107"
CQ = f"RCQ21{MOMENT}{PLACE}061090BF0713500018763130211000F1514"


def codec(*, lenient: bool = False, transport="tcp"):
    return PROTOCOL.codec(CodecContext(transport, lenient))


def decoded(frame: str, **context) -> Message:
    (message,) = codec(**context).receive(frame.encode("latin-1"), NOW_MS)
    return message


def only(body: str, tags: str = ";ID=8251") -> Position:
    (position,) = decoded(f">{body}{tags}<").positions
    return position


def summed(content: str, *, with_star: bool) -> str:
    text = f">{content};"
    return f"{text}*{xor8((text + '*' * with_star).encode()):02X}<"


def test_accepts_a_whole_position() -> None:
    message = decoded(f">{GP};ID=8251<")
    assert (message.kind, message.unique_id) == ("positions", "8251")
    (position,) = message.positions
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg) == (-52.5, 13.4)
    assert position.valid
    assert (position.speed_kmh, position.course_deg, position.hdop) == (61.0, 90.0, 7.0)
    assert (position.ignition, position.event_codes) == (True, ("21",))
    assert position.attributes == {
        "fix:ageS": "255",
        "inputs": "196",
        "externalPower": "true",
    }


def test_a_place_may_have_minutes() -> None:
    position = only(f"RGP{MOMENT}-5230.0000-01324.00000610900FF0401")
    assert (position.latitude_deg, position.longitude_deg) == (-52.5, -13.4)
    assert (position.valid, position.ignition, position.event_codes) == (False, False, ("01",))


@pytest.mark.parametrize("day", ["000000", "010170", "060180"])
def test_without_a_clock_a_device_reports_now(day: str) -> None:
    assert only(GP.replace("091025", day)).fix_time_ms == NOW_MS


def test_accepts_positions_of_receivers() -> None:
    position = only(f"RPV32000{PLACE}10009012")
    assert (position.fix_time_ms, position.latitude_deg, position.valid) == (NOW_MS, -52.5, True)
    assert position.speed_kmh == pytest.approx(160.9344)
    assert not only(f"RPV32000{PLACE}10009091").valid
    assert not only(f"RPV32000{PLACE}10009010").valid
    assert only(f"RPV86399{PLACE}10009012").fix_time_ms == 1_759_967_999_000


def test_accepts_a_long_navigation_message() -> None:
    position = only(
        "RLN32000500-525000000+0134000000+001000000615+00120905080102" + "0" * 30 + "12"
    )
    assert position.fix_time_ms == NOW_MS + 500
    assert (position.latitude_deg, position.longitude_deg, position.valid) == (-52.5, 13.4, True)
    assert position.altitude_m == pytest.approx(304.8)
    assert position.speed_kmh == pytest.approx(61.5 * 1.609344)
    assert (position.course_deg, position.satellites) == (90.5, 8)


def test_accepts_an_event_with_its_tags() -> None:
    tags = ";IO=3A1;SV=8;BL=4159;CF=8161,C,13;AD=14145;IX=10233040;VO=338578;AL=34;IB=01A2;x;ID=9"
    position = only(f"REV212387432000{PLACE}10009032", tags)
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.valid, position.event_codes) == (-52.5, True, ("21",))
    assert (position.satellites, position.ignition, position.altitude_m) == (8, True, 34.0)
    assert (position.battery_v, position.odometer_m) == (14.145, 338_578.0)
    assert position.attributes == {
        "externalPower": "true",
        "inputs": "10",
        "outputs": "1",
        "trackerBatteryV": "4.159",
        "cellId": str(0x8161),
        "areaCode": "12",
        "gsmSignal": "13",
        "tag:IX": "10233040",
        "driverUniqueId": "01A2",
        "extra": "x",
    }
    assert "cellId" not in only(f"REV212387432000{PLACE}10009032", ";CF=0,0,0").attributes


def test_accepts_an_extended_position() -> None:
    position = only(f"{GP.replace('RGP', 'RTT')} 04101203 010 00010002001312900414")
    assert (position.has_fix, position.battery_v) == (True, 12.9)
    assert position.attributes == {
        "fix:ageS": "255",
        "inputs": "196",
        "externalPower": "true",
        "gnssStatus": "04101203",
        "outputs": "2",
        "adc1": "1",
        "adc2": "2",
        "gsmSignal": "13",
        "trackerBatteryV": "4.14",
    }
    assert only(f"{GP.replace('RGP', 'RTT')} 04101203").attributes["extra"] == "04101203"
    assert "extra" not in only(GP.replace("RGP", "RTT")).attributes


def test_accepts_a_report_of_virloc() -> None:
    position = only(CQ)
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg, position.valid) == (-52.5, 13.4, True)
    assert (position.speed_kmh, position.course_deg, position.ignition) == (61.0, 90.0, True)
    assert (position.battery_v, position.odometer_m, position.satellites) == (13.5, 100_195.0, 11)
    assert position.event_codes == ("21",)
    assert position.attributes == {
        "inputs": "191",
        "externalPower": "false",
        "satellitesVisible": "7",
        "pdop": "2",
        "fix:ageS": "15",
        "networkType": "5",
        "gsmSignal": "14",
    }


def test_virloc_may_have_temperatures() -> None:
    attributes = only(CQ.replace("RCQ", "RCV") + "+025501-0105FF").attributes
    assert (attributes["temp1C"], attributes["temp1Id"]) == ("25.5", "01")
    assert "temp2C" not in attributes


def test_accepts_a_users_report() -> None:
    fields = ",000000,0000000111,12640422,00000,+25.5,00000,51"
    position = only(f"RUS00,{MOMENT}{PLACE}061090200FF{fields}")
    assert (position.fix_time_ms, position.latitude_deg, position.valid) == (NOW_MS, -52.5, True)
    assert (position.speed_kmh, position.battery_v) == (61.0, 12.64)
    assert position.attributes["trackerBatteryV"] == "4.22"
    assert position.attributes["temp1C"] == "25.5"
    assert position.attributes["extra"] == fields[1:]
    assert not only(f"RUS00,{MOMENT}{PLACE}061090").valid
    nowhere = only("RUS00,010170000000+0000000+000000000000001009999,0001139503871486,01,Z")
    assert (nowhere.fix_time_ms, nowhere.has_fix) == (NOW_MS, False)


def test_accepts_a_polled_position() -> None:
    position = only(f"RPI{MOMENT}{PLACE}061090305000010151114")
    assert (position.fix_time_ms, position.valid, position.speed_kmh) == (NOW_MS, True, 61.0)
    assert position.attributes == {"rest": "05000010151114"}


@pytest.mark.parametrize("with_star", [True, False])
def test_the_checksum_has_its_star_or_not_and_so_has_the_answer(with_star: bool) -> None:
    message = decoded(summed(f"{GP};ID=8251;#2122", with_star=with_star))
    answer = codec().acknowledge(message).decode()
    assert answer == summed("ACK;ID=8251;#2122", with_star=with_star)
    assert codec().refuse(message) == b""


def test_the_answer_has_the_order_of_the_frame() -> None:
    assert decoded(f">{CQ};#0805;ID=SIA056<").token.startswith(b">ACK;#0805;ID=SIA056;*")
    assert decoded(f">{GP};ID=1;#IP1:089F<").token == b">SAK;ID=1;#IP1:089F<"
    assert decoded(f">{GP};ID=356612022463055<").token == b"356612022463055"
    assert decoded(f">{GP};#0805<").token == b""


def test_a_semicolon_may_be_missing_before_the_checksum() -> None:
    text = f">{GP};ID=5555;#7AD7"
    message = decoded(f"{text}*{xor8(text.encode() + b'*'):02x}<")
    assert (message.unique_id, message.damaged) == ("5555", False)


def test_a_wrong_checksum_needs_leniency() -> None:
    with pytest.raises(ProtocolError, match="the checksum is wrong"):
        decoded(f">{GP};ID=1;*00<")
    message = decoded(f">{GP};ID=1;*00<", lenient=True)
    assert message.damaged
    assert message.positions[0].damaged


def test_accepts_what_is_no_position() -> None:
    greeting = decoded(">RXART;2.1.41;ID=356612026362048<")
    assert (greeting.kind, greeting.token) == ("login", b"356612026362048")
    assert greeting.attributes == {"firmware": "2.1.41"}
    for body in ("RAL19500+00230+00012", "RCP03874+347771-092345312"):
        beside = decoded(f">{body};ID=1<")
        assert (beside.kind, beside.attributes) == ("other", {"data": body})
    answer = decoded(">RVR OK;ID=1<")
    assert (answer.kind, answer.text) == ("response", "RVR OK")
    assert decoded(">ACK;ID=1;#8001<").kind == "other"


def test_goes_on_after_garbage() -> None:
    stream = codec()
    assert stream.receive(f"\r\n>{GP};ID=1<\r\nxx".encode(), NOW_MS)
    with pytest.raises(ProtocolError, match="no frame begins"):
        stream.receive(b"", NOW_MS)


def order(command) -> bytes:
    return written("taip", PROTOCOL.commands, command, Order("8251", 1))


def test_commands() -> None:
    assert order(PositionNow()).decode() == summed("QPV;ID=8251", with_star=True)
    assert order(Interval(60)).decode() == summed("FPV00600000;ID=8251", with_star=True)
    assert order(CustomText(">QTT<")).decode() == summed("QTT;ID=8251", with_star=True)


@pytest.mark.parametrize("command", [Interval(10_000), CustomText("å")])
def test_rejects_commands(command) -> None:
    with pytest.raises(InvalidInput):
        order(command)


REJECTED = {
    "no frame begins": "hello",
    "not printable": ">RGP\x01<",
    "without a body": ">;ID=1<",
    "characters are due": ">RPV32000+5250000;ID=1<",
    "latitude: a whole number": f">{GP.replace('-5250000', '-52x0000')}<",
    "latitude: a number": f">RGP{MOMENT}-5230.000x-01324.00000610900FF0401<",
    "speed: digits are due": f">RPV32000{PLACE}-1009012<",
    "course: a whole number": f">RPV32000{PLACE}100x9012<",
    "inputs: a whole number": f">{GP.replace('FFC4', 'FFXX')}<",
    "there is no date": f">{GP.replace('091025', '321325')}<",
    "there is no time": f">{GP.replace('085320', '250000')}<",
    "a comma is due": f">RUS00{MOMENT}<",
    "SV: digits are due": f">REV212387432000{PLACE}10009032;SV=x<",
    "IO: a whole number": f">REV212387432000{PLACE}10009032;IO=x<",
    "AL: a number": f">REV212387432000{PLACE}10009032;AL=x<",
    "CF: a whole number": f">REV212387432000{PLACE}10009032;CF=x,1,2<",
    "outputs: a whole number": f">{GP.replace('RGP', 'RTT')} 0 2 00010002001312900414<",
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        decoded(REJECTED[reason])


def test_rejects_a_datagram_without_its_end() -> None:
    with pytest.raises(ProtocolError, match="no end closes"):
        decoded(f">{GP};ID=1", transport="udp")


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)
