from functools import reduce
from operator import xor

import pytest

from milepost.domain.command import CustomText
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Transport
from milepost.protocols.fifotrack import PROTOCOL

NOW_MS = 1_760_000_000_000
FIX = (
    "A01,,231114221320,A,52.520000,-13.400000,45,270,-12,366959,7200,80000040,02,1,"
    "262|1|1267|32F,1A2|4C1|64,B4A067,"
)


def framed(content: str | bytes) -> bytes:
    said = content.encode() if isinstance(content, str) else content
    said = b",869467049296388,548," + said
    checked = b"%d%b" % (len(said), said)
    return b"$$%b*%02X\r\n" % (checked, reduce(xor, checked))


def received(data: bytes, *, lenient: bool = False, transport: Transport = "tcp") -> list[Message]:
    codec = PROTOCOL.codec(CodecContext(transport, lenient))
    return list(codec.receive(data, NOW_MS))


def decoded(content: str | bytes) -> Message:
    (message,) = received(framed(content))
    return message


def position_of(content: str) -> Position:
    (position,) = decoded(content).positions
    return position


def test_accepts_a_whole_position() -> None:
    message = decoded(FIX)
    assert (message.kind, message.unique_id) == ("positions", "869467049296388")
    (position,) = message.positions
    assert position == Position(
        fix_time_ms=1_700_000_000_000,
        latitude_deg=52.52,
        longitude_deg=-13.4,
        speed_kmh=45.0,
        course_deg=270.0,
        altitude_m=-12.0,
        odometer_m=366959.0,
        engine_hours_h=2.0,
        battery_v=12.17,
        valid=True,
        attributes={
            "status": "80000040",
            "inputs": "2",
            "outputs": "1",
            **{"din1": "0", "din2": "1", "din3": "0", "din4": "0", "dout1": "1", "dout2": "0"},
            "cells": "262-1-4711-815",
            "trackerBatteryV": "4.18",
            "ain1V": "1.0",
            "driverUniqueId": "11837543",
        },
    )


def test_nothing_is_answered() -> None:
    codec = PROTOCOL.codec(CodecContext("tcp"))
    assert codec.acknowledge(decoded(FIX)) == codec.refuse(decoded(FIX)) == b""


def test_a_place_without_a_fix_is_the_last_known_one() -> None:
    position = position_of(FIX.replace(",A,", ",V,"))
    assert position.has_fix and not position.valid
    assert not position_of(FIX.replace("52.520000,-13.400000", ",")).has_fix


def test_fields_may_be_empty() -> None:
    position = position_of("A01,,,V,,,,,,,,0,,,,,")
    assert position == Position(
        NOW_MS,
        valid=False,
        attributes={
            **{"status": "0", "inputs": "0", "outputs": "0"},
            **{"din1": "0", "din2": "0", "din3": "0", "din4": "0", "dout1": "0", "dout2": "0"},
        },
    )


@pytest.mark.parametrize(
    ("code", "alarm"),
    (
        *(("2", "sos"), ("15", "power_cut"), ("17", "low_battery"), ("18", "overspeed")),
        *(("25", "harsh_cornering"), ("34", "geofence_enter"), ("38", None)),
    ),
)
def test_alarms(code: str, alarm: str | None) -> None:
    position = position_of(FIX.replace("A01,,", f"A01,{code}|7,"))
    assert (position.alarm, position.event_codes) == (alarm, (code,))
    assert position.attributes["eventData"] == "7"


def test_some_models_have_the_supply_first() -> None:
    position = position_of(FIX.replace("1A2|4C1|64", "9DE|141"))
    assert (position.battery_v, position.attributes["trackerBatteryV"]) == (25.26, "3.21")
    alone = position_of(FIX.replace("1A2|4C1|64", "1A2"))
    assert (alone.battery_v, alone.attributes["trackerBatteryV"]) == (None, "4.18")


@pytest.mark.parametrize(
    ("card", "attributes"),
    (
        ("1", {"cardStatus": "1"}),
        ("%  ^A$B^?;60=15?+ ", {"driverUniqueId": "%  ^A$B^?;60=15?+"}),
        ("", {}),
    ),
)
def test_cards(card: str, attributes: dict[str, str]) -> None:
    kept = position_of(FIX.replace("B4A067", card)).attributes
    names = ("cardStatus", "driverUniqueId")
    assert {name: kept[name] for name in names if name in kept} == attributes


