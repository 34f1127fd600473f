"""Plays tracks over the wire as trackers do: in time, buffered while offline, sent again."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

import msgspec

from milepost.domain.position import Position
from milepost.errors import Unavailable
from milepost.simulator.pace import Pace
from milepost.simulator.wires import WIRES, Target, Wire

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# A device that slept through an hour looks at the clock again at least this often.
LONGEST_SLEEP_S = 60.0


class Part(msgspec.Struct, frozen=True):
    """One vehicle's part: who it is, where it reports to, and its reports in order of sending.

    `due_times_ms` says when each of them is sent; without it each is sent at its fix time.
    """

    unique_id: str
    target: Target
    positions: Iterable[Position]
    due_times_ms: Iterable[int] | None = None

    def timed(self) -> Iterator[tuple[int, Position]]:
        """Each report and when it is due."""
        if self.due_times_ms is None:
            return ((position.fix_time_ms, position) for position in self.positions)
        return zip(self.due_times_ms, self.positions, strict=True)


class Tally(msgspec.Struct):
    """What has happened to one vehicle's reports so far."""

    unique_id: str
    sent: int = 0
    acknowledged: int = 0
    acknowledged_fix_ms: int | None = None
    connections: int = 0
    failures: int = 0
    last_failure: str | None = None
    given_up: bool = False


class Conduct(msgspec.Struct, frozen=True, kw_only=True):
    """How devices behave.

    Attributes:
        pace: which reports are due.
        clock_ms: now, in milliseconds since the Unix epoch.
        batch_size: reports that a device sends before it waits for the answer.
        attempts: failures in a row after which a device gives up; None for never.
        jitter: spreads the devices that come back.
    """

    pace: Pace
    clock_ms: Callable[[], int]
    batch_size: int = 25
    attempts: int | None = None
    jitter: random.Random


async def play(parts: Sequence[Part], conduct: Conduct, tallies: list[Tally]) -> None:
    """Play all parts at once until each has been delivered or given up.

    One tally a part is appended to `tallies` at the start and kept up to date.
    """
    async with asyncio.TaskGroup() as group:
        for part in parts:
            tally = Tally(part.unique_id)
            tallies.append(tally)
            group.create_task(_Device(part, conduct, tally).run())


class _Device:
    """One simulated tracker."""

    def __init__(self, part: Part, conduct: Conduct, tally: Tally) -> None:
        self._conduct = conduct
        self._tally = tally
        self._timed = part.timed()
        self._wire: Wire = WIRES[part.target.transport](part.target, part.unique_id)
        self._is_open = False

    async def run(self) -> None:
        try:
            async for batch in self._due_batches():
                await self._deliver(batch)
                if self._tally.given_up:
                    return
        finally:
            await self._wire.close()

    async def _due_batches(self) -> AsyncIterator[list[Position]]:
        upcoming = next(self._timed, None)
        while upcoming is not None:
            now_ms = self._conduct.clock_ms()
            due_fix_ms = self._conduct.pace.due_fix_ms(now_ms)
            batch: list[Position] = []
            while (
                upcoming is not None
                and upcoming[0] <= due_fix_ms
                and len(batch) < self._conduct.batch_size
            ):
                batch.append(upcoming[1])
                upcoming = next(self._timed, None)
            if batch:
                yield batch
            elif upcoming is not None:
                wait_s = self._conduct.pace.wait_s(upcoming[0], now_ms)
                await asyncio.sleep(min(max(wait_s, 0.001), LONGEST_SLEEP_S))

    async def _deliver(self, batch: list[Position]) -> None:
        tally = self._tally
        failures = 0
        while True:
            try:
                await self._send(batch)
            except (OSError, TimeoutError, Unavailable) as error:
                failures += 1
                await self._hang_up(error)
                if failures == self._conduct.attempts:
                    tally.given_up = True
                    return
                await asyncio.sleep(self._pause_s(failures))
            else:
                tally.acknowledged += len(batch)
                tally.acknowledged_fix_ms = batch[-1].fix_time_ms
                return

    async def _send(self, batch: list[Position]) -> None:
        if not self._is_open:
            self._tally.connections += 1
            await self._wire.open()
            self._is_open = True
        self._tally.sent += len(batch)
        await self._wire.deliver(batch)

    async def _hang_up(self, error: Exception) -> None:
        self._tally.failures += 1
        self._tally.last_failure = str(error) or type(error).__name__
        self._is_open = False
        await self._wire.close()

    def _pause_s(self, failures: int) -> float:
        longest_s = min(FIRST_PAUSE_S * 2 ** (failures - 1), LONGEST_PAUSE_S)
        return self._conduct.jitter.uniform(longest_s / 2, longest_s)


def total(tallies: Iterable[Tally], count: Callable[[Tally], int]) -> int:
    """The sum of one count over all vehicles."""
    return sum(map(count, tallies))


def failed(tallies: Iterable[Tally]) -> Iterator[Tally]:
    """The vehicles that gave up."""
    return (tally for tally in tallies if tally.given_up)
