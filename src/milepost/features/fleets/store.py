"""Fleets in PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, column, func, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.fleet import Fleet
from milepost.domain.scope import Scope
from milepost.features.entity_store import EntityStore
from milepost.features.fleets.tables import fleets
from milepost.features.rows import one_of

# The vehicles' own module knows fleets; knowing only the columns here keeps that one-way.
_vehicles = table("vehicles", column("tenant_id", Uuid()), column("fleet_id", Uuid()))


def visible_fleets(scope: Scope) -> ColumnElement[bool]:
    """The tenant's fleets, or those that the caller is restricted to."""
    own = fleets.c.tenant_id == scope.tenant_id
    return own if scope.fleet_ids is None else and_(own, one_of(fleets.c.id, scope.fleet_ids))


FLEETS = EntityStore("fleet", fleets, Fleet, visible_fleets)


async def vehicle_counts(
    connection: AsyncConnection, scope: Scope, fleet_ids: Sequence[UUID]
) -> dict[UUID, int]:
    """How many vehicles each of the fleets has; fleets without any are left out."""
    query = (
        select(_vehicles.c.fleet_id, func.count())
        .where(_vehicles.c.tenant_id == scope.tenant_id, one_of(_vehicles.c.fleet_id, fleet_ids))
        .group_by(_vehicles.c.fleet_id)
    )
    return {row[0]: row[1] for row in await connection.execute(query)}
