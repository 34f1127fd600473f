import pytest

from milepost.domain.command import (
    CustomText,
    EngineResume,
    EngineStop,
    Interval,
    OutputOff,
    OutputOn,
    PositionNow,
    Reboot,
    SetOdometer,
)
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.tk103 import PROTOCOL

NOW_MS = 1_760_000_000_000  # 2025-10-09 08:53:20 UTC
ID = "013612345678"
PLACE = "251009A5230.0000S01324.0000W061.5085320090.50"
FIX = f"({ID}BR00{PLACE}01000166L0000067E)"
LISTED = f"({ID},DW30,091025,A,5230.0000N,01324.0000E,61.5,085320,90.50,34.5,7,0)"


def codec(**options):
    return PROTOCOL.codec(CodecContext("tcp", options=options))


def decoded(text: str, **options) -> Message:
    (message,) = codec(**options).receive(text.encode("latin-1"), NOW_MS)
    return message


def position_of(text: str, **options) -> Position:
    (position,) = decoded(text, **options).positions
    return position


def test_accepts_a_whole_report() -> None:
    message = decoded(FIX)
    assert (message.kind, message.unique_id, message.token) == ("positions", ID, b"")
    (position,) = message.positions
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg) == (-52.5, -13.4)
    assert position.valid
    assert (position.speed_kmh, position.course_deg) == (61.5, 90.5)
    assert position.ignition is True
    assert position.odometer_m == 1662.0
    assert position.attributes == {
        "status": "01000166",
        "externalPower": "true",
        "fuelSensor1V": "3.58",
    }


def test_local_time() -> None:
    assert position_of(FIX, timeZone="+03:00").fix_time_ms == NOW_MS - 3 * 3_600_000
    assert position_of(LISTED, timeZone="-03:00").fix_time_ms == NOW_MS + 3 * 3_600_000


def test_a_device_without_a_date_reports_now() -> None:
    assert position_of(FIX.replace("BR00251009", "BR00000007")).fix_time_ms == NOW_MS


def test_accepts_a_report_between_commas() -> None:
    position = position_of(LISTED)
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg) == (52.5, 13.4)
    assert (position.speed_kmh, position.course_deg, position.altitude_m) == (61.5, 90.5, 34.5)
    assert position.satellites == 7


def test_a_report_between_commas_may_have_state_and_mileage() -> None:
    text = f"({ID},BR00,091025,V,5230.0N,01324.0E,1.5,085320,90.5,01000000,L0000067E)"
    position = position_of(text)
    assert (position.valid, position.ignition, position.odometer_m) == (False, True, 1662.0)
    assert position.altitude_m is None


def test_a_report_between_commas_may_have_no_place() -> None:
    position = position_of(f"({ID},DW51,091025,V,,,,085320,,)")
    assert (position.fix_time_ms, position.has_fix, position.alarm) == (NOW_MS, False, "movement")


def test_0_0_is_no_place() -> None:
    text = FIX.replace("5230.0000", "0000.0000").replace("01324.0000", "00000.0000")
    assert not position_of(text).has_fix


@pytest.mark.parametrize(
    ("digits", "speed_kmh", "course_deg", "status"),
    [
        (" 61.5085320 87.3101000000L00000000", 61.5, 87.31, "01000000"),
        ("061.508532021.40000000007L00000000", 61.5, 21.4, "00000007"),
        ("0061085320309.84001000293L0000015F", 61.0, 309.84, "01000293"),
        ("061.5085320090.50,00000000L00000000", 61.5, 90.5, "00000000"),
        ("061.508532000000000000000L00000000", 61.5, 0.0, "00000000"),
        ("061.508532091.048,7", 61.5, 91.048, None),
        ("0.7085320010.0000,00000001", 0.7, 10.0, "00000001"),
    ],
)
def test_devices_write_the_motion_in_many_widths(digits, speed_kmh, course_deg, status) -> None:
    position = position_of(FIX.replace("061.5085320090.5001000166L0000067E", digits))
    assert position.fix_time_ms == NOW_MS
    assert (position.speed_kmh, position.course_deg) == (speed_kmh, course_deg)
    assert position.attributes.get("status") == status


def test_what_follows_the_mileage() -> None:
    assert position_of(FIX.replace(")", "T113)")).attributes["temp1C"] == "27.5"
    assert position_of(FIX.replace(")", "T8CDF080P035)")).attributes == {
        "status": "01000166",
        "externalPower": "true",
        "fuelSensor1V": "3.58",
        "temp1C": "-20.5",
        "fuelSensor1": "128",
        "tag:P": "53",
    }
    assert position_of(FIX.replace(")", "+017.7)")).attributes["temp1C"] == "17.7"
    assert position_of(FIX.replace(")", ",251009,1)")).attributes["extra"] == "251009,1"


def test_accepts_a_handshake() -> None:
    message = decoded(f"({ID}BP00352887073178901HSO018b)")
    assert (message.kind, message.unique_id) == ("heartbeat", ID)
    assert codec().acknowledge(message) == f"({ID}AP01HSO)".encode()
    assert message.positions[0].attributes == {"trackerBatteryV": "3.95"}
    assert decoded(f"({ID}BP00HSO)").positions == ()


