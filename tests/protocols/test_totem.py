import pytest

from milepost.domain.command import CustomText, EngineResume, EngineStop, PositionNow, Reboot
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.totem import PROTOCOL
from milepost.protocols.wire.checksums import crc16_modbus, xor8

NOW_MS = 1_760_000_000_000  # 2025-10-09 08:53:20 UTC
IMEI = "863835028447675"
STATUS = "50004000"
REPORT = f"{STATUS}2510090853204214059828A058AE121010604000.600000325230.0000N01324.0000W1162"
RMC = "$GPRMC,085320.000,A,5230.0000,N,01324.0000,E,10.00,90.5,091025,,,A*67"
SENTENCE = (
    f"{RMC}|01.7|00.8|01.4|000010100000|20251009085321|13841157|05770050|4EECBF8B31|0000"
    "|0.2172|0002|1122334455|"
)
AT06 = (
    "091025085320|A|5230.0000|S|01324.0000|W|10.00|90|8.70|000000000000|13811|00000000"
    "|253162F5|00000000|1.5000|0014|"
)


def joined(kind: str, content: str) -> bytes:
    """As AT05, AT07 and AT09 write it: the length counts all."""
    body = f"$${len(content) + 26:04d}{kind}{IMEI}|{content}".encode("latin-1")
    return body + f"{xor8(body):02X}".encode()


def listed(content: str) -> bytes:
    """As AVL and AT06 write it: the length counts all but the line end."""
    body = f"$${len(content) + 24:02X}{IMEI}|{content}".encode("latin-1")
    return body + f"{crc16_modbus(body):04X}\r\n".encode()


def codec(*, lenient: bool = False, **options):
    return PROTOCOL.codec(CodecContext("tcp", lenient, options))


def decoded(frame: bytes, *, lenient: bool = False, **options) -> Message:
    (message,) = codec(lenient=lenient, **options).receive(frame, NOW_MS)
    return message


def position_of(frame: bytes, **options) -> Position:
    (position,) = decoded(frame, **options).positions
    return position


def test_accepts_a_whole_report() -> None:
    message = decoded(joined("AA", REPORT))
    assert (message.kind, message.unique_id) == ("positions", IMEI)
    assert message.positions == (
        Position(
            fix_time_ms=NOW_MS,
            latitude_deg=52.5,
            longitude_deg=-13.4,
            speed_kmh=40.0,
            course_deg=106.0,
            valid=True,
            satellites=12,
            ignition=True,
            odometer_m=32_000.0,
            battery_v=14.0,
            attributes={
                "externalPower": "true",
                "dout1": "0",
                "dout2": "0",
                "dout3": "0",
                "status": STATUS,
                "trackerBatteryV": "4.2",
                "gsmSignal": "10",
                "areaCode": str(0x28A0),
                "cellId": str(0x58AE),
                "ain1V": "5.98",
                "pdop": "0.6",
            },
        ),
    )


def test_a_report_is_answered_with_its_serial_number() -> None:
    message = decoded(joined("02", REPORT))
    answer = codec().acknowledge(message)
    assert answer[:-2] == b"$$0014AA1162"
    assert answer[-2:] == f"{xor8(answer[:-2]):02X}".encode()
    assert len(answer) == 14
    assert codec().refuse(message) == b""


ALARMS = {
    "01": "sos",
    "02": "overspeed",
    "04": "geofence_exit",
    "05": "geofence_enter",
    "06": "towing",
    "07": "antenna_cut",
    "10": "power_cut",
    "11": "power_restored",
    "12": "low_power",
    "13": "low_battery",
    "40": "vibration",
    "41": "idling",
    "42": "harsh_acceleration",
    "43": "harsh_braking",
    "99": None,
}


@pytest.mark.parametrize("kind", ALARMS)
def test_types_are_alarms(kind: str) -> None:
    position = position_of(joined(kind, REPORT))
    assert (position.alarm, position.event_codes) == (ALARMS[kind], (kind,))


