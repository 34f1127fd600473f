"""Backup and restore by the command line, on embedded engines."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from milepost.stores.data_folder import DataFolder
from milepost.stores.postgres.migrate import newest_revision


def python(*words: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MILEPOST_")}
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, env=environment
    )


def milepost(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return python("-m", "milepost.cli.main", *words)


def filled(action: str, folder: Path) -> str:
    done = python("-m", "tests.stores.filled", action, folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1] if done.stdout else ""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """A data folder with data in both engines, its backup, and all its data."""
    folder = tmp_path_factory.mktemp("source")
    filled("fill", folder / "data")
    done = milepost("backup", folder / "backup.tar", "--data", folder / "data")
    assert done.returncode == 0, done.stderr
    assert "positions                     1,001 rows" in done.stdout
    return folder / "data", folder / "backup.tar", filled("show", folder / "data")


def test_all_data_come_back(source: tuple[Path, Path, str], tmp_path: Path) -> None:
    _, backup, shown = source
    done = milepost("restore", backup, "--data", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    assert filled("show", tmp_path / "new") == shown


def test_data_are_replaced_by_force_only(source: tuple[Path, Path, str], tmp_path: Path) -> None:
    data, backup, shown = source
    other = tmp_path / "other"
    subprocess.run(["cp", "-a", data, other], check=True)
    changed = filled("lose", other)
    assert changed != shown
    done = milepost("restore", backup, "--data", other)
    assert done.returncode == 2
    assert "there are data here; --force replaces them" in done.stderr
    assert filled("show", other) == changed
    assert milepost("restore", backup, "--data", other, "--force").returncode == 0
    assert filled("show", other) == shown


def test_a_backup_replaces_no_file(source: tuple[Path, Path, str]) -> None:
    data, backup, _ = source
    before = backup.read_bytes()
    done = milepost("backup", backup, "--data", data)
    assert done.returncode == 2 and "is there already" in done.stderr
    assert backup.read_bytes() == before
    assert sorted(each.name for each in backup.parent.iterdir()) == ["backup.tar", "data"]


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x00" * 2048])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    done = milepost("restore", tmp_path / "file", "--data", tmp_path / "data")
    assert done.returncode == 2
    assert "allowed is a file of `milepost backup`" in done.stderr


def test_an_archive_of_a_newer_version_is_refused(
    source: tuple[Path, Path, str], tmp_path: Path
) -> None:
    with tarfile.open(source[1]) as archive:
        archive.extractall(tmp_path / "parts", filter="data")
    manifest = tmp_path / "parts" / "manifest.json"
    manifest.write_text(
        manifest.read_text().replace('"clickhouse_number":', '"clickhouse_number":9')
    )
    with tarfile.open(tmp_path / "newer.tar", "w") as archive:
        for part in (tmp_path / "parts").iterdir():
            archive.add(part, part.name)
    done = milepost("restore", tmp_path / "newer.tar", "--data", tmp_path / "data")
    assert done.returncode == 2
    assert "this version of Milepost or an older one" in done.stderr


@pytest.mark.parametrize("command", ["migrate", "backup", "restore"])
def test_a_folder_in_use_is_left_alone(
    source: tuple[Path, Path, str], tmp_path: Path, command: str
) -> None:
    words = {"migrate": [], "backup": [tmp_path / "file"], "restore": [source[1]]}[command]
    with DataFolder(tmp_path / "data"):
        done = milepost(command, *words, "--data", tmp_path / "data")
    assert done.returncode == 2
    assert f"process {os.getpid()} is using it" in done.stderr


def test_migrate_says_from_where_to_where(tmp_path: Path) -> None:
    first = milepost("migrate", "--data", tmp_path / "data")
    newest = newest_revision()
    assert first.stdout.splitlines() == [f"PostgreSQL: empty → {newest}", "ClickHouse: empty → 3"]
    second = milepost("migrate", "--data", tmp_path / "data")
    assert second.stdout.splitlines() == [f"PostgreSQL: {newest} → {newest}", "ClickHouse: 3 → 3"]
