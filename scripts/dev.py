"""`make dev`: the server and Vite's dev server side by side, both reloading on change.

Vite reloads the page by itself; the server is started again when a Python or SQL file changes.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "milepost"
WATCHED = {".py", ".sql"}
POLL_INTERVAL_S = 0.5
STOP_WITHIN_S = 30.0


def main() -> int:
    """Run both servers until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="the server's web port")
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "dev")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    words = [sys.executable, "-m", "milepost.cli.main", "serve"]
    words += ["--port", str(args.port), "--data", str(args.data)]
    vite = _start_vite(args.port)
    server = subprocess.Popen(words)
    try:
        for _ in _changes():
            print("==> a source changed: starting the server again", flush=True)
            _stop(server)
            server = subprocess.Popen(words)
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(server)
        # npm does not pass the signal on: Vite is reached by the group that both are in.
        os.killpg(vite.pid, signal.SIGTERM)
        vite.wait(STOP_WITHIN_S)


def _start_vite(port: int) -> subprocess.Popen[bytes]:
    search_path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {
        "PATH": search_path,
        "MILEPOST_DEV_SERVER": f"http://127.0.0.1:{port}",
    }
    words = ["npm", "run", "dev"]
    return subprocess.Popen(words, cwd=ROOT / "web", env=environment, start_new_session=True)


def _changes() -> Iterator[None]:
    """One item for each moment at which the sources were found changed."""
    seen = _fingerprint()
    while True:
        time.sleep(POLL_INTERVAL_S)
        now = _fingerprint()
        if now != seen:
            seen = now
            yield


def _fingerprint() -> dict[Path, int]:
    files = (path for path in SOURCES.rglob("*") if path.suffix in WATCHED)
    return {path: path.stat().st_mtime_ns for path in files}


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    raise SystemExit(main())
