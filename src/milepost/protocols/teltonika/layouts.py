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

from milepost.protocols.teltonika.element import CELL_OF, Element
from milepost.protocols.teltonika.elements import (
    AREA,
    CELL_2G,
    CELL_LTE,
    ELEMENTS,
    OPERATOR,
    TEXT_ELEMENTS,
    element_of,
)
from milepost.protocols.wire.radio import cell_text

Shape = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""The element ids of one, two, four and eight bytes, in the order of the record."""

Convert = Callable[[int], object]
FieldPlace = tuple[int, int, Convert]
NamedPlace = tuple[str, int, Convert]
DoubtfulPlace = tuple[str, int, Convert, frozenset[int]]
RadioPlace = tuple[int, int, int | None, int | None]
"""Operator, area, cell of 2G, cell of LTE."""

VALUE_WIDTHS = (1, 2, 4, 8)
_OPERATOR_DIGITS = 5
_EIGHT_BYTES = 8
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
        "doubtful",
        "fields",
        "indexes",
        "radio",
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
        elements = _elements(shape)
        self.fields = _field_places(indexes, elements)
        self.signals = _signal_places(indexes, elements)
        self.radio = _radio_place({known: indexes[known] for known in elements})
        self.attributes = _attribute_places(indexes, elements)
        self.doubtful = _doubtful_places(indexes, elements, shape)


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
    element = element_of(element_id, struct.calcsize(f">{value_code}"))
    return value_code.lower() if element is not None and element.signed else value_code


def _elements(shape: Shape) -> dict[int, Element]:
    """The explained elements of a shape, in the order of the table."""
    found = {
        element_id: element
        for ids, width_bytes in zip(shape, VALUE_WIDTHS, strict=True)
        for element_id in ids
        if (element := element_of(element_id, width_bytes)) is not None
    }
    return {known: found[known] for known in (*ELEMENTS, *found) if known in found}


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


def _field_places(indexes: dict[int, int], elements: dict[int, Element]) -> tuple[FieldPlace, ...]:
    """Of several elements for one field (odometer of GNSS, OBD, CAN) the last listed wins."""
    places: dict[str, FieldPlace] = {}
    for element_id, element in elements.items():
        if element.cell is not None:
            index = indexes[element_id]
            places[element.cell] = CELL_OF[element.cell], index, convert_of(element)
    return tuple(places.values())


def _signal_places(indexes: dict[int, int], elements: dict[int, Element]) -> tuple[NamedPlace, ...]:
    return tuple(
        (element.signal, indexes[element_id], convert_of(element))
        for element_id, element in elements.items()
        if element.signal is not None
    )


def _attribute_places(
    indexes: dict[int, int], elements: dict[int, Element]
) -> tuple[NamedPlace, ...]:
    return tuple(
        (element.name, indexes[element_id], convert_of(element))
        for element_id, element in elements.items()
        if element.name is not None and not element.missing
    )


def _doubtful_places(
    indexes: dict[int, int], elements: dict[int, Element], shape: Shape
) -> tuple[DoubtfulPlace, ...]:
    """Attributes that some raw values say to be missing, identities, and unexplained elements."""
    places: list[DoubtfulPlace] = []
    for ids, width_bytes in zip(shape, VALUE_WIDTHS, strict=True):
        for element_id in ids:
            element = elements.get(element_id)
            index = indexes[element_id]
            if element is None:
                places.append(_unnumbered_place(element_id, index, width_bytes))
            elif element.name is not None and element.missing:
                places.append((element.name, index, convert_of(element), element.missing))
    return tuple(places)


_NEVER: frozenset[int] = frozenset()
_ZERO = frozenset({0})


def _unnumbered_place(element_id: int, index: int, width_bytes: int) -> DoubtfulPlace:
    known = TEXT_ELEMENTS.get(element_id)
    if known is None or width_bytes < _EIGHT_BYTES:
        return f"io:{element_id}", index, f"%0{2 * width_bytes}x".__mod__, _NEVER
    if known.shown == "text":
        return known.name, index, functools.partial(_text_of_integer, width_bytes), _ZERO
    code = "X" if known.shown == "key" else "x"
    return known.name, index, f"%0{2 * width_bytes}{code}".__mod__, _ZERO


def _text_of_integer(width_bytes: int, raw: int) -> str:
    return raw.to_bytes(width_bytes, "big").decode("latin-1").strip("\0 ")


def _radio_place(indexes: dict[int, int]) -> RadioPlace | None:
    if OPERATOR not in indexes or AREA not in indexes:
        return None
    narrow, wide = indexes.get(CELL_2G), indexes.get(CELL_LTE)
    if narrow is None and wide is None:
        return None
    return indexes[OPERATOR], indexes[AREA], narrow, wide


@functools.lru_cache(maxsize=4096)
def serving_cell(operator: int, area: int, cell: int) -> str | None:
    """The cell that `operator` (MCC and MNC, as 26202), `area` and `cell` name; None for none.

    In LTE the element of 2G's cell is 0 or 65535.
    """
    digits = str(operator)
    if len(digits) < _OPERATOR_DIGITS or not cell or not area:
        return None
    return cell_text(int(digits[:3]), int(digits[3:]), area, cell)
