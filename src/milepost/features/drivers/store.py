"""Drivers in PostgreSQL."""

from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, column, exists, or_, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.domain.vehicle import Driver
from milepost.errors import NotFound
from milepost.features.drivers.tables import drivers
from milepost.features.entity_store import EntityStore, contains_any
from milepost.features.rows import one_of

# Vehicles, assignments and users know drivers; knowing only the columns here keeps that one-way.
_assignments = table(
    "driver_assignments", column("driver_id", Uuid()), column("vehicle_id", Uuid())
)
_memberships = table("memberships", column("tenant_id", Uuid()), column("user_id", Uuid()))
_vehicles = table("vehicles", column("id", Uuid()), column("fleet_id", Uuid()))


def visible_drivers(scope: Scope) -> ColumnElement[bool]:
    """The tenant's drivers.

    A caller who is restricted to fleets sees those who drive or drove there, and those who never
    drove anywhere, so that they can be assigned. A driver sees themself.
    """
    own: ColumnElement[bool] = drivers.c.tenant_id == scope.tenant_id
    if scope.role == "driver":
        return and_(own, drivers.c.id == scope.driver_id)
    if scope.fleet_ids is None:
        return own
    anywhere = exists().where(_assignments.c.driver_id == drivers.c.id)
    here = anywhere.where(
        _assignments.c.vehicle_id.in_(
            select(_vehicles.c.id).where(one_of(_vehicles.c.fleet_id, scope.fleet_ids))
        )
    )
    return and_(own, or_(here, ~anywhere))


DRIVERS = EntityStore("driver", drivers, Driver, visible_drivers)


def called(search: str) -> ColumnElement[bool]:
    """Drivers that people would find under the words."""
    full_name = drivers.c.first_name + " " + drivers.c.last_name
    return contains_any([full_name, drivers.c.license_number], search)


async def check_member(connection: AsyncConnection, scope: Scope, user_id: UUID) -> None:
    """Let pass an account that belongs to the tenant.

    Raises:
        NotFound: there is no such account that the caller may know of.
    """
    query = select(_memberships.c.user_id).where(
        _memberships.c.tenant_id == scope.tenant_id, _memberships.c.user_id == user_id
    )
    if await connection.scalar(query) is None:
        raise NotFound("user", user_id)