def test_accepts_a_login_with_a_place_and_without() -> None:
    message = decoded(FIX.replace("BR00", "BP05000013612345678"))
    assert codec().acknowledge(message) == f"({ID}AP05)".encode()
    assert codec().refuse(message) == b""
    assert message.positions[0].attributes["imei"] == "000013612345678"
    bare = decoded(f"({ID}BP05000013612345678)")
    assert (bare.kind, bare.token) == ("login", f"({ID}AP05)".encode())


@pytest.mark.parametrize(
    ("digit", "alarm"),
    [
        ("0", "power_cut"),
        ("1", "crash"),
        ("2", "sos"),
        ("3", "vibration"),
        ("4", "low_speed"),
        ("5", "overspeed"),
        ("6", "geofence_exit"),
        ("9", "general"),
    ],
)
def test_alarms_are_raised_and_answered(digit: str, alarm: str) -> None:
    message = decoded(FIX.replace("BR00", f"BO01{digit}"))
    assert message.positions[0].alarm == alarm
    assert message.positions[0].event_codes == (digit,)
    assert codec().acknowledge(message) == f"({ID}AS01{digit})".encode()


EVENTS = {
    "ZC11": ("movement", None),
    "DW32": ("low_battery", None),
    "DW53": ("power_cut", None),
    "ZC15": (None, True),
    "DW36": (None, False),
    "ZC17": ("removing", None),
    "DW3E": ("sos", None),
    "ZC26": ("tampering", None),
    "DW60": ("low_power", None),
}


@pytest.mark.parametrize("code", EVENTS)
def test_codes_are_events(code: str) -> None:
    position = position_of(LISTED.replace("DW30", code))
    assert (position.alarm, position.ignition) == EVENTS[code]
    assert position.event_codes == (code,)


def test_an_event_may_come_without_a_place() -> None:
    position = position_of("(123456,ZC11,,0.00,0,0)")
    assert (position.alarm, position.has_fix) == ("movement", False)


def test_accepts_an_alarm_of_the_diagnostic_plug() -> None:
    position = position_of(f"({ID}BQ81,ALARM,1,164,{PLACE},00000000)")
    assert (position.alarm, position.event_codes) == ("overspeed", ("1",))
    assert position.attributes["eventData"] == "164"
    assert position.has_fix


def test_accepts_values_of_the_diagnostic_plug() -> None:
    data = "05550c21b10d1d0e92077e000181060000423932ff01"
    position = position_of(f"({ID}BQ86,0,{data},251009085320,01000001)")
    assert position.fix_time_ms == NOW_MS
    assert (position.coolant_temp_c, position.engine_rpm) == (45.0, 0x21B1 / 4)
    assert position.signals == {
        "Vehicle.Speed": 29.0,
        "Vehicle.OBD.TimingAdvance": 9.0,
        "Vehicle.OBD.LongTermFuelTrim1": -1.5625,
        "Vehicle.OBD.ControlModuleVoltage": 14.642,
        "Vehicle.OBD.Status.IsMILOn": 1.0,
        "Vehicle.OBD.Status.IgnitionType": 0.0,
        "Vehicle.Diagnostics.DTCCount": 1.0,
    }
    assert position.attributes["pid:01"] == "81060000"
    assert position.attributes["rest"] == "ff01"


def test_accepts_a_vin() -> None:
    assert position_of(f"({ID}BV005J6RW2H53HL066029)").attributes == {"vin": "5J6RW2H53HL066029"}


def test_accepts_the_trackers_charge() -> None:
    position = position_of(f"({ID},ZC20,091025,085320,6,421,112,0)")
    assert position.fix_time_ms == NOW_MS
    assert position.battery_v == 11.2
    assert position.attributes == {"trackerBatteryLevel": "6", "trackerBatteryV": "4.21"}
    unknown = position_of(f"({ID},ZC20,091025,085320,255,65535,65535,255)")
    assert (unknown.battery_v, unknown.attributes) == (None, {})


def test_accepts_cells() -> None:
    braced = position_of(f"({ID}BZ00,{{460,0,20949,58711}}\n{{460,0,20494,54003}}\n,01000000)")
    assert braced.attributes["cells"] == "460-0-20949-58711 460-0-20494-54003"
    assert braced.ignition is True
    triples = position_of(f"({ID}BZ00,510,010,36e6,932c,43,36e6,766b,36)")
    assert triples.attributes == {"cells": "510-10-14054-37676 510-10-14054-30315"}
    pairs = position_of(f"({ID}BZ00,740,000,3bf7,0425,3bf7,0bf5,01000000)")
    assert pairs.attributes["cells"] == "740-0-15351-1061 740-0-15351-3061"


def test_accepts_stations() -> None:
    text = f"({ID},DW5B,210,6,599,47701,1,30:EE:CC:E7:86:DD*-59*11,091025,085320)"
    position = position_of(text)
    assert position.fix_time_ms == NOW_MS
    assert position.attributes == {"cells": "210-6-599-47701", "wifi": "30:ee:cc:e7:86:dd@-59"}


