"""Locations and alarms of TopFlyTech's vehicle trackers: 2323, 2525 and 2626.

Source: TOPFLYtech 0x25 0x25 Protocol 2021-12-22 (TLW1, TLD1) and 2023-09-21 (TLW2, PioneerX 100);
0x26 0x26 Protocol (TLD2); captured frames.
"""

import struct
from itertools import chain

from milepost.errors import ProtocolError
from milepost.protocols.topflytech.fields import (
    NAME,
    OBD,
    PLACE_BYTES,
    TIME_BYTES,
    VEHICLE_ALARMS,
    decimal,
    is_place,
    percent,
    read_place,
    read_receiver,
    read_time,
    time_ms,
    volts,
)
from milepost.protocols.wire.report import Report

SECOND_GENERATION = frozenset({0x13, 0x14, 0x33, 0x34})
_HEAD = struct.Struct(">HHBHBBBBBBBHH")
"""Intervals with ignition on and off, angle, distance, speed limit, signal, receiver, motion
sensor, flags, heartbeat, relays, towing, inputs and outputs."""
_MILEAGE_BYTES = 5
_ALARM_BYTES = 2
_LAST_BYTES = TIME_BYTES + PLACE_BYTES
_TIMES = (37, 29, 25)
"""Where the time stands: second generation, first, OBD."""
_ANALOGUE = {29: (18, 20), 37: (20, 22, 24, 26)}
"""Where the analogue inputs stand, by where the time does."""
_TRIP_AT = 28
"""Of the second generation: the metres since its last report."""
_POWER_CUT, _IGNITION, _AIR = 0x8000, 0x4000, 0x2000
_OBD_VALUES = struct.Struct(">HHIIHBBBBBBB")
_NO_BYTE, _NO_NUMBER, _NO_LONG = 0xFF, 0xFFFF, 0xFFFF_FFFF
_COLDEST_C = 40
_ENGINE = "Vehicle.Powertrain.CombustionEngine"
_SECOND = struct.Struct(">HHHBHb")
_FIRST_VOLTS = struct.Struct(">HH")


def read_vehicle(report: Report, family: int, kind: int, content: bytes) -> int:
    """Set what a location or an alarm says; gives the alarm's code.

    Raises:
        ProtocolError: it ends too early, or no time stands where one has to.
    """
    time_at = _time_at(family, kind, content)
    if len(content) < time_at + _LAST_BYTES:
        raise ProtocolError(NAME, f"a location of {len(content)} bytes")
    *_, signal, receiver, _sensor, flags, _beat, relays, _tow, ports = _HEAD.unpack_from(content)
    report.attributes["gsmSignal"] = str(signal & 0x7F)
    report.attributes["status"] = f"{flags:02x}"
    report.attributes["outputs"] = str(relays)
    _ports(report, ports)
    for number, at in enumerate(_ANALOGUE.get(time_at, ()), 1):
        value = volts(content[at] << 8 | content[at + 1])
        if value is not None:
            report.note(f"ain{number}V", value)
    if time_at == _TIMES[0] and content[_TRIP_AT : _TRIP_AT + 2] != b"\xff\xff":
        trip_m = int.from_bytes(content[_TRIP_AT : _TRIP_AT + 2], "big")
        report.attributes["tripOdometerM"] = str(trip_m)
    alarm = content[time_at - _MILEAGE_BYTES - _ALARM_BYTES]
    report.fields["odometer_m"] = float(
        int.from_bytes(content[time_at - _MILEAGE_BYTES : time_at - 1], "big")
    )
    read_time(report, content, time_at)
    located = read_receiver(report, receiver)
    read_place(report, content, time_at + TIME_BYTES, located=located)
    _last(report, family, kind, content, time_at)
    if alarm:
        report.event(f"{alarm:02x}")
        report.alarm(VEHICLE_ALARMS.get(alarm))
    return alarm


def _time_at(family: int, kind: int, content: bytes) -> int:
    """Where the time stands: where the generation has it, or where a place follows one."""
    due = _TIMES[0] if kind in SECOND_GENERATION else _TIMES[2] if family == OBD else _TIMES[1]
    if time_ms(content, due) is not None:
        return due
    for at in chain(_TIMES, range(_TIMES[2], len(content) - _LAST_BYTES + 1)):
        if time_ms(content, at) is not None and is_place(content, at + TIME_BYTES):
            return at
    return due


