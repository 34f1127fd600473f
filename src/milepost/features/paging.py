"""Lists in pages: an opaque cursor that remembers the last row's sort key."""

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter
from sqlalchemy import ColumnElement, Select, tuple_

from milepost.errors import InvalidInput
from milepost.features.wire import PRINTABLE

T = TypeVar("T")
K = TypeVar("K")

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000

Limit = Annotated[
    int,
    QueryParameter(
        name="limit",
        ge=1,
        le=MAX_LIMIT,
        description=f"How many items a page holds at most (default {DEFAULT_LIMIT}).",
    ),
]
After = Annotated[
    str | None,
    QueryParameter(
        name="after", max_length=500, description="The `next` of the page before; none at first."
    ),
]
Search = Annotated[
    str | None,
    QueryParameter(
        name="search",
        max_length=200,
        pattern=PRINTABLE,
        description="Words that a name or a number contains, in any case of letters.",
    ),
]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some items of a list; `next` is the cursor of the page that follows, null at the end."""

    items: list[T]
    next: str | None


def encode_cursor(key: object) -> str:
    """The sort key of a page's last row, as text that means nothing to the client."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def decode_cursor(cursor: str, kind: type[K]) -> K:
    """The sort key in a cursor.

    Raises:
        InvalidInput: the text is not a cursor of such a list.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key = msgspec.json.decode(
            base64.b64decode(padded, altchars=b"-_", validate=True), type=kind
        )
        _check_storable(key)
    except (ValueError, OverflowError, msgspec.MsgspecError) as error:
        raise InvalidInput("after", cursor, "the `next` of an earlier page") from error
    return key


def _check_storable(value: object) -> None:
    """A cursor may be forged: what it holds must be something that an engine can compare.

    Raises:
        ValueError: PostgreSQL has no such text, integer or time.
        OverflowError: the time is beyond the calendar in UTC.
    """
    match value:
        case msgspec.Struct():
            _check_storable(msgspec.structs.astuple(value))
        case tuple():
            for each in value:
                _check_storable(each)
        case str() if "\0" in value:
            raise ValueError("a text with NUL")
        case int() if not -(2**63) <= value < 2**63:
            raise ValueError("an integer beyond 64 bits")
        case datetime():
            if value.tzinfo is None:
                raise ValueError("a time without a zone")
            value.astimezone(UTC)


def keyset(
    query: Select[Any],
    columns: Sequence[ColumnElement[Any]],
    after: tuple[Any, ...] | None,
    limit: int,
    *,
    descending: bool = False,
) -> Select[Any]:
    """The query's rows that follow the key, in the order of the columns, one more than the limit.

    The columns must be unique together. The row too many tells whether another page follows.
    """
    if after is not None:
        here = tuple_(*columns)
        query = query.where(here < after if descending else here > after)
    order = [column.desc() if descending else column.asc() for column in columns]
    return query.order_by(*order).limit(limit + 1)


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], object]) -> Page[T]:
    """The page made of what `keyset` found."""
    more = len(rows) > limit
    items = list(rows[:limit])
    return Page(items=items, next=encode_cursor(key(items[-1])) if more else None)
