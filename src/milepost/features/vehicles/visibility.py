"""Which vehicles, and which rows about vehicles, a caller may know of."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Table, Uuid, and_, column, false, select, table

from milepost.domain.scope import Scope
from milepost.features.rows import one_of
from milepost.features.vehicles.tables import vehicles

# The assignments' own module knows vehicles; knowing only the columns here keeps that one-way.
driver_assignments = table(
    "driver_assignments",
    column("tenant_id", Uuid()),
    column("driver_id", Uuid()),
    column("vehicle_id", Uuid()),
    column("end_time", DateTime(timezone=True)),
)


def visible_vehicles(scope: Scope) -> ColumnElement[bool]:
    """The tenant's vehicles; those of the caller's fleets; a driver's own of this moment."""
    conditions: list[ColumnElement[bool]] = [vehicles.c.tenant_id == scope.tenant_id]
    if scope.fleet_ids is not None:
        conditions.append(one_of(vehicles.c.fleet_id, scope.fleet_ids))
    if scope.role == "driver":
        conditions.append(_driven_now(scope))
    return and_(*conditions)


def sees_all_vehicles(scope: Scope) -> bool:
    """Whether nothing but the tenant restricts what the caller sees."""
    return scope.fleet_ids is None and scope.role != "driver"


def on_visible_vehicle(scope: Scope, table: Table) -> ColumnElement[bool]:
    """The table's rows that are about a vehicle which the caller may know of."""
    own: ColumnElement[bool] = table.c.tenant_id == scope.tenant_id
    if sees_all_vehicles(scope):
        return own
    seen = select(vehicles.c.id).where(visible_vehicles(scope))
    return and_(own, table.c.vehicle_id.in_(seen))


def _driven_now(scope: Scope) -> ColumnElement[bool]:
    if scope.driver_id is None:
        return false()
    current: Any = select(driver_assignments.c.vehicle_id).where(
        driver_assignments.c.tenant_id == scope.tenant_id,
        driver_assignments.c.driver_id == scope.driver_id,
        driver_assignments.c.end_time.is_(None),
    )
    return vehicles.c.id.in_(current)


def in_fleet_of(scope: Scope, table: Table, fleet_id: UUID) -> ColumnElement[bool]:
    """The table's rows that are about a vehicle which is in the fleet now."""
    there = select(vehicles.c.id).where(visible_vehicles(scope), vehicles.c.fleet_id == fleet_id)
    return table.c.vehicle_id.in_(there)
