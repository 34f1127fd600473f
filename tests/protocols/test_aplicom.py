import struct

import pytest

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.aplicom import PROTOCOL
from milepost.protocols.contract import CodecContext, Transport

NOW_MS = 1_760_000_000_000
FIX_S = 1_700_000_000
IMEI = 358741050989414
PLACE = struct.pack(">IiiB", FIX_S, 52_520_000, -13_400_000, 8)


def framed(content: bytes, selector: int = 0, *, kind: bytes = b"D", version: int = 0xC3) -> bytes:
    identity = IMEI.to_bytes(7, "big") if version & 0x80 else b"\x01\x02\x03"
    choice = selector.to_bytes(3, "big") if version & 0x40 else b""
    said = b"\x0b\x01" + content
    return kind + bytes((version,)) + identity + len(said).to_bytes(2, "big") + choice + said


def received(data: bytes, transport: Transport = "tcp") -> list[Message]:
    return list(PROTOCOL.codec(CodecContext(transport)).receive(data, NOW_MS))


def position_of(content: bytes, selector: int, kind: bytes = b"D") -> Position:
    (message,) = received(framed(content, selector, kind=kind))
    assert (message.kind, message.unique_id) == ("positions", str(IMEI))
    (position,) = message.positions
    return position


def test_accepts_a_place_with_its_time_and_motion() -> None:
    content = b"\xf0" + struct.pack(">I", FIX_S + 9) + PLACE + b"\x2d\x30\x87"
    position = position_of(content, 0x1C)
    assert position.latitude_deg == pytest.approx(52.52)
    assert position.longitude_deg == pytest.approx(-13.4)
    assert position == Position(
        fix_time_ms=FIX_S * 1000,
        latitude_deg=position.latitude_deg,
        longitude_deg=position.longitude_deg,
        speed_kmh=45.0,
        course_deg=270.0,
        satellites=8,
        event_codes=("11",),
        attributes={"eventData": "1", "maxSpeedKmh": "48"},
    )


def test_a_place_without_a_fix_has_the_devices_time() -> None:
    position = position_of(b"\x00" + struct.pack(">I", FIX_S + 9) + PLACE, 0x0C)
    assert position.has_fix and not position.valid
    assert position.fix_time_ms == (FIX_S + 9) * 1000
    nowhere = position_of(b"\x40" + struct.pack(">I", FIX_S) + bytes(13), 0x0C)
    assert not nowhere.has_fix and not nowhere.valid


def test_inputs_voltages_counters_and_the_rest() -> None:
    content = (
        b"\x81"
        + struct.pack(">4H", 1, 2, 3, 4)
        + struct.pack(">HH", 12_450, 4_054)
        + struct.pack(">HIHI", 5, 6, 7, 8)
        + struct.pack(">II", 9, 10)
        + b"\x02"
        + (398269619).to_bytes(6, "big")
        + b"\xff"
        + struct.pack(">hH", -12, 118)
        + bytes(7)
        + b"\x01"
        + bytes(11)
        + b"EB\x01"
    )
    position = position_of(content, 0xBFFE0)
    assert (position.battery_v, position.altitude_m) == (12.45, -12)
    assert position.attributes == {
        "eventData": "1",
        **{"inputs": "129", "din1": "1", "din8": "1"},
        **{f"din{number}": "0" for number in range(2, 8)},
        **{"adc1": "1", "adc2": "2", "adc3": "3", "adc4": "4"},
        "trackerBatteryV": "4.054",
        **{"frequency1Hz": "5", "counter1": "6", "frequency2Hz": "7", "counter2": "8"},
        **{"trip:1": "9", "trip:2": "10", "outputs": "2"},
        **{"driverUniqueId": "398269619", "keypad:1": "255", "index": "118"},
        **{"status": "0000000000000001", "network": "00" * 11, "data": "454201"},
    }


def test_what_an_event_adds_may_be_a_text() -> None:
    assert position_of(b"&43#0101#\r\n", 0x1000).attributes["serial"] == "&43#0101#"
    assert position_of(b"\x01", 0x1).attributes["rest"] == "01"


