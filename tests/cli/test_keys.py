"""`milepost keys rotate` on a data folder."""

import subprocess
import sys
from pathlib import Path

from milepost.features.signing_keys import load_signing_keys
from milepost.features.tokens import key_id


def rotate(data: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "milepost.cli.main", "keys", "rotate", "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_new_key_takes_the_place_of_the_old_one_once_per_start(tmp_path: Path) -> None:
    nothing = rotate(tmp_path)
    assert nothing.returncode == 2
    assert "there is no signing key" in nothing.stderr
    before = load_signing_keys(tmp_path)
    done = rotate(tmp_path)
    assert done.returncode == 0, done.stderr
    after = load_signing_keys(tmp_path)
    assert after.previous == before.current
    assert key_id(after.current) in done.stdout
    again = rotate(tmp_path)
    assert again.returncode == 2
    assert "start the server first" in again.stderr
    assert load_signing_keys(tmp_path) == after
