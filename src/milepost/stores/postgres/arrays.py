"""Lists of any length as one parameter of a statement.

`IN` takes a parameter for each value, and a statement has 32,767 at most.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, any_, func, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE

_IDS = ARRAY(UUID_TYPE(as_uuid=True))


def is_one_of(column: ColumnElement[Any], ids: Iterable[UUID]) -> ColumnElement[bool]:
    """Whether a column of UUIDs holds one of these."""
    return column == any_(literal(list(ids), _IDS))


def is_one_of_texts(column: ColumnElement[Any], texts: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column of texts holds one of these."""
    return column == any_(literal(list(texts), ARRAY(Text)))


def ids_as_rows(ids: Iterable[UUID]) -> ColumnElement[Any]:
    """The ids as the rows of a sub-select."""
    return func.unnest(literal(list(ids), _IDS))
