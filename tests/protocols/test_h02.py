import pytest

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
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
