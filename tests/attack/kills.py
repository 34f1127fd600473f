"""SIGKILL at random moments under load, and what is left of what was acknowledged."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from random import Random
from statistics import median

import msgspec
import psutil

from tests.attack import tracks
from tests.attack.creations import Creations
from tests.attack.judging import clean_run, judged
from tests.attack.part import Part, Plan, Report, Row
from tests.attack.stand import READY_WITHIN_S, Stand, stand
from tests.attack.witness import Witness, finish, latency_words

WITNESSES = 5
PACKET = 10
HISTORY_MS = 20 * 86_400_000
PROMISE = "After SIGKILLs under load every acknowledged record is there once, and adds up."
# One kill in four hits a server that is only starting.
WHILE_STARTING = 0.25


class NotBack(Exception):
    """The server does not serve again."""


def _server(attacked: Stand) -> None:
    attacked.server.serve_process().kill()


def _supervisor(attacked: Stand) -> None:
    """The supervisor alone; the server notices, ends by itself, and a new pair waits for that."""
    assert attacked.server.process is not None
    attacked.server.process.kill()
    attacked.server.process.wait()
    attacked.server.start()


def _postmaster(attacked: Stand) -> None:
    attacked.server.postgres_process().kill()


def _backend(attacked: Stand) -> None:
    """One that serves a client; those of its own are for the hangs."""
    found = attacked.server.postgres_process().children()
    sessions = [each for each in found if "[local]" in " ".join(each.cmdline())]
    sessions[len(sessions) // 2].kill()


def _everything(attacked: Stand) -> None:
    attacked.server.kill()
    attacked.server.start()


VICTIMS: dict[str, tuple[float, Callable[[Stand], None]]] = {
    "server": (0.4, _server),
    "supervisor": (0.15, _supervisor),
    "postmaster": (0.15, _postmaster),
    "backend": (0.15, _backend),
    "all": (0.15, _everything),
}


async def kill_at_random(
    attacked: Stand, rounds: int, chance: Random, report: Report
) -> tuple[Counter[str], list[float]]:
    """Who was killed how often, and how long it took to be ready again, seconds."""
    killed: Counter[str] = Counter()
    outages_s: list[float] = []
    while killed.total() < rounds:
        await asyncio.sleep(chance.uniform(0.0, 2.0))
        names = list(VICTIMS)
        (name,) = chance.choices(names, [VICTIMS[each][0] for each in names])
        try:
            VICTIMS[name][1](attacked)
        except (psutil.NoSuchProcess, StopIteration, ValueError, IndexError):
            continue  # it is only starting: there is no such process yet
        killed[name] += 1
        if killed.total() % 20 == 0:
            report.say(f"{killed.total()} kills of {rounds}")
        if chance.random() < WHILE_STARTING:
            continue
        since_s = time.monotonic()
        await _back(attacked, name, killed)
        outages_s.append(time.monotonic() - since_s)
    await _back(attacked, "the last", killed)
    return killed, outages_s


async def _back(attacked: Stand, name: str, killed: Counter[str]) -> None:
    """Wait until it serves again.

    Raises:
        NotBack: it does not.
    """
    try:
        await attacked.ready()
    except TimeoutError:
        words = f"not ready {READY_WITHIN_S:.0f} s after {name} was killed: {dict(killed)}"
        raise NotBack(words) from None
    except AssertionError as error:
        raise NotBack(f"after {name} was killed {error}") from None


async def run(plan: Plan, report: Report) -> None:
    # Much of the time is spent waiting for starts: two servers are killed side by side.
    rounds = [plan.rounds - plan.rounds // 2, plan.rounds // 2]
    await asyncio.gather(
        *[_campaign(plan, report, number, each) for number, each in enumerate(rounds, 1) if each]
    )


async def _campaign(plan: Plan, report: Report, number: int, rounds: int) -> None:
    """One server: load, kills, and the account afterwards."""
    chance = Random(plan.seed * 1000 + number)
    async with stand(plan) as attacked:
        start_ms = (int(time.time()) - HISTORY_MS // 1000) * 1000
        witnesses = await _witnesses(attacked, chance, start_ms)
        creations = Creations(attacked.office)
        running = asyncio.gather(*[each.run() for each in [*witnesses, creations]])
        row = Row(name=f"records, server {number}", promise=PROMISE, tries=rounds)
        try:
            killed, outages_s = await kill_at_random(attacked, rounds, chance, report)
        except NotBack as error:
            running.cancel()
            report.add(msgspec.structs.replace(row, broken=(str(error),)))
            return
        creations.end()
        await finish(witnesses, running)
        clean = await clean_run(plan, witnesses, start_ms)
        row = await judged(row, attacked.office, witnesses, start_ms, clean)
        note = _note(killed, outages_s, witnesses)
        report.add(msgspec.structs.replace(row, note=note))
        report.add(await creations.judged(number))
        report.add(await _ended(attacked, number))


async def _witnesses(attacked: Stand, chance: Random, start_ms: int) -> list[Witness]:
    names = [f"3500002{n:08d}" for n in range(WITNESSES)]
    devices = await attacked.office.register_all(names)
    count = HISTORY_MS // 1000 // tracks.STEP_S
    return [
        Witness(
            device,
            attacked.port_offset,
            tracks.Disorder(tracks.Shuttle(start_ms, count, lane), Random(chance.random()), PACKET),
            pause_s=0.3,
        )
        for lane, device in enumerate(devices)
    ]


def _note(killed: Counter[str], outages_s: list[float], witnesses: list[Witness]) -> str:
    words = ", ".join(f"{name} {count}" for name, count in killed.items())
    retries = sum(each.retries for each in witnesses)
    return (
        f"{words}; ready again after {median(outages_s or [0]):.1f} s (median), "
        f"{max(outages_s, default=0):.1f} s at most; {retries} retries; {latency_words(witnesses)}"
    )


async def _ended(attacked: Stand, number: int) -> Row:
    code = await attacked.stop()
    return Row(
        name=f"end, server {number}",
        promise="After all of it SIGTERM still ends the server cleanly.",
        broken=() if code == 0 else (f"the exit code is {code}",),
    )


PART = Part("kills", PROMISE + " Server, supervisor, PostgreSQL, a backend, all at once.", run)
