import pytest

from milepost.domain.command import (
    CustomText,
    EngineResume,
    EngineStop,
    Interval,
    PositionNow,
)
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.gps103 import PROTOCOL

NOW_MS = 1_760_000_000_000  # 2025-10-09 08:53:20 UTC
IMEI = "359586015829802"
FIX = f"imei:{IMEI},tracker,251009105320,,F,085320.000,A,5230.0000,N,01324.0000,W,10.00,90.5,34.5,"


def codec(transport="tcp", **options):
    return PROTOCOL.codec(CodecContext(transport, options=options))


def decoded(text: str, **options) -> Message:
    (message,) = codec(**options).receive(f"{text};".encode("latin-1"), NOW_MS)
    return message


def position_of(text: str, **options) -> Position:
    (position,) = decoded(text, **options).positions
    return position


def test_accepts_a_login_and_answers_load() -> None:
    message = decoded(f"##,imei:{IMEI},A")
    assert (message.kind, message.unique_id) == ("login", IMEI)
    assert codec().acknowledge(message) == b"LOAD"
    assert codec().refuse(message) == b""


def test_accepts_a_short_login() -> None:
    assert decoded(f"imei:{IMEI},L").kind == "login"


def test_accepts_a_heartbeat_and_answers_on() -> None:
    message = decoded(IMEI)
    assert (message.kind, message.unique_id) == ("heartbeat", IMEI)
    assert codec().acknowledge(message) == b"ON"


def test_a_heartbeat_that_runs_into_a_report_is_answered() -> None:
    message = decoded(IMEI + FIX)
    assert (message.kind, codec().acknowledge(message)) == ("positions", b"ON")
    assert decoded(FIX).token == b""


def test_accepts_a_whole_report() -> None:
    position = position_of(FIX + "1,0,51.93%,10.5%,-22")
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg) == (52.5, -13.4)
    assert position.valid
    assert position.speed_kmh == pytest.approx(18.52)
    assert (position.course_deg, position.altitude_m) == (90.5, 34.5)
    assert position.ignition is True
    assert position.fuel_level_pct == 51.93
    assert position.event_codes == ("tracker",)
    assert position.attributes == {
        "door": "false",
        "fuelSensor1Pct": "51.93",
        "fuelSensor2Pct": "10.5",
        "temp1C": "-22.0",
    }


@pytest.mark.parametrize(
    ("local", "utc", "expected_ms"),
    [
        ("251009025320", "235320.000", NOW_MS - 9 * 3_600_000),
        ("2510081853", "085320.000", NOW_MS - 86_400_000),
        ("251008230000", "085320.000", NOW_MS),
        ("251009225320", "085320.000", NOW_MS),
    ],
)
def test_the_receiver_says_the_time_and_the_device_the_day(local, utc, expected_ms) -> None:
    text = FIX.replace("251009105320", local).replace("085320.000", utc)
    assert position_of(text).fix_time_ms == expected_ms


def test_local_time_counts_without_the_receiver() -> None:
    text = f"imei:{IMEI},tracker,251009105320,,L,,,296a,,51f7,,,"
    assert position_of(text).fix_time_ms == NOW_MS
    assert position_of(text, timeZone="+03:00").fix_time_ms == NOW_MS - 3_600_000
    old = text.replace("251009105320", "251001085320")
    assert position_of(old).fix_time_ms == NOW_MS - 8 * 86_400_000


def test_a_report_without_a_fix_has_its_cell() -> None:
    position = position_of(f"imei:{IMEI},help me,,,L,,,113b,,558f,,,,,0,1,0.00%,,")
    assert not position.has_fix and not position.valid
    assert position.fix_time_ms == NOW_MS
    assert position.attributes["areaCode"] == str(0x113B)
    assert position.attributes["cellId"] == str(0x558F)
    assert (position.ignition, position.attributes["door"]) == (False, "true")
    assert position.fuel_level_pct is None


def test_0_0_is_no_place() -> None:
    text = FIX.replace("5230.0000", "0000.0000").replace("01324.0000", "00000.0000")
    assert not position_of(text).has_fix


