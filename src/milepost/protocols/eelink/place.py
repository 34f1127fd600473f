"""Eelink's place and state, of both generations.

Source: "EELINK Device Protocol" V2.0, sections 3.5 (status) and 3.6 (position); "EELINK Terminal
Communication Protocol" V1.8.4; captured frames.
"""

import struct
from collections.abc import Callable, Mapping

from milepost.protocols.eelink.frame import PROTOCOL_NAME
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.radio import cell_text, joined, station_text
from milepost.protocols.wire.report import Report

_UNITS_PER_DEGREE = 1_800_000
_GNSS = struct.Struct(">iihHHB")
_OLD_PLACE = struct.Struct(">IiiBH")
_DBM_OF_LEVEL_0 = -110
_LTE = 0x08
_WIDE_MASKS_FROM = 0x10
_MOST_CELLS = 16


def read_old_place(cursor: Cursor) -> Report:
    """V1: time, place, speed, course, a cell, whether there is a fix."""
    time_s, latitude, longitude, speed_kmh, course_deg = _OLD_PLACE.unpack(
        cursor.take(_OLD_PLACE.size)
    )
    report = Report(time_s * 1000)
    cell = (cursor.number(2), cursor.number(2), cursor.number(2), cursor.number(3))
    if cell[0]:
        report.attributes["cells"] = cell_text(*cell)
    is_fixed = bool(cursor.number(1) & 1)
    report.place(latitude / _UNITS_PER_DEGREE, longitude / _UNITS_PER_DEGREE, valid=is_fixed)
    if "latitude_deg" in report.fields:
        report.motion(speed_kmh, course_deg)
    return report


def read_place(cursor: Cursor) -> Report:
    """V2: time, a mask, and what the mask's bits name.

    V2.1 has a mask of two bytes, the first of which is 0.
    """
    report = Report(cursor.number(4) * 1000)
    mask = cursor.number(1)
    if not mask and cursor.peek() >= _WIDE_MASKS_FROM:
        mask = cursor.number(1)
    if mask & 0x01:
        _gnss(cursor, report)
    cells: list[str] = []
    network = (0, 0)
    if mask & 0x02:
        network = cursor.number(2), cursor.number(2)
        cells.append(_cell(cursor, network))
    cells += [_cell(cursor, network) for bit in (0x04, 0x08) if mask & bit]
    stations = [
        station_text(cursor.take(6), cursor.signed(1)) for bit in (0x10, 0x20, 0x40) if mask & bit
    ]
    if mask & 0x80:
        cells += _named_cells(cursor)
    if cells:
        report.attributes["cells"] = joined(cells)
    if stations:
        report.attributes["wifi"] = joined(stations)
    return report


def _gnss(cursor: Cursor, report: Report) -> None:
    latitude, longitude, altitude_m, speed_kmh, course_deg, satellites = _GNSS.unpack(
        cursor.take(_GNSS.size)
    )
    report.place(latitude / _UNITS_PER_DEGREE, longitude / _UNITS_PER_DEGREE, valid=True)
    report.fields["satellites"] = satellites
    if "latitude_deg" in report.fields:
        report.motion(speed_kmh, course_deg, altitude_m)


def _cell(cursor: Cursor, network: tuple[int, int]) -> str:
    area, cell, level = cursor.number(2), cursor.number(4), cursor.number(1)
    return cell_text(*network, area, cell, level + _DBM_OF_LEVEL_0)


def _named_cells(cursor: Cursor) -> list[str]:
    """V2.1: kind of network, how many cells, the network, and for each what LTE says of it."""
    technology, count = cursor.number(1), cursor.number(1)
    if not count:
        return []
    network = cursor.number(2), cursor.number(2)
    cells = []
    for _ in range(min(count, _MOST_CELLS)):
        area, _tracking_area, cell, _advance = (cursor.number(width) for width in (2, 2, 4, 2))
        if technology & _LTE:
            cursor.take(4)
        cells.append(cell_text(*network, area, cell, cursor.signed(1)))
    return cells


