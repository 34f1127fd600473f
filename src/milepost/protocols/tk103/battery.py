"""Drive batteries of electric two- and three-wheelers, in TK103's BS50 and BS51.

Source: Daly "UART/485 communication protocol" 1.2 (BS51: its commands 0x90 to 0x98); captured
frames (BS50).
"""

import struct
from collections.abc import Callable, Mapping

from milepost.errors import ProtocolError
from milepost.protocols.tk103.frame import FIELDS, PROTOCOL_NAME, Frame
from milepost.protocols.wire.report import Report

_BATTERY = "Vehicle.Powertrain.TractionBattery."
_KELVIN_LIKE = 40
"""Temperatures are sent 40 °C too high, so that none is negative."""

_CELL_SLOTS, _SENSOR_SLOTS = 24, 7
_TOTALS = struct.Struct("<BHHB")
_TOTALS_AT = 4 + 2 * _CELL_SLOTS
_SENSORS_AT, _BS50_BYTES = 72, 82


def read_cell_voltages(frame: Frame, report: Report) -> bool:
    """BS50: number of cells, 24 voltages in mV, totals, number of sensors, temperatures."""
    data = FIELDS.packed("BS50", frame.content)
    if len(data) < _BS50_BYTES:
        raise ProtocolError(PROTOCOL_NAME, f"BS50 has {_BS50_BYTES} bytes, {len(data)} came")
    voltages_mv = struct.unpack_from(f"<{_CELL_SLOTS}H", data, 4)
    for number, voltage_mv in enumerate(voltages_mv[: data[3]], 1):
        report.note(f"batteryCell{number}V", voltage_mv / 1000)
    state, current, voltage, charge_pct = _TOTALS.unpack_from(data, _TOTALS_AT)
    report.signals[_BATTERY + "Charging.IsCharging"] = float(state == 1)
    report.signals[_BATTERY + "CurrentVoltage"] = voltage / 100
    report.signals[_BATTERY + "CurrentCurrent"] = current / 10
    report.signals[_BATTERY + "StateOfCharge.Current"] = float(charge_pct)
    count = min(data[_SENSORS_AT], _SENSOR_SLOTS)
    _temperatures(data[_SENSORS_AT + 3 : _SENSORS_AT + 3 + count], 1, report)
    report.note("data", data.hex())
    return True


def _temperatures(data: bytes, first: int, report: Report) -> None:
    for number, raw in enumerate(data, first):
        report.note(f"batteryTemp{number}C", raw - _KELVIN_LIKE)


def read_daly(frame: Frame, report: Report) -> bool:
    """BS51: `90:` and eight bytes, `91:` …, separated by commas."""
    for part in frame.content.split(","):
        command, _, content = part.partition(":")
        data = FIELDS.packed("BS51", content)
        read = _DALY.get(command)
        if read is None or len(data) < 8:
            report.note(f"bms:{command}", data.hex())
        else:
            read(data, report)
    return True


def _totals(data: bytes, report: Report) -> None:
    voltage, _, current, charge = struct.unpack_from(">4H", data)
    report.signals[_BATTERY + "CurrentVoltage"] = voltage / 10
    report.signals[_BATTERY + "CurrentCurrent"] = (current - 30_000) / 10
    report.signals[_BATTERY + "StateOfCharge.Current"] = charge / 10


def _voltage_range(data: bytes, report: Report) -> None:
    highest_mv, highest_at, lowest_mv, lowest_at = struct.unpack_from(">HBHB", data)
    report.signals[_BATTERY + "CellVoltage.Max"] = highest_mv / 1000
    report.signals[_BATTERY + "CellVoltage.IdMax"] = float(highest_at)
    report.signals[_BATTERY + "CellVoltage.Min"] = lowest_mv / 1000
    report.signals[_BATTERY + "CellVoltage.IdMin"] = float(lowest_at)


def _temperature_range(data: bytes, report: Report) -> None:
    report.signals[_BATTERY + "Temperature.Max"] = float(data[0] - _KELVIN_LIKE)
    report.signals[_BATTERY + "Temperature.Min"] = float(data[2] - _KELVIN_LIKE)


def _charge(data: bytes, report: Report) -> None:
    state, _, _, _, remaining_mah = struct.unpack_from(">4BI", data)
    report.signals[_BATTERY + "Charging.IsCharging"] = float(state == 1)
    report.note("batteryRemainingAh", remaining_mah / 1000)


def _cells(data: bytes, report: Report) -> None:
    """Frames of a number, three voltages in mV and an unused byte."""
    for number, *voltages_mv, _ in struct.iter_unpack(">B3HB", data[: len(data) // 8 * 8]):
        for index, voltage_mv in enumerate(voltages_mv):
            if voltage_mv and number:
                report.note(f"batteryCell{3 * number - 2 + index}V", voltage_mv / 1000)


def _sensors(data: bytes, report: Report) -> None:
    """Frames of a number and seven temperatures; 0 is no sensor."""
    for number, *raw in struct.iter_unpack("8B", data[: len(data) // 8 * 8]):
        first = _SENSOR_SLOTS * (max(number, 1) - 1) + 1
        _temperatures(bytes(raw).rstrip(b"\0"), first, report)


_DALY: Mapping[str, Callable[[bytes, Report], None]] = {
    "90": _totals,
    "91": _voltage_range,
    "92": _temperature_range,
    "93": _charge,
    "95": _cells,
    "96": _sensors,
}
