import struct

import pytest

from milepost.domain.command import CustomText, EngineResume, EngineStop, OutputOff, OutputOn
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.topflytech import PROTOCOL

NOW_MS = 1_760_000_000_000
FIX_MS = 1_759_313_472_000  # 2025-10-01 10:11:12
TIME = "251001101112"
IMEI = "867730050892490"
PLACE = struct.pack("<fff", 58.5, 13.5, 52.5).hex() + "0456" + "010e"  # 45.6 km/h, 270 degrees
CELLS = "0106 0002 1267 032f 0000 0000 0000 0000"  # 262-2-4711-815
LTE_CELL = "8106 0002 0000032f 0000 0000 0000 0000"


def codec():
    return PROTOCOL.codec(CodecContext("tcp"))


def frame(header: str, kind: str, content: str, serial: str = "0102") -> bytes:
    data = bytes.fromhex(content)
    return (
        bytes.fromhex(header + kind)
        + (15 + len(data)).to_bytes(2, "big")
        + bytes.fromhex(serial + "0" + IMEI)
        + data
    )


def decoded(content: bytes) -> Message:
    (message,) = codec().receive(content, NOW_MS)
    return message


def position_of(header: str, kind: str, content: str) -> Position:
    (position,) = decoded(frame(header, kind, content)).positions
    return position


def first_head(ports: str = "4000", receiver: str = "49", analogue: str = "0094ffff") -> str:
    return f"0019 0e10 2d 0000 00 1f {receiver} 01 00 05 01 0000 {ports} {analogue}"


def second_head(alarm: str = "00", receiver: str = "48") -> str:
    return (
        f"003c 0e10 1e 03e8 5a 2d {receiver} c0 20 05 07 0000 4100 0000 1234 ffff ffff ffff 005b"
        f"{alarm} 00 03a5b45e 00"
    )


SECOND_END = "0392 1352 0708 00 0000 e7 ffffffffff"


def test_accepts_a_location_of_the_second_generation_whole() -> None:
    message = decoded(frame("2525", "13", f"{second_head()} {TIME} {PLACE} {SECOND_END}"))
    assert (message.kind, message.unique_id) == ("positions", IMEI)
    assert message.positions == (
        Position(
            fix_time_ms=FIX_MS,
            latitude_deg=52.5,
            longitude_deg=13.5,
            altitude_m=58.5,
            speed_kmh=45.6,
            course_deg=270.0,
            valid=True,
            satellites=8,
            ignition=True,
            odometer_m=61_191_262.0,
            engine_rpm=1800.0,
            battery_v=13.52,
            attributes={
                "gsmSignal": "45",
                "status": "20",
                "outputs": "7",
                "inputs": "16640",
                "ain1V": "12.34",
                "tripOdometerM": "91",
                "trackerBatteryV": "3.92",
                "trackerTempC": "-25",
            },
        ),
    )


def test_locations_of_the_first_generations() -> None:
    content = f"{first_head()} 00 00 009c292f 85 {TIME} {PLACE}"
    position = position_of("2323", "02", content)
    assert (position.fix_time_ms, position.latitude_deg) == (FIX_MS, 52.5)
    assert (position.odometer_m, position.ignition, position.satellites) == (10_234_159, True, 9)
    assert position.attributes["ain1V"] == "0.94"
    assert position.attributes["trackerBatteryPct"] == "85"
    assert position_of("2525", "02", content + "1234").battery_v == 12.34
    both = position_of("2525", "02", content + "0391 1234")
    assert (both.battery_v, both.attributes["trackerBatteryV"]) == (12.34, "3.91")


def test_a_full_battery_is_written_00() -> None:
    content = f"{first_head()} 00 00 009c292f 00 {TIME} {PLACE}"
    assert position_of("2323", "02", content).attributes["trackerBatteryPct"] == "100"


def test_ports_of_air_conditioning_and_supply() -> None:
    position = position_of("2323", "02", f"{first_head('a000')} 00 00 00000000 00 {TIME} {PLACE}")
    assert position.ignition is False
    assert position.attributes["airConditioning"] == position.attributes["unplugged"] == "true"


def obd(end: str) -> Position:
    return position_of(
        "2626", "02", f"{first_head(analogue='')} 00 00 00b18766 00 {TIME} {PLACE} {end}"
    )


def test_obd_values_and_those_that_are_none() -> None:
    position = obd("1307 0150 00000007 00000000 035a 0c 65 85 5e 0f 0e 20")
    assert (position.battery_v, position.engine_rpm, position.coolant_temp_c) == (13.07, 858, 93)
    assert (position.engine_load_pct, position.throttle_pct, position.fuel_level_pct) == (
        15,
        14,
        32,
    )
    assert position.signals == {
        "Vehicle.Speed": 15.0,
        "Vehicle.Powertrain.CombustionEngine.MAF": 12,
        "Vehicle.Powertrain.CombustionEngine.MAP": 101,
        "Vehicle.OBD.IntakeTemp": 54,
    }
    nothing = obd("1240 ffff ffffffff ffffffff ffff ffffffffffffff")
    assert (nothing.battery_v, nothing.engine_rpm, nothing.signals) == (12.4, None, {})
    assert obd("1240").battery_v == 12.4


def test_a_location_of_another_length_is_found_by_its_time() -> None:
    content = f"{first_head()} 0000 0000 00 00 00000064 00 {TIME} {PLACE}"
    position = position_of("2525", "16", content)
    assert (position.fix_time_ms, position.latitude_deg, position.odometer_m) == (
        FIX_MS,
        52.5,
        100,
    )


def asset(receiver: str = "49", alarm: str = "00", place: str = PLACE) -> str:
    return (
        f"{receiver} {alarm} {TIME} {place} 80000081 85 12 fb 17 41 07 00019ce7 82b0"
        "001e000002581e00000530d4801f00000000"
    )


def test_locations_of_assets() -> None:
    position = position_of("2727", "02", asset())
    assert (position.fix_time_ms, position.latitude_deg, position.valid) == (FIX_MS, 52.5, True)
    assert (position.odometer_m, position.satellites, position.ignition) == (105_703, 9, None)
    expected = {
        "trackerBatteryPct": "85",
        "light": "12",
        "trackerTempC": "-5",
        "auxiliaryV": "1.7",
        "trackerBatteryV": "4.1",
        "status": "82b0",
    }
    assert expected.items() <= position.attributes.items()


@pytest.mark.parametrize(("place", "cells"), [(CELLS, "262-2-4711-815"), (LTE_CELL, "262-2-0-815")])
def test_without_a_fix_there_are_cells(place: str, cells: str) -> None:
    position = position_of("2727", "02", asset(receiver="09", place=place))
    assert (position.latitude_deg, position.valid) == (None, False)
    assert position.attributes["cells"] == cells


def test_a_repeated_place_without_a_fix_is_not_valid() -> None:
    position = position_of("2727", "02", asset(receiver="09"))
    assert (position.latitude_deg, position.valid) == (52.5, False)


@pytest.mark.parametrize(
    ("code", "alarm"),
    [
        ("01", "power_cut"),
        ("02", "low_battery"),
        ("03", "sos"),
        ("04", "overspeed"),
        ("07", "towing"),
        ("15", None),
        ("21", "jamming"),
        ("23", "power_restored"),
        ("24", "low_power"),
    ],
)
def test_alarms_of_vehicles(code: str, alarm: str | None) -> None:
    content = f"{second_head(alarm=code)} {TIME} {PLACE} {SECOND_END}"
    message = decoded(frame("2525", "14", content))
    assert (message.positions[0].alarm, message.positions[0].event_codes) == (alarm, (code,))
    assert message.token == bytes.fromhex(f"2525140010 0102 0{IMEI} {code}")


@pytest.mark.parametrize(
    ("code", "alarm"), [("01", "removing"), ("02", "tampering"), ("03", "sos"), ("16", None)]
)
def test_alarms_of_assets(code: str, alarm: str | None) -> None:
    message = decoded(frame("2727", "04", asset(alarm=code)))
    assert message.positions[0].alarm == alarm
    assert message.token == bytes.fromhex(f"2727040010 0102 0{IMEI} {code}")


def test_logins_and_heartbeats_are_answered_with_their_head() -> None:
    login = decoded(frame("2525", "01", "111111250350"))
    assert (login.kind, login.unique_id) == ("login", IMEI)
    assert login.attributes == {"firmware": "111111250350"}
    assert codec().acknowledge(login) == bytes.fromhex(f"252501000f 0102 0{IMEI}")
    assert codec().refuse(login) == b""
    assert decoded(frame("2323", "03", "")).kind == "heartbeat"


def test_driving_has_its_begin_and_its_end() -> None:
    nothing = "ff" * 12 + "0270ffff0360"
    braking = position_of("2626", "05", f"04 {TIME} {nothing} 251001101117 {PLACE} 0370")
    assert (braking.alarm, braking.latitude_deg) == ("harsh_braking", 52.5)
    assert (braking.fix_time_ms, braking.engine_rpm) == (FIX_MS, 880)
    faster = position_of("2626", "05", f"05 {TIME} {PLACE} 0360 251001101117 {nothing}")
    assert (faster.alarm, faster.speed_kmh) == ("harsh_acceleration", 45.6)


def test_a_crash_is_an_alarm_and_keeps_its_recording() -> None:
    position = position_of("2525", "07", f"01 {TIME} {PLACE} 0011")
    assert (position.alarm, position.latitude_deg) == ("crash", 52.5)
    assert position.attributes["crashData"].endswith("0011")


def test_networks_are_read_by_their_lengths() -> None:
    operator = "TELCEL".encode("utf-16-le").hex()
    position = position_of("2525", "11", f"{TIME} 0c {operator} 04 45444745 00 03 323134 00")
    assert position.attributes == {"operator": "TELCEL", "networkType": "EDGE", "imsi": "214"}
    assert position_of("2727", "05", f"{TIME} 0c {operator}").attributes["operator"] == "TELCEL"


def test_thermometers_doors_and_tyres() -> None:
    climate = position_of("2727", "10", f"{TIME} 00 0004 e6215130c50f 62 62 f5f3 1518 0001 aa")
    expected = {
        "tag1Mac": "e6:21:51:30:c5:0f",
        "tag1BatteryV": "2.2",
        "tag1BatteryPct": "98",
        "tag1TempC": "-25.73",
        "tag1HumidityPct": "54.0",
        "tag1Light": "1",
        "tag1Signal": "-86",
    }
    assert climate.attributes == expected
    door = position_of("2525", "10", f"{TIME} 01 0005 d7d17365e625 ff 64 0a73 01 48")
    assert (door.ignition, door.attributes["door"]) == (True, "true")
    tyre = position_of("2525", "10", f"{TIME} 00 0001 a1a2a3a4a5a6 50 4b 50 01")
    assert (tyre.alarm, tyre.attributes["tire1TempC"]) == ("tire_pressure", "25")
    assert tyre.attributes["tire1PressureKpa"] == "235.8"


def test_buttons_and_drivers_come_with_a_place() -> None:
    driver = position_of("2525", "10", f"{TIME} 00 0003 ffff9702eff8 20 01 47 {PLACE}")
    assert (driver.latitude_deg, driver.attributes["driverUniqueId"]) == (52.5, "ffff9702eff8")
    button = position_of("2525", "10", f"{TIME} 00 0002 ffff9702eff8 20 01 47 {PLACE}")
    assert button.alarm == "sos"


def test_the_second_generation_of_accessories_has_the_place_first() -> None:
    data = "e6215130c50f ff 62 0a0c 1518 0000 aa"
    position = position_of("2525", "12", f"{TIME} 01 48 {PLACE} 0004 {data}")
    assert (position.latitude_deg, position.ignition) == (52.5, True)
    assert position.attributes["tag1TempC"] == "25.72"


def test_stations_come_with_their_strength() -> None:
    stations = "a1a2a3a4a5a6 c4 ffffffffffff ff b1b2b3b4b5b6 32"
    position = position_of("2727", "15", f"{TIME} 010203040506 {stations}")
    assert position.attributes["wifi"] == "a1:a2:a3:a4:a5:a6@-60 b1:b2:b3:b4:b5:b6@-50"