@pytest.mark.parametrize(
    ("bit", "alarm"), [(1, "sos"), (3, "overspeed"), (7, "antenna_cut"), (5, None), (6, None)]
)
def test_status_bits_are_alarms(bit: int, alarm: str | None) -> None:
    status = f"{1 << (32 - bit):08X}"
    assert position_of(joined("AA", REPORT.replace(STATUS, status))).alarm == alarm


@pytest.mark.parametrize(
    ("status", "valid"), [("00004000", True), ("00001000", True), ("00000000", False)]
)
def test_devices_say_with_different_bits_that_they_have_a_fix(status: str, valid: bool) -> None:
    position = position_of(joined("AA", REPORT.replace(STATUS, status)))
    assert (position.valid, position.has_fix) == (valid, True)


def test_no_satellites_is_no_fix() -> None:
    assert not position_of(joined("AA", REPORT.replace("121010604", "001010604"))).valid


def test_0_0_is_no_place() -> None:
    content = REPORT.replace("5230.0000", "0000.0000").replace("01324.0000", "00000.0000")
    assert not position_of(joined("AA", content)).has_fix


def test_devices_have_more_inputs_and_another_cell() -> None:
    inputs = position_of(joined("AA", REPORT.replace("0598", "032703210001000205550189")))
    assert inputs.attributes["ain1V"] == "3.27"
    assert inputs.attributes["ain4V"] == "0.02"
    assert (inputs.attributes["temp1C"], inputs.attributes["temp2C"]) == ("55.5", "18.9")
    network = position_of(joined("AA", REPORT.replace("28A058AE", "00753AE901655")))
    assert network.attributes["cells"] == "655-1-117-15081"
    short = position_of(joined("AA", REPORT.replace("121010604", "12110604")))
    assert (short.satellites, short.attributes["gsmSignal"]) == (12, "1")


def test_without_a_clock_it_is_now() -> None:
    content = REPORT.replace("251009085320", "000000000000")
    assert position_of(joined("AA", content)).fix_time_ms == NOW_MS


def test_local_time() -> None:
    for frame in (joined("AA", REPORT), listed("AA" + SENTENCE), listed("AA" + AT06)):
        assert position_of(frame, timeZone="+03:00").fix_time_ms == NOW_MS - 3 * 3_600_000


def test_accepts_a_heartbeat() -> None:
    body = f"$$0025BB{IMEI}".encode()
    message = decoded(body + f"{xor8(body):02X}".encode())
    assert (message.kind, message.unique_id, message.token) == ("heartbeat", IMEI, b"")


def test_accepts_a_drivers_key() -> None:
    message = decoded(joined("E2", "251009085320,-113.925525,22.55814,1122334455|"))
    (position,) = message.positions
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg) == (22.55814, -113.925525)
    assert position.attributes == {"driverUniqueId": "1122334455"}
    assert message.token == b""


def test_accepts_what_the_bus_says() -> None:
    content = (
        "251009085320,13.4,52.5,WDB9066331S123456,1738,621,730,12100,1850,61,7,35,130,65,51,"
        "102,255,|"
    )
    position = position_of(joined("E5", content))
    assert (position.battery_v, position.engine_rpm) == (12.1, 1850)
    assert (position.coolant_temp_c, position.engine_load_pct) == (90, 20.0)
    assert position.throttle_pct == 40.0
    assert position.signals == {
        "Vehicle.TraveledDistance": 1_738_000.0,
        "Vehicle.Speed": 61.0,
        "Vehicle.Powertrain.CombustionEngine.MAF": 7.0,
        "Vehicle.Powertrain.CombustionEngine.MAP": 35.0,
        "Vehicle.OBD.IntakeTemp": 25.0,
    }
    assert position.attributes == {
        "vin": "WDB9066331S123456",
        "obd:fuelUsed": "621",
        "obd:fuelConsumption": "730",
    }


