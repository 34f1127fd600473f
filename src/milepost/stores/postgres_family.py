"""The processes of an embedded PostgreSQL: found by the folder that they work in, and ended.

A server that was killed leaves its children behind. A healthy child notices and ends; one that
hangs holds the shared memory, and no server starts on the folder until it is gone.
"""

import shutil
import signal
import tempfile
import time
from pathlib import Path

import psutil
import structlog

SOCKET_NAME = ".s.PGSQL.5432"
_SHORT_FOLDERS_PARENT = Path("/tmp")  # noqa: S108 - made with a random name, for us alone
_SHORT_FOLDERS = "milepost-"
_STOP_TIMEOUT_S = 20.0
_CHILDREN_END_WITHIN_S = 5.0
# Source: PostgreSQL, src/include/utils/pidfile.h: lines of postmaster.pid, counted from 0.
_SOCKET_FOLDER_LINE = 4
_STATUS_LINE = 7

_log = structlog.get_logger()


def read_pid_file(folder: Path) -> tuple[int | None, str]:
    """What `postmaster.pid` says: the process id, and the server's state ("ready")."""
    lines = _pid_file_lines(folder)
    pid = int(lines[0]) if lines and lines[0].strip().isdigit() else None
    return pid, lines[_STATUS_LINE].strip() if len(lines) > _STATUS_LINE else ""


def socket_folder_of(folder: Path) -> Path | None:
    """Where the server of the folder has, or had, its socket."""
    lines = _pid_file_lines(folder)
    found = lines[_SOCKET_FOLDER_LINE] if len(lines) > _SOCKET_FOLDER_LINE else ""
    return Path(found) if found else None


def family_of(folder: Path) -> list[psutil.Process]:
    """Every PostgreSQL process that works in the folder, whoever started it."""
    return [process for process in psutil.process_iter() if _works_in(process, folder)]


def is_recovering(folder: Path) -> bool:
    """Whether a process of the server recovers what the last crash has left.

    Source: PostgreSQL, src/backend/postmaster/startup.c: its title is "postgres: startup".
    """
    return any(_is_startup(process) for process in family_of(folder))


def stop_server(process: psutil.Process) -> None:
    """Fast shutdown; then immediate, which recovers at the next start; then the hard way."""
    signals = [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL]
    try:
        if process.status() == psutil.STATUS_STOPPED:
            signals = [signal.SIGKILL]  # it takes no other signal
        for number in signals:
            process.send_signal(number)
            if _has_ended(process):
                return
    except psutil.NoSuchProcess:
        return


def end_family(folder: Path, *, patience_s: float = _CHILDREN_END_WITHIN_S) -> list[int]:
    """Kills what still works in the folder after `patience_s`; the process ids of what it killed.

    All writes of PostgreSQL are such that the next start recovers from a kill.
    """
    _, alive = psutil.wait_procs(family_of(folder), timeout=patience_s)
    killed: list[int] = []
    deadline_s = time.monotonic() + _STOP_TIMEOUT_S
    while alive and time.monotonic() < deadline_s:
        for process in alive:
            if _works_in(process, folder):  # its number may have gone to another by now
                _kill(process)
                killed.append(process.pid)
        psutil.wait_procs(alive, timeout=1.0)
        alive = family_of(folder)
    return killed


def old_socket_folder(folder: Path) -> Path | None:
    """Where a server of the folder that was killed had its socket; None after a clean end."""
    sockets = socket_folder_of(folder)
    if sockets is None or not _is_socket_folder_of(sockets, folder):
        return None
    return sockets


def stop_left_over(folder: Path) -> None:
    """Ends what a server has left in the folder: processes, its pid file, its socket's lock.

    Only for whoever owns the folder. A lock names a process id that may be anybody's by now, after
    a reboot or in another container; once nothing of PostgreSQL works in the folder it is stale.
    """
    pid, _ = read_pid_file(folder)
    server = _server(pid, folder)
    if server is not None:
        _log.info("stopping a left over PostgreSQL", pid=server.pid)
        stop_server(server)
    killed = end_family(folder)
    if killed:
        _log.warning("killed what PostgreSQL had left behind", pids=sorted(set(killed)))
    # A pid file may be a copy of another folder's, whose server runs: its socket is left alone.
    for sockets in {folder, old_socket_folder(folder) or folder}:
        for name in (f"{SOCKET_NAME}.lock", SOCKET_NAME):
            (sockets / name).unlink(missing_ok=True)
    (folder / "postmaster.pid").unlink(missing_ok=True)


def short_socket_folder() -> Path:
    """A new folder with a short path, for a server whose own is too long for a socket."""
    return Path(tempfile.mkdtemp(prefix=_SHORT_FOLDERS, dir=_SHORT_FOLDERS_PARENT))


def _server(pid: int | None, folder: Path) -> psutil.Process | None:
    """The server of the pid file, if the process of that number is one on this folder."""
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        is_ours = process.name() == "postgres" and str(folder) in process.cmdline()
    except psutil.Error:
        return None
    return process if is_ours else None


def remove_short_socket_folder(sockets: Path, folder: Path) -> None:
    """Removes the folder in /tmp that stands in for a path that is too long for a socket."""
    is_short = sockets.parent == _SHORT_FOLDERS_PARENT and sockets.name.startswith(_SHORT_FOLDERS)
    if is_short and sockets.is_dir() and sockets.stat().st_uid == folder.stat().st_uid:
        shutil.rmtree(sockets, ignore_errors=True)


def _is_socket_folder_of(sockets: Path, folder: Path) -> bool:
    """Whether the lock of the socket there is of a server of this folder.

    Source: PostgreSQL, src/backend/utils/init/miscinit.c: a lock's second line is the data folder.
    """
    try:
        lines = (sockets / f"{SOCKET_NAME}.lock").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 1 and lines[1] == str(folder)


def _has_ended(process: psutil.Process) -> bool:
    try:
        process.wait(_STOP_TIMEOUT_S)
    except psutil.TimeoutExpired:
        return False
    return True


def _is_startup(process: psutil.Process) -> bool:
    try:
        return "postgres: startup" in " ".join(process.cmdline())
    except psutil.Error:
        return False


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.name() == "postgres" and folder.samefile(process.cwd())
    except (psutil.Error, OSError):
        return False


def _pid_file_lines(folder: Path) -> list[str]:
    try:
        return (folder / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []
