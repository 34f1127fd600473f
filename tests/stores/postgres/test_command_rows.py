"""Commands belong to a tenant, and nobody rewrites what became of them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.features.commands.tables import command_steps, commands
from milepost.features.devices.tables import devices
from milepost.stores.postgres.database import Database
from tests.conftest import NewTenant

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def add_command(
    connection: AsyncConnection, tenant_id: UUID, device_id: UUID, **more: Any
) -> UUID:
    row = {
        "id": uuid4(),
        "tenant_id": tenant_id,
        "device_id": device_id,
        "number": 1,
        "kind": "reboot",
        "command": {"kind": "reboot"},
        "state": "pending",
        "who": "system:test",
        "created_at": NOW,
        "updated_at": NOW,
        "expires_at": NOW,
    }
    row |= more
    await connection.execute(insert(commands).values(**row))
    step = {"step": 1, "time": NOW, "state": row["state"], "attempt": 0, "who": "system:test"}
    await connection.execute(
        insert(command_steps).values(command_id=row["id"], tenant_id=tenant_id, **step)
    )
    return row["id"]


@pytest.fixture
async def two(database: Database, new_tenant: NewTenant) -> tuple[tuple[Scope, UUID], ...]:
    """Two tenants with a device that has a command each."""
    made = []
    for _ in range(2):
        scope, device_id = await new_tenant(), uuid4()
        owned = {"tenant_id": scope.tenant_id, "created_at": NOW, "updated_at": NOW}
        async with database.transaction(scope) as connection:
            await connection.execute(
                insert(devices).values(
                    id=device_id, unique_id=str(device_id), protocol="h02", **owned
                )
            )
            await add_command(connection, scope.tenant_id, device_id)
        made.append((scope, device_id))
    return tuple(made)


async def test_a_tenant_sees_its_own_commands_alone(
    database: Database, two: tuple[tuple[Scope, UUID], ...]
) -> None:
    (scope, _), (other, their_device) = two
    async with database.transaction(scope) as connection:
        for table in (commands, command_steps):
            found = (await connection.execute(select(table.c.tenant_id))).scalars().all()
            assert found == [scope.tenant_id]
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with database.transaction(scope) as connection:
            await add_command(connection, other.tenant_id, their_device)
    with pytest.raises(IntegrityError, match="foreign key"):
        async with database.transaction(scope) as connection:
            await add_command(connection, scope.tenant_id, their_device)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM commands",
        "DELETE FROM command_steps",
        "UPDATE command_steps SET reason = 'nobody asked'",
        "UPDATE commands SET who = 'somebody else'",
        "UPDATE commands SET reply = 'done'",
    ],
)
async def test_a_request_cannot_rewrite_history(
    database: Database, scope: Scope, statement: str
) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.transaction(scope) as connection:
            await connection.execute(text(statement))


async def test_the_processor_cannot_make_up_commands(
    database: Database, two: tuple[tuple[Scope, UUID], ...]
) -> None:
    scope, device_id = two[0]
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.ingest_transaction() as connection:
            await add_command(connection, scope.tenant_id, device_id)


async def test_one_command_of_a_device_is_in_flight_at_most(
    database: Database, two: tuple[tuple[Scope, UUID], ...]
) -> None:
    scope, device_id = two[0]
    async with database.transaction(scope) as connection:
        await add_command(connection, scope.tenant_id, device_id, state="sent")
        await add_command(connection, scope.tenant_id, device_id, state="acknowledged")
    with pytest.raises(IntegrityError, match="uq_commands_in_flight"):
        async with database.transaction(scope) as connection:
            await add_command(connection, scope.tenant_id, device_id, state="delivered")