def test_other_types_keep_what_they_say() -> None:
    position = position_of(joined("E6", "251009085320,13.4,52.5,0,7,|"))
    assert position.attributes == {"extra": "0,7"}
    message = decoded(joined("CF", "025,OK"))
    assert (message.kind, message.text) == ("response", "CF025,OK")


def test_accepts_a_sentence() -> None:
    position = position_of(listed("AA" + SENTENCE))
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg) == (52.5, 13.4)
    assert position.speed_kmh == pytest.approx(18.52)
    assert (position.course_deg, position.hdop) == (90.5, 0.8)
    assert position.odometer_m == pytest.approx(217.2)
    assert position.battery_v == 11.57
    assert position.attributes == {
        "pdop": "1.7",
        "vdop": "1.4",
        "status": "000010100000",
        "sos": "false",
        **{"din1": "1", "din2": "0", "din3": "1", "din4": "0"},
        **{"dout1": "0", "dout2": "0", "dout3": "0", "dout4": "0"},
        "charging": "true",
        "trackerBatteryV": "3.84",
        "ain1V": "5.77",
        "ain2V": "0.5",
        "areaCode": str(0x4EEC),
        "cellId": str(0xBF8B31),
        "driverUniqueId": "1122334455",
    }


@pytest.mark.parametrize(
    ("kind", "alarm"),
    [
        ("01", "sos"),
        ("09", "power_off"),
        ("10", "low_battery"),
        ("11", "overspeed"),
        ("16", "antenna_cut"),
        ("30", "parking"),
        ("42", "geofence_exit"),
        ("43", "geofence_enter"),
        ("60", None),
    ],
)
def test_types_of_a_sentence_are_alarms(kind: str, alarm: str | None) -> None:
    position = position_of(listed(kind + SENTENCE))
    assert (position.alarm, position.event_codes) == (alarm, (kind,))


def test_a_sentence_without_a_date_has_the_clocks() -> None:
    lost = SENTENCE.replace("091025", "000000").replace(",A,5230", ",V,5230")
    position = position_of(listed("AA" + lost))
    assert (position.fix_time_ms, position.valid) == (NOW_MS + 1000, False)
    never = position_of(listed("AA" + lost.replace("20251009085321", "20000000000000")))
    assert never.fix_time_ms == NOW_MS


def test_the_end_of_a_sentence_is_shorter_in_old_devices() -> None:
    content = SENTENCE.replace("05770050|", "").replace("|1122334455", "")
    without_inputs = position_of(listed("AA" + content))
    assert without_inputs.attributes["cellId"] == str(0xBF8B31)
    assert "ain1V" not in without_inputs.attributes
    avl02 = (
        f"AA{RMC}|01.7|00.8|01.4|000000000000|20251009085321|14201300|00000000|25337621|0185|2280|"
    )
    position = position_of(listed(avl02))
    assert position.attributes["areaCode"] == str(0x2533)
    assert position.attributes["temperature:1"] == "0185"
    assert position.odometer_m is None


def test_accepts_at06() -> None:
    position = position_of(listed("AA" + AT06))
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg) == (-52.5, -13.4)
    assert position.speed_kmh == pytest.approx(18.52)
    assert (position.hdop, position.odometer_m) == (8.7, 1500.0)
    assert position.attributes["trackerBatteryV"] == "3.811"
    assert position.attributes["areaCode"] == str(0x2531)


def test_accepts_digits_alone() -> None:
    content = (
        "112510090853200001140120577000002500028A058AEA1210604000.600000325230.0000N01324.0000E1162"
    )
    position = position_of(listed(content))
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg) == (52.5, 13.4)
    assert position.valid
    assert (position.alarm, position.satellites) == ("overspeed", 12)
    assert (position.course_deg, position.speed_kmh) == (106.0, 40.0)
    assert (position.odometer_m, position.battery_v) == (32_000.0, 12.0)
    assert position.attributes == {
        "status": "0001",
        "charging": "true",
        "trackerBatteryV": "4.0",
        "pdop": "0.6",
        "ain1V": "5.77",
        "ain2V": "0.0",
        "temperature:1": "025",
        "areaCode": str(0x28A0),
        "cellId": str(0x58AE),
    }


