"""The whole HTTP application over real engines, and callers of every role."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from milepost.api.app import create_app
from milepost.domain.scope import Role
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from tests.api.platform import Caller, Platform, new_id, utc_now

NewCaller = Callable[..., Awaitable[Caller]]


@pytest.fixture(scope="session")
def platform(database: Database, telemetry: Telemetry) -> Platform:
    return Platform(database, telemetry)


@pytest.fixture(scope="session")
def app(platform: Platform) -> Litestar:
    return create_app(platform.parts())


@pytest.fixture(scope="session")
async def client(app: Litestar) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
async def admin(platform: Platform, client: Any) -> Caller:
    """The administrator of a fresh tenant."""
    return await platform.new_admin(client)


@pytest.fixture
async def stranger(platform: Platform, client: Any) -> Caller:
    """The administrator of another tenant."""
    return await platform.new_admin(client)


@pytest.fixture
def member(platform: Platform, admin: Caller) -> Callable[..., Awaitable[Caller]]:
    """Makes another member of the admin's tenant: `await member("viewer")`."""

    async def make(
        role: Role, fleet_ids: tuple[UUID, ...] | None = None, driver_id: UUID | None = None
    ) -> Caller:
        return await platform.new_member(admin, role, fleet_ids, driver_id)

    return make


__all__ = ["new_id", "utc_now"]
