"""Pulls the plug of a loaded server, again and again: positions, trips and totals must be there.

`python -m tests.attack.plug_pull ROUNDS [MIN_LOAD_S MAX_LOAD_S]`. Needs root and loop devices.

A cut is: everything is stopped where it stands, the file behind the disk is copied (in it is what
was fsynced), everything is killed, and a new server starts on the copy.
"""

import asyncio
import contextlib
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import psutil

from milepost.domain.position import Position
from milepost.protocols.teltonika import PROTOCOL
from tests.attack.loop_disk import LoopDisk, NoLoopDevice, check_that_it_forgets
from tests.system.conclusions import (
    by_day,
    expected_totals,
    expected_trips,
    stored_fixes,
    stored_totals,
    stored_trips,
)
from tests.system.devices import Tracker, drive, packets_of
from tests.system.server import Server, span, vehicle_path, whole_days

Report = Callable[[str], None]
Row = tuple[float, ...]

DEVICES = 5
PACKET = 20
PAUSE_S = 0.15
STEP_S = 2
HALT_AFTER = 150
DAYS_BACK = 29
LATE_ONE_IN = 12
QUIET_S = 4.0
SETTLED_WITHIN_S = 180.0
READY_WITHIN_S = 240.0


class Losses(msgspec.Struct):
    """What all cuts together took; all zeros but `cuts` and `acknowledged` is a pass.

    `acknowledged` counts positions, at the last cut; `lost` those of them that were not there after
    a cut. The rest are devices whose trips or totals were not what their stored positions give.
    """

    cuts: int = 0
    acknowledged: int = 0
    lost: int = 0
    cuts_with_loss: int = 0
    wrong_trips: int = 0
    wrong_totals: int = 0

    @property
    def passed(self) -> bool:
        return not (self.lost or self.wrong_trips or self.wrong_totals)


async def run(
    report: Report, rounds: int, load_s: tuple[float, float] = (12.0, 40.0), seed: int = 1
) -> Losses | None:
    """`rounds` cuts with a load of `load_s` (from, to) seconds before each; None: cannot be tried.

    The first cut in four comes after a few quiet seconds instead: then nothing writes but merges.
    """
    with tempfile.TemporaryDirectory(prefix="milepost-plug-") as name:
        disk = LoopDisk(Path(name))
        try:
            disk.make()
        except NoLoopDevice as error:
            report(f"plug pull: NOT RUN: {error}")
            return None
        try:
            check_that_it_forgets(disk)
            return await _cut_again_and_again(report, disk, rounds, load_s, random.Random(seed))
        finally:
            disk.remove()


async def _cut_again_and_again(
    report: Report,
    disk: LoopDisk,
    rounds: int,
    load_s: tuple[float, float],
    chance: random.Random,
) -> Losses:
    server = Server(disk.mount, MILEPOST_STALL_AFTER_S="60")
    server.log_path = disk.mount.parent / "server.log"
    server.add_user()
    fleet = Fleet(server, chance)
    losses = Losses()
    server.start()
    try:
        await _ready(server)
        for number in range(rounds):
            await fleet.send_for(chance.uniform(*load_s), quiet=number % 4 == 3)
            await _cut(server, disk)
            await fleet.stop()
            await _ready(server)
            losses.cuts += 1
            await fleet.compare(losses)
            report(f"plug pull: {msgspec.structs.asdict(losses)}")
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()
    return losses


async def _cut(server: Server, disk: LoopDisk) -> None:
    assert server.process is not None
    for process in [psutil.Process(server.process.pid), *server.server_processes()]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(0.5)  # what the server has answered reaches the devices
    await asyncio.to_thread(disk.pull_plug)
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(disk.come_back)
    server.start()


async def _ready(server: Server) -> None:
    async with asyncio.timeout(READY_WITHIN_S):
        while await server.readiness() != httpx.codes.OK:
            assert server.process is not None
            assert server.process.poll() is None, server.log_path.read_text()[-3000:]
            await asyncio.sleep(0.1)


