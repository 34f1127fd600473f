"""What becomes of values that cannot be: turned where that is certain, else left out and noted.

Only what the gate finds unsound comes here, so this looks at one field after the other.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any, TypeVar

from msgspec.structs import replace

from milepost.domain.bounds import (
    LATEST_FIX_TIME_MS,
    MOST,
    MOST_NAME_CHARS,
    MOST_TEXT_CHARS,
    REFUSED,
)
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.gateway.soundness import (
    MESSAGE_CHECKS,
    POSITION_CHECKS,
    PRESSURE_SHAPE,
    SIGNAL_SHAPE,
    fits,
    is_plain,
    shape_of,
)

AnyStruct = TypeVar("AnyStruct", Position, Message)

# What stands for "unknown" where None does not.
_BLANK: Mapping[str, Any] = MappingProxyType(
    {"fix_time_ms": LATEST_FIX_TIME_MS, "valid": False, "damaged": False}
)
_PLACE = ("latitude_deg", "longitude_deg")
_MOST_REFUSED_CHARS = 100
# More bits than any measurement has, and fewer digits than `str` refuses to write.
_MOST_BITS = 256

_SHAPES = {
    name: shape_of({name: check}) for name, check in (MESSAGE_CHECKS | POSITION_CHECKS).items()
}


class _Refusals:
    """The refused values of one struct: as attributes, and by field."""

    __slots__ = ("fields", "notes")

    def __init__(self, fields: list[str]) -> None:
        self.fields = fields
        self.notes: dict[str, str] = {}

    def add(self, field: str, value: object, name: str = "") -> None:
        """A value of the field, under a name of its own if the field has several."""
        self.fields.append(field)
        key = clean_text(REFUSED + (name or field), MOST_NAME_CHARS)
        self.notes[key] = told(value, _MOST_REFUSED_CHARS)


def repaired_position(position: Position, refused: list[str]) -> Position:
    """The position without what cannot be; the same object if all of it can."""
    refusals = _Refusals(refused)
    changes = _changes(position, POSITION_CHECKS, refusals)
    _check_place(position, changes, refusals)
    return _changed(position, changes, refusals)


def repaired_message(message: Message, refused: list[str]) -> Message:
    """The message without what cannot be; its identity and its positions are not looked at."""
    refusals = _Refusals(refused)
    return _changed(message, _changes(message, MESSAGE_CHECKS, refusals), refusals)


def _changes(
    struct: Position | Message, names: Mapping[str, Any], refusals: _Refusals
) -> dict[str, Any]:
    changes = {}
    for name in names:
        value = getattr(struct, name)
        better = _REPAIRS.get(name, _single)(name, value, refusals)
        if better is not value:
            changes[name] = better
    return changes


def _changed(struct: AnyStruct, changes: dict[str, Any], refusals: _Refusals) -> AnyStruct:
    if refusals.notes:
        kept = refusals.notes | changes.get("attributes", struct.attributes)
        changes["attributes"] = dict(list(kept.items())[: MOST["attributes"]])
    return replace(struct, **changes) if changes else struct


def _check_place(position: Position, changes: dict[str, Any], refusals: _Refusals) -> None:
    """Half a place is none."""
    halves = {name: changes.get(name, getattr(position, name)) for name in _PLACE}
    known = [name for name, value in halves.items() if value is not None]
    if len(known) == 1:
        refusals.add(known[0], halves[known[0]])
    if len(known) == 1 or any(name in changes and changes[name] is None for name in _PLACE):
        changes |= dict.fromkeys(_PLACE) | {"valid": False}


def _single(name: str, value: Any, refusals: _Refusals) -> Any:
    if fits((value,), _SHAPES[name]):
        return value
    turned = _turned(value, _SHAPES[name])
    if turned is None:
        refusals.add(name, value)
        return _BLANK.get(name)
    return turned


def _turned(value: Any, shape: Any) -> bool | int | float | None:
    """The same number in the type that is wanted: 0 as False, 5.0 as 5; None if there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    kinds: tuple[type[bool | int | float], ...] = (bool, int, float)
    for kind in kinds:
        with suppress(ValueError, OverflowError):
            same = kind(value)
            if same == value and fits((same,), shape):
                return same
    return None


def _text(name: str, value: Any, refusals: _Refusals) -> Any:
    if value is None:
        return None
    text = told(value, MOST_TEXT_CHARS)
    if text is not value:
        refusals.fields.append(name)
    return text


def _pressures(name: str, value: Any, refusals: _Refusals) -> Any:
    if fits((value,), _SHAPES[name]):
        return value
    if not isinstance(value, list | tuple):
        refusals.add(name, value)
        return ()
    kept = tuple(item if fits((item,), PRESSURE_SHAPE) else None for item in value[: MOST[name]])
    refusals.add(name, ",".join(told(item, 20) for item in value))
    return kept


def _event_codes(name: str, value: Any, refusals: _Refusals) -> Any:
    if not isinstance(value, list | tuple):
        refusals.add(name, value)
        return ()
    kept = tuple(told(item, MOST_NAME_CHARS) for item in value[: MOST[name]])
    return _kept(name, kept, value, refusals, same=_same(kept, value))


def _signals(name: str, value: Any, refusals: _Refusals) -> Any:
    if not isinstance(value, dict):
        refusals.add(name, value)
        return {}
    kept = {}
    for path, number in list(value.items())[: MOST[name]]:
        key = told(path, MOST_NAME_CHARS)
        if fits((number,), SIGNAL_SHAPE):
            kept[key] = number
        else:
            refusals.add(name, number, key)
    return _kept(name, kept, value, refusals, same=_same(tuple(kept), tuple(value)))


def _attributes(name: str, value: Any, refusals: _Refusals) -> Any:
    if not isinstance(value, dict):
        refusals.add(name, value)
        return {}
    kept = {
        told(key, MOST_NAME_CHARS): told(item, MOST_TEXT_CHARS)
        for key, item in list(value.items())[: MOST[name]]
    }
    same = _same((*kept, *kept.values()), (*value, *value.values()))
    return _kept(name, kept, value, refusals, same=same)


def _kept(name: str, kept: Any, value: Any, refusals: _Refusals, *, same: bool) -> Any:
    """The value itself if all of it is kept, else what is left of it, counted."""
    if same:
        return value
    if name not in refusals.fields:
        refusals.fields.append(name)
    return kept


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


_REPAIRS: Mapping[str, Callable[[str, Any, _Refusals], Any]] = MappingProxyType(
    {
        "text": _text,
        "tire_pressures_kpa": _pressures,
        "event_codes": _event_codes,
        "signals": _signals,
        "attributes": _attributes,
    }
)


def told(value: object, most_chars: int) -> str:
    """A value as text; a sound text is the same object."""
    if isinstance(value, str):
        return clean_text(value, most_chars)
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return clean_text(hex(value), most_chars)
    plain = value is None or isinstance(value, int | float)
    return clean_text(str(value) if plain else type(value).__name__, most_chars)


def clean_text(text: str, most_chars: int) -> str:
    """The text with NULs and half surrogates as escapes, and without what is too long."""
    if not is_plain(text):
        escaped = text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
        text = text if escaped == text else escaped
    return text if len(text) <= most_chars else text[: most_chars - 1] + "…"
