"""What happens to transactions when PostgreSQL refuses, dies or comes back."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from milepost.domain.scope import Scope
from milepost.errors import Unavailable
from milepost.stores.embedded_postgres import EmbeddedPostgres
from milepost.stores.postgres.database import Database
from milepost.stores.postgres.migrate import let_roles_log_in, migrate


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A server of its own, for tests that kill it."""
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def mortal_database(mortal: EmbeddedPostgres) -> AsyncIterator[Database]:
    await migrate(mortal.url)
    await let_roles_log_in(mortal.url)
    opened = Database(mortal.url, login_as_role=True)
    yield opened
    await opened.close()


async def test_a_failed_transaction_leaves_nothing(database: Database, scope: Scope) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction(scope) as connection:
            await connection.execute(text("UPDATE tenants SET name = 'half done'"))
            raise ZeroDivisionError
    async with database.transaction(scope) as connection:
        assert await connection.scalar(text("SELECT name FROM tenants")) != "half done"


async def test_a_wrong_query_is_not_called_unavailable(database: Database, scope: Scope) -> None:
    with pytest.raises(ProgrammingError):
        async with database.transaction(scope) as connection:
            await connection.execute(text("SELECT nothing FROM nowhere"))


async def test_a_server_that_dies_is_unavailable_until_it_is_back(
    mortal: EmbeddedPostgres, mortal_database: Database
) -> None:
    await mortal_database.ping()
    assert mortal.pid is not None
    os.kill(mortal.pid, signal.SIGKILL)
    mortal.wait_until_dead()
    with pytest.raises(Unavailable, match="PostgreSQL is not available"):
        await mortal_database.ping()
    assert mortal.ensure_running()
    await mortal_database.ping()


async def test_a_server_that_dies_within_a_transaction_is_unavailable(
    mortal: EmbeddedPostgres, mortal_database: Database
) -> None:
    with pytest.raises(Unavailable):
        async with mortal_database.operator_transaction() as connection:
            assert mortal.pid is not None
            os.kill(mortal.pid, signal.SIGKILL)
            mortal.wait_until_dead()
            await connection.execute(text("SELECT 1"))


async def test_a_shutdown_that_interrupts_a_query_is_unavailable(database: Database) -> None:
    with pytest.raises(Unavailable, match="terminating connection"):
        async with database.operator_transaction() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
