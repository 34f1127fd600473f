"""Teltonika AVL records (Codec 8, 8 Extended, 16) to positions.

Source: Teltonika wiki, "Codec" (AVL data packet, AVL data, GPS element, IO element).
"""

import struct
from typing import Any

from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.teltonika.beacons import read_variable
from milepost.protocols.teltonika.element import CELL_OF
from milepost.protocols.teltonika.elements import EVENT_ALARMS
from milepost.protocols.teltonika.layouts import (
    VALUE_WIDTHS,
    Dialect,
    Layout,
    RadioPlace,
    Shape,
    layout_of,
    serving_cell,
)

_PROTOCOL = "teltonika"
_ALARM = CELL_OF["alarm"]
_LATEST_TIME_MS = 253_402_300_799_999
_MOST_SATELLITES = 127
_LATITUDE_LIMIT = 900_000_000
_LONGITUDE_LIMIT = 1_800_000_000
_MEASUREMENTS = (None,) * (CELL_OF["tire_pressures_kpa"] - CELL_OF["ignition"])


class RecordReader:
    """Reads one connection's records of one dialect; expects the shape of the last record."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._layout: Layout | None = None

    def read(self, frame: bytes, start: int, end: int, count: int, damaged: bool) -> list[Position]:
        """`count` records that fill the frame from `start` to `end`.

        Raises:
            ProtocolError: a record reaches beyond `end`, the records do not fill it, or a time is
                beyond the year 9999.
        """
        positions: list[Position] = []
        offset = start
        for _ in range(count):
            position, offset = self._record(frame, offset, end, damaged)
            positions.append(position)
        if offset != end:
            reason = f"{count} records end here, the frame's data at {end}"
            raise ProtocolError(_PROTOCOL, reason, offset=offset)
        return positions

    def _record(self, frame: bytes, start: int, end: int, damaged: bool) -> tuple[Position, int]:
        layout = self._layout
        row: tuple[Any, ...] = ()
        if layout is not None and start + layout.size <= end:
            row = layout.unpack(frame, start)
        if layout is None or not row or layout.select(row) != layout.signature:
            layout = self._layout = layout_of(self._dialect, self._shape(frame, start, end))
            row = layout.unpack(frame, start)
        attributes = _attributes(row, layout)
        offset = start + layout.size
        if self._dialect.variable and row[-1]:
            offset = _read_variables(frame, offset, end, row[-1], attributes)
        if self._dialect.generation:
            attributes["uploadReason"] = str(row[9])
        return _position(row, layout, attributes, damaged), offset

    def _shape(self, frame: bytes, start: int, end: int) -> Shape:
        dialect = self._dialect
        count_size = struct.calcsize(dialect.counter)
        id_size = struct.calcsize(dialect.identifier)
        offset = start + struct.calcsize(f">{dialect.head}")
        shape: list[tuple[int, ...]] = []
        for width_bytes in VALUE_WIDTHS:
            number = int.from_bytes(frame[offset : offset + count_size], "big")
            offset += count_size
            step = id_size + width_bytes
            ids_end = _within(offset + number * step, end)
            shape.append(
                tuple(
                    int.from_bytes(frame[at : at + id_size], "big")
                    for at in range(offset, ids_end, step)
                )
            )
            offset = ids_end
        _within(offset + (count_size if dialect.variable else 0), end)
        return shape[0], shape[1], shape[2], shape[3]


def _attributes(row: tuple[Any, ...], layout: Layout) -> dict[str, Any]:
    attributes = {name: convert(row[index]) for name, index, convert in layout.attributes}
    for name, index, convert, missing in layout.doubtful:
        raw = row[index]
        if raw not in missing:
            known = attributes.get(name)
            attributes[name] = convert(raw) if known is None else f"{known}{convert(raw)}"
    if layout.radio is not None:
        _note_cell(row, layout.radio, attributes)
    return attributes


def _note_cell(row: tuple[Any, ...], radio: RadioPlace, attributes: dict[str, Any]) -> None:
    """Operator, area and cell as one; the cell's and the area's own attributes give way to it."""
    operator, area, narrow, wide = radio
    cell = (wide and row[wide]) or (narrow and row[narrow])
    text = serving_cell(row[operator], row[area], cell or 0)
    if text is not None:
        attributes["cells"] = text
        del attributes["areaCode"], attributes["cellId"]


def _within(offset: int, end: int) -> int:
    if offset > end:
        raise ProtocolError(_PROTOCOL, f"a record reaches beyond {end}", offset=offset)
    return offset


def _read_variables(
    frame: bytes, offset: int, end: int, count: int, attributes: dict[str, Any]
) -> int:
    for _ in range(count):
        _within(offset + 4, end)
        element_id, length = struct.unpack_from(">HH", frame, offset)
        value_end = _within(offset + 4 + length, end)
        attributes.update(read_variable(element_id, frame[offset + 4 : value_end]))
        offset = value_end
    if "driverName" in attributes:
        attributes.setdefault("driverUniqueId", attributes["driverName"])
    return offset


def _position(
    row: tuple[Any, ...], layout: Layout, attributes: dict[str, Any], damaged: bool
) -> Position:
    """The position of an unpacked record.

    Without a fix the tracker repeats its last known place and says 0 satellites: kept, as not
    valid. At 0°, 0° it never had one: a status.
    """
    time_ms, _, longitude, latitude, altitude, course, satellites, speed, event = row[:9]
    if time_ms > _LATEST_TIME_MS:
        raise ProtocolError(_PROTOCOL, f"time {time_ms} ms came, allowed is {_LATEST_TIME_MS}")
    placed = (
        (latitude != 0 or longitude != 0)
        and -_LATITUDE_LIMIT <= latitude <= _LATITUDE_LIMIT
        and -_LONGITUDE_LIMIT <= longitude <= _LONGITUDE_LIMIT
    )
    cells: list[Any] = [
        time_ms,
        latitude / 1e7 if placed else None,
        longitude / 1e7 if placed else None,
        float(altitude) if placed else None,
        float(speed) if placed and speed != 0xFFFF else None,
        float(course) if placed and course <= 360 else None,
        placed and satellites > 0,
        None,
        satellites if satellites <= _MOST_SATELLITES else None,
        *_MEASUREMENTS,
        (),
        None,
        None,
        None,
        (str(event),) if event else (),
        damaged,
    ]
    for cell, index, convert in layout.fields:
        cells[cell] = convert(row[index])
    if event in EVENT_ALARMS and event in layout.indexes:
        cells[_ALARM] = EVENT_ALARMS[event].get(row[layout.indexes[event]])
    cells.append({path: convert(row[index]) for path, index, convert in layout.signals})
    cells.append(attributes)
    return Position(*cells)
