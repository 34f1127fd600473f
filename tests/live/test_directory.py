from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Table, insert, update

from milepost.domain.scope import Scope
from milepost.features.assignments.tables import driver_assignments
from milepost.features.drivers.tables import drivers
from milepost.features.fleets.tables import fleets
from milepost.features.vehicles.tables import vehicles
from milepost.live.directory import PostgresDirectory
from milepost.live.permissions import VehicleRef
from milepost.stores.postgres.database import Database
from tests.conftest import NewTenant

NOW = datetime(2026, 2, 3, tzinfo=UTC)


@pytest.fixture
def directory(database: Database) -> PostgresDirectory:
    return PostgresDirectory(database)


async def add(database: Database, scope: Scope, table: Table, **values: object) -> UUID:
    identity = uuid4()
    row = {"id": identity, "tenant_id": scope.tenant_id, "created_at": NOW, **values}
    if "updated_at" in table.c:
        row["updated_at"] = NOW
    async with database.transaction(scope) as connection:
        await connection.execute(insert(table).values(**row))
    return identity


async def assign(database: Database, scope: Scope, driver_id: UUID, vehicle_id: UUID) -> UUID:
    ids = {"driver_id": driver_id, "vehicle_id": vehicle_id}
    return await add(database, scope, driver_assignments, start_time=NOW, **ids)


async def test_a_vehicle_with_its_fleet_and_its_driver_of_now(
    database: Database, directory: PostgresDirectory, scope: Scope
) -> None:
    fleet_id = await add(database, scope, fleets, name="North")
    vehicle_id = await add(database, scope, vehicles, name="Van", fleet_id=fleet_id)
    driver_id = await add(database, scope, drivers, first_name="Ada", last_name="Byron")
    assert await directory.vehicle(scope, vehicle_id) == VehicleRef(vehicle_id, fleet_id, None)
    assignment_id = await assign(database, scope, driver_id, vehicle_id)
    driven = VehicleRef(vehicle_id, fleet_id, driver_id)
    assert await directory.vehicle(scope, vehicle_id) == driven
    assert await directory.driven_by(scope, driver_id) == (driven,)
    ended = update(driver_assignments).values(end_time=datetime(2026, 2, 4, tzinfo=UTC))
    async with database.transaction(scope) as connection:
        await connection.execute(ended.where(driver_assignments.c.id == assignment_id))
    assert await directory.vehicle(scope, vehicle_id) == VehicleRef(vehicle_id, fleet_id, None)
    assert await directory.driven_by(scope, driver_id) == ()


async def test_nothing_of_another_tenant_exists(
    database: Database, directory: PostgresDirectory, scope: Scope, new_tenant: NewTenant
) -> None:
    foreign = await new_tenant()
    fleet_id = await add(database, foreign, fleets, name="Theirs")
    vehicle_id = await add(database, foreign, vehicles, name="Theirs", fleet_id=fleet_id)
    driver_id = await add(database, foreign, drivers, first_name="Ada", last_name="Byron")
    assert await directory.vehicle(scope, vehicle_id) is None
    assert await directory.driven_by(scope, driver_id) is None
    assert not await directory.has_fleet(scope, fleet_id)
    assert await directory.has_fleet(foreign, fleet_id)