def test_serial_data_diagnoses_and_what_is_unknown_are_kept() -> None:
    serial = position_of("2525", "09", f"{TIME} 0102")
    assert (serial.fix_time_ms, serial.attributes["serial"]) == (FIX_MS, "0102")
    assert position_of("2626", "09", f"{TIME} 55aa").attributes["obd:data"] == "55aa"
    unknown = position_of("2727", "17", f"01 {TIME} {PLACE} 99")
    assert (unknown.fix_time_ms, unknown.latitude_deg) == (FIX_MS, 52.5)
    assert unknown.event_codes == ("272717",)


def test_answers_to_commands_are_responses() -> None:
    answer = decoded(frame("2525", "81", "01" + b"RELAY:On".hex()))
    assert (answer.kind, answer.text, answer.token) == ("response", "RELAY:On", b"")
    wide = decoded(frame("2525", "81", "03" + "Guthaben".encode("utf-16-le").hex()))
    assert wide.text == "Guthaben"
    too = decoded(frame("2525", "81", "01" + "RELAY".encode("utf-16-le").hex()))
    assert too.text == "RELAY"


TEXT = (
    "(880316890094910BP00XG00b600000000L00074b54S00000000R0C0F0014000100f0130531152205A"
    "0706.1395S11024.0965E010.0251.25)"
)


def test_accepts_the_text_form() -> None:
    (position,) = decoded(TEXT.encode()).positions
    assert (position.fix_time_ms, position.valid) == (1_370_013_725_000, True)
    assert position.latitude_deg == pytest.approx(-7.102325)
    assert position.longitude_deg == pytest.approx(110.4016083)
    assert (position.speed_kmh, position.course_deg, position.odometer_m) == (10, 251.25, 478_036)
    other = decoded(b"(880316890094910BP05)")
    assert (other.kind, other.text) == ("other", "BP05")


def test_text_and_binary_frames_mix() -> None:
    content = TEXT.encode() + frame("2323", "03", "") + b"\r\n" + TEXT.encode()
    assert len(codec().receive(content, NOW_MS)) == 3


REJECTED: dict[str, bytes] = {
    "no frame begins with 47": b"GET / HTTP/1.1",
    "no frame begins with 252501000f": bytes.fromhex("252501000f0001fffffffffffffffa"),
    "no frame begins with 2525$": bytes.fromhex("252501000e00010867730050892490"),
    "no frame begins with b": b"(12345BP05)",
    "a location of 4 bytes": frame("2525", "13", "00112233"),
    "a location of 2 bytes": frame("2727", "02", "0011"),
    "no time": frame("2727", "02", asset().replace(TIME, "251301101112")),
    "time: no time": TEXT.replace("130531", "131331").encode(),
    "without content": frame("2525", "11", ""),
    "answer without content": frame("2525", "81", ""),
    "bytes of a place are due": frame("2525", "12", f"{TIME} 01 48 0011"),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


def test_commands_are_of_the_generation_that_the_device_speaks() -> None:
    write = PROTOCOL.commands
    head = bytes.fromhex(f"2323 81 001e 0007 0{IMEI} 01")
    stop = written("topflytech", write, EngineStop(), Order(IMEI, 7))
    assert stop == head + b"RELAY,0000,On#"
    assert written("topflytech", write, OutputOn(1), Order(IMEI, 7)) == stop
    resume = written("topflytech", write, EngineResume(), Order(IMEI, 7))
    assert resume == written("topflytech", write, OutputOff(1), Order(IMEI, 7))
    assert resume.endswith(b"RELAY,0000,Off#")
    order = Order(IMEI, 7, bytes.fromhex("252501000f"), {"password": "1234"})
    assert written("topflytech", write, EngineStop(), order) == (
        bytes.fromhex(f"2525 81 001e 0007 0{IMEI} 01") + b"RELAY,1234,On#"
    )
    custom = written("topflytech", write, CustomText("VERSION#"), Order(IMEI, 7))
    assert custom.endswith(b"\x01VERSION#")
    with pytest.raises(InvalidInput, match="output"):
        written("topflytech", write, OutputOn(2), Order(IMEI, 7))
