import pytest

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.gosafe import PROTOCOL
from milepost.protocols.wire.checksums import crc16_xmodem

NOW_MS = 1_760_000_000_000  # 2025-10-09 08:53:20 UTC
IMEI = "356449063230915"
GPS = "GPS:A;6;S24.500000;E46.637620;47;56;607;0.98;1.5"
HEAD = f"*GS56,{IMEI},085320091025,"
# A fix of 2025-10-09 08:53:20, 813 315 200 s after 2000 began, in the binary form of GS06.
SECONDS = (NOW_MS // 1000 - 946_684_800).to_bytes(4, "big")
FIX = bytes.fromhex("13003f45fe8a28e002c7a234002f0038025f0062")


def codec(*, lenient: bool = False, **options):
    return PROTOCOL.codec(CodecContext("tcp", lenient, options))


def decoded(frame: str | bytes, *, lenient: bool = False, **options) -> Message:
    data = frame.encode("latin-1") if isinstance(frame, str) else frame
    (message,) = codec(lenient=lenient, **options).receive(data, NOW_MS)
    return message


def position_of(frame: str | bytes, **options) -> Position:
    (position,) = decoded(frame, **options).positions
    return position


def group(text: str) -> Position:
    return position_of(f"{HEAD},{text}#")


def binary(content: bytes, kind: int = 1) -> bytes:
    body = bytes((6, kind)) + int(IMEI).to_bytes(7, "big") + content
    body += crc16_xmodem(body).to_bytes(2, "big")
    escaped = body.replace(b"\x1b", b"\x1b\x00").replace(b"\xf8", b"\x1b\xe3")
    return b"\xf8" + escaped + b"\xf8"


def test_accepts_a_whole_report() -> None:
    message = decoded(f"{HEAD},SYS:G7S;V1.08;V1.2,{GPS},COT:75290;2-30-36,ADC:13.24;3.9;0.5#")
    assert (message.kind, message.unique_id) == ("positions", IMEI)
    assert codec().acknowledge(message) == b"1234"
    assert codec().refuse(message) == b""
    (position,) = message.positions
    assert position == Position(
        fix_time_ms=NOW_MS,
        latitude_deg=-24.5,
        longitude_deg=46.63762,
        altitude_m=607.0,
        speed_kmh=47.0,
        course_deg=56.0,
        valid=True,
        hdop=0.98,
        satellites=6,
        odometer_m=75_290.0,
        engine_hours_h=2.51,
        battery_v=13.24,
        attributes={
            "model": "G7S",
            "firmware": "V1.08",
            "hardware": "V1.2",
            "vdop": "1.5",
            "trackerBatteryV": "3.9",
            "ain1V": "0.5",
        },
    )


def test_local_time() -> None:
    position = position_of(f"{HEAD},{GPS}#", timeZone="+03:00")
    assert position.fix_time_ms == NOW_MS - 3 * 3_600_000


def test_several_records_and_an_event() -> None:
    message = decoded(f"{HEAD}1C,{GPS}$085321091025,,{GPS}#")
    first, second = message.positions
    assert (first.event_codes, first.attributes["event"]) == (("28",), "28")
    assert second.fix_time_ms == NOW_MS + 1000
    assert second.event_codes == ()


def test_a_record_without_a_date_is_not_a_fresh_place() -> None:
    message = decoded(f"{HEAD}10,{GPS}$000000000000,86,{GPS}#")
    second = message.positions[1]
    assert (second.fix_time_ms, second.valid, second.has_fix) == (NOW_MS, False, True)


def test_the_last_known_place_is_not_valid() -> None:
    assert not group(GPS.replace("A;", "L;")).valid
    assert not group(GPS.replace("S24.500000;E46.637620", "N0.000000;E0.000000")).has_fix


@pytest.mark.parametrize("text", ["GPS:V", "GPS:V;0;;;;;;"])
def test_a_receiver_without_a_fix_says_little(text: str) -> None:
    assert not group(text).has_fix


def test_a_report_without_a_place_is_a_status() -> None:
    position = group("GSM:1;4;416;3;627A;A84B;-66")
    assert not position.has_fix and not position.valid
    assert position.attributes == {
        "gsm:0": "1",
        "gsm:1": "4",
        "cells": "416-3-25210-43083@-66",
        "signalDbm": "-66",
    }


def test_a_lone_small_voltage_is_the_trackers_own() -> None:
    alone = group("ADC:4.08")
    assert (alone.battery_v, alone.attributes) == (None, {"trackerBatteryV": "4.08"})
    assert group("ADC:12.4").battery_v == 12.4


def test_accepts_states() -> None:
    position = group("DTT:4004;E1;0;20;80000;3")
    assert position.ignition is True
    assert position.attributes == {
        "status": "4004",
        "statusExtended": "e1",
        "dtt:3": "20",
        "dtt:4": "80000",
        "uploadReason": "3",
    }
    assert group("DTT:4000;E0;0;0;0;1").ignition is False
    assert group("DTT:4000;;0;0;0;1").ignition is None


def test_accepts_thermometers_and_keys() -> None:
    position = group("IWD:0;1;ad031652643fff28;23.2;1;0;0000a1b2c3d4;2;1;86031652504fff28;-4.5")
    assert position.attributes == {
        "temp0C": "23.2",
        "sensor:0": "ad031652643fff28",
        "driverUniqueId": "0000a1b2c3d4",
        "temp2C": "-4.5",
        "sensor:2": "86031652504fff28",
    }
    assert group("IWD:0;0;000000000000").attributes == {}


def test_accepts_what_the_bus_says() -> None:
    vin = b"WDB9066331S123456".hex()
    position = group(
        f"OBD:064101820000000341057E04410C1AF803410D2105430171C12314490201{vin}034e0102"
    )
    assert position.coolant_temp_c == 86.0
    assert position.engine_rpm == 1726.0
    assert position.signals == {
        "Vehicle.Speed": 33.0,
        "Vehicle.OBD.Status.IsMILOn": 1.0,
        "Vehicle.OBD.Status.IgnitionType": 0.0,
        "Vehicle.Diagnostics.DTCCount": 2.0,
    }
    assert position.attributes == {
        "pid:01": "82000000",
        "dtcs": "P0171,U0123",
        "vin": "WDB9066331S123456",
        "obd:0e": "0102",
    }


def test_accepts_other_groups() -> None:
    assert group("FUL:28260").attributes == {"fuelSensor1": "28260.0"}
    assert group("COT:65;20").attributes == {"cot:1": "20"}
    assert group("TRH:1;2").attributes == {"group:TRH": "1;2"}
    assert group("COT:").odometer_m is None


def test_accepts_the_oldest_form() -> None:
    text = (
        f"*GS02,{IMEI},GPS:085320;A;S1.166829;E36.934287;12;90;091025,STT:20;0,MGR:32755204,"
        "ADC:0;11.5;1;28.3;2;4.1,GFS:0;0#"
    )
    position = position_of(text)
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg) == (-1.166829, 36.934287)
    assert (position.speed_kmh, position.course_deg) == (12.0, 90.0)
    assert (position.odometer_m, position.battery_v) == (32_755_204.0, 11.5)
    assert position.attributes == {
        "status": "20",
        "adc:1": "28.3",
        "trackerBatteryV": "4.1",
        "group:GFS": "0;0",
    }


