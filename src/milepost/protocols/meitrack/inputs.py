"""Inputs, outputs and voltages, as Meitrack's text and binary records share them."""

from collections.abc import Mapping

from milepost.protocols.wire.report import Report

IGNITION_INPUT = "ignitionInput"
_HIGHEST_INPUT = 16
_HUNDREDTHS_END, _TEN_BITS_END = 500, 1024


def ignition_input(options: Mapping[str, str]) -> int:
    """The input that tells the ignition, from 1; 0 if none is set."""
    text = options.get(IGNITION_INPUT, "")
    number = int(text) if text.isascii() and text.isdigit() else 0
    return number if number <= _HIGHEST_INPUT else 0


def read_inputs(report: Report, inputs: int, ignition: int) -> None:
    """The inputs' bits, and the ignition if one of them is its."""
    report.attributes["inputs"] = str(inputs)
    if ignition:
        report.fields["ignition"] = bool(inputs >> ignition - 1 & 1)


def supply_volts(battery: int, power: int) -> tuple[float, float]:
    """The tracker's battery and the vehicle's supply, volts, from their raw readings.

    Models differ in what a step is, and a lithium cell's voltage tells them apart: hundredths of a
    volt (T311, T333, T622, T366 and later), a converter of 10 bits (MVT340, MVT380) or of 12 bits
    (T1, MVT100, MVT600, MT90), its reference 3 V and 3.3 V, dividers of 2 and 16.

    Source: "MEITRACK GPRS Protocol" 1.21, annex 1, analog input value.
    """
    if battery < _HUNDREDTHS_END:
        return battery / 100, power / 100
    if battery < _TEN_BITS_END:
        return battery * 3.0 * 2 / 1024, power * 3.0 * 16 / 1024
    return battery * 3.3 * 2 / 4096, power * 3.3 * 16 / 4096


def read_analogs(report: Report, readings: tuple[int, ...]) -> None:
    """Analogue inputs, then the battery and the supply as the last two of five; raw.

    Where a step is a hundredth of a volt for the battery, it is for the inputs too.
    """
    *inputs, battery, power = readings
    scaled = battery < _HUNDREDTHS_END
    for number, reading in enumerate(inputs, 1):
        if reading:
            name = f"ain{number}V" if scaled else f"ain{number}"
            report.note(name, reading / 100 if scaled else reading)
    battery_v, power_v = supply_volts(battery, power)
    report.attributes["trackerBatteryV"] = repr(round(battery_v, 3))
    report.fields["battery_v"] = round(power_v, 3)
