"""GT06's lists of cells and Wi-Fi stations: types 11, 17, 18, 24, 28, 2C, 2E, 69, A1, A2, A3, F3.

Source: Concox "LBS extension information packet" (28), "Wi-Fi information packet" (2C), JM-VL "4G
base stations and Wi-Fi" (A1, A2); captured frames of the header without length (17, 69).

A cell's strength has a scale of each maker's own and is left out.
"""

import struct
from collections.abc import Callable, Mapping

from milepost.errors import ProtocolError
from milepost.protocols.gt06.report import (
    PROTOCOL_NAME,
    FrameReport,
    read_operator,
    time_ms_of,
    time_ms_of_bcd,
)
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.radio import cell_text, joined, station_text

_CELLS = 7
_NARROW, _WIDE = (2, 3), (4, 8)
_SHORT_CELL = struct.Struct(">HHB")
_STATION_BYTES = 7
_LANGUAGE_BYTES = 2


def read_network(cursor: Cursor, report: FrameReport) -> None:
    """Time, operator, seven cells of 2G, timing advance, stations."""
    _read_list(cursor, report, _NARROW)


def read_network_4g(cursor: Cursor, report: FrameReport) -> None:
    """The same with cells of 4G."""
    _read_list(cursor, report, _WIDE)


def read_counted_network(cursor: Cursor, report: FrameReport) -> None:
    """Time, and what other makers of type 24 have after it."""
    _read_time(cursor, report)
    report.attributes["network"] = cursor.rest().hex()


def _read_list(cursor: Cursor, report: FrameReport, widths: tuple[int, int]) -> None:
    _read_time(cursor, report)
    start = cursor.offset
    try:
        cells = _cells(cursor, widths)
        stations = _stations(cursor)
    except ProtocolError:
        cursor.offset = start
        report.attributes["network"] = cursor.rest().hex()
        return
    _note(report, cells, stations)


def _read_time(cursor: Cursor, report: FrameReport) -> None:
    """Six bytes, binary or in decimals; a frame that is too short for them has none."""
    if cursor.left >= 6:
        content = cursor.take(6)
        report.clock(time_ms_of(content) or time_ms_of_bcd(content))


def _cells(cursor: Cursor, widths: tuple[int, int]) -> list[str]:
    """Operator, the serving cell and six neighbours (empty ones are zero), timing advance."""
    country, network = read_operator(cursor)
    cells = []
    for _ in range(_CELLS):
        area, cell = cursor.number(widths[0]), cursor.number(widths[1])
        cursor.take(1)
        text = cell_text(country, network, area, cell)
        if (area or cell) and text not in cells:
            cells.append(text)
    cursor.take(1)
    return cells


def _stations(cursor: Cursor) -> list[str]:
    """A count and that many stations; without stations a language may stand there instead."""
    if cursor.left <= _LANGUAGE_BYTES:
        cursor.rest()
        return []
    return _station_list(cursor, cursor.number(1))


def _station_list(cursor: Cursor, count: int) -> list[str]:
    stations = []
    for _ in range(count):
        station = cursor.take(_STATION_BYTES)
        if any(station[:6]):
            stations.append(station_text(station[:6], _strength_dbm(station[6])))
    return stations


def _strength_dbm(byte: int) -> int:
    """Some makers leave the sign out, others write a signed byte."""
    return -byte if byte < 0x80 else byte - 0x100


def _note(report: FrameReport, cells: list[str], stations: list[str]) -> None:
    if cells:
        report.attributes["cells"] = joined(cells)
    if stations:
        report.attributes["wifi"] = joined(stations)


def read_counted_stations(content: bytes, station_count: int, report: FrameReport) -> None:
    """What follows a header whose length byte counts stations: time in decimals, the stations,
    a count of cells, operator, cells of area, cell and strength.

    Raises:
        ProtocolError: the content ends before them.
    """
    cursor = Cursor(PROTOCOL_NAME, content)
    report.clock(time_ms_of_bcd(cursor.take(6)))
    stations = _station_list(cursor, station_count)
    count = cursor.number(1)
    country, network = read_operator(cursor)
    cells: list[str] = []
    for _ in range(count):
        area, cell, _ = _SHORT_CELL.unpack(cursor.take(_SHORT_CELL.size))
        text = cell_text(country, network, area, cell)
        if text not in cells:
            cells.append(text)
    _note(report, cells, stations)


COUNTED_TYPES = frozenset({0x17, 0x69})
"""Types of frames whose length byte may be a count of stations."""

NETWORKS: Mapping[int, Callable[[Cursor, FrameReport], None]] = {
    0x28: read_network,
    0x2C: read_network,
    0x2E: read_network,
    0xA1: read_network_4g,
    0xF3: read_counted_network,
}
"""Types that carry nothing else."""