def test_an_older_frame_has_no_selector_and_a_short_identity() -> None:
    content = b"\x40" + struct.pack(">I", FIX_S) + PLACE + bytes(23)
    (message,) = received(framed(content, version=0x02))
    assert message.unique_id == str(0x010203)
    assert message.positions[0].valid


def test_a_tachograph() -> None:
    content = (
        b"\x01\x04"
        + struct.pack(">I", FIX_S)
        + bytes(8)
        + b"\x4b\x10\xc0\xc1"
        + struct.pack(">HIIHHH", 256 * 45, 34_434_052, 2, 8000, 8 * 900, 0x5001)
        + b"WDB906605S1234567\x00"
        + b"\x01"
    )
    position = position_of(content, 0x1FFF, b"E")
    assert position.fix_time_ms == FIX_S * 1000
    assert (position.odometer_m, position.engine_rpm) == (172_170_260, 900)
    assert position.signals == {"Vehicle.Speed": 45.0}
    assert position.attributes == {
        "eventData": "1",
        "tachograph:event": "260",
        "tachograph:clock": "00" * 8,
        "tachograph:states": "4b10c0",
        "tachograph:status": "193",
        "tachograph:factor": "8000",
        "tachograph:extra": "5001",
        **{"driver1State": "3", "driver2State": "1", "motion": "true"},
        **{"tripOdometerM": "10", "vin": "WDB906605S1234567", "rest": "01"},
    }


def test_a_tachograph_that_does_not_know() -> None:
    position = position_of(b"\xff" * 14 + b"\0" * 18, 0x1D80, b"E")
    assert (position.odometer_m, position.engine_rpm, position.signals) == (None, None, {})
    assert position.attributes == {"eventData": "1"}


@pytest.mark.parametrize(("kind", "name"), ((b"F", "type:f"), (b"H", "type:h")))
def test_other_protocols_are_kept_behind_their_time(kind: bytes, name: str) -> None:
    position = position_of(struct.pack(">I", FIX_S) + b"\x01\x02", 0x7FF, kind)
    assert (position.fix_time_ms, position.attributes[name]) == (FIX_S * 1000, "0102")
    assert position_of(b"\x01", 0x7FF, kind).fix_time_ms == NOW_MS


def test_nothing_is_answered() -> None:
    codec = PROTOCOL.codec(CodecContext("tcp"))
    (message,) = received(framed(b"", 0))
    assert codec.acknowledge(message) == codec.refuse(message) == b""


def test_a_number_before_the_first_frame_is_passed_over() -> None:
    codec = PROTOCOL.codec(CodecContext("tcp"))
    assert len(codec.receive(b"35730700709233" + framed(b"", 0), NOW_MS)) == 1
    assert not codec.receive(b"", NOW_MS)


def test_a_frame_that_breaks_off_does_not_take_the_next_one_along() -> None:
    codec = PROTOCOL.codec(CodecContext("tcp"))
    assert not codec.receive(framed(b"EB" + bytes(12), 0x1000)[:-12], NOW_MS)
    short, whole = codec.receive(framed(b"EB\x03", 0x1000), NOW_MS)
    assert short.positions[0].attributes["serial"] == "EB"
    assert whole.positions[0].attributes["data"] == "454203"


def test_goes_on_after_garbage() -> None:
    codec = PROTOCOL.codec(CodecContext("tcp"))
    assert len(codec.receive(b"CIF\x01" + framed(b"", 0), NOW_MS)) == 1
    with pytest.raises(ProtocolError, match="no frame begins"):
        codec.receive(b"", NOW_MS)


@pytest.mark.parametrize(
    ("data", "reason"),
    (
        (b"CIF", "no frame begins"),
        (b"D", "no frame begins"),
        (framed(b"", 0)[:12], "bytes are due"),
        (framed(b"\x00", 0x0C), "bytes are due"),
        (framed(b"\x00", 0x80, kind=b"E"), "bytes are due"),
    ),
)
def test_rejects_what_is_no_frame(data: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        received(data, "udp")
