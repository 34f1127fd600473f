"""Brings a PostgreSQL database to the schema of this version.

On a server of one's own, the owner of the database needs CREATEROLE for the first migration and
owns the tables; the superuser is not needed. The server may run as the owner, or better as a user
who owns nothing and can only take on the four roles:

    CREATE ROLE milepost_server LOGIN NOINHERIT PASSWORD '…';
    GRANT milepost_app, milepost_ingest, milepost_identity, milepost_operator TO milepost_server;

`milepost migrate` then runs with the owner's URL, `milepost up` with the other's.
"""

from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.pool import NullPool

from milepost.errors import NewerSchema, Unavailable
from milepost.stores.postgres.engine import open_engine
from milepost.stores.postgres.failures import reporting_unavailable

_log = structlog.get_logger()

# Any number, as long as every process of Milepost takes the same.
_LOCK = 7_274_163_001
# What keeps a committed transaction through a power cut.
_DURABLE = text(
    "SELECT name FROM pg_settings WHERE setting = 'off'"
    " AND name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name"
)
ROLES = ("milepost_app", "milepost_ingest", "milepost_identity", "milepost_operator")


async def migrate(url: str, *, revision: str = "head") -> tuple[str | None, str]:
    """Runs the missing migrations as the owner of the schema, one process at a time.

    Args:
        url: a connection URL of the owner.
        revision: where to stop; the newest by default.

    Returns:
        The revision before and the revision after.

    A server of one's own that is set to lose transactions in a power cut is warned about.

    Raises:
        NewerSchema: if a newer version of Milepost has worked here.
        Unavailable: if PostgreSQL does not answer.
    """
    engine = open_engine(url, poolclass=NullPool)
    try:
        with reporting_unavailable():
            async with engine.connect() as connection:
                off = list(await connection.scalars(_DURABLE))
                await connection.rollback()
                if off:
                    _log.warning("postgresql.loses_data_in_a_power_cut", off=off)
                return await connection.run_sync(_upgrade, revision)
    finally:
        await engine.dispose()


async def let_roles_log_in(url: str) -> None:
    """Lets the application's roles sign in by themselves, without a password; asserts durability.

    Only for the embedded server, which nobody but us can reach: a session that signed in as
    `milepost_app` has no other role to return to.

    Raises:
        Unavailable: if a committed transaction could be lost in a power cut.
    """
    engine = open_engine(url, poolclass=NullPool)
    try:
        with reporting_unavailable():
            async with engine.begin() as connection:
                off = list(await connection.scalars(_DURABLE))
                if off:
                    raise Unavailable(
                        "embedded PostgreSQL",
                        f"a power cut would lose data: {', '.join(off)} must be on",
                    )
                for role in ROLES:
                    await connection.execute(text(f"ALTER ROLE {role} LOGIN"))
                    # The detail of an error is a row: the server's log has none of those.
                    await connection.execute(
                        text(f"ALTER ROLE {role} SET log_error_verbosity = 'terse'")
                    )
    finally:
        await engine.dispose()


def newest_revision() -> str:
    """The revision that this version of Milepost needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def known_revisions() -> frozenset[str]:
    """All revisions that this version of Milepost can migrate from."""
    script = ScriptDirectory.from_config(_config())
    return frozenset(each.revision for each in script.walk_revisions())


async def current_revision(url: str) -> str | None:
    """The revision that the database is at; None for an empty one."""
    engine = open_engine(url, poolclass=NullPool)
    try:
        with reporting_unavailable():
            async with engine.connect() as connection:
                return await connection.run_sync(_revision_of)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, revision: str) -> tuple[str | None, str]:
    # The lock is the session's, so that it outlasts the transaction of each migration.
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
    connection.commit()
    before = _revision_of(connection)
    if before is not None and before not in known_revisions():
        raise NewerSchema("PostgreSQL", before, newest_revision())
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    connection.commit()
    after = _revision_of(connection)
    assert after is not None
    return before, after


def _revision_of(connection: Connection) -> str | None:
    revision = MigrationContext.configure(connection).get_current_revision()
    connection.commit()
    return revision


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
