import zlib

import pytest

from milepost.domain.command import Command, CustomText, EngineResume, EngineStop, OutputOn
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.its import PROTOCOL

NOW_MS = 1_760_000_000_000
IMEI = "861693034634154"
PLACE = "1,09102025,101112,52.500000,N,013.400000,W"
REST = (
    "25.1,344.5,15,911.0,1.04,0.68,Airtel,1,1,11.8,3.8,0,C,24,404,45,61b4,9ad9,31,9adb,61b4,35,"
    "1010,01,000014,0.5,0.1,4,()"
)
MOMENT_MS = 1_760_004_672_000


def codec(*, lenient: bool = False):
    return PROTOCOL.codec(CodecContext("tcp", lenient))


def normal(kind: str = "NR,01", rest: str = REST) -> str:
    return f"$Header,iTriangle,1.3,{kind},L,{IMEI},KA01I2000,{PLACE},{rest}*1E"


def decoded(frame: str) -> Message:
    (message,) = codec().receive(frame.encode("latin-1") + b"\r\n", NOW_MS)
    return message


def reported(frame: str) -> Position:
    (position,) = decoded(frame).positions
    return position


def test_accepts_a_report_with_everything() -> None:
    message = decoded(normal())
    assert (message.kind, message.unique_id) == ("positions", IMEI)
    assert message.positions[0] == Position(
        fix_time_ms=MOMENT_MS,
        latitude_deg=52.5,
        longitude_deg=-13.4,
        altitude_m=911.0,
        speed_kmh=25.1,
        course_deg=344.5,
        hdop=0.68,
        satellites=15,
        ignition=True,
        battery_v=11.8,
        attributes={
            "registrationNumber": "KA01I2000",
            "firmware": "1.3",
            "pdop": "1.04",
            "operator": "Airtel",
            "externalPower": "true",
            "trackerBatteryV": "3.8",
            "sos": "false",
            "field:tamper": "C",
            "gsmSignal": "24",
            "cell": "404-45-25012-39641",
            "network": "31,9adb,61b4,35",
            "inputs": "5",
            "outputs": "2",
            "index": "14",
            "ain1V": "0.5",
            "ain2V": "0.1",
        },
    )


@pytest.mark.parametrize(
    ("tail", "odometer_m", "inputs"),
    [
        ("8083,194.9,0B,", 194_900, ()),
        ("0.03,0.5,000091,A3,", None, ("0.03", "0.5")),
        ("0,0,001926,8252.226,-,-,5_5_5", 8_252_226, ("0.0", "0.0")),
        ("000348,2,08.4,00.3,(0.5,0,0),CD", None, ("8.4", "0.3")),
        ("17888,47,", None, ()),
    ],
)
def test_accepts_every_makers_tail(
    tail: str, odometer_m: float | None, inputs: tuple[str, ...]
) -> None:
    position = reported(normal(rest=REST.partition("1010,01,")[0] + "0012,00," + tail))
    assert position.odometer_m == odometer_m
    names = ("ain1V", "ain2V")
    assert tuple(position.attributes[n] for n in names if n in position.attributes) == inputs
    assert position.attributes["field:inputs"] == "0012"


@pytest.mark.parametrize(
    "moment",
    (
        "KA01I2000,1,09102025,101112",
        "KA01I2000,1,091025,101112",
        "KA01I2000,1,09,10,2025,10,11,12",
        "KA01I2000,09102025,101112,1",
        "KA01I2000,09102025101112,A",
    ),
)
def test_accepts_every_makers_time(moment: str) -> None:
    position = reported(f"$RLP,N.A,2.1,NR,01,L,{IMEI},{moment},52.5,S,13.4,E,0.0,1.0,*")
    assert (position.fix_time_ms, position.valid) == (MOMENT_MS, True)
    assert (position.latitude_deg, position.longitude_deg) == (-52.5, 13.4)
    assert position.attributes["registrationNumber"] == "KA01I2000"


def test_a_place_without_a_fix_is_the_last_known_and_zero_is_none() -> None:
    last = reported(normal().replace(",1,09102025", ",0,09102025"))
    assert last.has_fix and not last.valid
    none = normal().replace("52.500000,N,013.400000", "0.0,N,0.0")
    assert not reported(none).has_fix


@pytest.mark.parametrize(
    ("kind", "alarm", "codes"),
    [
        ("EA,10", "sos", ("EA", "10")),
        ("TA,16", "tampering", ("TA", "16")),
        ("BD,03", "power_cut", ("BD", "3")),
        ("BR,06", "power_restored", ("BR", "6")),
        ("BL,04", "low_battery", ("BL", "4")),
        ("HB,13", "harsh_braking", ("HB", "13")),
        ("HA,14", "harsh_acceleration", ("HA", "14")),
        ("RT,15", "harsh_cornering", ("RT", "15")),
        ("OS,17", "overspeed", ("OS", "17")),
        ("XX,09", "tampering", ("XX", "9")),
        ("IN,07", None, ("IN", "7")),
        ("EA", "sos", ("EA",)),
        ("NR", None, ()),
    ],
)
def test_alarms(kind: str, alarm: str | None, codes: tuple[str, ...]) -> None:
    position = reported(normal(kind))
    assert (position.alarm, position.event_codes) == (alarm, codes)


