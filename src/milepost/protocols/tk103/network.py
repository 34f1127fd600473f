"""TK103's cells and Wi-Fi stations, for reports without a fix.

Source: captured frames.
"""

import re

from milepost.protocols.tk103.fix import read_state
from milepost.protocols.tk103.frame import FIELDS, Frame, is_hex
from milepost.protocols.wire.radio import cell_text, joined, station_text
from milepost.protocols.wire.report import Report

_BRACED = re.compile(r"\{(\d{1,3}),(\d{1,3}),(\d{1,5}),(\d{1,9})")
_STATION = re.compile(r"((?:[0-9A-Fa-f]{2}[:-]?){5}[0-9A-Fa-f]{2})\*(-?\d{1,3})")
_STATE_DIGITS = 8
_FEWEST_NETWORK_FIELDS = 7


def read_cells(frame: Frame, report: Report) -> bool:
    """`{mcc,mnc,area,cell}` in decimal, or mcc, mnc and areas and cells in hex; then the state."""
    braced = _BRACED.findall(frame.content)
    *others, state = frame.content.strip(",").split(",")
    if braced:
        cells = [cell_text(*map(int, cell)) for cell in braced]
    elif frame.code == "BZ00":
        cells = _hex_cells(others if is_hex(state, _STATE_DIGITS) else [*others, state])
    else:
        return False
    report.note("cells", joined(cells))
    read_state(state, report)
    return True


def _hex_cells(fields: list[str]) -> list[str]:
    """Pairs of area and cell, or triples with a strength of at most three digits."""
    country, network = (FIELDS.whole("network", field) for field in (*fields, "", "")[:2])
    areas = fields[2:]
    strengths = areas[2::3]
    with_strength = len(areas) % 3 == 0 and all(len(strength) <= 3 for strength in strengths)
    step = 3 if with_strength else 2
    return [
        cell_text(country, network, FIELDS.whole("area", area, 16), FIELDS.whole("cell", cell, 16))
        for area, cell in zip(areas[::step], areas[1::step], strict=False)
    ]


def read_network(frame: Frame, report: Report) -> bool:
    """Mcc, mnc, area, cell, number of stations, stations `mac*dBm*channel`, date, time."""
    fields = frame.content.split(",")
    if len(fields) < _FEWEST_NETWORK_FIELDS or not all(map(str.isdecimal, fields[:5])):
        return False
    country, network, area, cell = map(int, fields[:4])
    report.fields["fix_time_ms"] = frame.time_ms(fields[-2], fields[-1])
    if cell:
        report.note("cells", cell_text(country, network, area, cell))
    stations = [station_text(mac, int(dbm)) for mac, dbm in _STATION.findall(frame.content)]
    if stations:
        report.note("wifi", joined(stations))
    return True
