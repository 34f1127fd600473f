from struct import pack

import pytest

from milepost.domain.command import OutputOff, OutputOn, PositionNow
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.cellocator import PROTOCOL
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import Codec, CodecContext, Publish
from milepost.protocols.wire.checksums import sum8

NOW_MS = 1_760_000_000_000
UNIT_ID = 3_255_192
FIX_OF_27_DAY_21_56 = 27 << 11 | 21 << 6 | 56


def codec(*, lenient: bool = False) -> Codec:
    return PROTOCOL.codec(CodecContext("tcp", lenient))


def framed(kind: int, content: bytes, code: bytes = b"MCGP") -> bytes:
    body = pack("<BI", kind, UNIT_ID) + content
    return code + body + bytes((sum8(body),))


def status(
    *,
    reason: int = 44,
    place: tuple[int, int, int, int, int] = (-146_447_247, 17_251_167, 159_250, 947, 1571),
    modes: tuple[int, int, int] = (4, 2, 15),
    last_fix: int = FIX_OF_27_DAY_21_56,
    key: bytes = bytes(6),
    inputs: int = 0x23,
    moment: tuple[int, int, int, int, int, int] = (37, 56, 21, 27, 12, 2022),
    code: bytes = b"MCGP",
) -> bytes:
    """Unit 3255192 in Costa Rica: operator 712 01, supply 28.6 V, 102,220 km."""
    content = pack(
        "<HBBBBBBBBBIB4B3s6sHBBBBiiiIHBBBBBH",
        *(0x5608, 177, 43, 44, 4, 0x10, 0x16, 0, reason, 0, inputs, 0x21),
        *(243, 245, 100, 176, (102_220).to_bytes(3, "little"), key, last_fix, 0),
        *(*modes, *place, *moment),
    )
    return framed(0, content, code)


def decoded(frame: bytes, *, lenient: bool = False) -> Message:
    (message,) = codec(lenient=lenient).receive(frame, NOW_MS)
    return message


def modular(modules: bytes) -> bytes:
    return framed(11, pack("<HBBH4x", 0x0A88, 57, 0, len(modules) + 4) + modules)


def module(number: int, data: bytes) -> bytes:
    return pack("<BH", number, len(data)) + data


def test_accepts_a_status_whole() -> None:
    message = decoded(status())
    assert (message.kind, message.unique_id) == ("positions", "3255192")
    (position,) = message.positions
    assert position.latitude_deg == pytest.approx(9.8841906, abs=1e-7)
    assert position.longitude_deg == pytest.approx(-83.9080917, abs=1e-7)
    assert position.speed_kmh == pytest.approx(34.092)
    assert position.course_deg == pytest.approx(90.0117, abs=1e-4)
    assert position.battery_v == pytest.approx(28.588, abs=1e-3)
    assert position == Position(
        fix_time_ms=1_672_178_197_000,
        latitude_deg=position.latitude_deg,
        longitude_deg=position.longitude_deg,
        altitude_m=1592.5,
        speed_kmh=position.speed_kmh,
        course_deg=position.course_deg,
        valid=True,
        satellites=15,
        ignition=True,
        odometer_m=102_220_000,
        battery_v=position.battery_v,
        event_codes=("44",),
        attributes={
            "trackerBatteryV": "4.035294",
            "trackerTempC": "3.14",
            "ain4": "176",
            "operator": "71201",
            "roaming": "false",
            "inputs": "35",
            "mode": "0",
            "gnssStatus": "0",
            "hardware": "43",
            "firmware": "44",
            "status": "22024",
        },
    )


@pytest.mark.parametrize(
    ("reason", "alarm"),
    ((70, "sos"), (80, "power_cut"), (99, "harsh_braking"), (34, "overspeed"), (32, None)),
)
def test_transmission_reasons_raise_alarms(reason: int, alarm: str | None) -> None:
    (position,) = decoded(status(reason=reason)).positions
    assert (position.alarm, position.event_codes) == (alarm, (str(reason),))


def test_the_key_is_the_driver() -> None:
    (position,) = decoded(status(key=bytes.fromhex("b8a5c7010000"), inputs=0)).positions
    assert position.attributes["driverUniqueId"] == "b8a5c7010000"
    assert position.ignition is False


def test_an_old_fix_is_the_last_known_place() -> None:
    assert not decoded(status(last_fix=26 << 11 | 21 << 6 | 56)).positions[0].valid
    assert decoded(status(last_fix=0)).positions[0].valid
    new_year = (10, 1, 0, 1, 1, 2023)
    last_minute = 31 << 11 | 23 << 6 | 59
    assert decoded(status(last_fix=last_minute, moment=new_year)).positions[0].valid


@pytest.mark.parametrize(
    ("modes", "valid"),
    (
        ((0, 0, 0), False),
        ((0, 0, 9), True),
        ((1, 2, 4), False),
        ((6, 2, 9), True),
        ((7, 2, 9), False),
    ),
)
def test_validity_is_the_receivers_solution(modes: tuple[int, int, int], valid: bool) -> None:
    assert decoded(status(modes=modes)).positions[0].valid is valid


def test_units_with_degrees_have_another_system_code() -> None:
    place = (-12_474_457, 366_843_392, 1956, 61, 270)
    message = decoded(status(place=place, modes=(0, 0, 12), code=b"MCPG"))
    (position,) = message.positions
    assert (position.latitude_deg, position.longitude_deg) == (-1.2474457, 36.6843392)
    assert (position.altitude_m, position.speed_kmh, position.course_deg) == (1956, 61, 270)
    assert codec().acknowledge(message).startswith(b"MCPG\x04")


