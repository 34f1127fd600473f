"""What the stream concluded (trips, stops, events), in pages of time."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
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
from milepost.features.rows import columns_of, fetch_all
from milepost.features.vehicles.visibility import in_fleet_of, in_visible_history
from milepost.features.wire import Wire, camel


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What all rows of history have."""

    id: UUID
    vehicle_id: UUID | None
    device_id: UUID


T = TypeVar("T", bound=Row)

Order = Annotated[
    Literal["asc", "desc"],
    QueryParameter(name="order", description="By time: the oldest first, or the newest."),
]


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of history is asked for, and which page of it."""

    period: Period
    order: Literal["asc", "desc"]
    after: str | None
    limit: int
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
) -> History:
    """The dependency of routes that list history."""
    return History(period=period, order=order, after=after, limit=limit)


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
    query = select(*columns_of(table, kind)).where(
        in_visible_history(scope, table), *_in_period(table, wanted.period), *conditions
    )
    if wanted.vehicle_id is not None:
        query = query.where(table.c.vehicle_id == wanted.vehicle_id)
    if wanted.fleet_id is not None:
        query = query.where(in_fleet_of(scope, table, wanted.fleet_id))
    key = None if wanted.after is None else decode_cursor(wanted.after, tuple[datetime, UUID])
    descending = wanted.order == "desc"
    page = keyset(query, [time, table.c.id], key, wanted.limit, descending=descending)
    found = await fetch_all(connection, page, kind)
    return page_of(found, wanted.limit, lambda row: (getattr(row, time.name), row.id))


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