class Fleet:
    """Devices under way, and all that each of them will ever have sent."""

    def __init__(self, server: Server, chance: random.Random) -> None:
        self._server = server
        self._chance = chance
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self._start = self._next = now - timedelta(days=DAYS_BACK)
        self._trackers = [
            Tracker(f"35000000000040{lane}", PROTOCOL, server.port_offset, pause_s=PAUSE_S)
            for lane in range(DEVICES)
        ]
        self._planned: list[dict[int, Position]] = [{} for _ in self._trackers]
        self._sending: list[asyncio.Task[None]] = []
        self._lost: list[set[int]] = [set() for _ in self._trackers]

    async def send_for(self, load_s: float, *, quiet: bool) -> None:
        """Sends for so long and goes on sending, or stops and is quiet for a moment."""
        self._plan(load_s)
        self._sending = [asyncio.create_task(each.deliver()) for each in self._trackers]
        await asyncio.sleep(load_s)
        if quiet:
            await self.stop()
            await asyncio.sleep(QUIET_S)

    async def stop(self) -> None:
        """Stops sending; what has no answer yet is sent again in the next round."""
        for task in self._sending:
            task.cancel()
        for ended in await asyncio.gather(*self._sending, return_exceptions=True):
            if ended is not None and not isinstance(ended, asyncio.CancelledError):
                raise ended
        self._sending = []

    async def compare(self, losses: Losses) -> None:
        """Counts what is missing, and what is wrong once everything has been folded."""
        lost_before, losses.acknowledged = losses.lost, 0
        deadline_s = time.monotonic() + SETTLED_WITHIN_S
        async with self._server.client() as client:
            devices = zip(self._trackers, self._planned, self._lost, strict=True)
            for tracker, planned, known_lost in devices:
                path = await vehicle_path(client, tracker.unique_id)
                stored = await stored_fixes(client, path, span(self._start, self._next))
                sent = {each.fix_time_ms for each in tracker.acknowledged}
                losses.acknowledged += len(sent)
                losses.lost += len(sent - set(stored) - known_lost)
                known_lost.update(sent - set(stored))
                wrong = await self._wrong(
                    client, path, [planned[each] for each in stored], deadline_s
                )
                losses.wrong_trips += "trips" in wrong
                losses.wrong_totals += "10min" in wrong or "day" in wrong
        losses.cuts_with_loss += losses.lost > lost_before

    async def _wrong(
        self, client: httpx.AsyncClient, path: str, positions: list[Position], deadline_s: float
    ) -> set[str]:
        """What is not, and does not become, what these positions give."""
        totals = expected_totals(positions)
        expected = {"trips": expected_trips(positions), "10min": totals, "day": by_day(totals)}
        while True:
            found = await self._found(client, path)
            wrong = {name for name in expected if not _equal(found[name], expected[name])}
            if not wrong or time.monotonic() > deadline_s:
                return wrong
            await asyncio.sleep(0.5)

    async def _found(self, client: httpx.AsyncClient, path: str) -> dict[str, Sequence[Row]]:
        days = whole_days(self._start, self._next)
        return {
            "trips": await stored_trips(client, path, span(self._start, self._next)),
            "10min": await stored_totals(client, path, days, "10min"),
            "day": await stored_totals(client, path, days, "day"),
        }

    def _plan(self, load_s: float) -> None:
        """Enough packets for the time; one in twelve comes after the next one."""
        count = int(load_s / PAUSE_S + 1) * PACKET
        for lane, tracker in enumerate(self._trackers):
            positions = drive(self._next, count, lane=lane, step_s=STEP_S, halt_after=HALT_AFTER)
            self._planned[lane] |= {each.fix_time_ms: each for each in positions}
            packets = packets_of(positions, PACKET)
            for place in range(1, len(packets)):
                if self._chance.randrange(LATE_ONE_IN) == 0:
                    packets[place - 1 : place + 1] = reversed(packets[place - 1 : place + 1])
            tracker.unsent += packets
        self._next += timedelta(seconds=count * STEP_S)


def _equal(found: Sequence[Row], expected: Sequence[Row]) -> bool:
    """To the millimetre: sums of floats depend on how they are added up."""
    return len(found) == len(expected) and all(
        len(one) == len(other) and all(abs(a - b) <= 0.002 for a, b in zip(one, other, strict=True))
        for one, other in zip(found, expected, strict=True)
    )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up then, too
    spans = tuple(float(word) for word in sys.argv[2:4])
    outcome = asyncio.run(
        run(lambda line: print(line, flush=True), int(sys.argv[1]), spans or (12.0, 40.0))
    )
    sys.exit(0 if outcome is None or outcome.passed else 1)
