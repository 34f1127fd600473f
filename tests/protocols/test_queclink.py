import pytest

from milepost.domain.command import (
    CustomText,
    EngineResume,
    EngineStop,
    OutputOff,
    OutputOn,
    PositionNow,
    Reboot,
)
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.queclink import PROTOCOL
from milepost.protocols.wire.checksums import crc16_ccitt_false

NOW_MS = 1_760_000_000_000
FIX_MS = 1_234_575_174_000
IMEI = "135790246811220"
FIX = "1,4.3,92,70.0,121.354335,31.222073,20090214013254,0460,0000,18d8,6141"
FIXED = (
    f"+RESP:GTFRI,060100,{IMEI},,12650,10,1,{FIX},00,2000.0,12345:12:34,2500,F80,80,220302,,,,"
    "20090214093254,11F0$"
)
LOST = ",,,,,,,0460,0000,18d8,6141"
HEX_REPORT = (
    "2b525350 07 00fc1fbf 005d 45 0102 0209 5632540300034305 64 377e 42 07 10 01 00 000000 0000"
    "007e ff75a151 025c6a81 07e10801081a2a 0268 0003 189c 1ac5 00 000000 0000021007 000000"
    "000000000000 07e10801082410 19e1 7ebe 0d0a"
)


def codec(*, lenient: bool = False, **options: str):
    return PROTOCOL.codec(CodecContext("tcp", lenient, options))


def decoded(frame: str | bytes, *, lenient: bool = False, **options: str) -> Message:
    content = frame.encode("latin-1") if isinstance(frame, str) else frame
    (message,) = codec(lenient=lenient, **options).receive(content, NOW_MS)
    return message


def position_of(frame: str | bytes) -> Position:
    return decoded(frame).positions[-1]


def event(name: str, before: str, after: str = "00,2000.0", device: str = "060100") -> str:
    comma = "," if before else ""
    return f"+RESP:GT{name},{device},{IMEI},,{before}{comma}{FIX},{after},20090214093254,11F0$"


def hex_frame(frame: str) -> bytes:
    """The frame with its checksum corrected."""
    content = bytes.fromhex(frame)
    checksum = crc16_ccitt_false(content[4:-4]).to_bytes(2, "big")
    return content[:-4] + checksum + content[-2:]


def test_accepts_a_fixed_report_whole() -> None:
    message = decoded(FIXED)
    assert (message.kind, message.unique_id, message.token) == ("positions", IMEI, b"+SACK:11F0$")
    assert message.positions == (
        Position(
            fix_time_ms=FIX_MS,
            latitude_deg=31.222073,
            longitude_deg=121.354335,
            altitude_m=70.0,
            speed_kmh=4.3,
            course_deg=92.0,
            valid=True,
            hdop=1.0,
            ignition=True,
            odometer_m=2_000_000.0,
            engine_hours_h=12345 + 12 / 60 + 34 / 3600,
            battery_v=12.65,
            attributes={
                "cells": "460-0-6360-24897",
                "uploadReason": "10",
                "trackerBatteryPct": "80",
                "ain1V": "2.5",
                "fuelSensor2Pct": "80",
                "motion": "true",
                "inputs": "3",
                "din1": "1",
                "din2": "0",
                "outputs": "2",
                "status": "220302",
            },
        ),
    )


def test_accuracy_zero_is_a_last_known_place() -> None:
    position = position_of(FIXED.replace(",1,4.3", ",0,4.3"))
    assert (position.latitude_deg, position.valid) == (31.222073, False)


def test_several_fixes_each_have_their_mileage_and_the_last_the_battery() -> None:
    one = f"{FIX},25.2"
    frame = f"+RESP:GTFRI,1A0900,{IMEI},,0,0,2,{one},{one},83,20090214093254,0654$"
    first, last = decoded(frame).positions
    assert first.odometer_m == last.odometer_m == 25_200
    assert "trackerBatteryPct" not in first.attributes
    assert last.attributes["trackerBatteryPct"] == "83"


def test_buffered_reports_are_marked() -> None:
    position = position_of(FIXED.replace("+RESP", "+BUFF"))
    assert position.attributes["archive"] == "true"


