"""Who may read what we keep: the owner alone, and as root the system user of PostgreSQL."""

import os
import stat
from pathlib import Path

import structlog

# What a folder that serves others too holds besides our own; a disk's own folder says nothing.
_OWN_FOLDERS = frozenset({"clickhouse", "log", "postgres", "lost+found"})
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_log = structlog.get_logger()


def close_to_others(folder: Path) -> None:
    """Takes away what other users may do in a data folder, an older one's too.

    The folder itself stays as it is where others have work in it: it is a shared one (`/tmp`), or
    has folders that are not ours. What is ours is closed in any case.
    """
    if not _is_shared(folder):
        _close(folder)
    for path in folder.iterdir():
        if path.name in ("clickhouse", "log", "postgres") or path.is_file():
            _close(path)


def admit_group(folder: Path, group: int | None) -> None:
    """Lets one group walk through a closed folder; its members cannot list it."""
    found = folder.stat()
    if group is None or found.st_mode & stat.S_IXOTH:
        return
    os.chown(folder, -1, group)
    folder.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS | stat.S_IXGRP)


def fsync_folder(folder: Path) -> None:
    """Puts the names of a folder on the disk: those of files that were made or renamed in it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_shared(folder: Path) -> bool:
    if folder.stat().st_mode & stat.S_ISVTX:
        return True
    return any(
        path.is_dir() and path.name not in _OWN_FOLDERS and not path.name.startswith(".milepost-")
        for path in folder.iterdir()
    )


def _close(path: Path) -> None:
    found = path.stat()
    is_ours = os.geteuid() in (0, found.st_uid)
    if not is_ours or not found.st_mode & _OTHERS:
        return
    if found.st_mode & (stat.S_IROTH | stat.S_IWOTH):
        _log.warning("data_folder.was_open_to_others", path=str(path))
    path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
