"""OBD-II parameters and answers, against examples of the standard and worked by hand."""

import pytest

from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.vehiclebus import obd
from milepost.vehiclebus.obd_pids_late import RAW_SIZES
from milepost.vehiclebus.obd_tests import scaling_of
from milepost.vehiclebus.reading import Reading


def values(pid: int, data: str) -> list[float | None]:
    return [reading.value for reading in obd.read_pid(0x01, pid, bytes.fromhex(data))]


@pytest.mark.parametrize(
    ("pid", "data", "expected"),
    [
        (0x04, "FF", [100]),
        (0x05, "00", [-40]),
        (0x06, "80", [0]),
        (0x07, "00", [-100]),
        (0x0A, "64", [300]),
        (0x0C, "1AF8", [1726]),
        (0x0D, "32", [50]),
        (0x0E, "00", [-64]),
        (0x0E, "89", [4.5]),
        (0x10, "FFFF", [655.35]),
        (0x14, "C8FF", [1.0]),
        (0x14, "C880", [1.0, 0]),
        (0x22, "0064", [7.9]),
        (0x23, "0064", [1000]),
        (0x24, "80004000", [1.0, 2.0]),
        (0x32, "FFFC", [-1]),
        (0x34, "80008000", [1.0, 0.0]),
        (0x34, "8000FFFF", [1.0, 0.127996]),
        (0x3C, "0190", [0]),
        (0x42, "3039", [12.345]),
        (0x44, "8000", [1.0]),
        (0x4F, "01020304", [1, 2, 3, 40]),
        (0x54, "8000", [-32768]),
        (0x5C, "6E", [70]),
        (0x5D, "6900", [0]),
        (0x5E, "0190", [20]),
        (0x62, "7D", [0]),
        (0x63, "0190", [400]),
        (0xA2, "0020", [1.0]),
        (0xA6, "00012345", [7_456_500]),
    ],
)
def test_accepts_formulas(pid: int, data: str, expected: list[float]) -> None:
    assert values(pid, data) == pytest.approx(expected)


def test_parts_that_are_not_there_are_left_out() -> None:
    both = obd.read_pid(0x01, 0x67, bytes.fromhex("03507F"))
    assert [reading.value for reading in both] == [40, 87]
    assert [r.value for r in obd.read_pid(0x01, 0x67, bytes.fromhex("02507F"))] == [87]
    assert obd.read_pid(0x01, 0x67, bytes.fromhex("00507F")) == ()


def test_diesel_units_are_those_of_vss() -> None:
    """The filter's pressure drop is in pascals there, engine time in hours."""
    (drop,) = obd.read_pid(0x01, 0x7A, bytes.fromhex("01006400000000"))
    assert (drop.value, drop.unit) == (1000, "Pa")
    (hours,) = obd.read_pid(0x01, 0x7F, bytes.fromhex("0100001C200000000000000000"))
    assert (hours.value, hours.unit, hours.field) == (2.0, "h", "engine_hours_h")


def test_the_monitor_status_has_lamp_count_and_ignition() -> None:
    lamp, count, ignition, *_ = obd.read_pid(0x01, 0x01, bytes.fromhex("83076500"))
    assert (lamp.value, lamp.path) == (1, "Vehicle.OBD.Status.IsMILOn")
    assert (count.value, count.path) == (3, "Vehicle.Diagnostics.DTCCount")
    assert (ignition.value, ignition.text) == (0, "SPARK")
    assert obd.read_pid(0x01, 0x01, bytes.fromhex("83086500"))[2].text == "COMPRESSION"


def test_the_gear_is_the_upper_half_of_a_byte() -> None:
    gear, ratio = obd.read_pid(0x01, 0xA4, bytes.fromhex("03300BB8"))
    assert (gear.value, gear.field, ratio.value) == (3, "gear", 3.0)


def test_a_mask_says_which_parameters_there_are() -> None:
    mask = bytes.fromhex("BE1FA813")
    expected = {0x01, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0C, 0x0D, 0x0E, 0x0F}
    expected |= {0x10, 0x11, 0x13, 0x15, 0x1C, 0x1F, 0x20}
    assert obd.supported_pids(0x00, mask) == expected
    assert obd.supported_pids(0x40, b"\x80\0\0\1") == {0x41, 0x60}
    assert obd.read_pid(0x01, 0x20, b"\x80\0\0\1")[0].text == "21 40"


def test_every_parameter_to_a6_has_a_length() -> None:
    unassigned = {0x95, 0x96, 0x97}
    assert {pid for pid in range(0xA7) if obd.size_of(pid) is None} == unassigned


def test_a_layout_fits_into_its_bytes() -> None:
    assert not obd.PIDS.keys() & RAW_SIZES.keys()
    for layout in obd.PIDS.values():
        assert all(part.start + part.size <= layout.size for part in layout.parts)


def test_fields_are_those_of_a_position() -> None:
    fields = {p.field for layout in obd.PIDS.values() for p in layout.parts if p.field}
    assert fields <= set(Position.__struct_fields__)
    assert {"speed_kmh", "engine_rpm", "odometer_m", "coolant_temp_c"} <= fields


def test_unexplained_parameters_keep_their_bytes() -> None:
    assert obd.read_pid(0x01, 0xF0, b"\1\2")[0].text == "0102"
    assert obd.read_pid(0x01, 0x7D, b"\1\2")[0].text == "01"


@pytest.mark.parametrize(
    ("mode", "pid", "data", "reason"),
    [
        (0x09, 0x0D, b"\1", "mode 09 has no parameters"),
        (0x01, 0x0C, b"\1", "PID 0C has 1 bytes, not 2"),
        (0x01, 0x00, b"\1\2\3", "PID 00 has 3 bytes, not 4"),
        (0x02, 0x02, b"\1", "PID 02 has 1 bytes, not 2"),
    ],
)
def test_rejects_parameters(mode: int, pid: int, data: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        obd.read_pid(mode, pid, data)


def answer(payload: str) -> tuple[Reading, ...]:
    return obd.read_answer(bytes.fromhex(payload))


def test_an_answer_may_hold_several_parameters() -> None:
    speed, rpm = answer("410D320C1AF8")
    assert (speed.identity, speed.value, rpm.value) == ("PID 0D", 50, 1726)


def test_a_freeze_frame_has_a_number_behind_each_parameter() -> None:
    (code,) = answer("4202000171")
    assert (code.text, code.path) == ("P0171", "Vehicle.OBD.FreezeDTC")
    assert answer("4202000000") == ()
    speed, rpm = answer("420D00320C001AF8")
    assert (speed.value, rpm.value) == (50, 1726)


@pytest.mark.parametrize(
    ("payload", "codes"),
    [
        ("430201710420", ["P0171", "P0420"]),
        ("4300", []),
        ("43017100000000", ["P0171"]),
        ("4701C158", ["U0158"]),
        ("4A01A0FF", ["B20FF"]),
    ],
)
def test_accepts_trouble_codes(payload: str, codes: list[str]) -> None:
    assert [reading.text for reading in answer(payload)] == codes


def test_only_stored_codes_are_active_ones() -> None:
    assert answer("43010171")[0].path == "Vehicle.Diagnostics.DTCList"
    assert answer("47010171")[0].path is None


def test_the_identity_of_a_vehicle() -> None:
    vin = b"1HGCM82633A004352"
    (reading,) = obd.read_answer(b"\x49\x02\x01" + vin)
    assert reading.text == vin.decode()
    assert reading.path == "Vehicle.VehicleIdentification.VIN"
    two = obd.read_answer(b"\x49\x04\x02" + b"CAL-A".ljust(16, b"\0") + b"CAL-B".ljust(16, b"\0"))
    assert [reading.text for reading in two] == ["CAL-A", "CAL-B"]
    assert answer("490601A1B2C3D4")[0].text == "A1B2C3D4"
    name = obd.read_answer(b"\x49\x0a\x01" + b"ECM\0-EngineControl".ljust(20, b"\0"))
    assert name[0].name == "control unit"
    assert answer("490055400000")[0].text == "55400000"


def test_a_monitor_test_has_its_limits() -> None:
    result, lower, upper = answer("460102100064000000C8")
    assert (result.value, lower.value, upper.value) == pytest.approx((0.1, 0, 0.2))
    assert (result.unit, result.name) == ("s", "oxygen sensor 1: result")
    negative, *_ = answer("46818596FFFE00000000")
    assert negative.value == pytest.approx(-0.2)
    assert answer("4600C0000001")[0].text == "C0000001"


def test_an_oxygen_test_of_older_vehicles() -> None:
    (reading,) = answer("45010190")
    assert (reading.value, reading.unit) == (pytest.approx(0.72), "V")


def test_cleared_codes_are_confirmed() -> None:
    assert answer("44")[0].name == "trouble codes cleared"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("", "nothing is no answer"),
        ("010D", "01 is no answer"),
        ("480D", "there is no mode 08"),
        ("41", "mode 01 without a parameter"),
        ("410C1A", "PID 0C has 1 bytes"),
        ("43030171", "3 trouble codes in 2 bytes"),
        ("4902", "mode 09 without content"),
        ("49020131", "1 × 17 bytes announced, 1 came"),
        ("460110", "mode 06 has 2 bytes"),
        ("4601107F000000000000", "there is no unit 7F"),
        ("450101", "mode 05 has 2 bytes"),
    ],
)
def test_rejects_answers(payload: str, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        answer(payload)


def test_units_of_the_upper_half_are_signed() -> None:
    assert scaling_of(0x96)[1]
    assert not scaling_of(0x16)[1]
