"""A whole server as a user runs it: `milepost up` in a process of its own, on free ports."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.free_ports import free_offset, free_port

EMAIL = "admin@example.com"
PASSWORD = "correct horse battery"
REGISTERED = r"35\d{13}"
READY_WITHIN_S = 60.0
EXIT_WITHIN_S = 45.0
REUSED_S = 60.0


class Server:
    """Starts, kills and starts again on the same data folder and ports."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.ops_port = free_port()
        self.port_offset = free_offset()
        self.settings = {
            "MILEPOST_AUTO_REGISTER": f"test:{REGISTERED}",
            "MILEPOST_LOG_FORMAT": "json",
            "MILEPOST_OPS_PORT": str(self.ops_port),
            "MILEPOST_SHARDS": os.environ.get("TEST_SHARDS", "1"),
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.log_path = folder / "server.log"
        self._signed_in = (0.0, "")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def environment(self) -> dict[str, str]:
        offset = {"MILEPOST_PORT_OFFSET": str(self.port_offset)}
        return os.environ | offset | self.settings

    def add_user(self) -> None:
        words = ["user", "add", "--email", EMAIL, "--name", "Admin", "--role", "admin"]
        done = subprocess.run(
            [*_program(*words), "--new-tenant", "test", "--password-stdin", *self._data_words()],
            input=PASSWORD,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                _program("up", *self._data_words(), "--port", str(self.port)),
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    async def refused(self) -> tuple[int, str]:
        """The exit code of an `up` that is to end by itself, and what it said."""
        started = await asyncio.create_subprocess_exec(
            *_program("up", *self._data_words(), "--port", str(self.port)),
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        async with asyncio.timeout(EXIT_WITHIN_S):
            _, said = await started.communicate()
        assert started.returncode is not None
        return started.returncode, said.decode()

    def _data_words(self) -> list[str]:
        return ["--data", str(self.data)]

    async def readiness(self) -> int:
        """The status of /readyz; 0 while nobody answers."""
        async with httpx.AsyncClient(timeout=10) as client:
            try:
                return (await client.get(f"{self.url}/readyz")).status_code
            except httpx.TransportError:
                return 0

    async def ready(self) -> None:
        async with asyncio.timeout(READY_WITHIN_S):
            while await self.readiness() != httpx.codes.OK:
                assert self.process is not None
                assert self.process.poll() is None, self.log_path.read_text()
                await asyncio.sleep(0.1)

    def server_processes(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def serve_process(self) -> psutil.Process:
        """The supervised server."""
        assert self.process is not None
        (child,) = psutil.Process(self.process.pid).children()
        return child

    def postgres_process(self) -> psutil.Process:
        """The parent of the embedded PostgreSQL's processes."""
        return next(
            child for child in self.serve_process().children() if child.name() == "postgres"
        )

    def kill(self) -> None:
        """SIGKILL to the supervisor, the server and its PostgreSQL, as when the power goes."""
        assert self.process is not None
        victims = [psutil.Process(self.process.pid), *self.server_processes()]
        for victim in victims:
            with suppress(psutil.NoSuchProcess):
                victim.kill()
        self.process.wait()
        psutil.wait_procs(victims, timeout=20)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=EXIT_WITHIN_S)

    def log(self) -> list[dict[str, Any]]:
        """What the server logged; lines of other programs are left out."""
        lines = self.log_path.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def logged(self, event: str, **fields: object) -> bool:
        wanted = {"event": event, **fields}.items()
        return any(wanted <= _hashable(line).items() for line in self.log())

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(base_url=f"{self.url}/api/v1", timeout=30) as client:
            client.headers["Authorization"] = f"Bearer {await self._access_token(client)}"
            yield client

    async def _access_token(self, client: httpx.AsyncClient) -> str:
        """A fresh one each minute: a server lets only so many sign in from one address."""
        since_s, token = self._signed_in
        if token and time.monotonic() - since_s < REUSED_S:
            return token
        answer = await client.post("/auth/login", json={"email": EMAIL, "password": PASSWORD})
        assert answer.is_success, answer.text
        token = answer.json()["accessToken"]
        self._signed_in = (time.monotonic(), token)
        return token


def _program(*words: str) -> list[str]:
    return [sys.executable, "-m", "milepost.cli.main", *words]


def _hashable(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if not isinstance(value, list | dict)}


async def items(client: httpx.AsyncClient, path: str, **query: str) -> list[dict[str, Any]]:
    """All pages of a list."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        answer = await client.get(path, params={**query, **after, "limit": 1000})
        assert answer.status_code == httpx.codes.OK, answer.text
        page = answer.json()
        found += page["items"]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


async def vehicle_path(client: httpx.AsyncClient, name: str) -> str:
    """Where a vehicle's own resources are."""
    (found,) = [each for each in await items(client, "/vehicles") if each["name"] == name]
    return f"/vehicles/{found['id']}"


def span(start: datetime, end: datetime) -> dict[str, str]:
    return {"from": start.isoformat(), "to": end.isoformat()}


def whole_days(start: datetime, end: datetime) -> dict[str, str]:
    """A span that begins where the totals of its first day begin."""
    return span(start.replace(hour=0, minute=0, second=0, microsecond=0), end)


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
