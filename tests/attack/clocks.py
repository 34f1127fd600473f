"""The server's wall clock is wrong, and steps: nothing is lost, hidden or left out of the feed."""

import asyncio
import shutil
import struct
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import httpx
import msgspec

from tests.attack import tracks
from tests.attack.judging import account, judged
from tests.attack.office import Office
from tests.attack.part import Part, Plan, Report, Row
from tests.attack.reproductions.feed_after_restart import read_feed
from tests.attack.stand import Stand, stand
from tests.attack.witness import Witness, deliver, finish

SOURCE = Path(__file__).with_name("shifted_clock.c")
HISTORY_MS = 3 * 86_400_000
STEPS_S = (3600, -2 * 3600, 0, 400 * 86_400, 0, 600, -600, 0)
STEP_LASTS_S = 4.0
LAST_WEEK_S = -7 * 86_400
RECORDS = 400
PROMISE = "Whatever the server's clock does, every position is stored, shown, and in the feed once."


class Clock:
    """The wall clock of the servers that are started with it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._library = folder / "shifted_clock.so"
        self.shift(0)

    def build(self) -> bool:
        """Whether the machine can."""
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            return False
        words = [compiler, "-shared", "-fPIC", "-O1", "-o", self._library, SOURCE, "-ldl"]
        return subprocess.run(words, check=False).returncode == 0

    def shift(self, seconds: int) -> None:
        # In place: servers have it mapped.
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))
        self._file.chmod(0o644)

    @property
    def settings(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self._library), "ATTACK_CLOCK": str(self._file)}


async def run(plan: Plan, report: Report) -> None:
    clock = Clock(plan.folder)
    if not clock.build():
        report.add(Row(name="all", promise=PROMISE, skipped="there is no C compiler"))
        return
    for name, attack in (
        ("steps under load", steps),
        ("killed ahead", killed_ahead),
        ("wrong since boot", wrong_since_boot),
    ):
        if plan.wants(name):
            clock.shift(LAST_WEEK_S if attack is wrong_since_boot else 0)
            async with stand(plan, **clock.settings) as attacked:
                report.add(await attack(plan, clock, attacked))


class Reader:
    """An integrator who follows the feed with its cursor."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._after: str | None = None
        self.times: set[str] = set()

    async def run(self) -> None:
        while True:
            with suppress(httpx.TransportError, AssertionError):
                await self.read()
            await asyncio.sleep(0.3)

    async def read(self) -> None:
        found, after = await read_feed(self._office, self._after)
        self._after = after or self._after
        self.times |= {f"{each['deviceId']} {each['fixTime']}" for each in found}


async def witnesses_of(attacked: Stand, plan: Plan, start_ms: int, count: int) -> list[Witness]:
    devices = await attacked.office.register_all([f"3500010{n:08d}" for n in range(count)])
    records = HISTORY_MS // 1000 // tracks.STEP_S
    return [
        Witness(
            device,
            attacked.port_offset,
            tracks.Disorder(tracks.Shuttle(start_ms, records, lane), Random(plan.seed + lane)),
            pause_s=0.1,
        )
        for lane, device in enumerate(devices)
    ]


def start_of_history() -> int:
    # Before every clock that steps back by some hours.
    return (int(time.time()) - 2 * HISTORY_MS // 1000) * 1000


async def followed(reader: Reader, witnesses: list[Witness]) -> tuple[int, str]:
    """How many acknowledged positions the reader never got, once it has had time for them."""
    wanted = sum(len(each.acknowledged) for each in witnesses)
    for _ in range(20):
        with suppress(httpx.TransportError, AssertionError):
            await reader.read()
        if len(reader.times) >= wanted:
            break
        await asyncio.sleep(1)
    missing = max(0, wanted - len(reader.times))
    return missing, f"{missing} of {wanted} positions never came in the feed"


async def steps(plan: Plan, clock: Clock, attacked: Stand) -> Row:
    """An hour ahead, two behind, 400 days ahead and back, while devices send."""
    start_ms = start_of_history()
    witnesses = await witnesses_of(attacked, plan, start_ms, 3)
    reader = Reader(attacked.office)
    running = asyncio.gather(*[each.run() for each in witnesses])
    reading = asyncio.create_task(reader.run())
    for shift_s in STEPS_S:
        clock.shift(shift_s)
        await asyncio.sleep(STEP_LASTS_S)
    await finish(witnesses, running)
    reading.cancel()
    missing, words = await followed(reader, witnesses)
    row = Row(
        name="steps under load",
        promise="Steps of the clock by hours and by 400 days lose no position, total or feed item.",
        tries=len(STEPS_S),
        restarts=attacked.restarts,
        lost=missing,
        broken=(words,) if missing else (),
    )
    return await judged(row, attacked.office, witnesses, start_ms)


async def killed_ahead(plan: Plan, clock: Clock, attacked: Stand) -> Row:
    """SIGKILL while the clock is ten minutes ahead; the next start has the right one."""
    start_ms = start_of_history()
    witnesses = await witnesses_of(attacked, plan, start_ms, 3)
    reader = Reader(attacked.office)
    running = asyncio.gather(*[each.run() for each in witnesses])
    reading = asyncio.create_task(reader.run())
    clock.shift(600)
    await asyncio.sleep(6)
    attacked.server.kill()
    clock.shift(0)
    attacked.server.start()
    await attacked.ready()
    await asyncio.sleep(6)
    await finish(witnesses, running)
    reading.cancel()
    missing, words = await followed(reader, witnesses)
    row = Row(
        name="killed ahead",
        promise="A SIGKILL with the clock ten minutes ahead leaves the feed complete.",
        lost=missing,
        broken=(words,) if missing else (),
    )
    return await judged(row, attacked.office, witnesses, start_ms)


async def wrong_since_boot(plan: Plan, clock: Clock, attacked: Stand) -> Row:
    """Booted with the clock of last week: what devices send is of the future, until it is right."""
    del plan
    device = await attacked.office.register("350001100000001")
    start_ms = int(time.time()) * 1000 - 2 * tracks.HOUR_MS
    track = tracks.shuttle(start_ms, RECORDS)
    count = await deliver(device, attacked.port_offset, tracks.orderly(track))
    clock.shift(0)
    await asyncio.sleep(3)
    await attacked.restart()
    more = tracks.shuttle(start_ms, 20, first=RECORDS)
    count += await deliver(device, attacked.port_offset, tracks.orderly(more))
    times = [position.fix_time_ms for position in [*track, *more]]
    found = await account(attacked.office, device.vehicle_id, times, start_ms, 60.0)
    row = Row(
        name="wrong since boot",
        promise="What a server with the clock of last week took for the future is shown and "
        "counted once its clock is right.",
        acknowledged=count,
        restarts=max(0, attacked.restarts - 1),
        lost=found.missing,
        differences=len(found.contradictions),
        broken=tuple(found.contradictions),
    )
    return msgspec.structs.replace(row, tries=2)


PART = Part("clocks", PROMISE, run)
