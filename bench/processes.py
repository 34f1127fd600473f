"""Servers under measurement: started on free ports in a folder of their own, their cost read."""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

import psutil

from tests.free_ports import free_offset, free_port

PASSWORD = "bench-password-1"
EMAIL = "bench@example.com"
START_WITHIN_S = 60.0


class Cost:
    """CPU seconds and peak resident memory of a process and all its descendants."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._stop = threading.Event()
        self.peak_mib = 0.0
        self._cpu_at_start_s = self._cpu_s()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _tree(self) -> list[psutil.Process]:
        return [self._root, *self._root.children(recursive=True)]

    def _cpu_s(self) -> float:
        total = 0.0
        for process in self._tree():
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        return total

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            used = 0
            for process in self._tree():
                try:
                    used += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self.peak_mib = max(self.peak_mib, used / 2**20)

    def finish(self) -> tuple[float, float]:
        """CPU seconds since the start, and peak MiB."""
        self._stop.set()
        self._thread.join()
        return self._cpu_s() - self._cpu_at_start_s, self.peak_mib


class MilepostServer:
    """`milepost up` with a tenant whose devices register by themselves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.device_offset = free_offset()
        self._log = (folder / "server.log").open("ab")
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        return os.environ | {
            "MILEPOST_PORT_OFFSET": str(self.device_offset),
            "MILEPOST_AUTO_REGISTER": r"bench:35\d{13}",
            "MILEPOST_AUTO_REGISTER_PER_HOUR": "1000000",
            "MILEPOST_AUTO_REGISTER_MOST": "1000000",
            "MILEPOST_LOG_LEVEL": "warning",
        }

    def __enter__(self) -> Self:
        words = [sys.executable, "-m", "milepost.cli.main"]
        data = ["--data", str(self.folder / "data")]
        user = ["user", "add", "--email", EMAIL, "--name", "Bench", "--role", "admin"]
        subprocess.run(
            [*words, *user, "--new-tenant", "bench", "--password-stdin", *data],
            input=PASSWORD.encode(),
            env=self.environment(),
            check=True,
        )
        self.process = subprocess.Popen(
            [*words, "up", "--port", str(self.port), *data],
            env=self.environment(),
            stderr=self._log,
            stdout=self._log,
        )
        self._wait_until_ready()
        return self

    def __exit__(self, *_exc: object) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(timeout=60)
        self._log.close()

    def _wait_until_ready(self) -> None:
        deadline_s = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline_s:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz") as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)
        raise TimeoutError(f"no readiness; see {self._log.name}")

    def token(self) -> str:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/auth/login",
            json.dumps({"email": EMAIL, "password": PASSWORD}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return str(json.load(answer)["accessToken"])


class BaselineServer:
    """The design without group commit: each packet is a PostgreSQL transaction, then answered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.baseline", str(self.folder), str(self.port)],
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.process.stdout.readline()
        return self

    def __exit__(self, *_exc: object) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(timeout=60)
