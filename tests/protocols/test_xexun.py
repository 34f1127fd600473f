import pytest

from milepost.domain.command import CustomText, EngineResume, EngineStop
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.wire.checksums import xor8
from milepost.protocols.xexun import PROTOCOL

NOW_MS = 1_760_000_000_000  # 2025-10-09 08:53:20 UTC
ID = "864504031916915"
RMC = "GPRMC,085320.000,A,5230.0000,N,01324.0000,W,10.0,90.5,091025,,,A"
TAIL = "10,41.1,F:4.28V,1,135,19824,234,15,0062,B7D5"


def codec(*, lenient: bool = False):
    return PROTOCOL.codec(CodecContext("tcp", lenient))


def report(said: str = ",F,,", sentence: str = RMC, before: str = "", tail: str = "") -> str:
    return f"{before}{sentence}*{xor8(sentence.encode()):02X}{said} imei:{ID},{tail}"


def decoded(text: str, **context) -> list[Message]:
    return list(codec(**context).receive(text.encode("latin-1"), NOW_MS))


def only(text: str) -> Position:
    (message,) = decoded(text)
    (position,) = message.positions
    return position


def test_accepts_a_whole_report() -> None:
    (message,) = decoded(report())
    assert (message.kind, message.unique_id) == ("positions", ID)
    assert codec().acknowledge(message) == codec().refuse(message) == b""
    (position,) = message.positions
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg) == (52.5, -13.4)
    assert (position.speed_kmh, position.course_deg) == (18.52, 90.5)
    assert position.valid
    assert position.attributes == {"gnssStatus": "F"}


def test_the_line_behind_completes_the_report() -> None:
    whole = report(before="251009105320,+31625424927,", tail=f"{TAIL}\n\r")
    first, second = decoded(whole)
    assert (first.kind, second.kind, second.unique_id) == ("positions", "positions", ID)
    (position,) = second.positions
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.speed_kmh) == (52.5, 18.52)
    assert (position.satellites, position.altitude_m) == (10, 41.1)
    assert position.attributes == {
        "gnssStatus": "F",
        "trackerBatteryLevel": "F",
        "trackerBatteryV": "4.28",
        "charging": "true",
        "cells": f"234-15-{0x62}-{0xB7D5}",
        "phone": "+31625424927",
    }


def test_the_line_behind_may_have_empty_fields() -> None:
    _, second = decoded(report(tail=",,L:3.5V,0,135,,,15,0062,B7D5\n\r"))
    (position,) = second.positions
    assert (position.satellites, position.altitude_m) == (None, None)
    assert position.attributes == {
        "gnssStatus": "F",
        "trackerBatteryLevel": "L",
        "trackerBatteryV": "3.5",
        "charging": "false",
    }


def test_length_and_checksum_behind_say_nothing() -> None:
    assert len(decoded(report(tail="122I\n\r"))) == 1


def test_reports_follow_each_other_with_and_without_an_end_of_line() -> None:
    stream = report() + report(before="251009105320,,", tail=f"{TAIL}\n\r") + report()
    assert len(decoded(stream)) == 4
    broken = report().replace("imei", "\r\n,L,imei")
    assert len(decoded(broken + report())) == 2


def test_without_a_sentence_it_is_a_sign_of_life_and_a_status() -> None:
    sign, status = decoded(f",+48606717068,,L,, imei:{ID},{TAIL}\n\r")
    assert (sign.kind, sign.unique_id) == ("heartbeat", ID)
    (position,) = status.positions
    assert (position.fix_time_ms, position.has_fix, position.valid) == (NOW_MS, False, False)
    assert position.attributes["phone"] == "+48606717068"


def test_a_device_without_a_fix_gives_a_status() -> None:
    position = only(report(sentence="GPRMC,.000,A,0.0000,S,0.0000,W,0.00,0.00,,00,0000.0,A"))
    assert (position.fix_time_ms, position.has_fix) == (NOW_MS, False)
    assert not only(report(sentence=RMC.replace(",A,", ",V,"))).valid


@pytest.mark.parametrize(
    ("text", "alarm", "ignition"),
    [
        ("help me!", "sos", None),
        ("low battery!", "low_battery", None),
        ("stockade!", "geofence", None),
        ("move!", "movement", None),
        ("speed 90!", "overspeed", None),
        ("SHAKE", "vibration", None),
        ("ACCStart", None, True),
        ("ACC OFF", None, False),
        ("hello", None, None),
    ],
)
def test_what_a_device_says_of_a_report(text, alarm, ignition) -> None:
    position = only(report(f",F,{text},"))
    assert (position.alarm, position.ignition) == (alarm, ignition)
    assert position.event_codes == (text,)


def test_a_wrong_checksum_needs_leniency() -> None:
    wrong = f"{RMC}*00,F,, imei:{ID},{TAIL}\n\r"
    with pytest.raises(ProtocolError, match="checksum of GPRMC is wrong"):
        decoded(wrong)
    for message in decoded(wrong, lenient=True):
        assert message.damaged
        assert message.positions[0].damaged


def test_goes_on_after_garbage() -> None:
    stream = codec()
    with pytest.raises(ProtocolError, match="no report begins with"):
        stream.receive(b"hello\r\n", NOW_MS)
    assert stream.receive(report().encode(), NOW_MS)


def order(command, **options) -> bytes:
    return written("xexun", PROTOCOL.commands, command, Order(ID, 1, options=options))


def test_commands() -> None:
    assert order(EngineStop()) == b"powercar123456 11"
    assert order(EngineResume(), devicePassword="0000") == b"powercar0000 00"
    assert order(CustomText("smslink123456")) == b"smslink123456"
    with pytest.raises(InvalidInput):
        order(CustomText("å"))


REJECTED = {
    "no report begins with": "GPRMC,imei:x",
    "neither sentence nor signal": f"imei:{ID},tracker,",
    "RMC: 8 fields are due": f"GPRMC,085320,A,imei:{ID},",
    "there is no date": report(sentence=RMC.replace("091025", "321325")),
    "a time of six digits": report(sentence=RMC.replace("085320", "x")),
    "latitude: a number is due": report(sentence=RMC.replace("5230.0000", "x")),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        decoded(REJECTED[reason])


REJECTED_BEHIND = {
    "5 fields are due behind": "hello\n",
    "satellites: digits are due": TAIL.replace("10", "-1") + "\n",
    "altitude: a number is due": TAIL.replace("41.1", "x") + "\n",
    "MCC: a whole number is due": TAIL.replace("234", "x") + "\n",
    "cell: a whole number is due": TAIL.replace("B7D5", "xyz") + "\n",
}


@pytest.mark.parametrize("reason", REJECTED_BEHIND)
def test_rejects_what_stands_behind(reason: str) -> None:
    stream = codec()
    assert stream.receive(report().encode(), NOW_MS)
    with pytest.raises(ProtocolError, match=reason):
        stream.receive(REJECTED_BEHIND[reason].encode(), NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)
