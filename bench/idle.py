"""(f): what ten thousand idle trackers cost: memory per connection that logged in and is silent.

The trackers are Teltonika connections from a process of their own, each with an identity of its
own, registered at their first login. Memory is the resident, unshared memory (USS) of the server's
process tree without PostgreSQL, before the first connection and after the last. The trackers of a
first, small round are there to have every code path loaded before.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import uvloop

from bench.processes import MilepostServer
from bench.report import Row
from milepost.protocols.teltonika import PROTOCOL

CONNECTIONS = 10_000
WARM_CONNECTIONS = 200
TARGET_KIB = 16.0
SETTLE_S = 5.0
AT_ONCE = 50


class _Idle(asyncio.Protocol):
    def __init__(self, unique_id: str) -> None:
        self._unique_id = unique_id
        self.accepted = asyncio.get_running_loop().create_future()
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(PROTOCOL.encoder().login(self._unique_id))

    def data_received(self, data: bytes) -> None:
        if not self.accepted.done():
            self.accepted.set_result(data[:1] == b"\x01")

    def connection_lost(self, _error: Exception | None) -> None:
        self.lost = True
        if not self.accepted.done():
            self.accepted.set_result(False)


async def hold(port: int, first: int, count: int) -> None:
    """Connect, log in, say how many were accepted, and stay until standard input ends."""
    loop = asyncio.get_running_loop()
    idle: list[_Idle] = []
    for start in range(first, first + count, AT_ONCE):
        made = await asyncio.gather(
            *(
                loop.create_connection(lambda n=number: _Idle(f"35{n:013d}"), "127.0.0.1", port)
                for number in range(start, min(start + AT_ONCE, first + count))
            )
        )
        idle += [protocol for _, protocol in made]
        await asyncio.sleep(0.06)
    accepted = await asyncio.gather(*(protocol.accepted for protocol in idle))
    print(json.dumps(sum(accepted)), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps(sum(protocol.lost for protocol in idle)), flush=True)


def _holder(port: int, first: int, count: int) -> "subprocess.Popen[str]":
    words = [sys.executable, "-m", "bench.idle", str(port), str(first), str(count)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _said(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    return int(json.loads(process.stdout.readline()))


def _held_kib(pid: int) -> float:
    """Unshared memory of the server's Python processes, settled."""
    time.sleep(SETTLE_S)
    tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    ours = [process for process in tree if "python" in process.name()]
    return sum(process.memory_full_info().uss for process in ours) / 1024


def run() -> list[Row]:
    """The rows of (f)."""
    with tempfile.TemporaryDirectory() as folder, MilepostServer(Path(folder)) as server:
        assert server.process is not None
        port = 5027 + server.device_offset
        warm = _holder(port, 1_000_000, WARM_CONNECTIONS)
        _said(warm)
        warm.communicate()
        before_kib = _held_kib(server.process.pid)
        start_s = time.monotonic()
        holder = _holder(port, 0, CONNECTIONS)
        accepted = _said(holder)
        elapsed_s = time.monotonic() - start_s
        held_kib = _held_kib(server.process.pid) - before_kib
        holder.communicate()
    if accepted != CONNECTIONS:
        raise RuntimeError(f"only {accepted} of {CONNECTIONS} connections were accepted")
    each_kib = held_kib / CONNECTIONS
    return [
        Row(
            part="f",
            measure=f"memory per idle connection, {CONNECTIONS:,} held",
            unit="KiB",
            milepost=each_kib,
            target=f"≤ {TARGET_KIB:.0f} KiB",
            met=each_kib <= TARGET_KIB,
        ),
        Row(
            part="f",
            measure=f"{CONNECTIONS:,} new devices registered and logged in",
            unit="s",
            milepost=elapsed_s,
        ),
    ]


if __name__ == "__main__":
    uvloop.run(hold(*map(int, sys.argv[1:4])))