def read_state(cursor: Cursor, report: Report) -> None:
    """The word of status bits: of a vehicle's tracker bit 2 is the ignition.

    Bit 6, the relay, is set in moving vehicles too: it does not say that the engine is blocked.
    """
    state = cursor.number(2)
    report.attributes["status"] = f"{state:04x}"
    if state & 0x02:
        report.fields["ignition"] = bool(state & 0x04)
    if "latitude_deg" in report.fields:
        report.fields["valid"] = bool(state & 0x01)
    report.note("armed", bool(state & 0x10))
    if state & 0x20:
        report.note("dout1", state >> 6 & 1)
    if state & 0x80:
        report.note("charging", bool(state & 0x100))
    report.note("motion", bool(state & 0x200))
    if state & 0xF000:
        report.note("inputs", state >> 12)


_Put = Callable[[Report, int], None]


def _note(name: str, scale: float = 1, *, signed: bool = False) -> _Put:
    def put(report: Report, raw: int) -> None:
        value = raw - 0x1_0000 if signed and raw & 0x8000 else raw
        report.note(name, value * scale if scale != 1 else value)

    return put


def _odometer(report: Report, raw: int) -> None:
    report.fields["odometer_m"] = float(raw)


_ALWAYS: tuple[tuple[int, _Put], ...] = (
    (2, _note("trackerBatteryV", 0.001)),
    (2, _note("ain1V", 0.001)),
    (2, _note("ain2V", 0.001)),
    (4, _odometer),
    (2, _note("field:gsmCounter")),
    (2, _note("field:gnssCounter")),
    (2, _note("steps")),
    (2, _note("field:walkingTime")),
)
_WHERE_FITTED: tuple[tuple[int, _Put], ...] = (
    (2, _note("temp1C", 1 / 256, signed=True)),
    (2, _note("humidityPct", 0.1)),
    (4, _note("illuminanceLx", 1 / 256)),
    (4, _note("co2Ppm")),
    (2, _note("temp2C", 1 / 16, signed=True)),
)
"""A sensor that is not there says 0."""


def read_measurements(cursor: Cursor, report: Report) -> None:
    """What follows the status of a location; models end after any of the values."""
    for width, put in _ALWAYS:
        if cursor.left < width:
            return
        put(report, cursor.number(width))
    for width, put in _WHERE_FITTED:
        if cursor.left < width:
            return
        raw = cursor.number(width)
        if raw:
            put(report, raw)
    if cursor.left > 2:
        _beacons(cursor, report)


def _beacons(cursor: Cursor, report: Report) -> None:
    """V2.1: how many, their kind, and tags of 16 bytes."""
    count, kind = cursor.number(1), cursor.number(1)
    if kind != _TAGS or cursor.left < count * _TAG.size:
        report.note("rest", f"{count:02x}{kind:02x}{cursor.rest().hex()}")
        return
    for number in range(1, count + 1):
        mac, signal_dbm, model, version, battery_mv, temperature, data = _TAG.unpack(
            cursor.take(_TAG.size)
        )
        notes = report.attributes
        notes[f"tag{number}Mac"] = station_text(mac)
        notes[f"tag{number}Signal"] = str(signal_dbm)
        notes[f"tag{number}BatteryV"] = str(battery_mv / 1000)
        if temperature:
            notes[f"tag{number}TempC"] = str(round(temperature / 256, 2))
        notes[f"tag{number}Data"] = f"{model:04x}{version:02x}{data:04x}"


_TAG = struct.Struct(">6sbHBHhH")
_TAGS = 2

ALARMS: Mapping[int, str] = {
    0x01: "power_cut",
    0x02: "sos",
    0x03: "low_battery",
    0x04: "vibration",
    0x05: "movement",
    0x08: "antenna_cut",
    0x09: "antenna_cut",
    0x20: "low_power",
    0x25: "removing",
    0x81: "low_speed",
    0x82: "overspeed",
    0x83: "geofence_enter",
    0x84: "geofence_exit",
    0x85: "crash",
    0x86: "fall",
}
"""The kind of a warning (V2) or alarm (V1)."""


def cursor_of(content: bytes) -> Cursor:
    """A reader whose errors name the protocol."""
    return Cursor(PROTOCOL_NAME, content)
