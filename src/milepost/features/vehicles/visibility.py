"""Which vehicles, and which rows about vehicles, a caller may know of."""

from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, select

from milepost.domain.scope import Scope
from milepost.features.driving import driven_now, drives, in_their_time
from milepost.features.rows import one_of
from milepost.features.vehicles.tables import vehicles


def visible_vehicles(scope: Scope) -> ColumnElement[bool]:
    """The tenant's vehicles; those of the caller's fleets; a driver's own of this moment."""
    conditions: list[ColumnElement[bool]] = [vehicles.c.tenant_id == scope.tenant_id]
    if scope.fleet_ids is not None:
        conditions.append(one_of(vehicles.c.fleet_id, scope.fleet_ids))
    if drives(scope):
        conditions.append(vehicles.c.id.in_(driven_now(scope)))
    return and_(*conditions)


def sees_all_vehicles(scope: Scope) -> bool:
    """Whether nothing but the tenant restricts what the caller sees."""
    return scope.fleet_ids is None and not drives(scope)


def on_visible_vehicle(scope: Scope, table: Table) -> ColumnElement[bool]:
    """The table's rows that are about a vehicle which the caller may know of."""
    own: ColumnElement[bool] = table.c.tenant_id == scope.tenant_id
    if sees_all_vehicles(scope):
        return own
    seen = select(vehicles.c.id).where(visible_vehicles(scope))
    return and_(own, table.c.vehicle_id.in_(seen))


def in_visible_history(scope: Scope, table: Table) -> ColumnElement[bool]:
    """The table's rows of history that the caller may know of; a driver's own times alone."""
    seen = on_visible_vehicle(scope, table)
    return and_(seen, in_their_time(scope, table)) if drives(scope) else seen


def in_fleet_of(scope: Scope, table: Table, fleet_id: UUID) -> ColumnElement[bool]:
    """The table's rows that are about a vehicle which is in the fleet now."""
    there = select(vehicles.c.id).where(visible_vehicles(scope), vehicles.c.fleet_id == fleet_id)
    return table.c.vehicle_id.in_(there)
