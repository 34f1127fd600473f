import asyncio
from collections.abc import AsyncIterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from milepost.errors import Unavailable
from milepost.features.vehicles.tables import vehicles
from milepost.stores.embedded_postgres import EmbeddedPostgres
from milepost.stores.postgres.database import Database
from milepost.stores.postgres.migrate import ROLES, current_revision, migrate, newest_revision
from tests.stores.postgres.schema import declared


@pytest.fixture
async def empty_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database without a schema, beside the session's."""
    engine = create_async_engine(postgres.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text("CREATE DATABASE empty"))
        yield make_url(postgres.url).set(database="empty").render_as_string(hide_password=False)
        await connection.execute(text("DROP DATABASE empty WITH (FORCE)"))
    await engine.dispose()


async def test_the_schema_is_what_the_tables_declare(
    postgres: EmbeddedPostgres, database: Database
) -> None:
    def differences(connection: Connection) -> object:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return compare_metadata(context, declared())

    engine = create_async_engine(postgres.url, poolclass=NullPool)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_a_second_run_changes_nothing(empty_url: str) -> None:
    assert await current_revision(empty_url) is None
    assert await migrate(empty_url) == (None, newest_revision())
    assert await migrate(empty_url) == (newest_revision(), newest_revision())
    assert await current_revision(empty_url) == newest_revision()


async def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    results = await asyncio.gather(*(migrate(empty_url) for _ in range(4)))
    assert sorted(before or "" for before, _ in results) == ["", *[newest_revision()] * 3]


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="PostgreSQL is not available"):
        await migrate("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")


_BEFORE_OWNERS = """
INSERT INTO tenants (id, name, slug, created_at, updated_at)
  VALUES ('00000000-0000-0000-0000-00000000000a', 'T', 't', now(), now());
INSERT INTO users (id, email, name, created_at, updated_at)
  VALUES ('00000000-0000-0000-0000-00000000000b', 'member', 'U', now(), now()),
    ('00000000-0000-0000-0000-00000000000c', 'gone', 'U', now(), now());
INSERT INTO memberships (tenant_id, user_id, role, created_at, updated_at)
  SELECT '00000000-0000-0000-0000-00000000000a', id, 'admin', now(), now()
  FROM users WHERE email = 'member';
INSERT INTO api_keys (id, tenant_id, name, prefix, hash, role, created_by, created_at)
  SELECT gen_random_uuid(), '00000000-0000-0000-0000-00000000000a', email, email, '', 'viewer', id,
    now() FROM users;
INSERT INTO api_keys (id, tenant_id, name, prefix, hash, role, created_at)
  VALUES (gen_random_uuid(), '00000000-0000-0000-0000-00000000000a', 'key', 'key', '', 'viewer',
    now())
"""


async def test_keys_of_before_belong_to_their_makers_who_are_still_members(empty_url: str) -> None:
    await migrate(empty_url, revision="0002")
    engine = create_async_engine(empty_url, poolclass=NullPool)
    async with engine.begin() as connection:
        for statement in _BEFORE_OWNERS.split(";"):
            await connection.execute(text(statement))
    await migrate(empty_url)
    owners = "SELECT k.name, u.email FROM api_keys k LEFT JOIN users u ON u.id = k.owner_id"
    async with engine.connect() as connection:
        found = {row[0]: row[1] for row in await connection.execute(text(owners))}
    await engine.dispose()
    assert found == {"member": "member", "gone": None, "key": None}


@pytest.mark.realserver
async def test_an_owner_who_is_no_superuser_migrates_postgresql_15(postgres_15_url: str) -> None:
    assert await migrate(postgres_15_url) == (None, newest_revision())
    database = Database(postgres_15_url, login_as_role=False)
    async with database.operator_transaction() as connection:
        role = await connection.scalar(text("SELECT current_user"))
        assert role == "milepost_operator"
    await database.close()


@pytest.mark.realserver
async def test_a_server_can_run_as_a_user_who_owns_nothing(postgres_15_url: str) -> None:
    await migrate(postgres_15_url)
    owner = create_async_engine(postgres_15_url, poolclass=NullPool)
    async with owner.begin() as connection:
        await connection.execute(text("CREATE ROLE milepost_server LOGIN NOINHERIT"))
        await connection.execute(text(f"GRANT {', '.join(ROLES)} TO milepost_server"))
    await owner.dispose()
    url = make_url(postgres_15_url).set(username="milepost_server").render_as_string()
    assert await migrate(url) == (newest_revision(), newest_revision())
    database = Database(url, login_as_role=False)
    async with database._app.begin() as connection:
        assert (await connection.execute(select(vehicles.c.id))).all() == []
    with pytest.raises(ProgrammingError, match="must be owner"):
        async with database._app.begin() as connection:
            await connection.execute(text("SET ROLE NONE"))
            await connection.execute(text("ALTER TABLE vehicles DISABLE ROW LEVEL SECURITY"))
    await database.close()