def test_heartbeats_and_answers() -> None:
    assert decoded(f"*GS16,{IMEI}#").kind == "heartbeat"
    message = decoded(f"*GS06,{IMEI},RST#")
    assert (message.kind, message.text) == ("response", "RST")


def test_accepts_binary() -> None:
    content = SECONDS + bytes.fromhex("007a") + FIX
    content += bytes.fromhex("080360841b1308ced3")
    content += bytes.fromhex("0403641208")
    content += bytes.fromhex("0a01f811e1210031005103")
    content += bytes.fromhex("0807000000000000f8")
    message = decoded(binary(content))
    assert (message.unique_id, message.token, message.damaged) == (IMEI, b"1234", False)
    (position,) = message.positions
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg) == (-24.5, 46.63762)
    assert (position.speed_kmh, position.course_deg, position.altitude_m) == (47.0, 56.0, 607.0)
    assert (position.hdop, position.satellites, position.valid) == (0.98, 5, True)
    assert position.odometer_m == 0x60841B
    assert position.engine_hours_h == pytest.approx(0x08CED3 / 3600)
    assert position.ignition is True
    assert position.attributes == {
        "adc1": str(0x364),
        "adc2": str(0x208),
        "status": "f8",
        "statusExtended": "e1",
        "uploadReason": "3",
        "group:6": "07000000000000f8",
    }


def test_accepts_binary_records_with_lengths() -> None:
    system = bytes.fromhex("110347373915") + b"V1.11" + b"\x26V1.0.2"
    record = b"\x01" + SECONDS + b"\x00\x03" + system + FIX
    sized = len(record).to_bytes(2, "big") + record
    first, second = decoded(binary(sized * 2, kind=4)).positions
    assert first == second
    assert first.attributes == {"model": "G79", "firmware": "V1.11", "hardware": "V1.0.2"}


def test_a_wrong_checksum_needs_leniency() -> None:
    frame = bytearray(binary(SECONDS + b"\x00\x02" + FIX))
    frame[-2] ^= 1
    with pytest.raises(ProtocolError, match="wrong checksum"):
        decoded(bytes(frame))
    message = decoded(bytes(frame), lenient=True)
    assert message.damaged and message.positions[0].damaged


def test_what_is_left_of_a_record_is_kept() -> None:
    position = position_of(binary(SECONDS + b"\x00\x02" + FIX + b"\xaa\xbb"))
    assert position.attributes["rest"] == "aabb"


REJECTED: dict[str, str | bytes] = {
    "no frame begins": "GET / HTTP/1.1",
    "printable": f"*GS06,{IMEI},\x01#",
    "a version and an IMEI": "*HQ,1234567890,V1#",
    "a time of 12 digits": f"{HEAD},{GPS}$now,,{GPS}#",
    "there is no time": f"*GS06,{IMEI},256060091025,,{GPS}#",
    "there is no date": f"*GS06,{IMEI},085320391325,,{GPS}#",
    "event: a whole number": f"{HEAD}xy,{GPS}#",
    "GPS has 6 values": f"{HEAD},GPS:A;6;S24.5#",
    "GPS has 7 values": f"*GS02,{IMEI},GPS:085320;A;S1.1#",
    "a coordinate is due": f"{HEAD},{GPS.replace('S24', '24')}#",
    "speed: a number": f"{HEAD},{GPS.replace('47;', 'fast;')}#",
    "cell: a whole number": f"{HEAD},GSM:1;4;416;3;xyz;A84B;-66#",
    "ADC: a number": f"{HEAD},ADC:x;1#",
    "DTT: a whole number": f"{HEAD},DTT:xyz#",
    "OBD: hex is due": f"{HEAD},OBD:0#",
    "a binary frame of": b"\xf8\x06\x01\xf8",
    "bytes are due": binary(SECONDS + b"\x00\x02" + FIX[:-1]),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        decoded(REJECTED[reason])


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)