def test_without_a_place_the_send_time_counts_but_not_the_future() -> None:
    frame = f"+RESP:GTIGF,840502,{IMEI},,60,0{LOST},00,,,20090214093254,22D0$"
    (position,) = decoded(frame).positions
    assert (position.fix_time_ms, position.latitude_deg, position.valid) == (
        1_234_603_974_000,
        None,
        False,
    )
    assert position.ignition is False
    assert position.attributes == {"cells": "460-0-6360-24897", "ignitionOnS": "60"}
    (local,) = decoded(frame, timeZone="+08:00").positions
    assert local.fix_time_ms == 1_234_575_174_000
    (future,) = decoded(frame.replace("20090214093254", "20990214093254")).positions
    assert future.fix_time_ms == NOW_MS


@pytest.mark.parametrize(
    ("name", "before", "alarm"),
    [
        ("SOS", ",00,1", "sos"),
        ("TOW", ",10,1", "towing"),
        ("SPD", ",01,1", "overspeed"),
        ("HBM", ",10,1", "harsh_braking"),
        ("HBM", ",11,1", "harsh_acceleration"),
        ("HBM", ",12,1", "harsh_cornering"),
        ("GEO", ",20,1", "geofence_exit"),
        ("GEO", ",21,1", "geofence_enter"),
        ("MPF", "", "power_cut"),
        ("MPN", "", "power_restored"),
        ("BPL", "3.53", "low_battery"),
        ("IDN", ",", "idling"),
        ("JDS", "2,1", "jamming"),
        ("JDS", "1,1", None),
        ("CRA", "05", "crash"),
        ("NMR", ",00,1", None),
        ("DIS", ",11,1", None),
    ],
)
def test_events_and_their_alarms(name: str, before: str, alarm: str | None) -> None:
    position = position_of(event(name, before))
    assert (position.alarm, position.event_codes[0], position.odometer_m) == (alarm, name, 2e6)
    assert position.latitude_deg == 31.222073


@pytest.mark.parametrize(
    ("name", "ignition"), [("IGN", True), ("IGF", False), ("VGN", True), ("VGF", False)]
)
def test_ignition_reports(name: str, ignition: bool) -> None:
    position = position_of(event(name, "1200", "00,00010:30:00,15.5"))
    assert (position.ignition, position.engine_hours_h, position.odometer_m) == (
        ignition,
        10.5,
        15_500,
    )


def test_inputs_batteries_and_drivers_of_events() -> None:
    assert position_of(event("DIS", ",21,1")).attributes["din2"] == "1"
    assert position_of(event("BPL", "3.53")).attributes["trackerBatteryV"] == "3.53"
    assert position_of(event("EPS", "9500,00,1")).battery_v == 9.5
    assert position_of(event("IDA", ",D2C4FBC5,1,1")).attributes["driverUniqueId"] == "D2C4FBC5"


def test_assets_have_id_and_type_apart_and_no_ignition() -> None:
    position = position_of(event("GEO", "3,1,1", "2000.0,64", device="1A0102"))
    assert position.alarm == "geofence_enter"
    assert position.attributes["eventData"] == "3/1"
    assert position.attributes["trackerBatteryPct"] == "64"


def test_can_values_by_mask_with_their_units() -> None:
    frame = (
        f"+RESP:GTCAN,310603,{IMEI},gv65,00,1,C03FFFFF,WDB1,2,H2843820,373.76,1440,44,77,L/H2.5,"
        f"P35.00,1810,12,59.48,2,16.80,15.42,900,,610,,21,,,{FIX},00,20171021151807,0B28$"
    )
    position = position_of(frame)
    assert (position.engine_rpm, position.fuel_used_l, position.coolant_temp_c) == (
        1440,
        373.76,
        77,
    )
    assert (position.fuel_level_pct, position.throttle_pct, position.engine_hours_h) == (
        35,
        12,
        59.48,
    )
    assert position.brake_pedal is True
    assert position.signals["Vehicle.Speed"] == 44
    assert position.signals["Vehicle.TraveledDistance"] == 284_382_000
    assert position.signals["Vehicle.OBD.FuelRate"] == 2.5
    assert position.signals["Vehicle.Powertrain.Range"] == 181_000
    expected = {
        "vin": "WDB1",
        "drivingS": "7200.0",
        "weightKg": "900",
        "doorStatus": "33",
        "door": "true",
        "bonnet": "true",
        "trunk": "false",
    }
    assert expected.items() <= position.attributes.items()


