"""Galileosky's tags: how long each is, and what it means. All numbers are little-endian.

Source: Galileosky, "Server exchange protocol" (table of tags, extended tags), GLONASS/GPS 5.1 and
7.x user manuals, section 12.
"""

from collections.abc import Callable, Mapping

import msgspec

from milepost.protocols.wire.elements import Put, attribute, field
from milepost.protocols.wire.report import Report


class Tag(msgspec.Struct, frozen=True):
    """A tag of fixed length: `put` takes it as a number, `read` as bytes; raw with neither."""

    length: int
    put: Put | None = None
    read: Callable[[Report, bytes], None] | None = None


def _time(report: Report, raw: int) -> None:
    report.fields["fix_time_ms"] = raw * 1000 + report.fields["fix_time_ms"] % 1000


def _milliseconds(report: Report, raw: int) -> None:
    if raw < 1000:
        report.fields["fix_time_ms"] += raw


_COORDINATE_UNIT = 1_000_000
_BY_GNSS, _BY_CELLS = 0, 2


def _place(report: Report, value: bytes) -> None:
    """Satellites, how the place was found (0 GNSS, 2 cells, else it is old), and the place."""
    found = value[0] >> 4
    report.fields["satellites"] = value[0] & 0x0F
    latitude = int.from_bytes(value[1:5], "little", signed=True)
    longitude = int.from_bytes(value[5:9], "little", signed=True)
    report.place(latitude / _COORDINATE_UNIT, longitude / _COORDINATE_UNIT, valid=found == _BY_GNSS)
    if found == _BY_CELLS:
        report.attributes["locatedBy"] = "cells"


def _motion(report: Report, raw: int) -> None:
    """Speed in 0.1 km/h, course in 0.1 degrees."""
    report.motion((raw & 0xFFFF) / 10, (raw >> 16) / 10)


def _altitude(report: Report, raw: int) -> None:
    report.motion(None, None, raw - 0x10000 if raw & 0x8000 else raw)


_STARTED, _CRASHED, _ALARMED = 0x0200, 0x0400, 0x8000


def _status(report: Report, raw: int) -> None:
    report.attributes["status"] = str(raw)
    report.attributes["motion"] = "true" if raw & 1 else "false"
    report.fields["ignition"] = bool(raw & _STARTED)
    if raw & _CRASHED:
        report.alarm("crash")
    if raw & _ALARMED:
        report.alarm("general")


def _acceleration(report: Report, raw: int) -> None:
    """Ten bits an axis; 600 is 1 g to one side of the middle, by the manual."""
    report.attributes["tag:44"] = f"{raw & 0x3FF},{raw >> 10 & 0x3FF},{raw >> 20 & 0x3FF}"


def _driving(report: Report, value: bytes) -> None:
    """Strongest acceleration, braking, cornering and bump, each in 0.01 g."""
    report.attributes["tag:47"] = ",".join(str(part) for part in value)


def _key(report: Report, raw: int) -> None:
    if raw:
        report.attributes["driverUniqueId"] = str(raw)


def _engine(report: Report, raw: int) -> None:
    """Fuel level 0.4 %, coolant -40 °C, engine speed 0.125/min; all 0 without a bus."""
    if raw:
        report.fields["fuel_level_pct"] = min((raw & 0xFF) * 0.4, 100.0)
        report.fields["coolant_temp_c"] = (raw >> 8 & 0xFF) - 40
        report.fields["engine_rpm"] = (raw >> 16) * 0.125


def _fuel_used(report: Report, raw: int) -> None:
    if raw:
        report.fields["fuel_used_l"] = raw * 0.5


def _bus_odometer(report: Report, raw: int) -> None:
    if raw:
        report.signals["Vehicle.TraveledDistance"] = raw * 5.0


def _thermometer(number: int) -> Put:
    """Its id, then whole degrees; -128 where it does not answer."""

    def put(report: Report, raw: int) -> None:
        degrees = raw >> 8
        if degrees != 0x80 and raw:
            value = degrees - 256 if degrees > 0x80 else degrees
            report.attributes[f"temp{number}C"] = str(value)

    return put


def _hygrometer(number: int) -> Put:
    """Its id, whole degrees, humidity in 255ths of 100 %."""

    def put(report: Report, raw: int) -> None:
        if raw:
            degrees = raw >> 8 & 0xFF
            value = degrees - 256 if degrees > 0x80 else degrees
            report.attributes[f"temp{number + 8}C"] = str(value)
            report.attributes[f"humidity{number}Pct"] = repr(round((raw >> 16) * 100 / 255, 1))

    return put


def _warm_fuel(number: int) -> Put:
    """Level, then whole degrees."""

    def put(report: Report, raw: int) -> None:
        degrees = raw >> 16
        report.attributes[f"fuelSensor{number}"] = str(raw & 0xFFFF)
        report.attributes[f"fuelSensor{number}TempC"] = str(
            degrees - 256 if degrees > 0x7F else degrees
        )

    return put