def test_accepts_the_button_for_help() -> None:
    frame = f"$,EPB,EMR,{IMEI},SP,09102025101112,A,52.5,N,13.4,E,260.9,3.5,0.0,G,KA01I2000,0,*"
    position = reported(frame)
    assert (position.fix_time_ms, position.alarm) == (MOMENT_MS, "sos")
    assert (position.altitude_m, position.speed_kmh, position.valid) == (260.9, 3.5, True)
    assert position.attributes == {"archive": "true", "registrationNumber": "KA01I2000"}
    ended = reported(frame.replace("EMR", "SEM"))
    assert (ended.alarm, ended.event_codes) == (None, ("SEM",))
    text = f"$EPB,EMR,{IMEI},NM,09102025,101112,V,0.0,N,0.0,E,0,0,0,G,,0,404,22,ECFB,36EF"
    summed = f"{text}*{zlib.crc32(text.encode()):08X}"
    assert reported(summed).attributes == {"cell": "404-22-60667-14063"}


def test_history_is_marked() -> None:
    assert reported(normal().replace(",L,", ",H,")).attributes["archive"] == "true"


def test_accepts_logins_and_health() -> None:
    login = decoded(f"$,01,LGN,{IMEI},V0.0.1,AIS140,52.5,N,13.4,E,*")
    assert (login.kind, login.positions) == ("login", ())
    assert codec().acknowledge(login) == b"$,1,*"
    other = decoded(f"$LGN,,{IMEI},3.2AIH,9.9,N,76.3,E")
    assert (other.kind, codec().acknowledge(other)) == ("login", b"")
    assert codec().refuse(other) == b""
    health = reported(f"$HMP,MARK,1.0,{IMEI},87,20,5,10,60,0001,0.5*")
    assert health.attributes["trackerBatteryPct"] == "87"
    assert health.attributes["extra"] == "0.5"


def test_accepts_every_makers_end() -> None:
    plain = f"$,CP,ATL,1.4,EA,10,L,{IMEI},,{PLACE},1.0,2.0"
    wires = [
        plain.encode() + end + plain.encode() + b"\r\n"
        for end in (b"*", b"\r\n", b"", b",\xbc*", b",**", b",:*,O,S,+918743950398", b"*1E\r\n")
    ]
    for wire in wires:
        messages = codec().receive(wire, NOW_MS)
        assert [message.unique_id for message in messages] == [IMEI, IMEI], wire
        assert [m.positions[0].fix_time_ms for m in messages] == [MOMENT_MS] * 2


def test_a_star_ends_a_frame_at_once_where_the_checksum_stands_before_it() -> None:
    text = f"$NRM,R,3.5,NR,01,L,{IMEI},,{PLACE},1.0,2.0,"
    wire = f"{text}{zlib.crc32(text.encode()):08X}*".encode()
    assert len(codec().receive(wire, NOW_MS)) == 1


def test_a_wrong_checksum_marks_what_leniency_lets_through() -> None:
    wire = f"$NRM,R,3.5,NR,01,L,{IMEI},,{PLACE},1.0,2.0,DEADBEEF*".encode()
    with pytest.raises(ProtocolError, match="wrong checksum"):
        codec().receive(wire, NOW_MS)
    (message,) = codec(lenient=True).receive(wire, NOW_MS)
    assert message.damaged and message.positions[0].damaged


REJECTED: dict[str, str] = {
    "no frame begins": "GET / HTTP/1.1",
    "an IMEI is due": "$Header,1,2,3*",
    "not printable": normal().replace("Airtel", "Air\x01tel"),
    "there is no date": normal().replace("09102025", "31022025"),
    "there is no time": normal().replace("101112", "251112"),
    "latitude: a number": normal().replace("52.500000", "5x"),
    "speed: a number": normal().replace("25.1", "fast"),
    "pdop: a number": normal().replace("1.04", "x"),
    "HDOP: a number": normal().replace("0.68", "x"),
    "battery_v: a number": normal().replace("11.8", "x"),
    "a frame without an end": "$" + "A" * 1100,
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason].encode() + b"\r\n", NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (EngineStop(), b"@SET#RLP,OP1,"),
        (EngineResume(), b"@CLR#RLP,OP1,"),
        (OutputOn(2), b"@SET#RLP,OP2,"),
        (CustomText("GET IMEI"), b"GET IMEI"),
    ],
)
def test_commands(command: Command, text: bytes) -> None:
    assert written("its", PROTOCOL.commands, command, Order(IMEI, 7)) == text