def test_obd_values_by_mask() -> None:
    frame = (
        f"+RESP:GTOBD,360701,{IMEI},LSGTC58UX7Y067312,GV500,0,70FFFF,LSGTC58UX7Y067312,1,12309,"
        f"983A8140,900,50,33,nan,,7,1,2,P0300P0301,10,40,55,{FIX},00,690.1,20170829112400,3456$"
    )
    position = position_of(frame)
    assert (position.engine_rpm, position.battery_v, position.fuel_level_pct) == (900, 12.309, 55)
    assert position.signals == {
        "Vehicle.Speed": 50,
        "Vehicle.OBD.DistanceWithMIL": 7,
        "Vehicle.OBD.Status.IsMILOn": 1,
        "Vehicle.Diagnostics.DTCCount": 2,
    }
    assert position.attributes["dtcs"] == "P0300P0301"


def extended(mask: str, appended: str, device: str = "270703") -> Position:
    return position_of(
        f"+RESP:GTERI,{device},{IMEI},,{mask},12650,10,1,{FIX},00,1.0,,,,100,110000,{appended},"
        "20090214093254,11F0$"
    )


def test_extended_reports_have_what_their_mask_says() -> None:
    assert extended("00000001", "1,0099").attributes["fuelSensor1"] == "153"
    one_wire = extended("00000002", "2,2,28F8,1,0190,281F,1,FFC8").attributes
    assert (one_wire["temp1C"], one_wire["temp2C"]) == ("25.0", "-3.5")
    levels = extended("00000019", "1,0394,1,4,60.5,121.0").attributes
    assert (levels["fuelSensor1"], levels["fuelSensor1Pct"]) == ("916", "60.5")
    assert levels["fuelSensor1L"] == "121.0"
    assert extended("00000004", "0,1,00000010,800").engine_rpm == 800
    tag = extended("00000100", "0,1,00,6,4,0D1C099A,283F,Box,A1B2,1,3453,24,33,24.58,90", "6E0A03")
    assert tag.attributes["tag1BatteryV"] == "3.453"
    assert tag.attributes["tag1TempC"] == "24.58"
    assert tag.attributes["tag1BatteryPct"] == "90"


def test_information_of_vehicles_and_assets() -> None:
    vehicle = position_of(
        f"+RESP:GTINF,C20113,{IMEI},,21,8946,19,0,11,12295,13985,4.25,1,0,,,20241104220934,"
        "0,0,,01,02,+0100,,20241104162009,06D6$"
    )
    assert (vehicle.battery_v, vehicle.ignition) == (12.295, True)
    assert vehicle.attributes["auxiliaryV"] == "13.985"
    assert (vehicle.attributes["charging"], vehicle.attributes["outputs"]) == ("true", "2")
    asset = position_of(
        f"+RESP:GTINF,1A0102,{IMEI},,41,8910,22,99,0,,,3.82,0,0,1,0,0,20240622183159,57,21.5,,,,"
        "20240623011548,005C$"
    )
    assert asset.attributes["trackerBatteryPct"] == "57"
    assert asset.attributes["trackerTempC"] == "21.5"


def test_cells_begin_with_the_serving_one() -> None:
    position = position_of(
        f"+RESP:GTGSM,400201,{IMEI},STR,0234,0015,003a,62a2,16,,,,,,,,0234,0015,003a,7489,17,,"
        "20170219200048,0033$"
    )
    assert position.attributes["cells"] == "234-15-58-29833@-93 234-15-58-25250@-94"


def test_stations_come_with_their_strength() -> None:
    position = position_of(
        f"+RESP:GTFRI,423037,{IMEI},GT501,0,1,1,{FIX[: FIX.index(',0460')]},1,0e36c9916485,-50,,,,"
        "310,10,711D,81ECF0F,00,,93,20231110185839,0005$"
    )
    assert position.attributes["wifi"] == "0e:36:c9:91:64:85@-50"
    assert position.attributes["cells"] == "310-10-28957-136236815"
    assert position.attributes["trackerBatteryPct"] == "93"


def test_a_negative_number_of_stations_is_none() -> None:
    position = position_of(
        f"+RESP:GTIGF,500101,{IMEI},,0,0,,,,,,-1,-1,A08F,872B36,00,,0.0,20090212012804,E3B1$"
    )
    assert "wifi" not in position.attributes


def test_a_report_of_stations_ends_with_the_battery() -> None:
    position = position_of(
        f"+RESP:GTWIF,210102,{IMEI},,2,c413e200ff14,-39,,,,c413e2010e55,-40,,,,,,,,84,"
        "20170220111715,0011$"
    )
    assert position.attributes["wifi"] == "c4:13:e2:00:ff:14@-39 c4:13:e2:01:0e:55@-40"
    assert position.attributes["trackerBatteryPct"] == "84"


