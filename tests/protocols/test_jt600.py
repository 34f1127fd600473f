import pytest

from milepost.domain.command import CustomText
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.jt600 import PROTOCOL

NOW_MS = 1_760_000_000_000  # 2025-10-09 08:53:20 UTC
ID = "7560404555"
FIX = "091025085320" + "52300000" + "013240000" + "f" + "3d" + "2d"
VEHICLE = "0714" + "00" + "0022" + "2b91" + "044d" + "1f"
FUEL = "01" + "00530801" + "0000768b" + "08"
LOCK = "0000006c" + "07" + "00000000" + "20c0" + "64" + "f91e" + "a067" + "1d"
NETWORK = "0868817043592664" + "07f1" + "00ea" + "0f"
LOCATION = (
    "091025,085320,T,52.500000,N,13.400000,W,61.5,90,9,32%,00000000000011,10133,5173,22,100,1"
)
EVENT = "091025,085320,52.500000,S,13.400000,E,A,61,90,5,1,0012260888,0,2,9,0"


def codec():
    return PROTOCOL.codec(CodecContext("tcp"))


def decoded(frame: bytes) -> Message:
    (message,) = codec().receive(frame, NOW_MS)
    return message


def binary(text: str) -> Message:
    return decoded(bytes.fromhex(text))


def said(text: str) -> Message:
    return decoded(f"({ID},{text})".encode())


def lock(record: str = FIX + LOCK, *, version: str = "19", kind: str = "11") -> Message:
    length = len(record) // 2 + 1
    return binary(f"24{ID}{version}{kind}{length:04x}{record}05")


def only(message: Message) -> Position:
    (position,) = message.positions
    return position


def test_accepts_a_whole_report_of_a_vehicle() -> None:
    message = binary(f"24{ID}11001b{FIX}{VEHICLE}02")
    assert (message.kind, message.unique_id, message.token) == ("positions", ID, b"")
    position = only(message)
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg) == (52.5, 13.4)
    assert position.valid
    assert (position.speed_kmh, position.course_deg, position.altitude_m) == (61.0, 90.0, 34.0)
    assert position.satellites == 7
    assert position.attributes == {
        "uploadReason": "1",
        "index": "2",
        "trackerBatteryPct": "20",
        "status": "0",
        "cellId": "11153",
        "areaCode": "1101",
        "gsmSignal": "31",
    }


def test_accepts_many_records_from_memory() -> None:
    message = binary(f"24{ID}230036{FIX}{FUEL}{FIX}{FUEL}1f")
    assert len(message.positions) == 2
    position = message.positions[1]
    assert position.odometer_m == 30_347_000.0
    assert position.attributes["fuelSensor1"] == "264"
    assert position.attributes["status"] == str(0x00530801)
    assert position.attributes["archive"] == "true"


def test_the_content_of_an_unknown_type_stays_raw() -> None:
    position = only(binary(f"24{ID}31001b{FIX}{'00' * 6}03f300036c"))
    assert position.attributes["rest"] == "00000000000003f30003"


@pytest.mark.parametrize(
    ("bits", "latitude_deg", "longitude_deg", "valid"),
    [("d", -52.5, 13.4, True), ("b", 52.5, -13.4, True), ("e", 52.5, 13.4, False)],
)
def test_bits_say_hemispheres_and_validity(bits, latitude_deg, longitude_deg, valid) -> None:
    position = only(lock(FIX.replace("f", bits) + LOCK))
    assert (position.latitude_deg, position.longitude_deg) == (latitude_deg, longitude_deg)
    assert position.valid is valid


def test_0_0_is_no_place_and_no_date_is_now() -> None:
    position = only(lock("0" * 29 + "e0000" + LOCK))
    assert (position.fix_time_ms, position.has_fix, position.valid) == (NOW_MS, False, False)


def test_accepts_a_lock() -> None:
    message = lock()
    assert message.token == b""
    position = only(message)
    assert position.odometer_m == 108_000.0
    assert position.satellites == 7
    assert position.attributes == {
        "uploadReason": "1",
        "index": "5",
        "trackerBatteryPct": "100",
        "cellId": str(0xF91E),
        "areaCode": str(0xA067),
        "gsmSignal": "29",
        "status": str(0x20C0),
        "locked": "true",
        "ropeInserted": "true",
        "coverClosed": "true",
    }


def test_a_lock_that_asks_for_an_answer_gets_it() -> None:
    asking = FIX + LOCK.replace("20c0", "20e0")
    assert codec().acknowledge(lock(asking)) == b"(P69,0,5)"
    assert codec().acknowledge(lock(asking, version="17")) == b"(P35)"
    assert codec().refuse(lock(asking)) == b""


