"""Late data at awkward moments: between two flushes, and while older data are being folded in."""

import asyncio
from typing import Any

import msgspec
import pytest

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.stream.fold import HOUR_MS
from milepost.workers.processor import Processor

from .rig import NOW_MS, Rig, make_rig, only
from .test_order_independence import truth

START_MS = NOW_MS // HOUR_MS * HOUR_MS - 10 * HOUR_MS
MINUTE_MS = 60_000


def fix(minute: int) -> Position:
    """It stands for two hours, then drives at 34 km/h for seven."""
    driven = max(minute - 120, 0)
    return Position(
        START_MS + minute * MINUTE_MS,
        50.0,
        round(7.0 + 0.008 * driven, 7),
        speed_kmh=34.0 if driven else 0.0,
        ignition=minute >= 119,
        fuel_used_l=round(driven * 0.05, 2),
    )


DAY = [fix(minute) for minute in range(540)]
# The beginning of the drive, and the end of an hour; then what is before that end. The snapshot
# that the first flush has stored for the hour after has seen neither, and ends before the second.
FIRST_LATE = DAY[120:150] + DAY[471:480]
SECOND_LATE = DAY[461:471]
IN_TIME = [each for each in DAY if each not in FIRST_LATE and each not in SECOND_LATE]
NEWEST = [fix(540)]


class HeldStore:
    """The real store; nothing is written while `open` is not set."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.open = asyncio.Event()
        self.open.set()
        self.writing = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def write(self, rows: Any) -> None:
        self.writing.set()
        await self.open.wait()
        await self._store.write(rows)
        self.writing.clear()


class HeldTelemetry:
    """The real one; what is read for a folding is handed over when `open` is set."""

    def __init__(self, telemetry: Any) -> None:
        self._telemetry = telemetry
        self.open = asyncio.Event()
        self.read = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._telemetry, name)

    async def device_positions(self, *args: Any, **named: Any) -> Any:
        rows = await self._telemetry.device_positions(*args, **named)
        self.read.set()
        await self.open.wait()
        return rows


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


@pytest.mark.parametrize("taken", [True, False], ids=["under-way", "waiting"])
async def test_what_a_flush_is_about_to_replace_is_not_built_upon(rig: Rig, taken: bool) -> None:
    held: list[HeldStore] = []

    def hold(_name: str, store: Any) -> HeldStore:
        held.append(HeldStore(store))
        return held[0]

    async with rig.processor(wrap_store=hold) as processor:
        await rig.send(processor, IN_TIME)
        await processor.settle()
        store = held[0]
        store.writing.clear()
        store.open.clear()
        if not taken:  # another flush is under way already: the first late data waits for the next
            await rig.send(processor, NEWEST)
            await store.writing.wait()
        await late(rig, processor, FIRST_LATE)
        await store.writing.wait()
        await late(rig, processor, SECOND_LATE)
        store.open.set()
        await processor.settle()
    sent = DAY if taken else DAY + NEWEST
    assert await rig.conclusions() == truth(sent)


async def test_what_comes_while_a_crash_is_folded_in_is_not_lost(rig: Rig) -> None:
    """The unit's own state is at the beginning then, so the oldest of all looks new to it."""
    async with rig.processor(now_ms=NOW_MS) as processor:
        await rig.send(processor, DAY[1:])
        only(processor).units.dirty.clear()  # as if the process had died
    held = HeldTelemetry(rig.telemetry)
    after = msgspec.structs.replace(rig, telemetry=held)
    async with after.processor(now_ms=NOW_MS) as processor:
        await held.read.wait()
        await after.send(processor, DAY[:1])
        held.open.set()
        await processor.settle()
    assert await rig.conclusions() == truth(DAY)


async def late(rig: Rig, processor: Processor, positions: list[Position]) -> None:
    await rig.send(processor, positions)
    await only(processor).refolder.idle()
