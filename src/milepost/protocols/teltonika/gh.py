"""Teltonika's old GH codec (07): fields are there or not, as masks say.

Source: Teltonika "GH3000 AVL protocol".
"""

import struct
from typing import Any

from milepost.domain.position import Position
from milepost.protocols.teltonika.elements import element_of
from milepost.protocols.teltonika.layouts import convert_of, serving_cell
from milepost.protocols.wire.cursor import Cursor

_EPOCH_S = 1_167_609_600
_TIME_MASK = 0x3FFFFFFF
_PLACE, _ALTITUDE, _COURSE, _SPEED, _SATELLITES, _CELL, _SIGNAL, _OPERATOR = (
    1 << bit for bit in range(8)
)
_ELEMENT_WIDTHS = ((0x02, 1), (0x04, 2), (0x08, 4))


def read_gh_records(content: bytes, count: int, *, damaged: bool) -> list[Position]:
    """`count` records.

    Raises:
        ProtocolError: the content ends before them.
    """
    cursor = Cursor("teltonika", content)
    return [_record(cursor, damaged=damaged) for _ in range(count)]


def _record(cursor: Cursor, *, damaged: bool) -> Position:
    time_s = (cursor.number(4) & _TIME_MASK) + _EPOCH_S
    mask = cursor.number(1)
    fields: dict[str, Any] = {"fix_time_ms": time_s * 1000}
    signals: dict[str, float] = {}
    attributes: dict[str, str] = {}
    if mask & 1:
        _read_gps(cursor, fields, attributes)
    for bit, width in _ELEMENT_WIDTHS:
        for _ in range(cursor.number(1) if mask & bit else 0):
            _read_element(cursor, width, fields, signals, attributes)
    fields["valid"] = "latitude_deg" in fields and fields.get("satellites", 1) > 0
    return Position(**fields, damaged=damaged, signals=signals, attributes=attributes)


def _read_gps(cursor: Cursor, fields: dict[str, Any], attributes: dict[str, str]) -> None:
    mask = cursor.number(1)
    if mask & _PLACE:
        latitude, longitude = struct.unpack(">ff", cursor.take(8))
        if abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude or longitude):
            fields |= {"latitude_deg": round(latitude, 6), "longitude_deg": round(longitude, 6)}
    if mask & _ALTITUDE:
        fields["altitude_m"] = float(cursor.signed(2))
    if mask & _COURSE:
        fields["course_deg"] = cursor.number(1) * 360 / 256
    if mask & _SPEED:
        fields["speed_kmh"] = float(cursor.number(1))
    if mask & _SATELLITES:
        fields["satellites"] = cursor.number(1)
    area, cell = (cursor.number(2), cursor.number(2)) if mask & _CELL else (0, 0)
    if mask & _SIGNAL:
        attributes["gsmSignal"] = str(cursor.number(1))
    operator = cursor.number(4) if mask & _OPERATOR else 0
    if mask & _OPERATOR:
        attributes["operator"] = str(operator)
    if mask & _CELL:
        text = serving_cell(operator, area, cell)
        attributes |= {"cells": text} if text else {"areaCode": str(area), "cellId": str(cell)}


def _read_element(
    cursor: Cursor,
    width: int,
    fields: dict[str, Any],
    signals: dict[str, float],
    attributes: dict[str, str],
) -> None:
    element_id = cursor.number(1)
    element = element_of(element_id, width)
    if element is None:
        attributes[f"io:{element_id}"] = cursor.take(width).hex()
        return
    raw = cursor.signed(width) if element.signed else cursor.number(width)
    value: Any = convert_of(element)(raw)
    if element.cell is not None:
        fields[element.cell] = value
    elif element.signal is not None:
        signals[element.signal] = value
    else:
        attributes[str(element.name)] = value
