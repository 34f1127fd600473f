"""Nobody else reads what we keep: data folders, old ones too, and what killed processes left."""

import os
import subprocess
from pathlib import Path

import pytest

from milepost.stores.data_folder import DataFolder
from milepost.stores.embedded_postgres import EmbeddedPostgres
from milepost.stores.rotated_log import RotatedLog
from milepost.stores.work_folder import remove_left_over, work_folder

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: only root can be another user")


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_folder_is_its_owners_alone(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        assert mode_of(folder.path) == 0o700
        assert mode_of(folder.path / "milepost.lock") == 0o600


def test_the_folder_of_an_older_release_is_closed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "clickhouse" / "store").mkdir(parents=True)
    (data / "postgres").mkdir()
    for name in ("milepost.lock", "signing.key", "postgres.log"):
        (data / name).write_text("")
        (data / name).chmod(0o644)
    for folder in (data, data / "clickhouse", data / "postgres"):
        folder.chmod(0o755)
    with DataFolder(data):
        pass
    assert {mode_of(path) for path in (data, data / "clickhouse", data / "postgres")} == {0o700}
    assert {mode_of(path) for path in data.iterdir() if path.is_file()} == {0o600}


def test_a_folder_that_serves_others_too_stays_open_and_ours_is_closed(tmp_path: Path) -> None:
    for folder in (tmp_path / "clickhouse", tmp_path / "somebody", tmp_path):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
    with DataFolder(tmp_path):
        pass
    assert mode_of(tmp_path) == mode_of(tmp_path / "somebody") == 0o755
    assert mode_of(tmp_path / "clickhouse") == 0o700


@needs_root
def test_run_by_root_only_postgresqls_user_passes_through(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        server = EmbeddedPostgres(folder.postgres)
        server.start()
        server.stop()
        assert mode_of(folder.path) == 0o710
        assert folder.path.group() == "pgserver"
        assert folder.path.owner() == "root"
    for command in (["ls", folder.path], ["cat", folder.path / "postgres.log"]):
        tried = subprocess.run(
            ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command],
            capture_output=True,
            text=True,
            check=False,
        )
        assert tried.returncode != 0 and "Permission denied" in tried.stderr
    with DataFolder(tmp_path / "data") as folder:  # and once more
        server = EmbeddedPostgres(folder.postgres)
        server.start()
        server.stop()
        assert mode_of(folder.path) == 0o710


def test_a_work_folder_goes_and_one_in_use_is_left_alone(tmp_path: Path) -> None:
    with work_folder(tmp_path, "backup") as mine:
        (mine / "positions.parquet").write_bytes(b"x")
        assert mode_of(mine) == 0o700
        assert remove_left_over(tmp_path) == []
        with work_folder(tmp_path, "restore") as other:
            assert mine.exists() and other.exists()
    assert list(tmp_path.iterdir()) == []


def test_left_over_work_folders_go_when_the_data_folder_is_opened(tmp_path: Path) -> None:
    left = tmp_path / ".milepost-restore-abc"
    left.mkdir()
    (left / "in-use").write_text("")
    older = tmp_path / ".milepost-backup-def"  # of a release that locked none
    older.mkdir()
    (older / "users.csv").write_text("a")
    os.utime(older, (1, 1))
    with DataFolder(tmp_path):
        assert not left.exists() and not older.exists()


def test_a_log_is_rotated_by_size_while_it_is_open(tmp_path: Path) -> None:
    rotated = RotatedLog(tmp_path / "x.log", largest_bytes=100, kept=2)
    assert not rotated.rotate_if_large()
    with rotated.open() as log:
        for number in range(5):
            log.write(f"{number} ".encode() * 60)
            log.flush()
            assert rotated.rotate_if_large()
        log.write(b"the end\n")
    assert (tmp_path / "x.log").read_bytes() == b"the end\n"
    assert (tmp_path / "x.log.1").read_text().startswith("4 ")
    assert (tmp_path / "x.log.2").read_text().startswith("3 ")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["x.log", "x.log.1", "x.log.2"]
    assert {mode_of(each) for each in tmp_path.iterdir()} == {0o600}
    assert rotated.end(5) == "the end"