def test_a_call_for_help_is_ended() -> None:
    message = decoded(FIX.replace("tracker", "help me"))
    assert message.positions[0].alarm == "sos"
    assert codec().acknowledge(message) == f"**,imei:{IMEI},E;".encode()


ALARMS = {
    "low battery": "low_battery",
    "stockade": "geofence",
    "move": "movement",
    "speed": "overspeed",
    "door alarm": "door",
    "ac alarm": "power_cut",
    "accident alarm": "crash",
    "sensor alarm": "vibration",
    "bonnet alarm": "bonnet",
    "footbrake alarm": "brake",
    "DTC": "fault",
    "T:+28.0": "temperature",
    "oil 51.67": "fuel_leak",
    "tracker": None,
    "001": None,
}


@pytest.mark.parametrize("keyword", ALARMS)
def test_alarms(keyword: str) -> None:
    position = position_of(FIX.replace("tracker", keyword))
    assert position.alarm == ALARMS[keyword]
    assert position.event_codes == (keyword,)


def test_keywords_with_values() -> None:
    assert position_of(FIX.replace("tracker", "T:+28.5")).attributes["temp1C"] == "28.5"
    assert position_of(FIX.replace("tracker", "oil 51.67")).fuel_level_pct == 51.67
    assert position_of(FIX.replace("tracker", "acc on")).ignition is True
    assert position_of(FIX.replace("tracker", "acc off")).ignition is False


@pytest.mark.parametrize(
    ("levels", "alarm"), [("51.6,41.7", "fuel_leak"), ("41.7,51.6", "refuel"), (",", None)]
)
def test_a_change_of_fuel_is_a_leak_or_a_filling(levels: str, alarm: str | None) -> None:
    assert position_of(FIX.replace("tracker", "oil1") + "," + levels).alarm == alarm


def test_a_card_a_phone_and_a_charge_stand_in_the_same_field() -> None:
    card = position_of(FIX.replace("tracker", "rfid").replace(",,F", ",49121185,F"))
    assert card.attributes["driverUniqueId"] == "49121185"
    assert position_of(FIX.replace(",,F", ",13554900601,F")).attributes["phone"] == "13554900601"
    assert position_of(FIX.replace(",,F", ",87%,F")).attributes["trackerBatteryPct"] == "87.0"


def test_trouble_codes_and_an_odometer_stand_beside_the_fuel() -> None:
    assert position_of(FIX.replace("tracker", "DTC") + "1,0,10.5%,P0021").attributes["dtcs"] == (
        "P0021"
    )
    assert position_of(FIX + "1,0,10.5%,51442").odometer_m == 51_442_000.0


def test_answers_to_commands() -> None:
    done = decoded(FIX.replace("tracker", "jt"))
    assert (done.kind, done.text, done.accepted) == ("response", "jt", True)
    assert done.positions[0].has_fix
    assert decoded(FIX.replace("tracker", "111")).accepted is True
    assert decoded(FIX.replace("tracker", "511")).accepted is False
    assert decoded(FIX.replace("tracker", "lf")).accepted is False
    assert decoded(FIX.replace("tracker", "vt14")).kind == "positions"


def test_accepts_what_the_bus_says() -> None:
    text = "OBD,251009105320,51442,1.50,15.88,5632,122,40.39%,+95,12.5%,2101,13.80,P0134,,U1108,"
    position = position_of(f"imei:{IMEI},{text}")
    assert not position.has_fix
    assert position.odometer_m == 51_442_000.0
    assert position.engine_hours_h == 5632.0
    assert position.signals == {
        "Vehicle.Speed": 122.0,
        "Vehicle.OBD.FuelRate": 1.5,
        "Vehicle.Diagnostics.DTCCount": 2.0,
    }
    assert (position.engine_load_pct, position.throttle_pct) == (40.39, 12.5)
    assert (position.coolant_temp_c, position.engine_rpm) == (95.0, 2101.0)
    assert position.battery_v == 13.8
    assert position.attributes == {
        "fuelEconomyLp100km": "15.88",
        "dtcs": "P0134,U1108",
    }