def _ports(report: Report, ports: int) -> None:
    report.fields["ignition"] = bool(ports & _IGNITION)
    report.attributes["inputs"] = str(ports)
    if ports & _AIR:
        report.attributes["airConditioning"] = "true"
    if ports & _POWER_CUT:
        report.attributes["unplugged"] = "true"


def _last(report: Report, family: int, kind: int, content: bytes, time_at: int) -> None:
    """What follows the place: voltages, and what the generation measures."""
    at = time_at + _LAST_BYTES
    charge = percent(content[time_at - 1])
    if family == OBD:
        _charge(report, charge)
        _obd(report, content[at:])
    elif kind in SECOND_GENERATION:
        _second(report, content[at:])
    else:
        _charge(report, charge)
        _first(report, content[at:])


def _charge(report: Report, charge: int | None) -> None:
    if charge is not None:
        report.attributes["trackerBatteryPct"] = str(charge)


def _first(report: Report, rest: bytes) -> None:
    """Some say the battery and the supply, some only the supply, most nothing."""
    if len(rest) >= _FIRST_VOLTS.size:
        battery, supply = _FIRST_VOLTS.unpack_from(rest)
        _voltages(report, battery, supply)
    elif len(rest) >= 2:
        _voltages(report, _NO_NUMBER, int.from_bytes(rest[:2], "big"))


def _voltages(report: Report, battery: int, supply: int) -> None:
    battery_v, supply_v = volts(battery), volts(supply)
    if battery_v is not None:
        report.note("trackerBatteryV", battery_v)
    if supply_v is not None:
        report.fields["battery_v"] = supply_v


def _second(report: Report, rest: bytes) -> None:
    """Battery, supply, engine speed, driving, two bytes, temperature in the tracker."""
    if len(rest) < _SECOND.size:
        return
    battery, supply, rpm, _driving, _reserved, temperature = _SECOND.unpack_from(rest)
    _voltages(report, battery, supply)
    if rpm != _NO_NUMBER:
        report.fields["engine_rpm"] = float(rpm)
    if temperature != -1:
        report.attributes["trackerTempC"] = str(temperature)
    if any(byte != _NO_BYTE for byte in rest[_SECOND.size :]):
        report.attributes["rest"] = rest[_SECOND.size :].hex()


def _obd(report: Report, rest: bytes) -> None:
    """Supply, speed, fuel used and its rate, engine speed, air, temperatures, load, throttle."""
    if len(rest) < _OBD_VALUES.size:
        _voltages(report, _NO_NUMBER, int.from_bytes(rest[:2], "big") if len(rest) > 1 else 0xFFFF)
        return
    supply, speed, fuel, rate, rpm, *others = _OBD_VALUES.unpack_from(rest)
    _voltages(report, _NO_NUMBER, supply)
    speed_tenths = None if speed == _NO_NUMBER else decimal(speed)
    if speed_tenths is not None:
        report.signals["Vehicle.Speed"] = speed_tenths / 10
    if fuel != _NO_LONG:
        report.note("obd:fuelUsed", fuel)
    if rate != _NO_LONG:
        report.note("obd:fuelRate", rate)
    if rpm != _NO_NUMBER:
        report.fields["engine_rpm"] = float(rpm)
    _bytes(report, others)


def _bytes(report: Report, values: list[int]) -> None:
    """Air flow, air pressure, coolant, intake air, load, throttle, fuel; `ff` is nothing."""
    flow, pressure, coolant, intake, load, throttle, fuel = values
    if flow != _NO_BYTE:
        report.signals[f"{_ENGINE}.MAF"] = flow
    if pressure != _NO_BYTE:
        report.signals[f"{_ENGINE}.MAP"] = pressure
    if coolant != _NO_BYTE:
        report.fields["coolant_temp_c"] = float(coolant - _COLDEST_C)
    if intake != _NO_BYTE:
        report.signals["Vehicle.OBD.IntakeTemp"] = intake - _COLDEST_C
    for name, value in (
        ("engine_load_pct", load),
        ("throttle_pct", throttle),
        ("fuel_level_pct", fuel),
    ):
        if value != _NO_BYTE:
            report.fields[name] = float(value)
