"""What the stream concluded (trips, stops, events), in pages of time."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.errors import NotFound
from milepost.features.paging import (
    DEFAULT_LIMIT,
    After,
    Limit,
    Page,
    decode_cursor,
    keyset,
    page_of,
)
from milepost.features.periods import Period
from milepost.features.rows import columns_of, fetch_all, fetch_one
from milepost.features.vehicles.visibility import in_fleet_of, in_visible_history
from milepost.features.wire import Wire, camel


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What all rows of history have."""

    id: UUID
    vehicle_id: UUID | None
    device_id: UUID


T = TypeVar("T", bound=Row)
S = TypeVar("S", bound=msgspec.Struct)

_NOTHING: Mapping[str, ColumnElement[Any]] = MappingProxyType({})

Order = Annotated[
    Literal["asc", "desc"],
    QueryParameter(name="order", description="By time: the oldest first, or the newest."),
]


Totals = Annotated[
    bool,
    QueryParameter(
        name="totals",
        description="Whether `total` counts and sums up everything in the period, not the page.",
    ),
]


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of history is asked for, and which page of it."""

    period: Period
    order: Literal["asc", "desc"]
    after: str | None
    limit: int
    totals: bool = False
    vehicle_id: UUID | None = None
    fleet_id: UUID | None = None

    def about(self, vehicle_id: UUID | None, fleet_id: UUID | None = None) -> "History":
        """The same, of one vehicle, of one fleet's vehicles, or of all where both are None."""
        return msgspec.structs.replace(self, vehicle_id=vehicle_id, fleet_id=fleet_id)


async def provide_history(
    period: NamedDependency[Period],
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    order: Order = "asc",
    totals: Totals = False,
) -> History:
    """The dependency of routes that list history."""
    return History(period=period, order=order, after=after, limit=limit, totals=totals)


async def page_history(
    connection: AsyncConnection,
    scope: Scope,
    table: Table,
    kind: type[T],
    wanted: History,
    *conditions: ColumnElement[bool],
) -> Page[T]:
    """The table's rows about vehicles that the caller may know of, by time.

    The time is `start_time`, or `fix_time` where there is none.
    """
    time = table.c.start_time if "start_time" in table.c else table.c.fix_time
    query = select(*columns_of(table, kind)).where(*_wanted(scope, table, wanted), *conditions)
    key = None if wanted.after is None else decode_cursor(wanted.after, tuple[datetime, UUID])
    descending = wanted.order == "desc"
    page = keyset(query, [time, table.c.id], key, wanted.limit, descending=descending)
    found = await fetch_all(connection, page, kind)
    return page_of(found, wanted.limit, lambda row: (getattr(row, time.name), row.id))


async def total_history(
    connection: AsyncConnection,
    scope: Scope,
    table: Table,
    kind: type[S],
    wanted: History,
    *conditions: ColumnElement[bool],
    sums: Mapping[str, ColumnElement[Any]] = _NOTHING,
) -> S | None:
    """What all pages hold together; None unless it was asked for.

    Args:
        connection: where it is asked.
        scope: who asks.
        table: the rows.
        kind: a `count` and the sums by name.
        wanted: of which part of history; the cursor does not matter.
        conditions: of the rows.
        sums: what is summed up, by the names of the kind's fields.
    """
    if not wanted.totals:
        return None
    columns: list[ColumnElement[Any]] = [func.count().label("count")]
    columns += [func.sum(each).label(name) for name, each in sums.items()]
    query = select(*columns).where(*_wanted(scope, table, wanted), *conditions)
    return await fetch_one(connection, query.select_from(table), kind)


async def get_history(
    connection: AsyncConnection, scope: Scope, table: Table, kind: type[T], name: str, row_id: UUID
) -> T:
    """One row of history.

    Raises:
        NotFound: there is none that the caller may know of.
    """
    query = select(*columns_of(table, kind)).where(
        table.c.id == row_id, in_visible_history(scope, table)
    )
    found = await fetch_one(connection, query, kind)
    if found is None:
        raise NotFound(name, row_id)
    return found


def _wanted(scope: Scope, table: Table, wanted: History) -> list[ColumnElement[bool]]:
    conditions = [in_visible_history(scope, table), *_in_period(table, wanted.period)]
    if wanted.vehicle_id is not None:
        conditions.append(table.c.vehicle_id == wanted.vehicle_id)
    if wanted.fleet_id is not None:
        conditions.append(in_fleet_of(scope, table, wanted.fleet_id))
    return conditions


def _in_period(table: Table, period: Period) -> list[ColumnElement[bool]]:
    """What lasts overlaps the period; what happens at an instant lies in it."""
    if "start_time" not in table.c:
        return [table.c.fix_time >= period.start, table.c.fix_time < period.end]
    goes_on = table.c.end_time.is_(None) | (table.c.end_time > period.start)
    return [table.c.start_time < period.end, goes_on]


class ExplanationView(Wire, frozen=True):
    """Why something was concluded: what was measured, and the thresholds it was compared with."""

    reason: str
    measured: dict[str, float]
    thresholds: dict[str, float | bool]


def explanation_view(kept: dict[str, Any] | None) -> ExplanationView | None:
    """A kept explanation on the wire."""
    if kept is None:
        return None
    return ExplanationView(
        reason=kept["reason"],
        measured=_camel(kept["measured"]),
        thresholds=_camel(kept["thresholds"]),
    )


def _camel(values: dict[str, Any]) -> dict[str, Any]:
    return {camel(name): value for name, value in values.items()}
