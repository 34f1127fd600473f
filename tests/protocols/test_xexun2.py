import struct

import pytest

from milepost.domain.command import CustomText, Interval
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.xexun2 import PROTOCOL

NOW_MS = 1_760_000_000_000  # 2025-10-09 08:53:20 UTC
ID = "862649045458453"
HEAD = f"d3{NOW_MS // 1000:08x}140064"
PLACE = struct.pack(">Bff", 13, 11430.0, -2234.5).hex()


def codec(*, lenient: bool = False):
    return PROTOCOL.codec(CodecContext("tcp", lenient))


def frame(body: str, *, kind: int = 0x14, identity: str = ID, change: int = 0) -> bytes:
    content = bytes.fromhex(body)
    total = ~sum(content) & 0xFFFF
    head = struct.pack(
        ">HH8sHH", kind, 7, bytes.fromhex(identity + "0"), len(content), total ^ change
    )
    return b"\xfa\xaf" + head + content + b"\xfa\xaf"


def records(*each: str) -> str:
    lengths = "".join(f"{len(record) // 2:04x}" for record in each)
    return f"{len(each):02x}{lengths}{''.join(each)}"


def decoded(data: bytes, **context) -> Message:
    (message,) = codec(**context).receive(data, NOW_MS)
    return message


def only(record: str) -> Position:
    (position,) = decoded(frame(records(record))).positions
    return position


def test_accepts_whole_records() -> None:
    message = decoded(frame(records(HEAD + "0201" + PLACE, HEAD + "0201" + PLACE)))
    assert (message.kind, message.unique_id) == ("positions", ID)
    assert len(message.positions) == 2
    position = message.positions[1]
    assert position.fix_time_ms == NOW_MS
    assert position.latitude_deg == pytest.approx(-(22 + 34.5 / 60))
    assert position.longitude_deg == pytest.approx(114.5)
    assert (position.valid, position.satellites) == (True, 13)
    assert position.attributes == {
        "index": "211",
        "gsmSignal": "20",
        "charging": "false",
        "trackerBatteryPct": "100",
    }


def test_a_report_is_answered_with_its_number() -> None:
    message = decoded(frame(records(HEAD + "00")))
    answer = codec().acknowledge(message)
    assert answer.hex() == f"faaf00140007{ID}00001fffe01faaf"
    assert codec().refuse(message) == b""


def test_an_empty_record_asks_for_the_protocol() -> None:
    """The example of "Xexun GPS Protocol" 1.1, protocol detection."""
    asked = bytes.fromhex("faaf001400018627710754267520000cfff5010009000000000000000000faaf")
    message = decoded(asked)
    assert (message.kind, message.unique_id) == ("login", "862771075426752")
    assert message.token.hex() == "faaf0014000186277107542675200001fffe01faaf"


def test_a_wrong_checksum_needs_leniency() -> None:
    damaged = frame(records(HEAD + "00"), change=1)
    with pytest.raises(ProtocolError, match="checksum"):
        decoded(damaged)
    message = decoded(damaged, lenient=True)
    assert message.damaged
    assert message.positions[0].damaged


def test_accepts_stations_cells_and_ranges() -> None:
    stations = "02" + "64cc2296f840da" + "a22aa884f008c8"
    cells = "01" + "00cc" + "0008" + "0000fb2e" + "0013572a" + "36"
    position = only(HEAD + "020e" + stations + cells + "01" + "ab" * 12)
    assert not position.has_fix
    assert position.attributes["wifi"] == "64:cc:22:96:f8:40@-38 a2:2a:a8:84:f0:08@-56"
    assert position.attributes["cells"] == f"204-8-{0xFB2E}-{0x13572A}"
    assert position.attributes["cell:strengths"] == "54"
    assert position.attributes["place:tof"] == "ab" * 12


