import os
import subprocess
import sys
from pathlib import Path

import pytest

from milepost.errors import DataFolderInUse, Unavailable
from milepost.stores.data_folder import DataFolder

HOLD = """
import sys
from pathlib import Path
from milepost.stores.data_folder import DataFolder
with DataFolder(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_owner_is_told_who_the_first_is(tmp_path: Path) -> None:
    with DataFolder(tmp_path), pytest.raises(DataFolderInUse) as refused, DataFolder(tmp_path):
        pass
    assert refused.value.owner_pid == os.getpid()
    assert str(tmp_path) in str(refused.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(Unavailable, match=r"the data folder .*file.* is not available"),
        DataFolder(tmp_path / "file"),
    ):
        pass


def test_it_can_be_taken_again_when_let_go(tmp_path: Path) -> None:
    for _ in range(2):
        with DataFolder(tmp_path / "made" / "deep") as folder:
            assert folder.postgres.parent == folder.path


def test_a_killed_owner_holds_nothing(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None and owner.stdout.readline() == b"held\n"
        with pytest.raises(DataFolderInUse, match=str(owner.pid)), DataFolder(tmp_path):
            pass
        owner.kill()
        owner.wait()
        with DataFolder(tmp_path):
            pass
