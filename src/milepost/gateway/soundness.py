"""Whether the fields of a struct hold what they may: asked once for all of them, in C.

`shape_of` derives from a struct's own annotations and from `domain.bounds` a type that msgspec
checks. Texts get a second look, which msgspec has no word for: neither engine takes a NUL or half a
surrogate pair.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import GenericAlias, MappingProxyType
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta

from milepost.domain.alarm import ALARMS
from milepost.domain.bounds import MOST, MOST_NAME_CHARS, MOST_TEXT_CHARS, NUMBERS
from milepost.domain.message import Message
from milepost.domain.position import Position

# A type that is put together while the program runs is one that no type checker can follow.
AnyType = Any

_convert = msgspec.convert

_Name = Annotated[str, Meta(max_length=MOST_NAME_CHARS)]
_Text = Annotated[str, Meta(max_length=MOST_TEXT_CHARS)]


def _number(name: str, kind: AnyType) -> AnyType:
    bounds = NUMBERS[name]
    return Annotated[kind, Meta(ge=kind(bounds.least), le=kind(bounds.most))]


def _many(name: str, kind: AnyType) -> AnyType:
    return Annotated[kind, Meta(max_length=MOST[name])]


_Pressure = _number("tire_pressures_kpa", float) | None
_Signal = _number("signals", float)

_SPECIAL: Mapping[str, AnyType] = MappingProxyType(
    {
        "text": _Text | None,
        "alarm": Literal[tuple(ALARMS)] | None,
        "event_codes": _many("event_codes", tuple[_Name, ...]),
        "tire_pressures_kpa": _many("tire_pressures_kpa", GenericAlias(tuple, (_Pressure, ...))),
        "signals": _many("signals", GenericAlias(dict, (_Name, _Signal))),
        "attributes": _many("attributes", dict[_Name, _Text]),
    }
)


def _checked(name: str, hint: AnyType) -> AnyType:
    if name in _SPECIAL:
        return _SPECIAL[name]
    if name not in NUMBERS:
        return hint
    kinds = getattr(hint, "__args__", (hint,))
    number = _number(name, kinds[0])
    return number | None if type(None) in kinds else number


def checks_of(kind: type[msgspec.Struct], names: Iterable[str]) -> dict[str, AnyType]:
    """What each of the struct's named fields has to be."""
    hints = get_type_hints(kind)
    return {name: _checked(name, hints[name]) for name in names}


def shape_of(checks: Mapping[str, AnyType]) -> AnyType:
    """The type of a row of these values; msgspec looks at one of these once and for all."""
    return msgspec.defstruct("Shape", list(checks.items()), array_like=True, gc=False)


def fits(values: Sequence[Any], shape: AnyType) -> bool:
    """Whether a row of values is of the shape."""
    try:
        _convert(values, shape)
    except (ValueError, OverflowError):
        return False
    return True


def is_plain(text: str) -> bool:
    """Whether nothing has to be looked at more closely: ASCII without control characters."""
    return text.isascii() and text.isprintable()


POSITION_CHECKS = checks_of(Position, Position.__struct_fields__)
"""What each field of a position has to be."""

POSITION_SHAPE = shape_of(POSITION_CHECKS)
"""The row of a position's fields."""

MESSAGE_CHECKS = checks_of(Message, ("text", "attributes", "reference", "accepted"))
"""What a message has beside identity and positions that comes from outside."""

PRESSURE_SHAPE = shape_of({"kpa": _Pressure})
SIGNAL_SHAPE = shape_of({"value": _Signal})
"""The row of one tyre's pressure, and of one signal."""
