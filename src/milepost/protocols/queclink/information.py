"""Queclink's reports without a fix of their own: the device's state, the cells around it.

Source: Queclink @Track Air Interface Protocol, "+RESP:GTINF", "+RESP:GTGSM", "+RESP:GTLBS",
"+RESP:GTWIF".
"""

from collections.abc import Callable, Mapping, Sequence

from milepost.protocols.queclink.families import ASSETS, VIN_FIRST, family_of
from milepost.protocols.queclink.fixes import cell_of, read_stations
from milepost.protocols.queclink.frame import FIRST, Frame
from milepost.protocols.queclink.reports import (
    ASSET_INFORMATION_END,
    INFORMATION_FIELDS,
    REPORTS,
    VEHICLE_INFORMATION_END,
)
from milepost.protocols.queclink.values import FIELDS, read_layout, whole
from milepost.protocols.wire.radio import joined
from milepost.protocols.wire.report import Report

_CELL_FIELDS = 6
_WEAKEST_DBM = -110
"""Strength 0 of a cell is -110 dBm, 63 is -47 dBm."""


def _information(frame: Frame) -> list[Report]:
    """GTINF: what all have, then what depends on the family."""
    values = frame.fields[FIRST : frame.end]
    if frame.device_type in VIN_FIRST and len(frame.fields[3]) == 17:
        values = values[1:]
    report = Report(frame.sent_ms)
    read_layout(report, REPORTS["INF"].plain, values[:INFORMATION_FIELDS])
    last = values[INFORMATION_FIELDS:]
    if family_of(frame.device_type) in ASSETS:
        read_layout(report, ASSET_INFORMATION_END, last)
    else:
        read_layout(report, VEHICLE_INFORMATION_END, last[-4:])
    report.event(frame.name)
    return [report]


def _cells(frame: Frame) -> list[Report]:
    """GTGSM and GTLBS: neighbours, and last the serving cell, which leads in the attribute."""
    values = frame.fields[FIRST : frame.end]
    report = Report(frame.sent_ms)
    first = _first_cell(values)
    cells = []
    for at in range(first, len(values) - _CELL_FIELDS + 1, _CELL_FIELDS):
        strength = whole(values[at + 4])
        dbm = None if strength is None else _WEAKEST_DBM + strength
        cells.append(cell_of(values[at : at + 4], dbm))
    text = joined(cell for cell in reversed(cells) if cell)
    if text:
        report.note("cells", text)
    if frame.name == "LBS" and first > 2:
        FIELDS["battery_pct"](report, values[2])
    report.event(frame.name)
    return [report]


def _first_cell(values: Sequence[str]) -> int:
    """Where the first MCC stands, which an MNC follows."""
    for at in range(len(values) - 4):
        country = whole(values[at]) if len(values[at]) in (3, 4) else None
        if country is not None and country >= 200 and len(values[at + 1]) in (2, 3, 4):
            return at
    return len(values)


def _stations(frame: Frame) -> list[Report]:
    """GTWIF: a count, of each station address, strength and reserved fields; the battery last."""
    values = frame.fields[FIRST : frame.end]
    report = Report(frame.sent_ms)
    read = read_stations(report, values)
    read_layout(report, ("battery_pct",), [value for value in values[read:] if value][-1:])
    report.event(frame.name)
    return [report]


WHOLE_READERS: Mapping[str, Callable[[Frame], list[Report]]] = {
    "INF": _information,
    "GSM": _cells,
    "LBS": _cells,
    "WIF": _stations,
}
"""Report type -> what reads the whole frame."""
