"""Folders for half-made things, which go when they are done, or at the next start after a kill."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".milepost-"
_LOCK = "in-use"
# Between the making of a folder and that of its lock.
_YOUNG_S = 60.0


@contextmanager
def work_folder(parent: Path, kind: str) -> Iterator[Path]:
    """A folder `.milepost-<kind>-…` that only the owner can enter; removed at the end."""
    remove_left_over(parent)
    folder = Path(tempfile.mkdtemp(dir=parent, prefix=f"{PREFIX}{kind}-"))
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(descriptor)
        shutil.rmtree(folder, ignore_errors=True)


def remove_left_over(parent: Path) -> list[Path]:
    """Removes what killed processes have left behind: they hold copies of everybody's data."""
    left = [folder for folder in parent.glob(f"{PREFIX}*-*") if _is_left_over(folder)]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return left


def _is_left_over(folder: Path) -> bool:
    """The lock is the kernel's: it went with the process."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime > _YOUNG_S
    except OSError:
        return False  # somebody else's
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
