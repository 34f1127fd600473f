"""The permissions' questions as SQL, in a transaction that sees the caller's tenant alone."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, select

from milepost.domain.scope import Scope
from milepost.features.assignments.tables import driver_assignments
from milepost.features.drivers.tables import drivers
from milepost.features.fleets.tables import fleets
from milepost.features.vehicles.tables import vehicles
from milepost.live.permissions import VehicleRef
from milepost.stores.postgres.database import Database

_open_assignment = and_(
    driver_assignments.c.vehicle_id == vehicles.c.id,
    driver_assignments.c.tenant_id == vehicles.c.tenant_id,
    driver_assignments.c.end_time.is_(None),
)


class PostgresDirectory:
    """Answers from PostgreSQL. Row-level security backs the tenant filters up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def vehicle(self, scope: Scope, vehicle_id: UUID) -> VehicleRef | None:
        """The vehicle, or None where the tenant has none with this id."""
        query = _vehicles(scope).where(vehicles.c.id == vehicle_id)
        async with self._database.transaction(scope) as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _vehicle(row)

    async def has_fleet(self, scope: Scope, fleet_id: UUID) -> bool:
        """Whether the tenant has the fleet."""
        query = select(fleets.c.id).where(
            fleets.c.tenant_id == scope.tenant_id, fleets.c.id == fleet_id
        )
        async with self._database.transaction(scope) as connection:
            return (await connection.execute(query)).one_or_none() is not None

    async def driven_by(self, scope: Scope, driver_id: UUID) -> tuple[VehicleRef, ...] | None:
        """The vehicles assigned to the driver now; None where the tenant has no such driver."""
        known = select(drivers.c.id).where(
            drivers.c.tenant_id == scope.tenant_id, drivers.c.id == driver_id
        )
        driven = _vehicles(scope).where(driver_assignments.c.driver_id == driver_id)
        async with self._database.transaction(scope) as connection:
            if (await connection.execute(known)).one_or_none() is None:
                return None
            return tuple(_vehicle(row) for row in await connection.execute(driven))


def _vehicles(scope: Scope) -> Select[Any]:
    joined = vehicles.outerjoin(driver_assignments, _open_assignment)
    return (
        select(vehicles.c.id, vehicles.c.fleet_id, driver_assignments.c.driver_id)
        .select_from(joined)
        .where(vehicles.c.tenant_id == scope.tenant_id)
    )


def _vehicle(row: Row[Any]) -> VehicleRef:
    return VehicleRef(row.id, row.fleet_id, row.driver_id)