def test_accepts_motion_and_a_precise_place() -> None:
    precise = struct.pack(">Bdd", 9, -11430.0, 2234.5).hex()
    position = only(HEAD + "0260" + "02670389" + precise)
    assert (position.speed_kmh, position.course_deg, position.satellites) == (61.5, 90.5, 9)
    assert (position.longitude_deg, position.latitude_deg) == (-114.5, 22 + 34.5 / 60)


def test_accepts_alarms() -> None:
    position = only(HEAD + "01" + "00008003")
    assert (position.alarm, position.event_codes) == ("sos", ("0", "1", "15"))
    assert position.attributes["alarmBits"] == str(0x8003)
    assert position.attributes["alarms"] == "sos,fall"


def test_accepts_information_and_charge() -> None:
    version = b"J3x2103151|21031201".ljust(20, b"\0").hex()
    card = "89502023015648643670"
    position = only(f"42{NOW_MS // 1000:08x}008019" + "10" + version + "7040203087157580" + card)
    assert position.attributes == {
        "index": "66",
        "gsmSignal": "0",
        "charging": "true",
        "trackerBatteryPct": "25",
        "firmware": "J3x2103151|21031201",
        "information:subscriber": "7040203087157580",
        "iccid": card,
    }


def test_what_nobody_explained_stays_raw() -> None:
    assert only(HEAD + "80" + "00000002").attributes["rest"] == "00000002"
    assert only(HEAD + "0280" + "0114").attributes["rest"] == "0114"
    other = decoded(frame("0102", kind=0x20))
    assert (other.kind, other.attributes) == ("other", {"message:type": "32", "data": "0102"})
    assert other.token == b""


def test_answers_to_commands_are_responses() -> None:
    message = decoded(frame(b"of=1".hex(), kind=7))
    assert (message.kind, message.text, message.reference) == ("response", "of=1", 7)
    assert message.token == b""


def test_flags_in_a_body_are_escaped_both_ways() -> None:
    record = HEAD + "01" + "00008003"
    escaped = frame(records(record + "faaf" + "fbbf"))
    inner = (
        escaped[2:-2].replace(b"\xfb\xbf", b"\xfb\xbf\x02").replace(b"\xfa\xaf", b"\xfb\xbf\x01")
    )
    message = decoded(b"\xfa\xaf" + inner + b"\xfa\xaf")
    assert message.positions[0].attributes["rest"] == "faaffbbf"
    command = written("xexun2", PROTOCOL.commands, CustomText("x"), Order(ID, 0xFAAF))
    assert command.startswith(b"\xfa\xaf\x00\x07\xfb\xbf\x01")


def test_goes_on_after_garbage() -> None:
    stream = codec()
    good = frame(records(HEAD + "00"))
    assert len(stream.receive(good + b"\r\n" + good, NOW_MS)) == 2
    with pytest.raises(ProtocolError, match="no frame is 0d0a"):
        stream.receive(b"", NOW_MS)


def order(command, unique_id: str = ID) -> bytes:
    return written("xexun2", PROTOCOL.commands, command, Order(unique_id, 1))


def test_commands() -> None:
    expected = "faaf0007000112345678901234500015f90e747261636b696e675f73656e643d3135302c313530faaf"
    assert order(Interval(150), "123456789012345").hex() == expected
    assert order(CustomText("of=1"), "123456789012345").hex() == (
        "faaf0007000112345678901234500004febc6f663d31faaf"
    )
    with pytest.raises(InvalidInput):
        order(CustomText("of=1"), "truck")


REJECTED = {
    "no frame is": b"hello",
    "too short": b"\xfa\xaf\x00\x14\xfa\xaf",
    "bytes are due": frame("01")[:-2] + b"\x01\xfa\xaf",
    "an IMEI is due": frame(records(HEAD + "00"), identity="a" * 15),
    "2 bytes are due": frame("02000a"),
    "9 bytes are due": frame(records("ab" * 8)),
    "4 bytes are due": frame(records(HEAD + "01" + "00")),
    "a coordinate is no number": frame(records(HEAD + "0201" + "0d" + "7fc00000" * 2)),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        decoded(REJECTED[reason])


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)
