"""What trackers hand on of the bus, held against the tables of the vehicle bus."""

import pytest

from milepost.protocols.wire.bus_readings import (
    note_codes,
    put_pid,
    read_answer,
    read_group,
    read_pid,
)
from milepost.protocols.wire.report import FIELD_TYPES, Report
from milepost.vehiclebus import j1939, obd

OF_THE_TRACKER = {"speed_kmh", "battery_v"}


@pytest.mark.parametrize("pid", sorted(obd.PIDS))
@pytest.mark.parametrize("byte", (0x00, 0x5A, 0xA5))
def test_parameters_say_what_the_tables_say(pid: int, byte: int) -> None:
    data = bytes((byte,)) * obd.PIDS[pid].size
    report = Report(0)
    read_pid(pid, data, report)
    for reading in obd.read_pid(1, pid, data):
        if reading.field and reading.field not in OF_THE_TRACKER:
            assert report.fields[reading.field] == pytest.approx(reading.value)
        elif reading.path:
            assert report.signals[reading.path] == pytest.approx(reading.value)
        else:
            assert report.attributes[f"pid:{pid:02x}"] == data.hex()


def test_what_is_short_or_unknown_is_kept_in_hex() -> None:
    report = Report(0)
    read_pid(0x0C, b"\x1a", report)
    read_pid(0xF0, b"\x01\x02", report)
    assert report.attributes == {"pid:0c": "1a", "pid:f0": "0102"}


def test_a_speed_and_a_voltage_of_the_bus_are_signals() -> None:
    report = Report(0)
    read_pid(0x0D, b"\x32", report)
    read_pid(0x42, b"\x36\xb0", report)
    assert report.signals == {"Vehicle.Speed": 50, "Vehicle.OBD.ControlModuleVoltage": 14}


def test_a_devices_own_unit_goes_to_the_place_of_the_parameter() -> None:
    report = Report(0)
    put_pid(0x05, signed_bits=8)(report, 0xFE)
    put_pid(0x10, 0.01)(report, 250)
    assert report.fields["coolant_temp_c"] == -2
    assert report.signals == {"Vehicle.Powertrain.CombustionEngine.MAF": 2.5}


def test_answers_of_modes() -> None:
    report = Report(0)
    read_answer(3, bytes.fromhex("0171c123"), report)
    read_answer(7, bytes.fromhex("01710300"), report)
    read_answer(9, b"\x02\x01WDB9066331S123456", report)
    read_answer(2, b"\x05\x00\x7d", report)
    assert report.attributes == {
        "dtcs": "P0171,U0123,P0300",
        "vin": "WDB9066331S123456",
        "obd:02": "05007d",
    }
    assert report.signals == {"Vehicle.Diagnostics.DTCCount": 3}


def test_no_codes_are_none() -> None:
    report = Report(0)
    note_codes(report, [""])
    assert report.signals == {"Vehicle.Diagnostics.DTCCount": 0}
    assert report.attributes == {}


def test_groups_of_j1939() -> None:
    report = Report(0)
    read_group(0xFECA, bytes.fromhex("44ff6e000501ffff"), report)
    read_group(0x1234, b"\x01", report)
    assert report.attributes["dtcs"] == "SPN 110 FMI 5"
    assert report.attributes["pgn:01234"] == "01"
    assert report.signals["Vehicle.Diagnostics.DTCCount"] == 1


@pytest.mark.parametrize(("byte", "pressed"), ((0x00, False), (0x10, True)))
def test_a_switch_of_the_bus_is_a_truth_value(byte: int, pressed: bool) -> None:
    """CCVS, SPN 597: bits 5 and 6 of the fourth byte (J1939-71); 1 is pressed."""
    report = Report(0)
    read_group(0xFEF1, bytes((0xFF, 0xFF, 0xFF, byte, 0xFF, 0xFF, 0xFF, 0xFF)), report)
    assert report.position().brake_pedal is pressed


@pytest.mark.parametrize("pgn", sorted(j1939.PGNS))
@pytest.mark.parametrize("byte", (0x00, 0x11, 0x5A, 0xA5, 0xFA))
def test_groups_give_the_types_of_a_position(pgn: int, byte: int) -> None:
    report = Report(0)
    read_group(pgn, bytes((byte,)) * 8, report)
    for name, value in report.fields.items():
        assert type(value) is FIELD_TYPES[name], name


@pytest.mark.parametrize("pid", sorted(obd.PIDS))
@pytest.mark.parametrize("byte", (0x00, 0x5A, 0xA5))
def test_parameters_give_the_types_of_a_position(pid: int, byte: int) -> None:
    report = Report(0)
    read_pid(pid, bytes((byte,)) * obd.PIDS[pid].size, report)
    for name, value in report.fields.items():
        assert isinstance(value, int | float)
        if FIELD_TYPES[name] is not float:
            assert type(value) is FIELD_TYPES[name], name
