"""The whole HTTP application, served over real engines, and callers of every role."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from milepost.api.app import create_app
from milepost.api.client_address import TrustedProxies
from milepost.api.connections import WebLimits
from milepost.api.web_server import listening_socket, serving
from milepost.domain.scope import Role
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from tests.api.platform import Caller, Platform

NewMember = Callable[..., Awaitable[Caller]]


@pytest.fixture(scope="session")
def platform(database: Database, telemetry: Telemetry) -> Platform:
    return Platform(database, telemetry)


@pytest.fixture(scope="session")
async def base_url(
    platform: Platform, free_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    app = create_app(platform.parts(_web_folder(tmp_path_factory.mktemp("web"))))
    async with served(app, free_port()) as url:
        yield url


@pytest.fixture(scope="session")
async def client(base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=base_url, timeout=120) as opened:
        yield opened


@pytest.fixture
async def admin(platform: Platform, client: httpx.AsyncClient) -> Caller:
    """The administrator of a fresh tenant."""
    return await platform.new_admin(client)


@pytest.fixture
async def stranger(platform: Platform, client: httpx.AsyncClient) -> Caller:
    """The administrator of another tenant."""
    return await platform.new_admin(client)


@pytest.fixture
def member(platform: Platform, admin: Caller) -> NewMember:
    """Makes another member of the admin's tenant: `await member("viewer")`."""

    async def make(
        role: Role, fleet_ids: tuple[UUID, ...] | None = None, driver_id: UUID | None = None
    ) -> Caller:
        return await platform.new_member(admin, role, fleet_ids, driver_id)

    return make


@asynccontextmanager
async def served(
    app: Litestar,
    port: int,
    limits: WebLimits | None = None,
    proxies: TrustedProxies | None = None,
) -> AsyncIterator[str]:
    """The application behind the server that production uses, in this event loop."""
    bound = listening_socket("127.0.0.1", port, "web port")
    async with serving(app, bound, limits or WebLimits(), proxies or TrustedProxies()):
        yield f"http://127.0.0.1:{port}"


def _web_folder(folder: Path) -> Path:
    (folder / "index.html").write_text("<!doctype html><title>Milepost</title>")
    (folder / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "assets").mkdir()
    (folder / "assets" / "app-1a2b3c4d.js").write_text("export {}")
    return folder