def test_an_asset_tracker_with_a_fix() -> None:
    position = position_of("A03,,231114221320,460|0|25FC|104C,4.18,100,F,0,A,2,9,22.5,114.25,x")
    assert position == Position(
        1_700_000_000_000,
        22.5,
        114.25,
        speed_kmh=2.0,
        satellites=9,
        attributes={
            "cells": "460-0-9724-4172",
            "trackerBatteryV": "4.18",
            "trackerBatteryPct": "100",
            "status": "F",
            "extra": "x",
        },
    )


def test_an_asset_tracker_with_stations() -> None:
    position = position_of("A03,,231114221320,,,,,1,AE233FC0D2E0:-65|3E286D5FB6E8")
    assert not position.has_fix
    assert position.attributes["wifi"] == "ae:23:3f:c0:d2:e0@-65 3e:28:6d:5f:b6:e8"


@pytest.mark.parametrize(
    ("content", "text", "accepted"),
    (
        ("B03,OK", "OK", True),
        ("B03,UNSUPPORT", "UNSUPPORT", False),
        ("C03,3.80,50%", "3.80,50%", None),
        ("S09", "S09", None),
    ),
)
def test_answers_to_commands(content: str, text: str, accepted: bool | None) -> None:
    message = decoded(content)
    assert (message.kind, message.text, message.accepted) == ("response", text, accepted)


def test_photos_and_unknown_reports_are_kept() -> None:
    message = decoded(b"D06,1,0,4,$$*\r\n\xff")
    assert message.attributes == {"photo": b"1,0,4,$$*\r\n\xff".hex()}
    assert decoded("A77,1").attributes == {"type:A77": "1"}


@pytest.mark.parametrize("change", ((b"*", b"0"), (b"$$1", b"$$2")))
def test_a_wrong_checksum_or_length_passes_only_leniently(change: tuple[bytes, bytes]) -> None:
    good = framed(FIX)
    bad = good[:-4] + b"00\r\n" if change[0] == b"*" else good.replace(*change)
    with pytest.raises(ProtocolError, match="length or the checksum"):
        received(bad, transport="udp")
    (message,) = received(bad, lenient=True, transport="udp")
    assert message.damaged and message.positions[0].damaged


def test_a_line_ends_where_its_length_is_too_short() -> None:
    short = framed(FIX).replace(b"$$132", b"$$130")
    assert short != framed(FIX)
    first, second = received(short + framed(FIX), lenient=True)
    assert (first.damaged, second.damaged) == (True, False)


@pytest.mark.parametrize(
    ("content", "reason"),
    (
        ("A01,,231114221320,A,52.5", "fields"),
        (FIX.replace("231114", "231314"), "no date"),
        (FIX.replace("221320", "251320"), "no time"),
        (FIX.replace("52.520000", "x"), "latitude"),
        (FIX.replace(",45,", ",x,"), "speed"),
        (FIX.replace(",02,1,", ",xx,1,"), "inputs"),
        (FIX.replace(",02,1,", ",123456789,1,"), "32 bits"),
        (FIX.replace("1A2|", "xx|"), "voltage"),
        (FIX.replace("262|", "x|"), "operator"),
        ("A03,,231114221320,,,,,1,AE233FC0D2E0:-650", "no strength"),
    ),
)
def test_rejects_wrong_fields(content: str, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        decoded(content)


@pytest.mark.parametrize(
    ("data", "reason"),
    (
        (b"hello\r\n", "no frame begins"),
        (b"$$x,1\r\n", "no frame begins"),
        (framed(FIX)[:60], "no frame begins"),
        (b"$$6,1,2,34*%02X\r\n" % reduce(xor, b"6,1,2,3"), "length or"),
        (b"$$4,1,2*%02X\r\n" % reduce(xor, b"4,1,2"), "identity"),
    ),
)
def test_rejects_what_is_no_frame(data: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        received(data, transport="udp")


def test_texts_are_written_with_number_and_checksum() -> None:
    order = Order("123456789012345", 26)
    content = b"25,123456789012345,1A,D05,3"
    expected = b"##" + content + b"*%02X\r\n" % reduce(xor, content)
    assert written("fifotrack", PROTOCOL.commands, CustomText("D05,3"), order) == expected
    with pytest.raises(InvalidInput, match="ASCII"):
        written("fifotrack", PROTOCOL.commands, CustomText("ä"), order)
