"""Driver assignments in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.domain.vehicle import DriverAssignment
from milepost.errors import NotFound
from milepost.features.assignments.tables import driver_assignments
from milepost.features.paging import Page, decode_cursor, keyset, page_of
from milepost.features.rows import columns_of, fetch_all, fetch_one, to_row
from milepost.features.vehicles.visibility import on_visible_vehicle

_TABLE = driver_assignments
_COLUMNS = columns_of(_TABLE, DriverAssignment)


async def page_assignments(
    connection: AsyncConnection,
    scope: Scope,
    *conditions: ColumnElement[bool],
    after: str | None,
    limit: int,
) -> Page[DriverAssignment]:
    """Assignments of the vehicles that the caller may know of, the newest first."""
    key = None if after is None else decode_cursor(after, tuple[datetime, UUID])
    query = select(*_COLUMNS).where(on_visible_vehicle(scope, _TABLE), *conditions)
    order = [_TABLE.c.start_time, _TABLE.c.id]
    found = await fetch_all(
        connection, keyset(query, order, key, limit, descending=True), DriverAssignment
    )
    return page_of(found, limit, lambda item: (item.start_time, item.id))


async def get_assignment(
    connection: AsyncConnection, scope: Scope, assignment_id: UUID
) -> DriverAssignment:
    """One assignment, locked.

    Raises:
        NotFound: there is none that the caller may know of.
    """
    query = select(*_COLUMNS).where(_TABLE.c.id == assignment_id, on_visible_vehicle(scope, _TABLE))
    found = await fetch_one(connection, query.with_for_update(), DriverAssignment)
    if found is None:
        raise NotFound("assignment", assignment_id)
    return found


async def overlapping(
    connection: AsyncConnection, scope: Scope, vehicle_id: UUID, since: datetime
) -> list[DriverAssignment]:
    """The vehicle's assignments that last beyond the time, locked."""
    query = select(*_COLUMNS).where(
        _TABLE.c.tenant_id == scope.tenant_id,
        _TABLE.c.vehicle_id == vehicle_id,
        or_(_TABLE.c.end_time.is_(None), _TABLE.c.end_time > since),
    )
    return await fetch_all(connection, query.with_for_update(), DriverAssignment)


async def insert_assignment(connection: AsyncConnection, assignment: DriverAssignment) -> None:
    """Keep a new assignment."""
    await connection.execute(insert(_TABLE).values(**to_row(assignment)))


async def end_assignment(
    connection: AsyncConnection, assignment_id: UUID, end_time: datetime
) -> None:
    """Keep when an assignment ended."""
    await connection.execute(
        update(_TABLE).where(_TABLE.c.id == assignment_id).values(end_time=end_time)
    )


def about(vehicle_id: UUID | None, driver_id: UUID | None) -> ColumnElement[bool]:
    """Assignments of this vehicle, of this driver, or both."""
    named = {_TABLE.c.vehicle_id: vehicle_id, _TABLE.c.driver_id: driver_id}
    given = [column == value for column, value in named.items() if value is not None]
    return and_(_TABLE.c.id.is_not(None), *given)