def test_accepts_voltages_of_cells() -> None:
    cells = "0064FF02" + "F10F" + "F00F" + "0000" * 22
    totals = "00" + "0A00" + "0016" + "63" + "00" * 14 + "02" + "4444" + "4442" + "00" * 6
    position = position_of(f"({ID}BS50{cells}{totals})")
    assert position.attributes["data"].startswith("0064ff02")
    battery = "Vehicle.Powertrain.TractionBattery."
    assert position.signals == {
        battery + "CurrentVoltage": 56.32,
        battery + "CurrentCurrent": 1.0,
        battery + "StateOfCharge.Current": 99.0,
        battery + "Charging.IsCharging": 0.0,
    }
    assert position.attributes["batteryCell1V"] == "4.081"
    assert position.attributes["batteryTemp2C"] == "26"
    assert "batteryCell3V" not in position.attributes


def test_accepts_what_a_battery_management_says() -> None:
    parts = [
        "90:0215000074CC01DC",
        "91:0EE8060EDC0A01DC",
        "92:42014101DC0A01DC",
        "93:01010127000037C8",
        "95:020EE10EE20EE800",
        "96:0142430000000000",
        "97:0000000000000001",
    ]
    position = position_of(f"({ID}BS51{','.join(parts)})")
    battery = "Vehicle.Powertrain.TractionBattery."
    assert position.signals == {
        battery + "CurrentVoltage": 53.3,
        battery + "CurrentCurrent": -10.0,
        battery + "StateOfCharge.Current": 47.6,
        battery + "CellVoltage.Max": 3.816,
        battery + "CellVoltage.IdMax": 6.0,
        battery + "CellVoltage.Min": 3.804,
        battery + "CellVoltage.IdMin": 10.0,
        battery + "Temperature.Max": 26.0,
        battery + "Temperature.Min": 25.0,
        battery + "Charging.IsCharging": 1.0,
    }
    assert position.attributes == {
        "batteryRemainingAh": "14.28",
        "batteryCell4V": "3.809",
        "batteryCell5V": "3.81",
        "batteryCell6V": "3.816",
        "batteryTemp1C": "26",
        "batteryTemp2C": "27",
        "bms:97": "0000000000000001",
    }


def test_answers_to_commands_are_responses() -> None:
    message = decoded(f"({ID}BV010)")
    assert (message.kind, message.text) == ("response", "BV010")
    quoted = decoded(f"({ID},ZC03,091025,085320,$)Notice:\r\nid (58).\r\n$)")
    assert (quoted.kind, quoted.text) == ("response", "Notice:\r\nid (58).\r\n")


def order(command, **options) -> bytes:
    return written("tk103", PROTOCOL.commands, command, Order(ID, 1, options=options))


def test_commands() -> None:
    assert order(EngineStop()) == f"({ID}AV010)".encode()
    assert order(EngineResume()) == f"({ID}AV011)".encode()
    assert order(OutputOn()) == f"({ID}AV001)".encode()
    assert order(OutputOff()) == f"({ID}AV000)".encode()
    assert order(PositionNow()) == f"({ID}AP00)".encode()
    assert order(Interval(60)) == f"({ID}AR00003C0000)".encode()
    assert order(Reboot()) == f"({ID}AT00)".encode()
    assert order(SetOdometer(0)) == f"({ID}AX01)".encode()
    assert order(PositionNow(), alternative="true") == b"[begin]sms2,*getposl*,[end]"


@pytest.mark.parametrize(
    "command", [Interval(65_536), SetOdometer(1), OutputOn(2), OutputOff(2), CustomText("å")]
)
def test_rejects_commands(command) -> None:
    with pytest.raises(InvalidInput):
        order(command)


def test_rejects_a_command_that_no_message_is_known_for() -> None:
    with pytest.raises(InvalidInput, match="for alternative tk103"):
        order(EngineStop(), alternative="true")


REJECTED = {
    "no frame begins": "GET / HTTP/1.1",
    "no identity and code": "(hello world)",
    "speed, time and course are due": f"({ID}BR00251009A5230.0000S01324.0000WL0)",
    "a time of six digits": FIX.replace("085320", "0853x0"),
    "there is no time": FIX.replace("085320", "250000"),
    "latitude": FIX.replace("5230.0000", "52.30.000"),
    "speed": LISTED.replace("61.5", "fast"),
    "course": LISTED.replace("90.50", "x"),
    "altitude": LISTED.replace("34.5", "3.4.5"),
    "a place is due": LISTED.replace("5230.0000N", "5230.0000X"),
    "BQ86 has 4": f"({ID}BQ86,0,05)",
    "ZC20 has 5": f"({ID},ZC20,091025,085320)",
    "ZC20: a whole number": f"({ID},ZC20,091025,085320,x,421,112,0)",
    "BS50 has 82": f"({ID}BS500064FF02)",
    "hex is due": f"({ID}BS50zz)",
    "network": f"({ID}BZ00,x,010,36e6,932c)",
    "area": f"({ID}BZ00,510,010,zz,932c)",
    "not printable": f"({ID}BX01\x01)",
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason].encode("latin-1"), NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)
