"""Where an AVL element of Teltonika goes, and how its raw integer becomes a value."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from milepost.domain.position import Position

CELL_OF = {name: index for index, name in enumerate(Position.__struct_fields__)}
"""Field of a position to its place among the fields."""


class Element(msgspec.Struct, frozen=True):
    """Where an AVL element goes: one of `cell` (a Position field), `signal` (a VSS path), `name`.

    `divisor` turns the raw integer into the unit of the target; a `name` (attribute) keeps the
    result as text. `missing` are raw values by which the device says that there is nothing.
    """

    cell: str | None = None
    signal: str | None = None
    name: str | None = None
    divisor: int | float = 1
    signed: bool = False
    convert: Callable[[int], object] | None = None
    missing: frozenset[int] = frozenset()


class TextElement(NamedTuple):
    """An element whose bytes are a `text`, an identity as `hex` or one as `key` (upper case)."""

    name: str
    shown: str


def cell(name: str, divisor: int | float = 1, *, signed: bool = False) -> Element:
    """An element that is a field of the position."""
    return Element(cell=name, divisor=divisor, signed=signed)


def signal(path: str, divisor: int | float = 1, *, signed: bool = False) -> Element:
    """An element that is a signal of VSS, by its path below `Vehicle`."""
    return Element(signal=f"Vehicle.{path}", divisor=divisor, signed=signed)


def named(
    name: str,
    divisor: int | float = 1,
    *,
    signed: bool = False,
    missing: frozenset[int] = frozenset(),
) -> Element:
    """An element that is an attribute."""
    return Element(name=name, divisor=divisor, signed=signed, missing=missing)


def minutes(name: str) -> Element:
    """An attribute in seconds of an element in minutes."""
    return Element(name=name, convert=_seconds_text)


def _seconds_text(raw_minutes: int) -> str:
    return str(raw_minutes * 60)


def numbered(ids: tuple[int, ...], make: Callable[[int], Element]) -> dict[int, Element]:
    """Elements of the same kind, counted from 1."""
    return {element_id: make(number) for number, element_id in enumerate(ids, 1)}
