import pytest

from milepost.domain.command import CustomText, EngineResume, EngineStop, Interval, Reboot
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.h02 import PROTOCOL
from milepost.protocols.h02.encoder import H02Encoder

NOW_MS = 1_760_000_000_000
FIX = "*HQ,1,V1,101112,A,5230.0000,N,01324.0000,E,10.00,90,091025,FFFFFBFF#"


def codec():
    return PROTOCOL.codec(CodecContext("tcp"))


def decoded(frame: str | bytes) -> Message:
    content = frame.encode() if isinstance(frame, str) else frame
    (message,) = codec().receive(content, NOW_MS)
    return message


def test_accepts_a_fix_with_its_speed_in_knots() -> None:
    (position,) = decoded(FIX).positions
    assert (position.latitude_deg, position.longitude_deg) == (52.5, 13.4)
    assert position.speed_kmh == pytest.approx(18.52)
    assert position.ignition is False
    assert position.attributes == {"status": "4294966271"}


def test_accepts_frames_between_line_ends() -> None:
    messages = codec().receive(f"\r\n{FIX}\r\n{FIX}\r\n".encode(), NOW_MS)
    assert len(messages) == 2


@pytest.mark.parametrize("alarm", ("sos", "vibration", "overspeed", "power_cut"))
def test_alarms_survive_the_wire(alarm: str) -> None:
    raised = Position(NOW_MS, 10.0, -10.0, ignition=True, alarm=alarm)
    (position,) = decoded(H02Encoder().positions("1", [raised])).positions
    assert (position.alarm, position.ignition) == (alarm, True)


def test_a_time_without_a_day_is_the_time_of_reception() -> None:
    (position,) = decoded(FIX.replace("101112", "").replace("091025", "")).positions
    assert position.fix_time_ms == NOW_MS
    assert not position.valid


def test_a_day_without_a_time_is_now_if_it_is_today() -> None:
    frame = "*HQ,1,VP1,A,5230.0000,N,01324.0000,E,1.0,0,091025#"
    assert decoded(frame).positions[0].fix_time_ms == NOW_MS
    old = decoded(frame.replace("091025", "091020")).positions[0]
    assert old.fix_time_ms == 1_602_201_600_000


def test_heartbeats_are_answered_and_fixes_are_not() -> None:
    assert decoded("*HQ,1,HTBT,80#").token == b"*HQ,1,V4,HTBT,20251009085320#"
    assert decoded(FIX).token == b""


def test_an_answer_to_a_command_is_a_response() -> None:
    message = decoded("*HQ,1,V4,S20,DONE,101112#")
    assert (message.kind, message.text) == ("response", "S20,DONE,101112")


@pytest.mark.parametrize(
    ("result", "accepted"), (("DONE", True), ("OK", True), ("FAIL", False), ("1", None))
)
def test_an_answer_says_whether_it_was_done(result: str, accepted: bool | None) -> None:
    assert decoded(f"*HQ,1,V4,S20,{result},101112#").accepted is accepted


def test_a_clock_ahead_of_utc_is_put_back() -> None:
    ahead = PROTOCOL.codec(CodecContext("tcp", options={"timeZone": "+03:00"}))
    for frame in (FIX.encode(), binary()):
        (message,) = ahead.receive(frame, NOW_MS)
        (utc,) = decoded(frame).positions
        assert message.positions[0].fix_time_ms == utc.fix_time_ms - 3 * 3_600_000


@pytest.mark.parametrize(
    ("frame", "attributes"),
    (
        (
            "*HQ,1,NBR,101112,722,310,0,2,8106,32010,-67,8101,22007,25,091025,FFFFFBFF,5#",
            {"cells": "722-310-8106-32010@-67 722-310-8101-22007", "trackerBatteryLevel": "5"},
        ),
        (
            "*HQ,1,V3,101112,74001,02,010278,045142,128,-92,010278,026311,125,,02DD,0,X,"
            "091025,FFFFFBFF#",
            {"cells": "740-1-10278-45142@-92 740-1-10278-26311", "extra": "02DD,0,X"},
        ),
        (
            "*HQ,1,NBR,101112,722,x,0,1,8106,32010,23,091025,FFFFFBFF#",
            {"network": "722,x,0,1,8106,32010,23"},
        ),
    ),
)
def test_lists_of_cells(frame: str, attributes: dict[str, str]) -> None:
    (status,) = decoded(frame).positions
    assert not status.has_fix
    assert status.attributes == {**attributes, "status": "4294966271"}


def test_cells_without_time_and_day() -> None:
    (status,) = decoded("*hq,1,VP1,V,470,002,92,3565,0Y92,19433,30#").positions
    assert status.attributes == {"cells": "470-2-92-3565 470-2-92-19433"}
    (status,) = decoded("*hq,1,VP1,V,470,002,92#").positions
    assert status.attributes == {"network": "V,470,002,92"}