def _tires(report: Report, value: bytes) -> None:
    """PressurePro, 34 places: pressure in psi, then flags; those without a sensor are 0."""
    for place in range(34):
        pressure_psi, flags = value[2 * place], value[2 * place + 1]
        if pressure_psi or flags:
            report.attributes[f"tire{place + 1}PressureKpa"] = repr(round(pressure_psi * 6.895, 1))
            report.attributes[f"tire{place + 1}Status"] = str(flags)


def _row(first: int, length: int, make: Callable[[int], Put], count: int) -> dict[int, Tag]:
    """Tags in a row, for inputs or sensors numbered from 1 on."""
    return {first + index: Tag(length, make(index + 1)) for index in range(count)}


def _raw(first: int, last: int, length: int) -> dict[int, Tag]:
    """Tags whose content the customer configures."""
    return {tag: Tag(length, attribute(f"tag:{tag:02x}")) for tag in range(first, last + 1)}


_RS232, _RS485 = 17, 1
"""Fuel sensors are numbered 1 to 16 on RS-485, then 17 and 18 on RS-232."""

IMEI, COMMAND_NUMBER, TEXT, ARRAY, EXTENDED = 0x03, 0xE0, 0xE1, 0xEA, 0xFE

TAGS: Mapping[int, Tag] = {
    0x01: Tag(1, attribute("hardware")),
    0x02: Tag(1, attribute("firmware")),
    0x04: Tag(2, attribute("tag:04")),
    0x10: Tag(2, attribute("index")),
    0x20: Tag(4, _time),
    0x21: Tag(2, _milliseconds),
    0x30: Tag(9, read=_place),
    0x33: Tag(4, _motion),
    0x34: Tag(2, _altitude),
    0x35: Tag(1, field("hdop", 0.1)),
    0x40: Tag(2, _status),
    0x41: Tag(2, field("battery_v", 0.001)),
    0x42: Tag(2, attribute("trackerBatteryV", 0.001)),
    0x43: Tag(1, attribute("trackerTempC", signed_bits=8)),
    0x44: Tag(4, _acceleration),
    0x45: Tag(2, attribute("outputs")),
    0x46: Tag(2, attribute("inputs")),
    0x47: Tag(4, read=_driving),
    0x48: Tag(2, attribute("statusExtended")),
    0x49: Tag(1, attribute("networkType")),
    **_row(0x50, 2, lambda number: attribute(f"ain{number}"), 8),
    **_row(0x58, 2, lambda number: attribute(f"fuelSensor{_RS232 - 1 + number}"), 2),
    0x5A: Tag(4, attribute("tag:5a")),
    0x5B: Tag(7),
    0x5C: Tag(68, read=_tires),
    0x5D: Tag(3),
    **_row(0x60, 2, lambda number: attribute(f"fuelSensor{number}"), 3),
    **_row(0x63, 3, lambda number: _warm_fuel(number + 3), 13),
    **_row(0x70, 2, _thermometer, 8),
    **_row(0x78, 2, lambda number: attribute(f"ain{number + 8}"), 6),
    **_row(0x80, 3, _hygrometer, 8),
    0x88: Tag(1, attribute("fuelSensor17TempC", signed_bits=8)),
    0x89: Tag(1, attribute("fuelSensor18TempC", signed_bits=8)),
    **_row(0x8A, 1, lambda number: attribute(f"fuelSensor{number}TempC", signed_bits=8), 3),
    0x90: Tag(4, _key),
    **_raw(0xA0, 0xAF, 1),
    **_raw(0xB0, 0xB9, 2),
    0xC0: Tag(4, _fuel_used),
    0xC1: Tag(4, _engine),
    0xC2: Tag(4, _bus_odometer),
    0xC3: Tag(4, attribute("tag:c3")),
    **_raw(0xC4, 0xD2, 1),
    0xD3: Tag(4, attribute("tag:d3")),
    0xD4: Tag(4, field("odometer_m")),
    0xD5: Tag(1, attribute("tag:d5")),
    **_raw(0xD6, 0xDA, 2),
    **_raw(0xDB, 0xDF, 4),
    **_row(0xE2, 4, lambda number: attribute(f"custom{number}"), 8),
    **_raw(0xF0, 0xF9, 4),
}
"""Tags of fixed length. IMEI, commands, arrays and extended tags are read by the codec."""

EXTENDED_TAGS: Mapping[int, tuple[int, Put]] = {
    **{
        tag: (4, attribute(f"modbus:{tag - 1 if tag <= 0x20 else tag - 0x21}"))
        for tag in (*range(0x01, 0x21), *range(0x41, 0x61))
    },
    **{
        tag: (4, attribute(f"bluetooth:{tag - 0x21 if tag <= 0x40 else tag - 0x41}"))
        for tag in (*range(0x21, 0x41), *range(0x61, 0x81))
    },
    0x81: (2, attribute("cellId")),
    0x82: (2, attribute("areaCode")),
    0x83: (2, attribute("gsm:mcc")),
    0x84: (2, attribute("gsm:mnc")),
    0x85: (1, attribute("gsmSignal")),
}
"""Tags after FE: length and meaning. Those of later firmware end the list: they stay in hex."""