def test_what_the_bus_does_not_know_is_left_out() -> None:
    text = f"imei:{IMEI},OBD,251009105320,,,370.8,,000,0.0%,+,0.0%,16383,,,,,"
    position = position_of(text)
    assert (position.engine_rpm, position.coolant_temp_c, position.battery_v) == (None, None, None)
    assert position.attributes == {"field:5": "370.8"}


def test_accepts_decimal_degrees_in_kmh() -> None:
    text = (
        f"imei:{IMEI},Equipo 1,---,77,3.6,085320,091025,26,1,-33.42317,-70.61930,067,229,0674,"
        "1.00,08,0,1,---,"
    )
    position = position_of(text)
    assert (position.latitude_deg, position.longitude_deg) == (-33.42317, -70.6193)
    assert position.fix_time_ms == NOW_MS
    assert (position.speed_kmh, position.course_deg, position.altitude_m) == (67.0, 229.0, 674.0)
    assert (position.hdop, position.satellites, position.ignition) == (1.0, 8, False)
    assert position.attributes == {
        "gsmSignal": "26",
        "charging": "true",
        "tag1Id": "77",
        "tag1BatteryV": "3.6",
    }
    lost = position_of(text.replace("26,1,", "26,0,").replace("1.00,08", "99.9,00"))
    assert (lost.valid, lost.hdop) == (False, None)
    alarm = position_of(text.replace("---,77", "help me,77").replace("---,", "E1,"))
    assert (alarm.alarm, alarm.attributes["status"]) == ("sos", "E1")


def test_accepts_a_part_of_a_picture() -> None:
    position = position_of(f"imei:{IMEI},vr,0c00fa01")
    assert position.attributes == {"photo": "0c00fa01"}


def test_a_datagram_needs_no_end() -> None:
    (message,) = codec("udp").receive(IMEI.encode(), NOW_MS)
    assert message.kind == "heartbeat"


def order(command) -> bytes:
    return written("gps103", PROTOCOL.commands, command, Order(IMEI, 1))


def test_commands() -> None:
    begin = f"**,imei:{IMEI},".encode()
    assert order(EngineStop()) == begin + b"J"
    assert order(EngineResume()) == begin + b"K"
    assert order(PositionNow()) == begin + b"B"
    assert order(Interval(45)) == begin + b"C,45s"
    assert order(Interval(90)) == begin + b"C,90s"
    assert order(Interval(7200)) == begin + b"C,02h"
    assert order(CustomText("H,080")) == begin + b"H,080"


@pytest.mark.parametrize("command", [Interval(121), CustomText("å")])
def test_rejects_commands(command) -> None:
    with pytest.raises(InvalidInput):
        order(command)


REJECTED = {
    "no frame begins": "GET / HTTP/1.1",
    "printable": f"imei:{IMEI},\x01\x02,,,,",
    "no identity": "imei:12,tracker,251009105320,,L,",
    "a report of 3 fields": f"imei:{IMEI},tracker,0809231929",
    "F or L is due": FIX.replace(",F,", ",X,"),
    "a date of six digits": FIX.replace("251009105320", "25100x105320"),
    "there is no date": FIX.replace("251009105320", "251309105320"),
    "a time of six digits": FIX.replace("251009105320", "2510091053x0"),
    "there is no time": FIX.replace("085320.000", "250000.000"),
    "latitude": FIX.replace("5230.0000", "52x0.0000"),
    "longitude": FIX.replace("01324.0000", "0x324.0000"),
    "areaCode": f"imei:{IMEI},tracker,251009105320,,L,,,xyz,,51f7,,,",
    "OBD has 14 fields": f"imei:{IMEI},OBD,251009105320,1,2",
    "a picture in hex": f"imei:{IMEI},vr,0c0",
    "number: a number is due": (
        f"imei:{IMEI},a,---,-,-,085320,091025,26,1,-33.4x,-70.6,067,229,0674,1.00,08,0,1,---,"
    ),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(f"{REJECTED[reason]};".encode("latin-1"), NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


def test_rejects_a_frame_without_end() -> None:
    with pytest.raises(ProtocolError, match="allowed are 8192"):
        codec().receive(b"imei:" + b"1" * 9000, NOW_MS)