@pytest.mark.parametrize(
    ("fields", "attributes"),
    (
        ("310,260,49101,1753,5", {"cells": "310-260-49101-1753", "extra": "5"}),
        ("25c,a, 154,b04c", {"cells": "604-10-340-45132"}),
        ("310,260,0,0,6", {"extra": "310,260,0,0,6"}),
        ("460,11,d18e105,7752,6", {"extra": "460,11,d18e105,7752,6"}),
    ),
)
def test_a_cell_behind_a_fix(fields: str, attributes: dict[str, str]) -> None:
    (position,) = decoded(FIX.replace("#", f",{fields}#")).positions
    assert position.attributes == {"status": "4294966271", **attributes}


def test_v6_and_v19_have_numbers_of_the_sim() -> None:
    (position,) = decoded(
        FIX.replace("V1", "V6").replace("#", ",310,260,32936,13641,8944F,#")
    ).positions
    assert position.attributes["iccid"] == "8944F"
    frame = FIX.replace("V1", "V19").replace("FFFFFBFF#", ",0032475,89445?,FFFFFBFF#")
    (position,) = decoded(frame).positions
    assert (position.attributes["phone"], position.attributes["iccid"]) == ("0032475", "89445")


def test_a_link_tells_of_a_wearer() -> None:
    (status,) = decoded("*HQ,1,LINK,101112,20,8,67,100,3,091025,FFFFFBFF#").positions
    assert status.attributes == {
        "gsmSignal": "20",
        "satellitesVisible": "8",
        "trackerBatteryPct": "67",
        "steps": "100",
        "turnovers": "3",
        "status": "4294966271",
    }


@pytest.mark.parametrize(
    ("tail", "attributes"),
    (
        ("00bdf09000000000" + "01d601" + "61cc4b9a35", {"rest": "00bdf09000000000"}),
        ("0000000000000000" + "01d601" + "61cc4b9a35", {}),
    ),
)
def test_a_cell_of_a_long_binary_frame(tail: str, attributes: dict[str, str]) -> None:
    frame = binary()[:-3] + bytes.fromhex(tail)
    (position,) = decoded(frame).positions
    expected = {"cells": "470-1-25036-19354", "index": "53", **attributes}
    assert {**position.attributes, **expected} == position.attributes


def test_a_long_binary_frame_without_a_cell_keeps_its_end() -> None:
    (position,) = decoded(binary()[:-3] + b"\xff" * 16).positions
    assert position.attributes["rest"] == "ff" * 16


ORDER = Order("4209951296", number=3_661)
COMMANDS = {
    EngineStop(): b"*HQ,4209951296,S20,010101,1,1#",
    EngineResume(): b"*HQ,4209951296,S20,010101,1,0#",
    Interval(60): b"*HQ,4209951296,S71,010101,22,60#",
    Reboot(): b"*HQ,4209951296,R1,010101#",
    CustomText("S26,120000"): b"*HQ,4209951296,S26,120000#",
    CustomText("a@b"): b"*HQ,4209951296,a@b#",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(command) -> None:
    assert written("h02", PROTOCOL.commands, command, ORDER) == COMMANDS[command]


@pytest.mark.parametrize("text", ("a#b", "ü"))
def test_rejects_a_command(text: str) -> None:
    with pytest.raises(InvalidInput, match="text"):
        written("h02", PROTOCOL.commands, CustomText(text), ORDER)


def binary(latitude: str = "52300000", flags: str = "e", day: str = "091025") -> bytes:
    return bytes.fromhex(f"241234567890101112{day}{latitude}06013240000{flags}010090fffffbffff0001")


def test_binary_hemispheres_and_validity() -> None:
    (position,) = decoded(binary(flags="2")).positions
    assert (position.latitude_deg, position.longitude_deg) == (-52.5, -13.4)
    assert position.valid
    assert not decoded(binary(flags="c")).positions[0].valid


REJECTED: dict[str, bytes] = {
    "no frame begins": b"GET / HTTP/1.1",
    "fields": b"*HQ,1#",
    "printable": b"*HQ,1,\x01\x02#",
    "no date": FIX.replace("091025", "991025").encode(),
    "coordinate": FIX.replace("5230.0000", "52x0.0000").encode(),
    "no place": FIX.replace("5230.0000", "9530.0000").encode(),
    "a number is due": FIX.replace("10.00", "fast").encode(),
    "a number below": FIX.replace("10.00", "99999").encode(),
    "digits are due": binary(latitude="5230000f"),
    "there is no date": binary(day="310225"),
    "date ": b"*HQ,1,LINK,10111x,1,2,3,4,5,091025,FFFFFFFF#",
    "LINK has": b"*HQ,1,LINK,101112#",
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)
