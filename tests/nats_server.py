"""Debian's nats-server with JetStream, to be killed and started again on its data."""

import signal
import subprocess
import time
from pathlib import Path

from tests.waiting_for_port import wait_for_port

NATS_SERVER = Path("/usr/sbin/nats-server")


class NatsServer:
    """A server on a port of the loopback; `configuration` is more lines of its file."""

    def __init__(
        self, folder: Path, port: int, configuration: str = "", *, jetstream: bool = True
    ) -> None:
        self.folder = folder
        self.port = port
        self.configuration = configuration
        self._jetstream = jetstream
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def log(self) -> str:
        """What it has said."""
        return (self.folder / "nats.log").read_text()

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        file = self.folder / "nats.conf"
        lines = ["host: 127.0.0.1", f"port: {self.port}", self.configuration]
        if self._jetstream:
            lines.append(f'jetstream {{ store_dir: "{self.folder}/store" }}')
        file.write_text("\n".join(lines))
        with (self.folder / "nats.log").open("ab") as log:
            self._process = subprocess.Popen([NATS_SERVER, "-c", file], stdout=log, stderr=log)
        wait_for_port(self.port)

    def kill(self) -> None:
        """SIGKILL; nothing if it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """SIGTERM."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait()
        self._process = None

    def freeze(self) -> None:
        """It keeps its connections and says nothing any more, once all its threads stand still."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        threads = Path(f"/proc/{self._process.pid}/task")
        while not all(_is_stopped(each) for each in threads.iterdir()):
            time.sleep(0.001)


def _is_stopped(thread: Path) -> bool:
    return (thread / "stat").read_text().rpartition(")")[2].split()[0] == "T"
