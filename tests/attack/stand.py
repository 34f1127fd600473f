"""A server to be attacked: started on a copy of a prepared folder, its restarts counted."""

import asyncio
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil

from tests.attack.office import Office
from tests.attack.part import Plan
from tests.system.server import EXIT_WITHIN_S, Server

LOOK_EVERY_S = 0.25
# Long enough for an outage of the kind that the attacks look for, and a slow machine.
READY_WITHIN_S = 240.0


class Stand:
    """A running server, a caller of its API, and the process ids that served so far."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.office = Office(server)
        self.serving: dict[tuple[int, float], None] = {}
        self.exit_code: int | None = None

    @property
    def port_offset(self) -> int:
        return self.server.port_offset

    @property
    def restarts(self) -> int:
        """How often another process took over, whoever caused it."""
        return max(0, len(self.serving) - 1)

    def look(self) -> None:
        """Note which process serves now."""
        process = self.server.process
        if process is None:
            return
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(process.pid).children():
                self.serving.setdefault((child.pid, child.create_time()))

    async def watch(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def ready(self, within_s: float = READY_WITHIN_S) -> None:
        async with asyncio.timeout(within_s):
            while await self.server.readiness() != 200:
                assert self.server.process is not None
                code = self.server.process.poll()
                assert code is None, f"it ended with {code}: {self.log_end()}"
                await asyncio.sleep(0.1)
        self.look()

    async def restart(self) -> int:
        """Stop it as a user does and start it again; the exit code."""
        code = await self.stop()
        self.server.start()
        await self.ready()
        return code

    async def stop(self) -> int:
        """The exit code after SIGTERM; -9 if it had to be killed."""
        try:
            self.exit_code = await asyncio.to_thread(self.server.stop)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.exit_code = -9
        return self.exit_code

    def log_end(self) -> str:
        """What it said last, without the ports that it opened."""
        lines = self.server.log_path.read_text(errors="replace").splitlines()
        told = [line for line in lines if "gateway.listening" not in line]
        return " | ".join(told[-3:])[-280:]


def program(*words: str) -> list[str]:
    return [sys.executable, "-m", "milepost.cli.main", *words]


def web_port() -> int:
    """One below those that outgoing connections get: ours are many, and the server restarts."""
    while True:
        port = random.randint(10_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def prepare(folder: Path) -> Path:
    """A data folder with a tenant and an administrator."""
    server = Server(folder)
    server.add_user()
    return server.data


@asynccontextmanager
async def stand(
    plan: Plan, folder: Path | None = None, *, auto_register: str = "", **settings: str
) -> AsyncIterator[Stand]:
    """A started server on a fresh data folder; nothing is left of it afterwards."""
    place = folder or Path(tempfile.mkdtemp(dir=plan.folder))
    place.chmod(0o711)
    # With its owners: run as root, the embedded PostgreSQL's files belong to a user of its own.
    words = ["cp", "-a", str(plan.prepared), str(place / "data")]
    await asyncio.to_thread(subprocess.run, words, check=True)
    server = Server(place, **settings)
    server.port = web_port()
    if auto_register:
        server.settings["MILEPOST_AUTO_REGISTER"] = auto_register
    else:
        del server.settings["MILEPOST_AUTO_REGISTER"]
    attacked = Stand(server)
    server.start()
    watching = asyncio.create_task(attacked.watch())
    try:
        await attacked.ready()
        yield attacked
    finally:
        watching.cancel()
        await attacked.office.close()
        _end(server)
        if not plan.keep and folder is None:
            shutil.rmtree(place, ignore_errors=True)


def _left_in(folder: Path) -> list[psutil.Process]:
    """Processes that work in a folder of ours: orphans of a database that was hung, say."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process)
    return found


def _end(server: Server) -> None:
    _stop_or_kill(server)
    for process in _left_in(server.folder):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _stop_or_kill(server: Server) -> None:
    if server.process is None or server.process.poll() is not None:
        return
    with suppress(psutil.NoSuchProcess):
        server.process.terminate()
    try:
        server.process.wait(timeout=EXIT_WITHIN_S)
    except subprocess.TimeoutExpired:
        server.kill()