@pytest.mark.parametrize(
    ("bit", "alarm"),
    [
        (2, "geofence_enter"),
        (3, "geofence_exit"),
        (4, "tampering"),
        (5, "vibration"),
        (9, "unlock"),
        (10, "tampering"),
        (11, "tampering"),
        (12, "low_battery"),
        (13, "tampering"),
        (15, "fault"),
    ],
)
def test_alarms_of_a_lock(bit: int, alarm: str) -> None:
    position = only(lock(FIX + LOCK.replace("20c0", f"{1 << bit - 1:04x}"), kind="12"))
    assert (position.alarm, position.event_codes) == (alarm, (str(bit),))


def test_a_lock_may_be_charged_and_located_by_cells() -> None:
    attributes = only(lock(FIX + LOCK.replace("20c064", "2001ff"))).attributes
    assert attributes["charging"] == "true"
    assert attributes["locatedBy"] == "cells"
    assert (attributes["locked"], attributes["ropeInserted"]) == ("false", "false")


def test_newer_locks_say_more() -> None:
    record = FIX + LOCK.replace("0700000000", "0700000009") + "03" + "20" + "100e" + NETWORK
    attributes = only(lock(record)).attributes
    assert attributes["vehicleId"] == "9"
    assert attributes["geofenceId"] == "3"
    assert attributes["wakeReason"] == "32"
    assert attributes["statusExtended"] == str(0x100E)
    assert attributes["imei"] == "868817043592664"
    assert attributes["cells"] == f"234-15-{0xA067}-{0x07F1F91E}"


def test_what_a_lock_does_not_know_is_left_out() -> None:
    attributes = only(lock(FIX + LOCK + "00" + "0f" * 16 + "aabb")).attributes
    assert {"geofenceId", "wakeReason", "statusExtended", "imei", "cells"}.isdisjoint(attributes)
    assert attributes["rest"] == "aabb"


def test_accepts_a_location_as_text() -> None:
    message = said(f"U01,{LOCATION}")
    assert codec().acknowledge(message) == b"(S39)"
    position = only(message)
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg) == (52.5, -13.4)
    assert (position.valid, position.speed_kmh, position.course_deg) == (True, 61.5, 90.0)
    assert (position.satellites, position.odometer_m) == (9, 100_000.0)
    assert position.attributes == {
        "trackerBatteryPct": "32",
        "status": "00000000000011",
        "areaCode": "10133",
        "cellId": "5173",
        "gsmSignal": "22",
        "index": "1",
    }
    assert only(said(f"U03,{LOCATION},7F")).attributes["extra"] == "7F"


def test_accepts_an_alarm_as_text() -> None:
    message = said(f"U06,1,{LOCATION},300,100,10")
    assert codec().acknowledge(message) == b"(S20)"
    assert (only(message).alarm, only(message).event_codes) == ("general", ("1",))


def test_accepts_the_text_of_a_vehicle() -> None:
    position = only(said("W01,01324.0000,E,5230.0000,S,A,091025,085320,61,90,20,6,31,5,20,20"))
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg) == (-52.5, 13.4)
    assert (position.speed_kmh, position.course_deg, position.satellites) == (61.0, 90.0, 6)
    assert position.event_codes == ("5",)
    assert position.attributes == {
        "trackerBatteryPct": "20",
        "gsmSignal": "31",
        "extra": "20,20",
    }


def test_accepts_what_happens_at_a_lock() -> None:
    message = said(f"P45,{EVENT}")
    assert codec().acknowledge(message) == b"(P46)(P69,0,9)"
    position = only(message)
    assert (position.latitude_deg, position.longitude_deg) == (-52.5, 13.4)
    assert position.event_codes == ("5",)
    assert position.attributes == {
        "unlockResult": "1",
        "driverUniqueId": "0012260888",
        "lock:password": "0",
        "lock:wrongPasswords": "2",
        "index": "9",
        "extra": "0",
    }


def test_accepts_a_journey() -> None:
    begin, end = said(
        "2,U09,129,2,A,091025085320,E,02711.0500,S,1721.0000,"
        "V,091025095320,W,02756.0000,N,2300.0000,3491,538200,14400,1"
    ).positions
    assert (begin.fix_time_ms, end.fix_time_ms) == (NOW_MS, NOW_MS + 3_600_000)
    assert (begin.latitude_deg, begin.valid) == (-17.35, True)
    assert (end.latitude_deg, end.valid) == (23.0, False)
    assert end.attributes["extra"] == "3491,538200,14400,1"


