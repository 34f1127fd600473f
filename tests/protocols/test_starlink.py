import base64

import pytest

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Transport
from milepost.protocols.starlink import PROTOCOL

NOW_MS = 1_760_000_000_000
DEFAULT = (
    "231114221325,06,231114221320,+5231.2000,-01324.0000,010.0,270,000123,1,0,0,1,"
    "1,0,0,0,4711,815,12.664,03.910,DEST,1,1"
)
RUNNING = "Vehicle.Powertrain.CombustionEngine.IsRunning"


def framed(said: str, number: str = "06") -> bytes:
    content = f"SLU068328,{number},55,{said}".encode("latin-1")
    return b"$%b*%02X\r\n" % (content, sum(content) & 0xFF)


def received(
    data: bytes,
    *,
    lenient: bool = False,
    transport: Transport = "tcp",
    options: dict[str, str] | None = None,
) -> list[Message]:
    codec = PROTOCOL.codec(CodecContext(transport, lenient, options or {}))
    return list(codec.receive(data, NOW_MS))


def position_of(said: str, **options: str) -> Position:
    (message,) = received(framed(said), options=options)
    assert (message.kind, message.unique_id) == ("positions", "068328")
    (position,) = message.positions
    return position


def test_accepts_a_whole_position_of_the_usual_layout() -> None:
    position = position_of(DEFAULT)
    assert position.latitude_deg == pytest.approx(52.52)
    assert position.longitude_deg == pytest.approx(-13.4)
    assert position.valid and position.fix_time_ms == 1_700_000_000_000
    assert position.speed_kmh == pytest.approx(18.52)
    assert (position.course_deg, position.odometer_m, position.battery_v) == (270, 123_000, 12.664)
    assert (position.ignition, position.signals) == (True, {RUNNING: 1.0})
    assert (position.alarm, position.event_codes) == ("overspeed", ("06",))
    assert position.attributes == {
        **{"din1": "1", "din2": "0", "din3": "0", "din4": "1"},
        **{"dout1": "1", "dout2": "0", "dout3": "0", "dout4": "0"},
        "areaCode": "4711",
        "cellId": "815",
        "trackerBatteryV": "3.91",
        "tag:DEST": "DEST",
        "index": "55",
    }


def test_a_place_much_older_than_the_event_is_the_last_known_one() -> None:
    position = position_of(DEFAULT.replace("231114221325", "231114231325"))
    assert position.has_fix and not position.valid
    assert position.fix_time_ms == 1_700_003_605_000


def test_an_event_without_a_place_is_a_status() -> None:
    position = position_of("231114221320,20,,,,,,000000")
    assert (position.has_fix, position.fix_time_ms) == (False, 1_700_000_000_000)
    assert position_of(",01").fix_time_ms == NOW_MS


@pytest.mark.parametrize(
    ("event", "alarm"),
    (
        *(("07", "geofence_enter"), ("08", "geofence_exit"), ("09", "power_cut"), ("36", "sos")),
        *(("11", "low_battery"), ("26", "towing"), ("42", "jamming"), ("9", "power_cut")),
        ("01", None),
    ),
)
def test_alarms(event: str, alarm: str | None) -> None:
    position = position_of(f"231114221320,{event}")
    assert (position.alarm, position.event_codes) == (alarm, (event,))


def test_a_new_driver_and_what_else_an_event_has() -> None:
    known = position_of(f"{DEFAULT.replace(',06,', ',16,')},,01000001FDB3A9")
    assert known.attributes["driverUniqueId"] == "01000001FDB3A9"
    assert known.attributes["extra"] == ",01000001FDB3A9"
    assert "driverUniqueId" not in position_of(f"{DEFAULT},2,99").attributes


@pytest.mark.parametrize(
    ("tags", "said", "expected"),
    (
        ("#SPDK#,#ALT#,#HDOP#,#SATU#", "54,-12,0.9,7", {"speed_kmh": 54, "altitude_m": -12}),
        ("#HDOP#,#SATU#", "0.9,7", {"hdop": 0.9, "satellites": 7}),
        ("#TDUR#,#V1#", "90,12.5", {"engine_hours_h": 1.5, "battery_v": 12.5}),
        ("#IGNL#,#CFL#", "0,64", {"ignition": False, "fuel_level_pct": 64}),
        ("#CFL#,#SATU#,#ODO#", "101,999,-1", {"fuel_level_pct": None, "satellites": None}),
        ("#ENG#,#JAM#", "0,1", {"alarm": "jamming"}),
    ),
)
def test_fields_of_other_layouts(tags: str, said: str, expected: dict[str, object]) -> None:
    position = position_of(said, format=tags)
    assert {name: getattr(position, name) for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("tags", "said", "expected"),
    (
        ("#CSS#,#DUR#,#V3#", "20,2,1.5", {"gsmSignal": "20", "ignitionOnS": "120.0"}),
        ("#V2#,#BATC#,#TVI#", "4.1,75,29", {"trackerBatteryPct": "75.0", "trackerTempC": "29.0"}),
        ("#LAC#,#CID#,#NC#", "4711,815,26201", {"cells": "262-1-4711-815"}),
        ("#NC#,#LAC#", "26201,4711", {"operator": "26201", "areaCode": "4711"}),
        ("#EDSC#,#DUID#", "Location,0A", {"event": "Location", "driverUniqueId": "0A"}),
        ("#IMEI#,#LOCA#", "862549048423605,4", {"imei": "862549048423605", "accuracyM": "4.0"}),
        ("#TI1#,#TV1#,#TH1#", "D46,-2.5,56", {"tag1Id": "D46", "temp1C": "-2.5"}),
        ("#TS1#,#XYZ#,#TD2#", "1,2,A", {"tag:TS1": "1", "tag:XYZ": "2", "tag2Data": "A"}),
    ),
)
def test_attributes_of_other_layouts(tags: str, said: str, expected: dict[str, str]) -> None:
    attributes = position_of(said, format=tags).attributes
    assert expected.items() <= attributes.items()


