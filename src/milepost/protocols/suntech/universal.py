"""The universal reports (STT, ALT, UEX): a mask says which fields there are, bit by bit.

Source: Suntech "Universal Reporting Guide" 1.62, 1.2, 2.2 and 4.2.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.suntech.alarms import DRIVER_ALERT, read_alert
from milepost.protocols.suntech.fields import (
    PROTOCOL_NAME,
    number,
    read_driver,
    read_hours,
    read_place,
    time_ms,
    whole,
)
from milepost.protocols.suntech.serial_data import read_serial_data
from milepost.protocols.wire.bits import set_bits
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report

_MODEL, _SOFTWARE, _LIVE, _DATE, _TIME = 1, 2, 3, 4, 5
_CELL, _MCC, _MNC, _AREA, _SIGNAL = 6, 7, 8, 9, 10
_LATITUDE, _LONGITUDE, _SPEED, _COURSE, _SATELLITES, _FIX = 11, 12, 13, 14, 15, 16
_INPUTS, _OUTPUTS, _FIRST, _SECOND, _THIRD, _RESERVED, _ASSIGNED = 17, 18, 19, 20, 21, 22, 23
_SERIAL_BATTERY, _SERIAL_VOLTAGE = 24, 25
_ASSIGNED_MINUTES_BIT = 15
_ALL = 0xFFFF_FFFF
# Bit 0, the identity, is always there and stands before the mask.
_FIELDS = _ALL & ~1

_Values = Mapping[int, str]


@lru_cache(maxsize=64)
def _bits(mask: str, within: int) -> tuple[int, ...]:
    try:
        return set_bits(int(mask or "0", 16) & within)
    except ValueError:
        return ()


def read_report(kind: str, values: list[str]) -> Message:
    """STT, ALT or UEX: identity, mask, fields.

    Raises:
        ProtocolError: no mask, no time, or fields that are not what they have to be.
    """
    bits = _bits(values[2], _FIELDS) if len(values) > 2 else ()
    if not bits:
        raise ProtocolError(PROTOCOL_NAME, f"no mask of fields in {';'.join(values[:3])!r}")
    found = dict(zip(bits, values[3:], strict=False))
    report = Report(time_ms(found.get(_DATE, ""), found.get(_TIME, "")))
    _read_common(report, found)
    _READERS[kind](report, found)
    _read_assigned(report, found, values[3 + len(bits) :])
    return Message("positions", values[1], (report.position(),), token=values[0].encode())


def _read_common(report: Report, found: _Values) -> None:
    """Bits 1 to 18: the same in all reports."""
    report.attributes["model"] = found.get(_MODEL, "")
    report.attributes["firmware"] = found.get(_SOFTWARE, "")
    if found.get(_LIVE) == "0":
        report.note("archive", value=True)
    _read_cell(report, found)
    if _LATITUDE in found and _LONGITUDE in found:
        read_place(report, found[_LATITUDE], found[_LONGITUDE], found.get(_FIX, "0"))
    if _SPEED in found:
        course = found.get(_COURSE)
        report.motion(
            number("speed", found[_SPEED]), None if course is None else number("course", course)
        )
    if _SATELLITES in found:
        report.fields["satellites"] = whole("satellites", found[_SATELLITES])
    if _INPUTS in found:
        inputs = whole("inputs", found[_INPUTS], 2)
        report.fields["ignition"] = bool(inputs & 1)
        report.attributes["inputs"] = str(inputs)
    if _OUTPUTS in found:
        report.note("outputs", whole("outputs", found[_OUTPUTS], 2))


def _read_cell(report: Report, found: _Values) -> None:
    if not all(bit in found for bit in (_CELL, _MCC, _MNC, _AREA)):
        return
    cell = whole("cell", found[_CELL], 16)
    if cell:
        report.attributes["cells"] = cell_text(
            whole("country", found[_MCC]),
            whole("network", found[_MNC]),
            whole("area", found[_AREA], 16),
            cell,
        )
    report.attributes["gsmSignal"] = found.get(_SIGNAL, "")


def _status(report: Report, found: _Values) -> None:
    """Mode, why it came, running number."""
    for bit, name in ((_FIRST, "mode"), (_SECOND, "uploadReason")):
        if bit in found:
            report.attributes[name] = found[bit]
    if found.get(_THIRD):
        report.note("index", whole("number", found[_THIRD]))


def _alert(report: Report, found: _Values) -> None:
    """Alert, its modifier, its data."""
    if _FIRST not in found:
        return
    read_alert(report, found[_FIRST])
    if found.get(_SECOND):
        report.attributes["event"] = found[_SECOND]
    data = found.get(_THIRD, "")
    if found[_FIRST] == str(DRIVER_ALERT):
        read_driver(report, data)
    elif data:
        report.attributes["eventData"] = data


def _serial(report: Report, found: _Values) -> None:
    """Length, data, sum; two fields of unknown use, the tracker's and the vehicle's voltage."""
    read_serial_data(report, found.get(_SECOND, ""))
    for bit in (_RESERVED, _ASSIGNED):
        if found.get(bit):
            report.attributes[f"field:{bit}"] = found[bit]
    if found.get(_SERIAL_BATTERY):
        report.note("trackerBatteryV", number("battery", found[_SERIAL_BATTERY]))
    if found.get(_SERIAL_VOLTAGE):
        report.fields["battery_v"] = number("voltage", found[_SERIAL_VOLTAGE])


_READERS: Mapping[str, Callable[[Report, _Values], None]] = {
    "STT": _status,
    "ALT": _alert,
    "UEX": _serial,
}
KINDS = frozenset(_READERS)
"""The reports with a mask."""


def _battery(report: Report, value: str) -> None:
    report.note("trackerBatteryV", number("battery", value))


def _voltage(report: Report, value: str) -> None:
    report.fields["battery_v"] = number("voltage", value)


_ASSIGNED_READERS: Mapping[int, Callable[[Report, str], None]] = {
    0: _battery,
    1: _voltage,
    _ASSIGNED_MINUTES_BIT: read_hours,
}


def _read_assigned(report: Report, found: _Values, values: list[str]) -> None:
    """What is added: by a second mask, or without one as `assign:1` and so on."""
    if _ASSIGNED not in found or _SERIAL_VOLTAGE in found:
        for place, value in enumerate(values, 1):
            if value:
                report.attributes[f"assign:{place}"] = value
        return
    for bit, value in zip(_bits(found[_ASSIGNED], _ALL), values, strict=False):
        read = _ASSIGNED_READERS.get(bit)
        if read is not None and value:
            read(report, value)
        elif value:
            report.attributes[f"assign:b{bit}"] = value
