"""What the server keeps on the disk: for its owner alone, and only as new as it understands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from milepost.stores.data_folder import DataFolder
from milepost.stores.embedded_postgres import EmbeddedPostgres
from tests.system.server import Server

REFUSED = 2
OTHERS = 0o077
TRY_TO_READ = r"""
import os, sys
read = []
for top in sys.argv[1:]:
    for folder, _, names in os.walk(top, onerror=lambda error: None):
        for name in names:
            path = os.path.join(folder, name)
            try:
                with open(path, "rb"):
                    read.append(path)
            except OSError:
                pass
    try:
        os.listdir(top)
    except PermissionError:
        pass
    else:
        read.append(top)
print("\n".join(read))
"""
NEWER_CLICKHOUSE = """
import asyncio, sys
from functools import partial
from pathlib import Path
from milepost.stores.clickhouse.handles import Handles, chdb_client

async def main():
    handles = Handles(partial(chdb_client, Path(sys.argv[1])), 1, "test")
    await handles.open()
    await handles.command("INSERT INTO schema_migrations VALUES (9999, now())")
    await handles.close()

asyncio.run(main())
"""


def read_as_nobody(*paths: Path) -> list[str]:
    nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    done = subprocess.run(
        [*nobody, "/usr/bin/python3", "-c", TRY_TO_READ, *paths],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    return done.stdout.split()


def run(*program: str | Path) -> None:
    subprocess.run(program, check=True, capture_output=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: only root can be another user")
async def test_nobody_reads_anything_of_a_running_server(stopped: Server) -> None:
    """On the folder of a release that made everything readable by all."""
    for path in [stopped.data, *stopped.data.glob("*"), *(stopped.data / "clickhouse").rglob("*")]:
        if path.name != "postgres" and not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    probe = stopped.folder / "readable"
    probe.write_text("by all")
    probe.chmod(0o644)
    for folder in stopped.data.parents:
        folder.chmod(folder.stat().st_mode | 0o001)
    assert read_as_nobody(stopped.data)
    stopped.start()
    await stopped.ready()
    inside = [*stopped.data.glob("*"), *stopped.data.glob("*/*"), *stopped.data.glob("*/*/*")]
    assert read_as_nobody(stopped.data, *inside) == []
    assert stopped.stop() == 0
    assert read_as_nobody(stopped.data, *inside) == []


async def test_all_that_a_server_writes_is_its_owners_alone(server: Server) -> None:
    """Each file by itself, not only behind a closed door."""
    written = [*server.data.iterdir(), *(server.data / "clickhouse").rglob("*")]
    open_to_others = [
        path for path in written if not path.is_symlink() and path.lstat().st_mode & OTHERS
    ]
    assert open_to_others == []
    assert len(written) > 20
    assert server.stop() == 0


@pytest.mark.parametrize("content", [b"", b"abc"])
async def test_a_signing_key_that_is_too_short_is_refused(stopped: Server, content: bytes) -> None:
    (stopped.data / "signing.key").write_bytes(content)
    code, said = await stopped.refused()
    assert code == REFUSED
    assert f"{stopped.data / 'signing.key'}: 'a key of {len(content)} bytes' came" in said
    assert "Traceback" not in said


async def test_a_newer_schema_of_postgresql_is_refused(stopped: Server) -> None:
    with DataFolder(stopped.data) as folder:
        server = EmbeddedPostgres(folder.postgres)
        server.start()
        program = [sys.executable, "-c", _SET_REVISION, server.url]
        run(*program)
        server.stop()
    code, said = await stopped.refused()
    assert code == REFUSED
    assert "the data in PostgreSQL" in said and "9999 is newer than" in said
    assert "Traceback" not in said


async def test_a_newer_schema_of_clickhouse_is_refused(stopped: Server) -> None:
    migrated = [sys.executable, "-m", "milepost.cli.main", "migrate", "--data", stopped.data]
    run(*migrated)
    program = [sys.executable, "-c", NEWER_CLICKHOUSE, stopped.data / "clickhouse"]
    run(*program)
    code, said = await stopped.refused()
    assert code == REFUSED
    assert "the data in ClickHouse" in said and "9999 is newer than" in said
    assert "Traceback" not in said


_SET_REVISION = """
import asyncio, sys
from sqlalchemy import text
from milepost.stores.postgres.engine import open_engine

async def main():
    engine = open_engine(sys.argv[1])
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await engine.dispose()

asyncio.run(main())
"""
