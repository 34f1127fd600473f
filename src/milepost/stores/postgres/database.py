"""Transactions in PostgreSQL, each as the role that may do just what its part of the program does.

Row-level security decides by role and by `milepost.tenant_id`; a query that forgets its filter
finds the caller's tenant and nothing else.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from milepost.domain.scope import Scope
from milepost.stores.postgres.engine import open_engine, parse_url
from milepost.stores.postgres.failures import refusing_bad_values, reporting_unavailable

_SET_TENANT = text("SELECT set_config('milepost.tenant_id', :tenant_id, true)")


class Database:
    """The connections of one process, a small pool per role.

    `login_as_role` says how a connection gets its role: by signing in as it (the embedded server,
    whose socket only we reach), or by the `role` parameter of a session that signs in as the user
    of the URL, who has been granted the four roles.
    """

    def __init__(self, url: str, *, login_as_role: bool) -> None:
        self._url = url
        self._login_as_role = login_as_role
        self._app = self._engine("milepost_app", pool_size=8)
        self._ingest = self._engine("milepost_ingest", pool_size=3)
        self._identity = self._engine("milepost_identity", pool_size=3)
        self._operator = self._engine("milepost_operator", pool_size=1)

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[AsyncConnection]:
        """A request's transaction: it sees the rows of `scope.tenant_id`, whatever is asked.

        Raises:
            InvalidInput: a value is none that PostgreSQL can hold.
            Unavailable: if PostgreSQL does not answer.
        """
        with refusing_bad_values():
            async with _transaction(self._app) as connection:
                await connection.execute(_SET_TENANT, {"tenant_id": str(scope.tenant_id)})
                yield connection

    @asynccontextmanager
    async def ingest_transaction(self) -> AsyncIterator[AsyncConnection]:
        """The processor's: devices, states and derived rows of all tenants; no accounts.

        Raises:
            Unavailable: if PostgreSQL does not answer.
        """
        async with _transaction(self._ingest) as connection:
            yield connection

    @asynccontextmanager
    async def identity_transaction(self) -> AsyncIterator[AsyncConnection]:
        """Sign-in's: accounts, memberships, keys and tokens of all tenants; nothing else.

        Raises:
            InvalidInput: a value is none that PostgreSQL can hold.
            Unavailable: if PostgreSQL does not answer.
        """
        with refusing_bad_values():
            async with _transaction(self._identity) as connection:
                yield connection

    @asynccontextmanager
    async def operator_transaction(self) -> AsyncIterator[AsyncConnection]:
        """The command line's: all rows. Nothing that a network reaches may use it.

        Raises:
            Unavailable: if PostgreSQL does not answer.
        """
        async with _transaction(self._operator) as connection:
            yield connection

    async def ping(self) -> None:
        """Asks PostgreSQL for a sign of life.

        Raises:
            Unavailable: if it gives none.
        """
        async with _transaction(self._app) as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Closes all connections."""
        for engine in (self._app, self._ingest, self._identity, self._operator):
            await engine.dispose()

    def _engine(self, role: str, *, pool_size: int) -> AsyncEngine:
        url = parse_url(self._url)
        arguments: dict[str, Any] = {"timeout": 10, "command_timeout": 60}
        settings = {"application_name": role, "timezone": "UTC"}
        if self._login_as_role:
            url = url.set(username=role)
            # Whatever somebody may have set for the role or the database.
            settings["synchronous_commit"] = "on"
        else:
            settings["role"] = role
        return open_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            pool_pre_ping=True,
            connect_args={**arguments, "server_settings": settings},
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
        )


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    with reporting_unavailable():
        async with engine.begin() as connection:
            yield connection
