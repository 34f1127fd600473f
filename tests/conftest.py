"""What tests share: real engines, started once a session, and a fresh tenant for each test.

chDB allows one folder per process: whoever needs another one (a backup's target, a whole server)
starts a process.
"""

import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from sqlalchemy import insert

from milepost.domain.scope import Scope
from milepost.features.tenants.tables import tenants
from milepost.stores.data_folder import DataFolder
from milepost.stores.embedded_postgres import EmbeddedPostgres
from milepost.stores.postgres.database import Database
from milepost.stores.postgres.migrate import let_roles_log_in, migrate
from milepost.stores.telemetry import Telemetry
from tests import free_ports
from tests.nats_server import NATS_SERVER, NatsServer
from tests.waiting_for_port import wait_for_port

OPTIONAL = {
    "realserver": ("--realservers", "needs Debian's PostgreSQL 15, Mosquitto or nats-server"),
    "browser": ("--browser", "needs Chromium"),
}
POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")


class NewTenant(Protocol):
    async def __call__(self, *, adopts_unknown_devices: bool = False) -> Scope: ...


# Two cores shared with engines: how long an example takes says nothing.
settings.register_profile("milepost", deadline=None)
settings.load_profile("milepost")


def pytest_addoption(parser: pytest.Parser) -> None:
    for marker, (option, needs) in OPTIONAL.items():
        parser.addoption(option, action="store_true", help=f"run tests marked {marker}: {needs}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for marker, (option, needs) in OPTIONAL.items():
        if config.getoption(option):
            continue
        skip = pytest.mark.skip(reason=f"NOT RUN: {needs}; run with {option}")
        for item in items:
            if marker in item.keywords:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataFolder]:
    """The session's data folder, locked."""
    with DataFolder(tmp_path_factory.mktemp("data")) as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres(data_folder: DataFolder) -> Iterator[EmbeddedPostgres]:
    """The session's embedded PostgreSQL, without a schema of ours unless `database` is used."""
    server = EmbeddedPostgres(data_folder.postgres)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
async def database(postgres: EmbeddedPostgres) -> AsyncIterator[Database]:
    """The migrated database; tests keep apart by tenant, see `scope`."""
    await migrate(postgres.url)
    await let_roles_log_in(postgres.url)
    opened = Database(postgres.url, login_as_role=True)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
async def telemetry(data_folder: DataFolder) -> AsyncIterator[Telemetry]:
    """ClickHouse in this process, migrated; tests keep apart by tenant."""
    opened = Telemetry(data_folder.clickhouse)
    await opened.open()
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
def new_tenant(database: Database) -> NewTenant:
    """Makes a tenant: `scope = await new_tenant()`."""

    async def make(*, adopts_unknown_devices: bool = False) -> Scope:
        tenant_id, now = uuid4(), datetime.now(UTC)
        async with database.operator_transaction() as connection:
            await connection.execute(
                insert(tenants).values(
                    id=tenant_id,
                    name=f"Tenant {tenant_id}",
                    slug=str(tenant_id),
                    adopts_unknown_devices=adopts_unknown_devices,
                    created_at=now,
                    updated_at=now,
                )
            )
        return admin_of(tenant_id)

    return make


@pytest.fixture
async def scope(new_tenant: NewTenant) -> Scope:
    """An administrator of a fresh tenant."""
    return await new_tenant()


def admin_of(tenant_id: UUID) -> Scope:
    return Scope(tenant_id=tenant_id, user_id=None, role="admin")


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Gives a TCP port of the loopback that nobody listens on."""

    return free_ports.free_port


@pytest.fixture(scope="session")
def postgres_15_url(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]
) -> Iterator[str]:
    """Debian's PostgreSQL 15; the user of the URL has CREATEROLE and is no superuser."""
    folder = tmp_path_factory.mktemp("postgres15")
    port = free_port()
    as_user = _as_user("postgres", folder)
    run = [*as_user, POSTGRES_15 / "initdb", "-A", "trust", "-U", "postgres", "-D", folder / "db"]
    subprocess.run(run, check=True, capture_output=True, cwd="/")
    options = [
        f"--port={port}",
        "--listen_addresses=127.0.0.1",
        f"--unix_socket_directories={folder}",
    ]
    server = subprocess.Popen(
        [*as_user, POSTGRES_15 / "postgres", "-D", folder / "db", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    try:
        wait_for_port(port)
        # The port is open before the server takes connections.
        ready = [POSTGRES_15 / "pg_isready", "-h", "127.0.0.1", "-p", str(port)]
        while subprocess.run(ready, check=False, capture_output=True).returncode:
            time.sleep(0.05)
        for statement in (
            "CREATE ROLE milepost_owner LOGIN CREATEROLE",
            "CREATE DATABASE milepost OWNER milepost_owner",
        ):
            psql = [POSTGRES_15 / "psql", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]
            subprocess.run([*psql, "-c", statement], check=True, capture_output=True, cwd="/")
        yield f"postgresql+asyncpg://milepost_owner@127.0.0.1:{port}/milepost"
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="session")
def mosquitto_port(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]
) -> Iterator[int]:
    """Debian's Mosquitto on a port of the loopback, open to all."""
    port = free_port()
    configuration = tmp_path_factory.mktemp("mosquitto") / "mosquitto.conf"
    configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n")
    server = subprocess.Popen(
        ["/usr/sbin/mosquitto", "-c", configuration],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port)
        yield port
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def nats_server(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[NatsServer]:
    """Debian's nats-server with JetStream, for one test that may break it."""
    if not NATS_SERVER.exists():
        pytest.skip(f"NOT RUN: {NATS_SERVER} is missing; install Debian's nats-server")
    server = NatsServer(tmp_path / "nats", free_port())
    server.start()
    yield server
    server.kill()


def _as_user(name: str, folder: Path) -> list[str]:
    """How root runs a program as somebody else, who gets the folder."""
    if os.geteuid() != 0:
        return []
    for parent in (folder, *folder.parents):
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    subprocess.run(["chown", name, folder], check=True)
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups"]
