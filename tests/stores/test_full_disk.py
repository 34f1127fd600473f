"""A full disk: a clear refusal, nothing lost, and work goes on when there is room again."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from milepost.errors import Unavailable
from milepost.stores.embedded_postgres import EmbeddedPostgres
from milepost.stores.postgres.database import Database
from milepost.stores.postgres.migrate import let_roles_log_in, migrate

MOUNT = ["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 192 MB, 64 MB of which are taken by a file `ballast`."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run([*MOUNT, folder], check=False, capture_output=True).returncode
    )
    if not mounted:
        pytest.skip("NOT RUN: only root can mount a small file system")
    with (folder / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, 64_000_000)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_positions_are_refused_and_none_is_lost(small_disk: Path) -> None:
    program = [sys.executable, "-m", "tests.stores.full_disk", small_disk]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["refusal"].startswith("ClickHouse is not available: ")
    assert "space" in answer["refusal"]
    assert answer["found_when_full"] == answer["stored"] > 0
    assert answer["found_after"] == answer["stored"] + 5_000


async def test_postgresql_says_so_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    server = EmbeddedPostgres(small_disk / "postgres")
    server.start()
    await migrate(server.url)
    await let_roles_log_in(server.url)
    database = Database(server.url, login_as_role=True)
    fill = text(
        "INSERT INTO processor_checkpoint SELECT n || repeat('x', 500), n, n, now()"
        " FROM generate_series(CAST(:first AS int), CAST(:first AS int) + 4999) n"
    )
    with pytest.raises(Unavailable, match="No space left on device"):
        for first in range(0, 10_000_000, 5_000):
            async with database.ingest_transaction() as connection:
                await connection.execute(fill, {"first": first})
    (small_disk / "ballast").unlink()
    server.ensure_running()
    await database.ping()
    async with database.ingest_transaction() as connection:
        count = await connection.scalar(text("SELECT count(*) FROM processor_checkpoint"))
        assert count == first > 0
    await database.close()
    server.stop()
