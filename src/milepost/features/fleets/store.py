"""Fleets in PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, column, func, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.fleet import Fleet
from milepost.domain.scope import Scope
from milepost.features.driving import driven_now, drives
from milepost.features.entity_store import EntityStore
from milepost.features.fleets.tables import fleets
from milepost.features.rows import one_of

# The vehicles' own module knows fleets; knowing only the columns here keeps that one-way.
_vehicles = table(
    "vehicles", column("id", Uuid()), column("tenant_id", Uuid()), column("fleet_id", Uuid())
)


def visible_fleets(scope: Scope) -> ColumnElement[bool]:
    """The tenant's fleets; those that the caller is restricted to; a driver's vehicles' fleets."""
    conditions: list[ColumnElement[bool]] = [fleets.c.tenant_id == scope.tenant_id]
    if scope.fleet_ids is not None:
        conditions.append(one_of(fleets.c.id, scope.fleet_ids))
    if drives(scope):
        conditions.append(fleets.c.id.in_(select(_vehicles.c.fleet_id).where(_counted(scope))))
    return and_(*conditions)


def _counted(scope: Scope) -> ColumnElement[bool]:
    """Vehicles that the caller may know of, in a fleet that they may know of."""
    own = _vehicles.c.tenant_id == scope.tenant_id
    return and_(own, _vehicles.c.id.in_(driven_now(scope))) if drives(scope) else own


FLEETS = EntityStore("fleet", fleets, Fleet, visible_fleets)


async def vehicle_counts(
    connection: AsyncConnection, scope: Scope, fleet_ids: Sequence[UUID]
) -> dict[UUID, int]:
    """How many vehicles each of the fleets has that the caller sees; 0 is left out."""
    query = (
        select(_vehicles.c.fleet_id, func.count())
        .where(_counted(scope), one_of(_vehicles.c.fleet_id, fleet_ids))
        .group_by(_vehicles.c.fleet_id)
    )
    return {row[0]: row[1] for row in await connection.execute(query)}
