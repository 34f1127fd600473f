import pytest

from milepost.domain.command import (
    Command,
    CustomText,
    EngineResume,
    EngineStop,
    OutputOff,
    OutputOn,
)
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Transport
from milepost.protocols.startek import PROTOCOL

NOW_MS = 1_760_000_000_000
FIX = (
    "000,1,7,231114221320,A,52.520000,-13.400000,10,1.2,45,270,-12,366959,262|1|1267|0000032F,31,"
    "0000001D,02,01,04E2|018C|0064,1"
)
ENGINE = "Vehicle.Powertrain.CombustionEngine"


def framed(content: str) -> bytes:
    said = f",868703050178631,{content}".encode("latin-1")
    checked = b"&&s%d%b" % (len(said), said)
    return b"%b%02X\r\n" % (checked, sum(checked) & 0xFF)


def received(data: bytes, *, lenient: bool = False, transport: Transport = "tcp") -> list[Message]:
    codec = PROTOCOL.codec(CodecContext(transport, lenient))
    return list(codec.receive(data, NOW_MS))


def decoded(content: str) -> Message:
    (message,) = received(framed(content))
    return message


def position_of(content: str) -> Position:
    (position,) = decoded(content).positions
    return position


def test_accepts_a_whole_position() -> None:
    message = decoded(FIX)
    assert (message.kind, message.unique_id) == ("positions", "868703050178631")
    assert message.positions == (
        Position(
            fix_time_ms=1_700_000_000_000,
            latitude_deg=52.52,
            longitude_deg=-13.4,
            satellites=10,
            hdop=1.2,
            speed_kmh=45.0,
            course_deg=270.0,
            altitude_m=-12.0,
            odometer_m=366959.0,
            ignition=True,
            battery_v=12.5,
            alarm="sos",
            event_codes=("1",),
            attributes={
                "eventData": "7",
                "cells": "262-1-4711-815",
                "gsmSignal": "31",
                "status": "0000001D",
                "externalPower": "true",
                "gnssAntenna": "true",
                "motion": "true",
                "armed": "false",
                "driverAuthorized": "false",
                "removed": "false",
                **{"inputs": "2", "outputs": "1", "dout1": "1", "dout2": "0"},
                **{"din1": "0", "din2": "1", "din3": "0", "din4": "0"},
                "trackerBatteryV": "3.96",
                "ain1V": "1.0",
            },
        ),
    )


def test_nothing_is_answered() -> None:
    codec = PROTOCOL.codec(CodecContext("tcp"))
    assert codec.acknowledge(decoded(FIX)) == codec.refuse(decoded(FIX)) == b""


def test_a_place_without_a_fix_is_the_last_known_one() -> None:
    position = position_of(FIX.replace(",A,", ",V,"))
    assert position.has_fix and not position.valid
    assert not position_of(FIX.replace("52.520000,-13.400000", ",")).has_fix


def test_fields_may_be_empty() -> None:
    position = position_of("000,0,,,V,,,,,,,,,,,,,,,")
    assert (position.fix_time_ms, position.has_fix, position.event_codes) == (NOW_MS, False, ())


@pytest.mark.parametrize(
    ("code", "alarm"),
    (
        *(("1", "sos"), ("5", "door"), ("39", "harsh_acceleration"), ("40", "harsh_braking")),
        *(("41", "harsh_cornering"), ("37", None)),
    ),
)
def test_alarms(code: str, alarm: str | None) -> None:
    position = position_of(FIX.replace("000,1,7", f"000,{code},"))
    assert (position.alarm, position.event_codes) == (alarm, (code,))


def test_fuel_and_temperatures() -> None:
    attributes = position_of(f"{FIX},010100|02000A,010105|02FFF6").attributes
    assert (attributes["fuelSensor1"], attributes["fuelSensor2"]) == ("256", "10")
    assert (attributes["temp1C"], attributes["temp2C"]) == ("26.1", "-1.0")


def test_values_of_the_vehicle() -> None:
    position = position_of(f"{FIX},,,853|6|10|105|73|41|125|34|9")
    assert (position.engine_rpm, position.engine_load_pct, position.coolant_temp_c) == (853, 6, 73)
    assert position.throttle_pct == 41
    assert position.signals == pytest.approx(
        {
            f"{ENGINE}.MAF": 10,
            f"{ENGINE}.MAP": 105,
            "Vehicle.OBD.ControlModuleVoltage": 12.5,
            "Vehicle.OBD.FuelRate": 3.4,
        }
    )
    assert position.attributes["obd:more"] == "9"


