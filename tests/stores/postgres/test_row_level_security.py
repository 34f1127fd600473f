"""Nobody sees what isn't theirs: PostgreSQL itself says no, whatever a query forgot."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.features.audit.tables import audit_entries
from milepost.features.devices.tables import devices, unknown_devices
from milepost.features.fleets.tables import fleets
from milepost.features.tenants.tables import tenants
from milepost.features.users.tables import memberships, users
from milepost.features.vehicles.tables import vehicles
from milepost.stores.postgres.database import Database
from tests.conftest import NewTenant
from tests.stores.postgres.schema import declared

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DENIED = "permission denied|violates row-level security|must be owner"


async def add_vehicle(connection: AsyncConnection, tenant_id: UUID, **more: Any) -> UUID:
    vehicle_id = uuid4()
    row = {"id": vehicle_id, "tenant_id": tenant_id, "name": "V", **more}
    await connection.execute(insert(vehicles).values(created_at=NOW, updated_at=NOW, **row))
    return vehicle_id


@pytest.fixture
async def two(database: Database, new_tenant: NewTenant) -> tuple[Scope, Scope]:
    """Two tenants with a vehicle, a fleet, a device and an audit entry each."""
    scopes = (await new_tenant(), await new_tenant())
    for scope in scopes:
        owner = {"id": uuid4(), "tenant_id": scope.tenant_id}
        made = {"created_at": NOW, "updated_at": NOW}
        async with database.transaction(scope) as connection:
            await add_vehicle(connection, scope.tenant_id)
            await connection.execute(insert(fleets).values(name="F", **owner, **made))
            device = {"unique_id": str(uuid4()), "protocol": "h02"}
            await connection.execute(insert(devices).values(**device, **owner, **made))
            entry = {"time": NOW, "who": "system:test", "action": "create", "kind": "fleet"}
            await connection.execute(insert(audit_entries).values(**entry, **owner))
    return scopes


async def test_a_forgotten_filter_leaks_nothing(
    database: Database, two: tuple[Scope, Scope]
) -> None:
    scope, _ = two
    async with database.transaction(scope) as connection:
        for table in (vehicles, fleets, devices, audit_entries):
            found = (await connection.execute(select(table.c.tenant_id))).scalars().all()
            assert found == [scope.tenant_id]
        assert (await connection.execute(select(tenants.c.id))).scalars().all() == [scope.tenant_id]


async def test_without_a_tenant_nothing_is_there(
    database: Database, two: tuple[Scope, Scope]
) -> None:
    async with database._app.begin() as connection:
        for table in (tenants, vehicles, fleets, devices, memberships, audit_entries):
            found = await connection.execute(select(text("1")).select_from(table))
            assert found.all() == []


async def test_the_tenant_does_not_outlive_its_transaction(
    database: Database, two: tuple[Scope, Scope]
) -> None:
    async with database._app.connect() as connection:
        async with connection.begin():
            await connection.execute(
                text("SELECT set_config('milepost.tenant_id', :id, true)"),
                {"id": str(two[0].tenant_id)},
            )
            assert (await connection.execute(select(vehicles.c.id))).all()
        async with connection.begin():
            assert not (await connection.execute(select(vehicles.c.id))).all()


async def test_another_tenants_row_cannot_be_written(
    database: Database, two: tuple[Scope, Scope]
) -> None:
    mine, other = two
    with pytest.raises(ProgrammingError, match=DENIED):
        async with database.transaction(mine) as connection:
            await add_vehicle(connection, other.tenant_id)
    async with database.transaction(mine) as connection:
        for change in (
            update(vehicles).values(name="stolen").where(vehicles.c.tenant_id == other.tenant_id),
            delete(vehicles).where(vehicles.c.tenant_id == other.tenant_id),
        ):
            assert (await connection.execute(change)).rowcount == 0
    with pytest.raises(ProgrammingError, match=DENIED):
        async with database.transaction(mine) as connection:
            await connection.execute(update(vehicles).values(tenant_id=other.tenant_id))


async def test_a_foreign_key_does_not_reach_into_another_tenant(
    database: Database, two: tuple[Scope, Scope]
) -> None:
    mine, other = two
    async with database.transaction(other) as connection:
        their_fleet = (await connection.execute(select(fleets.c.id))).scalar_one()
    with pytest.raises(IntegrityError, match="foreign key"):
        async with database.transaction(mine) as connection:
            await add_vehicle(connection, mine.tenant_id, fleet_id=their_fleet)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE vehicles DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE vehicles NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY milepost_app ON vehicles",
        "CREATE POLICY mine ON vehicles USING (true)",
        "ALTER ROLE milepost_app BYPASSRLS",
        "SET ROLE milepost_ingest",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "SELECT state FROM device_states",
        "SELECT password_hash FROM users",
        "UPDATE audit_entries SET who = 'nobody'",
        "DELETE FROM audit_entries",
        "UPDATE tenants SET adopts_unknown_devices = true",
        "INSERT INTO tenants DEFAULT VALUES",
        "COPY vehicles TO PROGRAM 'true'",
    ],
)
async def test_a_request_cannot_free_itself(
    database: Database, scope: Scope, statement: str
) -> None:
    with pytest.raises(ProgrammingError):
        async with database.transaction(scope) as connection:
            await connection.execute(text(statement))


async def test_row_security_off_is_an_error_and_no_way_round(
    database: Database, two: tuple[Scope, Scope]
) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with database.transaction(two[0]) as connection:
            await connection.execute(text("SET LOCAL row_security = off"))
            await connection.execute(select(vehicles.c.id))


async def test_every_table_is_under_row_level_security(database: Database) -> None:
    query = text(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p') AND relname <> 'alembic_version'"
        " AND relrowsecurity AND relforcerowsecurity"
    )
    async with database.operator_transaction() as connection:
        protected = set((await connection.execute(query)).scalars())
    assert protected == set(declared().tables)


async def test_no_role_of_ours_can_bypass(database: Database) -> None:
    query = text(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'milepost%'"
        " AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)"
    )
    async with database.operator_transaction() as connection:
        assert (await connection.execute(query)).all() == []


async def test_ingestion_sees_devices_of_all_and_accounts_of_nobody(
    database: Database, two: tuple[Scope, Scope]
) -> None:
    async with database.ingest_transaction() as connection:
        owners = set((await connection.execute(select(devices.c.tenant_id))).scalars())
        assert {scope.tenant_id for scope in two} <= owners
    for table in ("users", "memberships", "api_keys", "refresh_tokens", "audit_entries"):
        with pytest.raises(ProgrammingError, match=DENIED):
            async with database.ingest_transaction() as connection:
                await connection.execute(text(f"SELECT * FROM {table}"))


async def test_sign_in_sees_accounts_and_no_vehicles(database: Database) -> None:
    async with database.identity_transaction() as connection:
        await connection.execute(select(users.c.password_hash))
    for statement in ("SELECT * FROM vehicles", "UPDATE memberships SET role = 'admin'"):
        with pytest.raises(ProgrammingError, match=DENIED):
            async with database.identity_transaction() as connection:
                await connection.execute(text(statement))


async def add_user(database: Database, home: Scope, *members: Scope) -> UUID:
    user_id = uuid4()
    made = {"created_at": NOW, "updated_at": NOW}
    account = {"id": user_id, "email": f"{user_id}@example.com", "name": "U"}
    async with database.transaction(home) as connection:
        await connection.execute(
            insert(users).values(**account, home_tenant_id=home.tenant_id, **made)
        )
    for scope in members:
        async with database.transaction(scope) as connection:
            row = {"tenant_id": scope.tenant_id, "user_id": user_id, "role": "viewer"}
            await connection.execute(insert(memberships).values(**row, **made))
    return user_id


async def test_a_tenant_sees_its_members_and_changes_those_it_made(
    database: Database, two: tuple[Scope, Scope]
) -> None:
    home, other = two
    user_id = await add_user(database, home, home, other)
    stranger_id = await add_user(database, home, home)
    rename = update(users).where(users.c.id == user_id).values(password_hash="mine now")
    async with database.transaction(other) as connection:
        seen = set((await connection.execute(select(users.c.id))).scalars())
        assert seen == {user_id}
        assert (await connection.execute(rename)).rowcount == 0
    async with database.transaction(home) as connection:
        seen = set((await connection.execute(select(users.c.id))).scalars())
        assert seen == {user_id, stranger_id}
        assert (await connection.execute(rename)).rowcount == 1


async def test_unknown_devices_are_shown_to_the_tenant_that_adopts(
    database: Database, new_tenant: NewTenant
) -> None:
    adopts, other = await new_tenant(adopts_unknown_devices=True), await new_tenant()
    unique_id = str(uuid4())
    async with database.ingest_transaction() as connection:
        seen = {"first_seen_time": NOW, "last_seen_time": NOW, "source": "127.0.0.1"}
        await connection.execute(
            insert(unknown_devices).values(unique_id=unique_id, protocol="h02", **seen)
        )
    query = select(unknown_devices.c.unique_id)
    async with database.transaction(adopts) as connection:
        assert unique_id in (await connection.execute(query)).scalars().all()
    async with database.transaction(other) as connection:
        assert (await connection.execute(query)).all() == []


async def test_deleting_a_tenant_takes_its_rows_along(
    database: Database, two: tuple[Scope, Scope]
) -> None:
    async with database.operator_transaction() as connection:
        await connection.execute(delete(tenants).where(tenants.c.id == two[0].tenant_id))
        for table in (vehicles, fleets, devices, audit_entries):
            query = select(text("1")).where(table.c.tenant_id == two[0].tenant_id)
            assert (await connection.execute(query)).all() == []


async def test_sign_in_sees_and_removes_its_own_entries_of_the_audit_alone(
    database: Database, two: tuple[Scope, Scope]
) -> None:
    own = {"id": uuid4(), "tenant_id": two[0].tenant_id, "time": NOW, "who": "system:sign_in"}
    async with database.identity_transaction() as connection:
        entry = {"action": "refused", "kind": "sign_in"}
        await connection.execute(insert(audit_entries).values(**own, **entry))
        kinds = (await connection.execute(select(audit_entries.c.kind))).scalars().all()
        assert set(kinds) == {"sign_in"}
        removed = await connection.execute(
            delete(audit_entries).where(audit_entries.c.tenant_id == two[0].tenant_id)
        )
        assert removed.rowcount == 1
    with pytest.raises(ProgrammingError, match=DENIED):
        async with database.identity_transaction() as connection:
            entry = {"action": "deleted", "kind": "fleet"}
            await connection.execute(insert(audit_entries).values(**own, **entry))
