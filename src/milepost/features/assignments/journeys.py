"""Whose a trip or a stop is: the driver's who was assigned to the vehicle when it began."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.features.assignments.tables import driver_assignments
from milepost.features.stops.tables import stops
from milepost.features.trips.tables import trips


def who_drove(vehicle_id: ColumnElement[Any], time: ColumnElement[Any]) -> ScalarSelect[Any]:
    """The id of the driver who was assigned to the vehicle at the time, or NULL."""
    assigned = driver_assignments.c
    return (
        select(assigned.driver_id)
        .where(
            assigned.vehicle_id == vehicle_id,
            assigned.start_time <= time,
            or_(assigned.end_time.is_(None), assigned.end_time > time),
        )
        .order_by(assigned.start_time.desc())
        .limit(1)
        .scalar_subquery()
    )


async def assign_journeys(
    connection: AsyncConnection, scope: Scope, vehicle_id: UUID, since: datetime
) -> None:
    """Give the vehicle's trips and stops that began since then to who drove.

    An assignment may be entered long after the drive.
    """
    for table in (trips, stops):
        await connection.execute(
            update(table)
            .where(
                table.c.tenant_id == scope.tenant_id,
                table.c.vehicle_id == vehicle_id,
                table.c.start_time >= since,
            )
            .values(driver_id=who_drove(table.c.vehicle_id, table.c.start_time))
        )