def test_accepts_modules() -> None:
    location = pack("<BBBBiiiBH", 3, 4, 2, 17, -140_214_826, 45_038_216, 900, 10, 1571)
    sensors = pack("<HIB", 30, 0, 1) + pack("<HBI", 0x4004, 4, 2778)
    frame = modular(
        module(8, b"\x00\x01")
        + module(6, location)
        + module(7, bytes((1, 37, 10, 16, 4, 9, 14)))
        + module(2, sensors)
    )
    message = decoded(frame)
    (position,) = message.positions
    assert position.fix_time_ms == 1_409_847_037_000
    assert position.latitude_deg == pytest.approx(25.8049969, abs=1e-7)
    assert position.longitude_deg == pytest.approx(-80.3371775, abs=1e-7)
    assert (position.altitude_m, position.speed_kmh, position.satellites) == (9.0, 36.0, 17)
    assert position.attributes == {
        "module:8": "0001",
        "gnssStatus": "3",
        "event": "30",
        "sensor:4004": "2778",
    }
    assert codec().acknowledge(message)[15] == 57


def test_modules_without_a_time_or_place_are_a_status_of_now() -> None:
    short = framed(9, pack("<HBBB", 0, 5, 0, 4) + bytes((6, 1, 7, 99)) + b"")
    for frame in (
        modular(module(25, b"\x1e\x00")),
        framed(9, pack("<HBBB", 0, 5, 0, 3) + b"\x06\x01\x07"),
    ):
        (position,) = decoded(frame).positions
        assert position.fix_time_ms == NOW_MS
        assert not position.has_fix and not position.valid
    with pytest.raises(ProtocolError, match="bytes are due"):
        codec().receive(short, NOW_MS)


@pytest.mark.parametrize(
    ("kind", "content", "event"),
    (
        (3, bytes(2) + b"\x09" + bytes(18), "programming"),
        (7, bytes(2) + b"\x09" + bytes(57), "log"),
        (8, b"\x09" + bytes(6) + pack("<H", 3) + b"abc", "forwarded"),
    ),
)
def test_other_types_pass_through(kind: int, content: bytes, event: str) -> None:
    message = decoded(framed(kind, content))
    assert (message.kind, message.unique_id) == ("other", "3255192")
    assert message.attributes == {"event": event, "data": content.hex()}
    assert codec().acknowledge(message)[15] == 9


def test_acknowledges_with_the_numerator() -> None:
    message = decoded(status())
    body = pack("<BI", 4, UNIT_ID) + bytes(6) + b"\xb1" + bytes(11)
    assert codec().acknowledge(message) == b"MCGP" + body + bytes((sum8(body),))
    assert len(codec().acknowledge(message)) == 28
    assert codec().acknowledge(Message("other")) == b""
    assert codec().refuse(message) == b""


def test_finds_the_next_frame_behind_garbage() -> None:
    receiver = codec()
    (message,) = receiver.receive(b"\x00M" + status(), NOW_MS)
    assert message.unique_id == "3255192"
    with pytest.raises(ProtocolError, match="no frame begins"):
        receiver.receive(b"", NOW_MS)


def test_lenient_reports_are_marked() -> None:
    frame = status()[:-1] + b"\x00"
    message = decoded(frame, lenient=True)
    assert message.damaged and message.positions[0].damaged


REJECTED: dict[str, bytes] = {
    "no frame begins": b"GET / HTTP/1.1",
    "no frame begins with 4d43475063": b"MCGP\x63" + bytes(65),
    "checksum is 00": status()[:-1] + b"\x00",
    "there is no time 2022-13": status(moment=(37, 56, 21, 27, 13, 2022)),
    "there is no time 1848": status(moment=(37, 56, 21, 27, 12, 1848)),
    "no time 2014-9-31": modular(module(7, bytes((1, 37, 10, 16, 31, 9, 14)))),
    "5 bytes are due": modular(pack("<BH", 8, 5) + b"1234"),
    "bytes are due, 0 are left": modular(module(2, pack("<HIB", 30, 0, 1))),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


def test_writes_commands() -> None:
    order = Order(str(UNIT_ID), 0x107)

    def command(code: int, data: int) -> bytes:
        body = pack("<BIB4xBBBBBB4x", 0, UNIT_ID, 7, code, code, data, data, 0, 0)
        return b"MCGP" + body + bytes((sum8(body),))

    writers = PROTOCOL.commands
    assert written("cellocator", writers, PositionNow(), order) == command(0, 0)
    assert len(command(0, 0)) == 25
    assert written("cellocator", writers, OutputOn(5), order) == command(3, 0x15)
    assert written("cellocator", writers, OutputOff(5), order) == command(3, 0x05)
    with pytest.raises(InvalidInput, match="unit id"):
        written("cellocator", writers, PositionNow(), Order("unit", 1))


def test_a_datagram_that_was_cut_off_is_refused() -> None:
    for lenient in (False, True):
        with pytest.raises(ProtocolError, match="type 0 has 70 bytes, 60 came"):
            PROTOCOL.codec(CodecContext("udp", lenient)).receive(status()[:60], NOW_MS)