def test_a_wrong_checksum_needs_leniency() -> None:
    for frame in (joined("AA", REPORT), listed("AA" + SENTENCE)):
        damaged = frame.replace(b"5230.0000", b"5230.0001")
        with pytest.raises(ProtocolError, match="wrong checksum"):
            decoded(damaged)
        message = decoded(damaged, lenient=True)
        assert message.damaged and message.positions[0].damaged


def test_frames_end_by_their_length_or_before_the_next() -> None:
    frame = joined("AA", REPORT)
    assert len(codec().receive(frame * 3, NOW_MS)) == 3
    miscounted = frame.replace(b"$$0108", b"$$0158")
    miscounted = miscounted[:-2] + f"{xor8(miscounted[:-2]):02X}".encode()
    assert len(codec().receive(miscounted + frame, NOW_MS)) == 2
    assert len(codec().receive(miscounted + b"\r\n", NOW_MS)) == 1


def order(command, **options) -> bytes:
    return written("totem", PROTOCOL.commands, command, Order(IMEI, 1, options=options))


def test_commands() -> None:
    assert order(Reboot()) == b"$$0020CF000000,0061D"
    assert order(PositionNow(), devicePassword="123456")[:-2] == b"$$0020CF123456,012"
    assert order(EngineStop())[:-2] == b"$$0024CF000000,025,C,1"
    assert order(EngineResume())[:-2] == b"$$0024CF000000,025,C,0"
    text = order(CustomText("056"))
    assert text[:-2] == b"$$0020CF000000,056"
    assert text[-2:] == f"{xor8(text[:-2]):02X}".encode()


def test_rejects_a_command_that_is_not_ascii() -> None:
    with pytest.raises(InvalidInput):
        order(CustomText("å"))


REJECTED: dict[str, bytes] = {
    "no frame begins": b"GET / HTTP/1.1",
    "printable": joined("AA", "\x01" + REPORT),
    "an IMEI is due": joined("AA", REPORT).replace(IMEI.encode(), b"86383502844767x"),
    "course, speed and odometer": joined("AA", REPORT.replace("00.6", "0x.6")),
    "cell, satellites and signal": joined("AA", REPORT.replace("0598", "").replace("28A0", "")),
    "cell: a whole number": joined("AA", REPORT.replace("58AE", "58XE")),
    "analogue input": joined("AA", REPORT.replace("0598", "05z8")),
    "temperature": joined("AA", REPORT.replace("0598", "0" * 16 + "00z00000")),
    "diagnostics": joined("E5", "251009085320,13.4,52.5,$Cloud,1738,x|"),
    "no report begins": listed("AA" + "1" * 60),
    "a report of": listed("AA$GPRMC,085320|1|1|1|1|1|1|1|1"),
    "latitude": listed("AA" + SENTENCE.replace("5230.0000", "52.30.00")),
    "longitude": listed("AA" + SENTENCE.replace("01324.0000", "01.324.000")),
    "speed": listed("AA" + SENTENCE.replace("10.00", "fast")),
    "pdop": listed("AA" + SENTENCE.replace("01.7", "x")),
    "hdop": listed("AA" + AT06.replace("8.70", "x")),
    "odometer": listed("AA" + SENTENCE.replace("0.2172", "0.2x72")),
}


def resealed(frame: bytes) -> bytes:
    """With the checksum of what it has become."""
    if frame.startswith(b"$$0"):
        return frame[:-2] + f"{xor8(frame[:-2]):02X}".encode()
    return frame


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        decoded(resealed(REJECTED[reason]))


def test_an_answer_never_carries_what_is_not_ascii() -> None:
    """Found by fuzzing: a serial number with a letter of another alphabet."""
    message = decoded(joined("AA", REPORT.replace("W1162", "W\xf11162")))
    assert (message.kind, message.token) == ("response", b"")


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)