def test_accepts_a_sensor_that_a_gateway_hears() -> None:
    sensor = (
        "091025085400" + "1190702002" + "fe" + "0117" + "62" + "3c" + "01" + "011347" + "000000"
    )
    plain = f"({ID},2,29,WLNET,5,2,".encode() + bytes.fromhex(FIX + sensor) + b")"
    position = only(decoded(plain))
    assert position.fix_time_ms == NOW_MS
    assert position.attributes == {
        "sensor:time": "091025085400",
        "tag1Id": "1190702002",
        "index": "254",
        "tag1BatteryV": "2.79",
        "tag1BatteryPct": "98",
        "tag1Signal": "-60",
        "temp1C": "27.5",
        "humidityPct": "71",
    }
    cold = sensor.replace("011347", "ffec29")
    assert (
        only(decoded(plain[:-24] + bytes.fromhex(cold)[-23:] + b")")).attributes["temp1C"] == "-2.0"
    )


def test_brackets_in_a_sensors_record_are_escaped() -> None:
    sensor = "091025085400" + "3d14283d00" + "000201" + "0117" + "62" + "3c" + "02"
    frame = f"({ID},2,29,WLNET,5,2,".encode() + bytes.fromhex(FIX + sensor) + b")"
    assert only(decoded(frame)).attributes["tag1Id"] == "29283d0002"


def test_accepts_signs_of_life_and_answers() -> None:
    assert said("U04").kind == "heartbeat"
    assert said("@JT").kind == "login"
    answer = said("1,001,P11,300")
    assert (answer.kind, answer.text) == ("response", "1,001,P11,300")
    assert said("1,001,BASE,1,9").text == "BASE,1,9"
    assert said("1,001,WLNET,1,3").attributes["data"]


def test_tells_the_time() -> None:
    assert codec().acknowledge(said("1,001,BASE,2,TIME")) == (
        f"({ID},1,001,BASE,2,20251009085320)".encode()
    )


def test_goes_on_after_garbage() -> None:
    stream = codec()
    assert stream.receive(f"\r\n({ID},U04)\r\nxx".encode(), NOW_MS)
    with pytest.raises(ProtocolError, match="no frame begins"):
        stream.receive(b"", NOW_MS)
    assert stream.receive(f"({ID},U04)".encode(), NOW_MS)


def order(text: str) -> bytes:
    return written("jt600", PROTOCOL.commands, CustomText(text), Order(ID, 1))


def test_commands() -> None:
    assert order("S17") == b"(S17)"
    assert order("(P43,0)") == b"(P43,0)"
    with pytest.raises(InvalidInput):
        order("å")


REJECTED = {
    "no frame begins": b"hello",
    "an identity is due": b"(?,U01)",
    "not printable": f"({ID},U01,\x01)".encode(),
    "U01: 17 fields": f"({ID},U01,091025)".encode(),
    "U06: 1 fields": f"({ID},U06)".encode(),
    "W01: 13 fields": f"({ID},W01,1)".encode(),
    "P45: 14 fields": f"({ID},P45,1)".encode(),
    "U09: 14 fields": f"({ID},U09,1)".encode(),
    "latitude: a number": f"({ID},U01,{LOCATION})".replace("52.500000", "x").encode(),
    "a time of six digits": f"({ID},U01,{LOCATION})".replace("085320", "08:53").encode(),
    "there is no date": f"({ID},U01,{LOCATION})".replace("091025", "321325").encode(),
    "satellites: a whole number": f"({ID},U01,{LOCATION})".replace(",9,", ",n,").encode(),
    "odometer: -1 is below 0": f"({ID},U01,{LOCATION})".replace(",100,", ",-1,").encode(),
    "an identity of ten digits": bytes.fromhex(f"24aaaaaaaaaa11001b{FIX}{VEHICLE}02"),
    "records of 27 bytes": bytes.fromhex(f"24{ID}11001a{FIX}{VEHICLE}"),
    "too short": bytes.fromhex(f"24{ID}19110012{FIX}05"),
    "decimal digits are due": bytes.fromhex(
        f"24{ID}11001b{FIX}{VEHICLE}02".replace("5230", "5a30")
    ),
    "is cut off": f"({ID},1,{'9' * 26},WLNET,5,2,abc)".encode(),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_an_unfinished_record_of_a_sensor_is_not_kept_for_ever() -> None:
    stream = codec()
    assert stream.receive(f"({ID},2,29,WLNET,5,2,abc)".encode(), NOW_MS) == []
    with pytest.raises(ProtocolError, match="allowed are 4096"):
        stream.receive(b"x" * 4096, NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)
