"""The fast path of Teltonika records: one compiled layout for all records of the same shape.

A device sends the same elements in the same order for hours. A `Layout` is made once for such a
shape (the counts and the element ids): one `Struct` that unpacks the whole record, one tuple to
compare to know that a record has the shape, and for each value its place in the position.
"""

import functools
import struct
from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple

from milepost.protocols.teltonika.elements import CELL_OF, ELEMENTS, TEXT_ELEMENTS, Element

Shape = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""The element ids of one, two, four and eight bytes, in the order of the record."""

Convert = Callable[[int], object]
CellPlace = tuple[int, int, Convert]
NamedPlace = tuple[str, int, Convert]

VALUE_WIDTHS = (1, 2, 4, 8)
_VALUE_CODES = ("B", "H", "I", "Q")


class Dialect(NamedTuple):
    """How a codec writes ids and counts: struct codes of one or two bytes.

    `generation`: Codec 16's byte that says what made the record. `variable`: 8E's elements of any
    length at the end.
    """

    identifier: str
    counter: str
    generation: bool
    variable: bool

    @property
    def head(self) -> str:
        """The struct code up to the first count: time … speed, event id, number of elements."""
        return f"QBiihHBH{self.identifier}{'B' if self.generation else ''}{self.counter}"


CODEC_8 = Dialect("B", "B", generation=False, variable=False)
CODEC_8_EXTENDED = Dialect("H", "H", generation=False, variable=True)
CODEC_16 = Dialect("H", "B", generation=True, variable=False)


class Layout:
    """How records of one shape are read and what their values mean.

    `signature` is what `select(row)` gives for a record of this shape: the element counts and ids.
    """

    __slots__ = (
        "attributes",
        "cells",
        "indexes",
        "select",
        "signals",
        "signature",
        "size",
        "unpack",
    )

    def __init__(self, dialect: Dialect, shape: Shape) -> None:
        code, indexes, checked = _row_code(dialect, shape)
        record = struct.Struct(code)
        self.unpack = record.unpack_from
        self.size = record.size
        self.indexes = indexes
        self.select = itemgetter(*checked)
        self.signature = tuple(checked.values())
        self.cells = _cell_places(indexes)
        self.signals = _signal_places(indexes)
        self.attributes = _attribute_places(indexes, shape)


@functools.lru_cache(maxsize=2048)
def layout_of(dialect: Dialect, shape: Shape) -> Layout:
    """The layout of a shape."""
    return Layout(dialect, shape)


def _row_code(dialect: Dialect, shape: Shape) -> tuple[str, dict[int, int], dict[int, int]]:
    """The struct code, the row index of each element's value, and what must stand where."""
    code = [">", dialect.head]
    row_length = 11 if dialect.generation else 10
    indexes: dict[int, int] = {}
    checked: dict[int, int] = {}
    for ids, value_code in zip(shape, _VALUE_CODES, strict=True):
        code.append(dialect.counter)
        checked[row_length] = len(ids)
        row_length += 1
        for element_id in ids:
            code += dialect.identifier, _signed(element_id, value_code)
            checked[row_length] = element_id
            indexes[element_id] = row_length + 1
            row_length += 2
    if dialect.variable:
        code.append(dialect.counter)
    return "".join(code), indexes, checked


def _signed(element_id: int, value_code: str) -> str:
    element = ELEMENTS.get(element_id)
    return value_code.lower() if element is not None and element.signed else value_code


def convert_of(element: Element) -> Convert:
    """The function from an element's raw integer to its value."""
    if element.convert is not None:
        return element.convert
    as_text = element.name is not None
    if element.divisor == 1:
        return str if as_text else float
    divide = functools.partial(_divide, element.divisor)
    if as_text:
        return lambda raw: str(divide(raw))
    return element.divisor.__rtruediv__ if isinstance(element.divisor, int) else divide


def _divide(divisor: float, raw: int) -> float:
    return round(raw / divisor, 6)


def _cell_places(indexes: dict[int, int]) -> tuple[CellPlace, ...]:
    """Of several elements for one field (odometer of GNSS, OBD, CAN) the last listed wins."""
    places: dict[str, CellPlace] = {}
    for element_id, element in ELEMENTS.items():
        if element.cell is not None and element_id in indexes:
            index = indexes[element_id]
            places[element.cell] = CELL_OF[element.cell], index, convert_of(element)
    return tuple(places.values())


def _signal_places(indexes: dict[int, int]) -> tuple[NamedPlace, ...]:
    return tuple(
        (element.signal, indexes[element_id], convert_of(element))
        for element_id, element in ELEMENTS.items()
        if element.signal is not None and element_id in indexes
    )


def _attribute_places(indexes: dict[int, int], shape: Shape) -> tuple[NamedPlace, ...]:
    places: list[NamedPlace] = []
    for ids, width_bytes in zip(shape, VALUE_WIDTHS, strict=True):
        for element_id in ids:
            element = ELEMENTS.get(element_id)
            if element is None:
                places.append(_unknown_place(element_id, indexes[element_id], width_bytes))
            elif element.name is not None:
                places.append((element.name, indexes[element_id], convert_of(element)))
    return tuple(places)


def _unknown_place(element_id: int, index: int, width_bytes: int) -> NamedPlace:
    name, shown = TEXT_ELEMENTS.get(element_id, (f"io:{element_id}", "hex"))
    if shown == "text":
        return name, index, functools.partial(_text_of_integer, width_bytes)
    return name, index, f"%0{2 * width_bytes}x".__mod__


def _text_of_integer(width_bytes: int, raw: int) -> str:
    return raw.to_bytes(width_bytes, "big").decode("latin-1").strip("\0 ")
