"""A full disk: devices are not answered, /readyz says why, and both come back with the room."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from milepost.protocols.teltonika import PROTOCOL
from tests.system.devices import Tracker, drive
from tests.system.server import Server

MOUNT = ["mount", "-t", "tmpfs", "-o", "size=700m", "tmpfs"]
IMEI = "350000000000971"
WITHIN_S = 120.0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run([*MOUNT, folder], check=False, capture_output=True).returncode
    )
    if not mounted:
        pytest.skip("NOT RUN: only root can mount a small file system")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
async def server_on_it(small_disk: Path) -> Iterator[Server]:
    server = Server(small_disk)
    server.log_path = small_disk.parent / "server.log"
    server.add_user()
    server.start()
    await server.ready()
    yield server
    server.stop()


async def becomes(server: Server, status: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while await server.readiness() != status:
            await asyncio.sleep(0.2)


async def why_not_ready(server: Server) -> str:
    async with httpx.AsyncClient(timeout=30) as client:
        return (await client.get(f"{server.url}/readyz")).text


def fill(folder: Path) -> Path:
    """Take all the room there is, while others take some of it too."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        for chunk in (1 << 20, 1 << 12):
            with suppress(OSError):
                while True:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), chunk)
    return ballast


async def test_a_full_disk_is_told_and_gets_over(server_on_it: Server, small_disk: Path) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    positions = drive(start, 40)
    tracker = Tracker(IMEI, PROTOCOL, server_on_it.port_offset)
    tracker.unsent = [positions[:20]]
    await tracker.send()
    assert len(tracker.acknowledged) == 20
    ballast = await asyncio.to_thread(fill, small_disk)
    await becomes(server_on_it, httpx.codes.SERVICE_UNAVAILABLE)
    assert "storing positions is not available: the disk has 0 MiB left" in await why_not_ready(
        server_on_it
    )
    tracker.unsent = [positions[20:]]
    sending = asyncio.create_task(tracker.deliver())
    await asyncio.sleep(3)
    assert len(tracker.acknowledged) == 20
    ballast.unlink()
    await becomes(server_on_it, httpx.codes.OK)
    async with asyncio.timeout(WITHIN_S):
        await sending
    assert len(tracker.acknowledged) == 40
