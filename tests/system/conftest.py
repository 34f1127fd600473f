"""Whole servers: one of its own for a test that breaks it, one for all that only use it."""

import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.system.server import Server


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a tenant and an administrator, made once and copied for each server."""
    server = Server(tmp_path_factory.mktemp("prepared"))
    server.add_user()
    return server.data


def copied(prepared: Path, folder: Path) -> Path:
    # With its owners: run as root, the embedded PostgreSQL's files belong to a user of its own.
    subprocess.run(["cp", "-a", str(prepared), str(folder / "data")], check=True)
    return folder


@pytest.fixture
def stopped(prepared: Path, tmp_path: Path) -> Iterator[Server]:
    """A server that was not started; whatever a test leaves running ends with it."""
    server = Server(copied(prepared, tmp_path), MILEPOST_STALL_AFTER_S="3")
    yield server
    if server.process is not None and server.process.poll() is None:
        server.kill()
    shutil.rmtree(tmp_path / "data")


@pytest.fixture
async def server(stopped: Server) -> Server:
    """A running server, for a test that breaks it."""
    stopped.start()
    await stopped.ready()
    return stopped


@pytest.fixture(scope="session")
async def shared(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A running server for tests that leave it as healthy as they found it."""
    server = Server(copied(prepared, tmp_path_factory.mktemp("shared")))
    server.start()
    await server.ready()
    yield server
    assert server.stop() == 0