def test_sensors_describe_themselves() -> None:
    content = bytes.fromhex("0802 1a02d256 384f 48f217")
    attributes = position_of(base64.b64encode(content).decode(), format="#TD2#").attributes
    assert (attributes["tag2Signal"], attributes["tag2BatteryV"]) == ("-40", "3.058")
    for broken in (b"\x38", b"\x1a\x7f\x01", b"\x3d\x01", b"\xff" * 9):
        said = base64.b64encode(broken).decode()
        assert position_of(said, format="#TD2#").attributes["tag2Data"] == broken.hex()


def test_dates_in_another_order() -> None:
    for order in ("ddMMyyHHmmss", "yyMMddHHmmss"):
        said = "141123221320" if order.startswith("dd") else "231114221320"
        assert position_of(said, format="#EDT#", dateFormat=order).fix_time_ms == 1_700_000_000_000


def test_without_its_layout_what_is_evident_is_read() -> None:
    said = "352353088342073,231114221325,231114221320,+5231.2000,-01324.0000,1"
    position = position_of(said)
    assert (position.fix_time_ms, position.valid) == (1_700_000_000_000, True)
    assert position.latitude_deg == pytest.approx(52.52)
    assert position.longitude_deg == pytest.approx(-13.4)
    expected = {"imei": "352353088342073", "tag:all": said, "index": "55"}
    assert position.attributes == expected
    status = position_of("352353088342073,231114221320,+5231.2000")
    assert (status.has_fix, status.fix_time_ms) == (False, 1_700_000_000_000)


@pytest.mark.parametrize("said", ("352353088342073", "352353088342073,231314221320"))
def test_without_any_layout_the_device_is_known_at_least(said: str) -> None:
    (message,) = received(framed(said))
    assert (message.kind, message.unique_id) == ("other", "068328")
    assert message.attributes == {"type:06": said}
    with pytest.raises(ProtocolError, match="12 digits"):
        position_of(said, format="#EDT#")


def test_other_messages() -> None:
    (wakes,) = received(framed("2.31,4", "01"))
    assert (wakes.kind, wakes.attributes) == ("login", {"firmware": "2.31"})
    (answer,) = received(framed("177,0", "03"))
    assert (answer.kind, answer.text) == ("response", "177,0")
    (error,) = received(framed("20,1", "02"))
    assert (error.kind, error.attributes) == ("other", {"type:02": "20,1"})


def test_nothing_is_answered() -> None:
    codec = PROTOCOL.codec(CodecContext("tcp"))
    (message,) = received(framed(DEFAULT))
    assert codec.acknowledge(message) == codec.refuse(message) == b""


def test_a_wrong_checksum_passes_only_leniently() -> None:
    bad = framed(DEFAULT)[:-4] + b"zz\r\n"
    with pytest.raises(ProtocolError, match="checksum"):
        received(bad)
    (message,) = received(bad, lenient=True)
    assert message.damaged and message.positions[0].damaged


def test_a_frame_without_its_end_does_not_take_the_next_one_along() -> None:
    (message,) = received(framed(DEFAULT)[:40] + framed(DEFAULT))
    assert message.positions[0].has_fix


@pytest.mark.parametrize(
    ("tag", "said", "reason"),
    (
        *(("PDT", "231314221320", "no date"), ("PDT", "231114251320", "no time")),
        *(("SPD", "x", "speed"), ("ODO", "x", "odometer"), ("SATU", "x", "satellites")),
        *(("CFL", "x", "fuel"), ("TV1", "x", "temp1C"), ("VBAT", "x", "trackerBatteryV")),
    ),
)
def test_rejects_wrong_fields(tag: str, said: str, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        position_of(said, format=f"#{tag}#")


def test_rejects_a_wrong_place() -> None:
    with pytest.raises(ProtocolError, match="latitude"):
        position_of("x,1", format="#LAT#,#LONG#")


@pytest.mark.parametrize(
    ("data", "reason"),
    (
        (b"hello\r\n", "no frame begins"),
        (b"$GPRMC,1*00\r\n", "no frame begins"),
        (b"$SLU06", "no frame begins"),
        (b"$SLU1,06*%02X" % (sum(b"SLU1,06") & 0xFF), "identity"),
        (b"$SLU 1,06,1*%02X" % (sum(b"SLU 1,06,1") & 0xFF), "identity"),
    ),
)
def test_rejects_what_is_no_frame(data: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        received(data, transport="udp")
