"""Backup and restore by the command line, on embedded engines."""

import os
import random
import re
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import msgspec
import pytest

from milepost.errors import DamagedArchive, InvalidInput
from milepost.stores.archive_file import check_archive, pack
from milepost.stores.clickhouse.migrate import newest_number
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


@pytest.mark.parametrize(
    ("field", "value"), [("clickhouse_number", 99), ("postgres_revision", "9999"), ("format", 3)]
)
def test_an_archive_of_a_newer_version_is_refused(
    source: tuple[Path, Path, str], tmp_path: Path, field: str, value: int | str
) -> None:
    with tarfile.open(source[1]) as archive:
        archive.extractall(tmp_path / "parts", filter="data")
    (tmp_path / "parts" / "manifest.json").unlink()
    newer = msgspec.structs.replace(check_archive(source[1]), **{field: value})
    pack(tmp_path / "parts", newer, tmp_path / "newer.tar")
    done = milepost("restore", tmp_path / "newer.tar", "--data", tmp_path / "data")
    assert done.returncode == 2
    assert "this version of Milepost or an older one" in done.stderr
    assert not (tmp_path / "data").exists()


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
    revision, number = newest_revision(), newest_number()
    assert first.stdout.splitlines() == [
        f"PostgreSQL: empty → {revision}",
        f"ClickHouse: empty → {number}",
    ]
    second = milepost("migrate", "--data", tmp_path / "data")
    assert second.stdout.splitlines() == [
        f"PostgreSQL: {revision} → {revision}",
        f"ClickHouse: {number} → {number}",
    ]


def flipped(data: bytes, places: list[int]) -> bytes:
    changed = bytearray(data)
    for place in places:
        changed[place] ^= 0x01
    return bytes(changed)


def test_one_changed_digit_is_found_and_named(
    source: tuple[Path, Path, str], tmp_path: Path
) -> None:
    _, backup, _ = source
    data = backup.read_bytes()
    place = data.index(b"2026-01-01 00:00:00+00", data.index(b"postgres/events.csv\0"))
    (tmp_path / "changed.tar").write_bytes(flipped(data, [place + 3]))  # 2026 becomes 2027
    done = milepost("restore", tmp_path / "changed.tar", "--data", tmp_path / "data")
    assert done.returncode == 2
    said = f"{tmp_path / 'changed.tar'} is damaged: postgres/events.csv is not what was written"
    assert said in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_flipped_bytes_are_found_wherever_they_are(
    source: tuple[Path, Path, str], tmp_path: Path
) -> None:
    """Headers, padding, manifest, tables, the line at the end: one bit, and 39 of them."""
    data, changed, chance = source[1].read_bytes(), tmp_path / "changed.tar", random.Random(3)
    alone = [[start + chance.randrange(256)] for start in range(0, len(data) - 256, 256)]
    together = [[chance.randrange(len(data)) for _ in range(39)] for _ in range(20)]
    for places in [*alone, *together, [len(data) - 1]]:
        changed.write_bytes(flipped(data, places))
        with pytest.raises((DamagedArchive, InvalidInput), match=re.escape(str(changed))):
            check_archive(changed)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99, 0.99999])
def test_a_part_of_an_archive_is_refused(
    source: tuple[Path, Path, str], tmp_path: Path, share: float
) -> None:
    data = source[1].read_bytes()
    part = tmp_path / "part.tar"
    part.write_bytes(data[: int(len(data) * share)])
    with pytest.raises((DamagedArchive, InvalidInput), match=re.escape(str(part))):
        check_archive(part)


def test_half_an_archive_changes_nothing(source: tuple[Path, Path, str], tmp_path: Path) -> None:
    data = source[1].read_bytes()
    (tmp_path / "half.tar").write_bytes(data[: len(data) // 2])
    done = milepost("restore", tmp_path / "half.tar", "--data", tmp_path / "data")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f"{tmp_path / 'half.tar'} is damaged: " in done.stderr
    assert not (tmp_path / "data").exists()


def test_an_archive_of_the_first_form_is_restored(
    source: tuple[Path, Path, str], tmp_path: Path
) -> None:
    """As the version before wrote it: no checksums, and nothing behind the tar's end."""
    with tarfile.open(source[1]) as archive:
        archive.extractall(tmp_path / "parts", filter="data")
    manifest = tmp_path / "parts" / "manifest.json"
    fields = msgspec.json.decode(manifest.read_bytes())
    del fields["sha256"]
    manifest.write_bytes(msgspec.json.encode(fields | {"format": 1}))
    with tarfile.open(tmp_path / "old.tar", "w") as archive:
        for part in (manifest, *sorted((tmp_path / "parts").glob("*/*"))):
            archive.add(part, str(part.relative_to(tmp_path / "parts")))
    done = milepost("restore", tmp_path / "old.tar", "--data", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert "has no checksums" in done.stdout
    assert filled("show", tmp_path / "data") == source[2]


def test_a_backup_is_its_owners_alone_and_any_tar_reads_it(
    source: tuple[Path, Path, str],
) -> None:
    _, backup, _ = source
    assert backup.stat().st_mode & 0o777 == 0o600
    listed = subprocess.run(["tar", "-tvf", backup], capture_output=True, text=True, check=True)
    assert "manifest.json" in listed.stdout and "clickhouse/positions.parquet" in listed.stdout
    assert "signing.key" not in listed.stdout


def test_what_a_killed_backup_left_goes_with_the_next(
    source: tuple[Path, Path, str], tmp_path: Path
) -> None:
    data, _, _ = source
    program = [sys.executable, "-m", "milepost.cli.main", "backup", tmp_path / "a.tar"]
    with subprocess.Popen([*program, "--data", data], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None and killed.stdout.readline()  # a table is written
        killed.send_signal(signal.SIGKILL)
    (left,) = tmp_path.glob(".milepost-backup-*")
    assert left.stat().st_mode & 0o777 == 0o700
    done = milepost("backup", tmp_path / "b.tar", "--data", data)
    assert done.returncode == 0, done.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["b.tar"]