def test_a_mask_after_the_cell_says_what_is_appended() -> None:
    tail = "05,9,1,123.4,,,99,210100,,,,"
    position = position_of(FIXED[: FIXED.index(",00,2000.0")] + f",{tail}20090214093254,11F0$")
    assert (position.satellites, position.odometer_m) == (9, 123_400)
    assert position.attributes["gnss:jamming"] == "1"
    assert position.attributes["trackerBatteryPct"] == "99"


@pytest.mark.parametrize(
    ("device", "tail", "battery"),
    [
        ("040100", "00,19273.0,,,12,,05,01,2,0,", None),
        ("DF0200", ",0.0,,,,97,21,,,,", "97"),
        ("1A0900", "25.2,83,", "83"),
        ("DE0114", "18,0,,93,0,,,", "93"),
        ("C30303", ",96,1,32.4,", "96"),
        ("423031", "00,3,85,", "85"),
        ("210102", "10800,4,", "4"),
        ("5C0100", "00,2000.0,87,", "87"),
    ],
)
def test_tails_by_family(device: str, tail: str, battery: str | None) -> None:
    frame = f"+RESP:GTFRI,{device},{IMEI},,,10,1,{FIX},{tail}20090214093254,11F0$"
    assert position_of(frame).attributes.get("trackerBatteryPct") == battery


def test_the_older_form_says_the_accuracy_before_the_place() -> None:
    position = position_of(
        f"+RESP:GTRTL,{IMEI},1,0,0,1,4.3,92,70.0,3,121.354335,31.222073,20090101000000,0460,0000,"
        "18d8,6141,00,11F0,0102070202$"
    )
    assert (position.hdop, position.speed_kmh, position.altitude_m) == (3.0, 4.3, 70.0)


def test_serial_data_are_kept_and_fuel_is_read() -> None:
    position = position_of(
        f"+RESP:GTDTT,410502,{IMEI},,,,1,19,434f4d422c302c39342e302c2d312e30,20230421034626,EA2E$"
    )
    assert position.attributes["data"] == "COMB,0,94.0,-1.0"
    assert position.attributes["fuelSensor1"] == "94.0"


def test_heartbeats_and_answers() -> None:
    beat = decoded(f"+ACK:GTHBD,060100,{IMEI},,20090214093254,11F0$")
    assert (beat.kind, beat.token) == ("heartbeat", b"+SACK:GTHBD,060100,11F0$")
    answer = decoded(f"+ACK:GTRTO,060100,{IMEI},,REBOOT,00FF,20090214093254,11F0$")
    assert (answer.kind, answer.reference, answer.accepted) == ("response", 255, True)
    assert answer.text == "+ACK:GTRTO,REBOOT,00FF"
    refused = decoded(f"+NACK:GTOUT,060100,{IMEI},,000A,20090214093254,11F0$")
    assert (refused.accepted, refused.reference) == (False, 10)


def test_acknowledges_with_the_count_and_refuses_with_nothing() -> None:
    message = decoded(FIXED)
    assert codec().acknowledge(message) == b"+SACK:11F0$"
    assert codec().refuse(message) == b""


def test_accepts_a_hex_report_whole() -> None:
    message = decoded(bytes.fromhex(HEX_REPORT))
    assert (message.unique_id, message.token) == ("865084030003675", b"+SACK:19E1$")
    (position,) = message.positions
    assert (position.fix_time_ms, position.valid) == (1_501_576_002_000, False)
    assert (position.latitude_deg, position.longitude_deg) == (39.611009, -9.068207)
    assert (position.altitude_m, position.satellites) == (126, 7)
    assert (position.battery_v, position.odometer_m) == (14.206, 528_700)
    assert position.attributes["trackerBatteryPct"] == "100"
    assert position.attributes["cells"] == "268-3-6300-6853"


def test_hex_fixes_of_a_report_come_one_by_one() -> None:
    group = "01 001602 005a 000a 073c4d41 01db86bd {} 0460 0000 1877 0013 00"
    frame = (
        "2b525350 07 00001fbf 0000 45 0102 0209 5632540300034305 64 377e 10 02"
        + group.format("07e106130b2b0f")
        + group.format("07e106130b2b19")
        + "07e106130b2b10 0342 0000 0d0a"
    )
    first, last = decoded(hex_frame(frame)).positions
    assert last.fix_time_ms - first.fix_time_ms == 10_000
    assert (first.speed_kmh, first.course_deg, first.valid) == (22.2, 90, True)