def test_engine_hours_or_a_card_by_the_form() -> None:
    hours = position_of(f"{FIX[:-1]}129,,,,9490,x")
    assert hours.engine_hours_h == pytest.approx(9490 / 3600)
    assert hours.attributes["extra"] == "x"
    assert position_of(f"{FIX[:-1]}131,,,,61000541").attributes["driverUniqueId"] == "61000541"


@pytest.mark.parametrize(
    ("content", "text", "accepted"),
    (
        ("129,OK", "OK", True),
        ("900,ERROR", "ERROR", False),
        ("801,VT200,V1", "VT200,V1", None),
        ("129", "129", None),
    ),
)
def test_answers_to_commands(content: str, text: str, accepted: bool | None) -> None:
    message = decoded(content)
    assert (message.kind, message.text, message.accepted) == ("response", text, accepted)


def test_blocks_of_the_vehicle_and_packed_reports_are_kept() -> None:
    message = decoded("710,T1,0.0,1\r\nT2,2\r\n")
    assert (message.kind, message.attributes) == ("other", {"block:T1": "0.0,1", "block:T2": "2"})
    assert decoded("710").attributes == {"type:710": ""}
    assert decoded("020,A").attributes == {"type:020": "41"}


def test_a_wrong_checksum_or_length_passes_only_leniently() -> None:
    good = framed(FIX)
    for bad in (good[:-4] + b"zz\r\n", good.replace(b"&&s1", b"&&s2")):
        with pytest.raises(ProtocolError, match="length or the checksum"):
            received(bad, transport="udp")
        (message,) = received(bad, lenient=True, transport="udp")
        assert message.damaged and message.positions[0].damaged


def test_a_line_ends_where_its_length_is_wrong() -> None:
    length = framed(FIX)[3:6]
    short = framed(FIX).replace(length, b"100", 1)
    first, second = received(short + framed(FIX), lenient=True)
    assert (first.damaged, second.damaged) == (True, False)


@pytest.mark.parametrize(
    ("content", "reason"),
    (
        ("000,0,,231114221320,A,52.5", "fields"),
        (FIX.replace("231114", "231314"), "no date"),
        (FIX.replace("221320", "251320"), "no time"),
        (FIX.replace("52.520000", "x"), "latitude"),
        (FIX.replace(",10,1.2", ",-1,1.2"), "32 bits"),
        (FIX.replace(",45,", ",x,"), "speed"),
        (FIX.replace("0000001D", "x"), "status"),
        (FIX.replace(",02,01,", ",xx,01,"), "inputs"),
        (FIX.replace("04E2|", "xx|"), "voltage"),
        (FIX.replace("262|", "x|"), "operator"),
        (f"{FIX}x", "form"),
        (f"{FIX},01xx", "fuel"),
        (f"{FIX},,01xx", "temperature"),
        (f"{FIX},,,x", "vehicle"),
        (f"{FIX},,,,x", "engine hours"),
    ),
)
def test_rejects_wrong_fields(content: str, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        decoded(content)


@pytest.mark.parametrize(
    ("data", "reason"),
    (
        (b"hello\r\n", "no frame begins"),
        (b"&&sx,1\r\n", "no frame begins"),
        (framed(FIX)[:60], "length or"),
        (b"&&s4,1 2%02X\r\n" % (sum(b"&&s4,1 2") & 0xFF), "identity"),
        (b"&&s6,1 2,3%02X\r\n" % (sum(b"&&s6,1 2,3") & 0xFF), "identity"),
    ),
)
def test_rejects_what_is_no_frame(data: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        received(data, transport="udp")


@pytest.mark.parametrize(
    ("command", "text"),
    (
        (EngineStop(), "900,1,1"),
        (EngineResume(), "900,1,0"),
        (OutputOn(2), "900,2,1"),
        (OutputOff(2), "900,2,0"),
        (CustomText("801"), "801"),
    ),
)
def test_commands_are_written_with_length_and_sum(command: Command, text: str) -> None:
    said = f",123456789012345,{text}".encode()
    content = b"$$:%d%b" % (len(said), said)
    expected = content + b"%02X\r\n" % (sum(content) & 0xFF)
    order = Order("123456789012345", 1)
    assert written("startek", PROTOCOL.commands, command, order) == expected


def test_commands_are_ascii() -> None:
    with pytest.raises(InvalidInput, match="ASCII"):
        written("startek", PROTOCOL.commands, CustomText("ä"), Order("1", 1))
