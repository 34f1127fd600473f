"""What a driver sees: the vehicles assigned to them now, and their history of those times.

This is the one place that says so in SQL; the live channels ask the same of one vehicle in
`live/permissions.py`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    Table,
    Uuid,
    and_,
    column,
    func,
    select,
    table,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope

# The assignments' own module knows vehicles; knowing only the columns here keeps that one-way.
driver_assignments = table(
    "driver_assignments",
    column("tenant_id", Uuid()),
    column("driver_id", Uuid()),
    column("vehicle_id", Uuid()),
    column("start_time", DateTime(timezone=True)),
    column("end_time", DateTime(timezone=True)),
)


def drives(scope: Scope) -> bool:
    """Whether the caller sees what a driver sees, and no more."""
    return scope.role == "driver"


def driven_now(scope: Scope) -> Select[Any]:
    """The ids of the vehicles that the driver drives now."""
    return select(driver_assignments.c.vehicle_id).where(
        *_theirs(scope), driver_assignments.c.end_time.is_(None)
    )


def in_their_time(scope: Scope, history: Table) -> ColumnElement[bool]:
    """The table's rows that lie, from beginning to end, within the driver's times in the vehicle.

    Assignments that follow each other without a break are one time.
    """
    lasts = "start_time" in history.c
    begin = history.c.start_time if lasts else history.c.fix_time
    end = history.c.end_time if lasts else history.c.fix_time
    times = (
        select(func.range_agg(_span()))
        .where(*_theirs(scope), driver_assignments.c.vehicle_id == history.c.vehicle_id)
        .correlate(history)
        .scalar_subquery()
    )
    contains = times.op("@>", is_comparison=True)
    return and_(contains(begin), contains(func.tstzrange(begin, end)))


async def their_times(
    connection: AsyncConnection, scope: Scope, vehicle_id: UUID
) -> list[tuple[datetime, datetime | None]]:
    """From when to when the driver drove the vehicle, in order; an open end is None."""
    merged = select(func.unnest(func.range_agg(_span())).label("span")).where(
        *_theirs(scope), driver_assignments.c.vehicle_id == vehicle_id
    )
    spans = merged.subquery()
    query = select(func.lower(spans.c.span), func.upper(spans.c.span)).order_by(spans.c.span)
    return [(row[0], row[1]) for row in await connection.execute(query)]


def _span() -> ColumnElement[Any]:
    return func.tstzrange(driver_assignments.c.start_time, driver_assignments.c.end_time)


def _theirs(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """Nobody's id is NULL: an account without a driver matches nothing."""
    return (
        driver_assignments.c.tenant_id == scope.tenant_id,
        driver_assignments.c.driver_id == scope.driver_id,
    )
