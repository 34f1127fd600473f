"""SIGSTOP instead of SIGKILL: a server, a database, a supervisor that hang."""

import asyncio
import os
import re
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import msgspec
import psutil

from tests.attack import tracks
from tests.attack.judging import judged
from tests.attack.part import Part, Plan, Report, Row
from tests.attack.stand import Stand, stand
from tests.attack.witness import Witness, finish

HISTORY_MS = 3 * 86_400_000
STALL_AFTER_S = "5"
BACK_WITHIN_S = 180.0
NOTICED_WITHIN_S = 90.0
RECOVERIES = 4
RECOVERS_WITHIN_S = 5.0
PROMISE = "What hangs is replaced, by itself, and nothing that was acknowledged is lost."


async def server(attacked: Stand) -> None:
    attacked.server.serve_process().send_signal(signal.SIGSTOP)
    await _gone(attacked.server.serve_process())


async def postgres(attacked: Stand) -> None:
    """The postmaster with all its children, as under a stalled disk."""
    parent = attacked.server.postgres_process()
    for each in [parent, *parent.children(recursive=True)]:
        each.send_signal(signal.SIGSTOP)
    await _gone(parent)


async def backend(attacked: Stand) -> None:
    """One session of PostgreSQL, for half a minute."""
    stopped = attacked.server.postgres_process().children()
    victim = max(stopped, key=lambda each: each.create_time())
    victim.send_signal(signal.SIGSTOP)
    await asyncio.sleep(30)
    with suppress(psutil.NoSuchProcess):
        victim.send_signal(signal.SIGCONT)


async def recovery(attacked: Stand) -> None:
    """A session is killed, and then the process that recovers from that, as by a lack of memory."""
    for _ in range(RECOVERIES):
        parent = attacked.server.postgres_process()
        max(parent.children(), key=lambda each: each.create_time()).kill()
        until_s = time.monotonic() + RECOVERS_WITHIN_S
        while time.monotonic() < until_s:
            with suppress(psutil.NoSuchProcess):
                found = [
                    each for each in parent.children() if "startup" in " ".join(each.cmdline())
                ]
                for each in found:
                    each.kill()
                if found:
                    break
            await asyncio.sleep(0.002)
        await attacked.ready(BACK_WITHIN_S)


async def supervisor(attacked: Stand) -> None:
    """It hangs while the server is killed, and goes on after ten seconds."""
    assert attacked.server.process is not None
    supervising = psutil.Process(attacked.server.process.pid)
    supervising.send_signal(signal.SIGSTOP)
    attacked.server.serve_process().kill()
    await asyncio.sleep(10)
    supervising.send_signal(signal.SIGCONT)
    await asyncio.sleep(1)


async def stale_lock(attacked: Stand) -> None:
    """After a power cut somebody else has the process id that the database's lock files name."""
    sockets = _socket_folder(attacked)
    attacked.server.kill()
    postgres_folder = attacked.server.data / "postgres"
    owner = postgres_folder.stat()
    as_owner = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    other = await asyncio.create_subprocess_exec("sleep", "300", **as_owner)
    for path in (sockets / ".s.PGSQL.5432.lock", postgres_folder / "postmaster.pid"):
        if path.exists():
            lines = path.read_text().splitlines()
            path.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
    attacked.server.start()
    try:
        await attacked.ready(BACK_WITHIN_S)
    finally:
        other.kill()
        await other.wait()


def _socket_folder(attacked: Stand) -> Path:
    words = " ".join(attacked.server.postgres_process().cmdline())
    found = re.search(r"unix_socket_directories=(\S+)", words)
    assert found is not None
    return Path(found[1])


async def _gone(process: psutil.Process) -> None:
    """Until somebody has noticed that it hangs."""
    async with asyncio.timeout(NOTICED_WITHIN_S):
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.2)


HANGS: dict[str, tuple[Callable[[Stand], Awaitable[None]], str]] = {
    "server": (server, "A server that hangs is replaced."),
    "postgres": (postgres, "A PostgreSQL that hangs with all its children starts again."),
    "backend": (backend, "A session of PostgreSQL that hangs for 30 s takes nothing."),
    "recovery": (recovery, "A PostgreSQL whose recovery is killed too starts again."),
    "supervisor": (supervisor, "A server that dies while its supervisor hangs is started later."),
    "stale lock": (stale_lock, "A process id that somebody else has by now keeps nothing away."),
}


async def run(plan: Plan, report: Report) -> None:
    for name, (hang, promise) in HANGS.items():
        if plan.wants(name):
            report.add(await hung(plan, name, hang, promise))


async def hung(
    plan: Plan, name: str, hang: Callable[[Stand], Awaitable[None]], promise: str
) -> Row:
    async with stand(plan, MILEPOST_STALL_AFTER_S=STALL_AFTER_S) as attacked:
        start_ms = (int(time.time()) - HISTORY_MS // 1000) * 1000
        devices = await attacked.office.register_all([f"3500012{n:08d}" for n in range(3)])
        records = HISTORY_MS // 1000 // tracks.STEP_S
        witnesses = [
            Witness(
                device,
                attacked.port_offset,
                tracks.Disorder(tracks.Shuttle(start_ms, records, lane), Random(plan.seed + lane)),
                pause_s=0.2,
            )
            for lane, device in enumerate(devices)
        ]
        running = asyncio.gather(*[each.run() for each in witnesses])
        await asyncio.sleep(4)
        row, begin_s = Row(name=name, promise=promise), time.monotonic()
        try:
            await hang(attacked)
            await attacked.ready(BACK_WITHIN_S)
        except (TimeoutError, AssertionError) as error:
            running.cancel()
            waited_s = time.monotonic() - begin_s
            ended = isinstance(error, AssertionError)
            words = f"{'it has ended' if ended else 'it is not ready'} after {waited_s:.0f} s"
            if not ended:
                attacked.server.kill()
            return msgspec.structs.replace(row, broken=(words,))
        took_s = time.monotonic() - begin_s
        await asyncio.sleep(3)
        await finish(witnesses, running)
        row = await judged(row, attacked.office, witnesses, start_ms)
        return msgspec.structs.replace(row, note=f"served again after {took_s:.0f} s")


PART = Part("hangs", PROMISE, run)