def test_hex_heartbeats_and_logins() -> None:
    beat = decoded(bytes.fromhex("2b484244eb1e010c01235c1f0343231b0007dc011e092026000de29c0d0a"))
    assert (beat.kind, beat.unique_id) == ("heartbeat", "359231036735270")
    assert beat.token == b"+SACK:GTHBD,01,000D$"
    login = decoded(
        bytes.fromhex(
            "2b4c474e00ff0026fe110b07020106563454040d054905000007e4031911213905083abd0d0a"
        )
    )
    assert (login.kind, login.unique_id) == ("login", "865284041305735")


def test_hex_answers_and_information() -> None:
    content = "5632540300034305 45 0102 0209 0001 07e10801082410 000d 0000 0d0a"
    answer = decoded(hex_frame(f"2b41434b 01 7f 1f {content}"))
    assert (answer.kind, answer.unique_id) == ("response", "865084030003675")
    information = decoded(hex_frame(f"2b494e46 01 fd7f 0021 {content}"))
    assert information.positions[0].event_codes == ("INF:1",)
    assert information.positions[0].fix_time_ms == 1_501_576_576_000


def test_a_wrong_checksum_passes_leniently_and_marked() -> None:
    damaged = bytes.fromhex(HEX_REPORT.replace("7ebe", "7ebf"))
    with pytest.raises(ProtocolError, match="wrong checksum"):
        decoded(damaged)
    message = decoded(damaged, lenient=True)
    assert message.damaged
    assert message.positions[0].damaged


def test_text_and_hex_frames_mix() -> None:
    content = FIXED.encode() + bytes.fromhex(HEX_REPORT) + b"\r\n" + FIXED.encode()
    assert len(codec().receive(content, NOW_MS)) == 3


TOO_SHORT = "2b525350 07 00fc1fbf 0013 45 0102 0209 5632 000d 0000 0d0a"
COMPRESSED = "2b525350 64 00001fbf 0000 45 0102 0209 5632540300034305 64 377e {} 000d 0000 0d0a"
REJECTED: dict[str, bytes] = {
    "no frame begins": b"GET / HTTP/1.1\r\n",
    "no frame begins with '": b"+XYZ:GTFRI,060100,1,,,$",
    "a frame of 3 fields": b"+RESP:GTFRI,060100,123456$",
    "no identity: ''": b"+RESP:GTFRI,060100,,,,20090214093254,11F0$",
    "no identity: '1 2": b"+RESP:GTFRI,060100,1 2,,,20090214093254,11F0$",
    "bytes are due": hex_frame(TOO_SHORT),
    "points in a report": hex_frame(COMPRESSED.format("ffff")),
    "1 bytes are due": hex_frame(COMPRESSED.format("0002")),
    "no frame begins with 2b00": bytes.fromhex("2b0000180008651340509472268203000300002100000000"),
    "a HEX frame of": b"+HBD\xeb\x0b\0\0\0\r\n",
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason.replace("(", r"\(")):
        codec(lenient=True).receive(REJECTED[reason], NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


def test_commands_carry_password_and_serial() -> None:
    order = Order(IMEI, 10)
    write = PROTOCOL.commands
    assert written("queclink", write, PositionNow(), order) == b"AT+GTRTO=gv300,1,,,,,,000A$"
    with_password = Order(IMEI, 10, options={"password": "secret"})
    assert written("queclink", write, Reboot(), with_password) == b"AT+GTRTO=secret,3,,,,,,000A$"
    stop = written("queclink", write, EngineStop(), order)
    assert stop == b"AT+GTOUT=gv300,1,0,0,,,,,,,,,,,,,000A$"
    assert written("queclink", write, OutputOn(1), order) == stop
    resume = written("queclink", write, EngineResume(), order)
    assert resume == written("queclink", write, OutputOff(1), order) == stop.replace(b",1,", b",0,")
    assert written("queclink", write, OutputOn(2), order) == (
        b"AT+GTOUT=gv300,,,,1,0,0,,,,,,,,,,000A$"
    )
    assert written("queclink", write, CustomText("AT+GTCFG=x"), order) == b"AT+GTCFG=x$"
    with pytest.raises(InvalidInput, match="output"):
        written("queclink", write, OutputOn(4), order)


def test_bits_of_old_firmware_are_no_mileage() -> None:
    old = (
        f"+RESP:GTTRI,{IMEI},1,0,99,1,0.0,354,18.5,18.821100,-34.084002,20170607152024,"
        "0655,0001,00DD,1CAE,00,0103010100,20170607172115,3E7D$"
    )
    assert position_of(old).odometer_m is None
