"""Whose a journey is: the driver's who was assigned to the vehicle when it began.

Journeys are the kinds of conclusions that name such a time (`driven_since`): trips and stops.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.features.all_tables import all_tables
from milepost.features.assignments.tables import driver_assignments
from milepost.stream.conclusion import Conclusion, Row
from milepost.stream.kinds import KINDS


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


def driver_values(kind: Conclusion[Any]) -> dict[str, ScalarSelect[Any]]:
    """What an upsert of a journey sets beside its row; nothing for other conclusions."""
    if kind.driven_since is None:
        return {}
    return {"driver_id": who_drove(bindparam("driven_vehicle_id"), bindparam("driven_since"))}


def driver_parameters(kind: Conclusion[Any], row: Row) -> Row:
    """The parameters of `driver_values` for one row."""
    if kind.driven_since is None:
        return {}
    return {"driven_vehicle_id": row["vehicle_id"], "driven_since": row[kind.driven_since]}


async def assign_journeys(
    connection: AsyncConnection, scope: Scope, vehicle_id: UUID, since: datetime
) -> None:
    """Give the vehicle's journeys that began since then to who drove.

    An assignment may be entered long after the drive. A flush writes the tables in the same order,
    so that neither waits for the other for ever.
    """
    tables = all_tables()
    for kind in KINDS.values():
        if kind.driven_since is None:
            continue
        table = tables[kind.table]
        began = table.c[kind.driven_since]
        await connection.execute(
            update(table)
            .where(
                table.c.tenant_id == scope.tenant_id,
                table.c.vehicle_id == vehicle_id,
                began >= since,
            )
            .values(driver_id=who_drove(table.c.vehicle_id, began))
        )
