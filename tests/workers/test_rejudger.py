"""What a wrong clock of the server refused is taken in once the clock is right."""

import asyncio
import time
from collections.abc import Sequence
from uuid import uuid4

import msgspec
import pytest

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.domain.thresholds import Thresholds
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.stream.pipeline import initial_state, open_outputs
from milepost.workers.processor import Processor
from milepost.workers.processor_store import ProcessorStore
from tests.folding import advance

from .rig import Rig, expected, make_rig

DAY_MS = 86_400_000


class Hands:
    """A wall clock that can be put right, and a clock that never steps."""

    def __init__(self, wall_ms: int) -> None:
        self.wall_ms = wall_ms

    def now_ms(self) -> int:
        return self.wall_ms

    def steady_ms(self) -> int:
        return 1_000


def drive(start_ms: int) -> list[Position]:
    return [
        Position(start_ms + 10_000 * n, 50.0, round(7.0 + 0.001 * n, 7), speed_kmh=26.0)
        for n in range(60)
    ]


def truth(positions: Sequence[Position]) -> dict[str, list]:
    state, outputs = advance(initial_state(), positions, Thresholds())
    return expected([*outputs, *open_outputs(state)])


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


@pytest.fixture
async def now_ms(rig: Rig) -> int:
    """A right clock: not before what other tests have stored in the same engines."""
    checkpoint = await ProcessorStore(rig.database, None, uuid4).load_checkpoint()
    newest_ms = await rig.telemetry.newest_received(checkpoint.watermark_ms)
    return max(int(time.time()) * 1000, newest_ms + DAY_MS)


async def becomes(rig: Rig, processor: Processor, wanted: dict[str, list]) -> None:
    async with asyncio.timeout(60):
        while await rig.conclusions() != wanted:
            await processor.settle()
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("block_interval_s", [0.05, 3_600.0], ids=["stored", "in-the-log"])
async def test_a_clock_that_is_put_right_while_the_server_runs(
    rig: Rig, now_ms: int, block_interval_s: float
) -> None:
    rig = msgspec.structs.replace(rig, block_interval_s=block_interval_s)
    hands, positions = Hands(now_ms - 7 * DAY_MS), drive(now_ms - DAY_MS)
    async with rig.processor(clock_ms=hands.now_ms, steady_ms=hands.steady_ms) as processor:
        packets = positions[:30], positions[30:]
        assert await rig.send(processor, *packets, received_ms=hands.wall_ms) == [None, None]
        await processor.settle()
        assert await rig.conclusions() == truth([])
        hands.wall_ms = now_ms
        await becomes(rig, processor, truth(positions))
        page = await rig.telemetry.feed(
            rig.scope, None, 100, up_to_ms=await processor.durable_up_to()
        )
    assert [each.position for each in page.positions] == positions


async def test_a_clock_of_1979_that_is_right_after_the_next_start(rig: Rig, now_ms: int) -> None:
    positions = drive(now_ms - DAY_MS)
    async with rig.processor(now_ms=290_000_000_000) as processor:
        assert await rig.send(processor, positions, received_ms=290_000_000_000) == [None]
        await processor.settle()
        assert await rig.conclusions() == truth([])
    async with rig.processor(now_ms=now_ms) as processor:
        await becomes(rig, processor, truth(positions))


async def test_a_device_that_is_ahead_of_a_right_clock_stays_refused(rig: Rig, now_ms: int) -> None:
    hands = Hands(now_ms)
    good, ahead = drive(now_ms - DAY_MS), drive(now_ms + 3 * DAY_MS)
    async with rig.processor(clock_ms=hands.now_ms, steady_ms=hands.steady_ms) as processor:
        await rig.send(processor, good, ahead, received_ms=hands.wall_ms)
        # The clock is put forward by an hour: that does not make three days.
        hands.wall_ms += 3_600_000
        await asyncio.sleep(1.5)
        await processor.settle()
    async with rig.processor(now_ms=now_ms + 4 * DAY_MS) as processor:
        await processor.settle()
        assert await rig.conclusions() == truth(good)
