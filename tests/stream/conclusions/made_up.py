"""Outputs of any type, made from its fields: a new kind needs no example."""

from datetime import UTC, datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

# What PostgreSQL keeps: no NUL, no half of a surrogate pair.
_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    datetime: st.integers(0, 4_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
    float: st.floats(allow_nan=False, allow_infinity=False),
    int: st.integers(0, 2**31 - 1),
    str: _TEXT,
    bool: st.booleans(),
    type(None): st.none(),
}


def made_up(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type, or of an output."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        hints = get_type_hints(annotation)
        names = annotation.__struct_fields__
        return st.builds(annotation, **{name: made_up(hints[name]) for name in names})
    if origin in (Union, UnionType):
        return st.one_of(*map(made_up, arguments))
    if origin is dict:
        return st.dictionaries(*map(made_up, arguments), max_size=3)
    return _PLAIN[annotation] if annotation in _PLAIN else st.from_type(annotation)
