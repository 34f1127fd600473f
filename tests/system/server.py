"""A whole server as a user runs it: `milepost up` in a process of its own, on free ports."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import psutil

EMAIL = "admin@example.com"
PASSWORD = "correct horse battery"
TELTONIKA_PORT = 5027


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """Starts, kills and starts again on the same data folder and ports."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.port_offset = free_port() - TELTONIKA_PORT
        self.environment = os.environ | {
            "MILEPOST_PORT_OFFSET": str(self.port_offset),
            "MILEPOST_AUTO_REGISTER": r"test:\d{15}",
            "MILEPOST_LOG_FORMAT": "json",
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.log_path = folder / "server.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def add_user(self) -> None:
        words = ["user", "add", "--email", EMAIL, "--name", "Admin", "--role", "admin"]
        self.run(*words, "--new-tenant", "test", "--password-stdin", given=PASSWORD)

    def run(self, *words: str, given: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "milepost.cli.main", *words, "--data", str(self.data)],
            input=given,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "milepost.cli.main", "up"),
                    *("--data", str(self.data), "--port", str(self.port)),
                ],
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    async def ready(self) -> None:
        async with httpx.AsyncClient() as client:
            while True:
                assert self.process is not None
                assert self.process.poll() is None, self.log_path.read_text()
                try:
                    answer = await client.get(f"{self.url}/readyz")
                    if answer.status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)

    def server_processes(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def kill(self) -> None:
        """SIGKILL to the supervisor, the server and its PostgreSQL, as when the power goes."""
        assert self.process is not None
        victims = [psutil.Process(self.process.pid), *self.server_processes()]
        for victim in victims:
            try:
                victim.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(victims, timeout=20)
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    async def client(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(base_url=f"{self.url}/api/v1", timeout=30)
        answer = await client.post("/auth/login", json={"email": EMAIL, "password": PASSWORD})
        assert answer.status_code in (200, 201), answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        return client
