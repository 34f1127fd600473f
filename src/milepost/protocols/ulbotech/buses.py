"""What Ulbotech hands on of the vehicle's buses: OBD-II, J1939 and J1708.

Source: Ulbotech "T301 communication protocol", data types 7, 9, B and C; SAE J1979; SAE J1587.
"""

from collections.abc import Mapping

from milepost.protocols.wire.bus_readings import read_answer, read_group
from milepost.protocols.wire.elements import Put, field, signal
from milepost.protocols.wire.report import Report

_J1587 = 2
_PGN_END = 4
_PSI_KPA = 6.894757

_J1587_PARAMETERS: Mapping[int, Put] = {
    84: signal("Speed", 0.805),
    91: signal("Chassis.Accelerator.PedalPosition", 0.4),
    92: field("engine_load_pct", 0.5),
    96: field("fuel_level_pct", 0.5),
    100: field("oil_pressure_kpa", 0.5 * _PSI_KPA),
    110: field("coolant_temp_c", 5 / 9, -160 / 9),
    168: signal("LowVoltageBattery.CurrentVoltage", 0.05),
    183: signal("OBD.FuelRate", 0.059),
    190: field("engine_rpm", 0.25),
    245: field("odometer_m", 161),
    247: field("engine_hours_h", 0.05),
    250: field("fuel_used_l", 0.473),
}


def read_obd(value: bytes, report: Report) -> None:
    """Answers one after the other: length and mode in a byte, PID, data."""
    offset = 0
    while offset < len(value):
        length, mode = value[offset] >> 4, value[offset] & 0x0F
        answer = value[offset + 1 : offset + length]
        if length < 2 or len(answer) < length - 1:
            report.note("rest", value[offset:].hex())
            break
        read_answer(mode, answer, report)
        offset += length


def read_can(value: bytes, report: Report) -> None:
    """Parameter groups of J1939: length, group number of three bytes, data."""
    offset = 0
    while offset < len(value):
        end = offset + 1 + value[offset]
        data = value[offset + _PGN_END : end]
        if end > len(value) or not data:
            report.note("rest", value[offset:].hex())
            return
        read_group(int.from_bytes(value[offset + 1 : offset + _PGN_END], "big"), data, report)
        offset = end


def read_j1708(value: bytes, report: Report) -> None:
    """Parameters of J1587: kind and length in a byte, PID, data with the highest byte first."""
    offset = 0
    while offset < len(value):
        kind, length = value[offset] >> 6, value[offset] & 0x3F
        content = value[offset + 1 : offset + 1 + length]
        if len(content) < max(length, 2):
            report.note("rest", value[offset:].hex())
            return
        parameter, data = content[0], content[1:]
        put = _J1587_PARAMETERS.get(parameter) if kind == _J1587 else None
        if put is None:
            report.note(f"j1708:{parameter}", data.hex())
        else:
            put(report, int.from_bytes(data, "big"))
        offset += 1 + length
