"""Several shards: devices are divided among them, and readers see one whole."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.errors import Unavailable
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import FeedCursor, Telemetry
from milepost.workers.processor import Processor
from milepost.workers.shards import shard_number

from .rig import NOW_MS, Rig, make_rig

SHARDS = 3


def test_devices_are_divided_evenly_and_always_alike() -> None:
    assert shard_number(UUID(int=1), SHARDS) == shard_number(UUID(int=1), SHARDS)
    counts = [0] * SHARDS
    for _ in range(3_000):
        counts[shard_number(uuid4(), SHARDS)] += 1
    # Five standard deviations of a fair division.
    assert all(870 < count < 1_130 for count in counts)


def fix(second: int) -> Position:
    return Position(NOW_MS - 600_000 + second * 1000, 50.0, round(7.0 + second * 1e-4, 7))


@pytest.fixture
async def rigs(database: Database, telemetry: Telemetry, scope: Scope) -> list[Rig]:
    """Enough devices that each shard has one, but for one chance in a thousand million."""
    return [await make_rig(database, telemetry, scope, shards=SHARDS) for _ in range(50)]


async def test_the_feed_misses_nothing_of_any_shard(rigs: list[Rig]) -> None:
    """It is read while the shards take turns, with a clock that stands still."""
    cursor: FeedCursor | None = None
    seen: list[tuple[UUID, int]] = []

    async def read(processor: Processor) -> None:
        nonlocal cursor
        while True:
            up_to_ms = await processor.durable_up_to()
            page = await rigs[0].telemetry.feed(rigs[0].scope, cursor, 40, up_to_ms=up_to_ms)
            cursor = page.next
            seen.extend((each.device_id, each.position.fix_time_ms) for each in page.positions)
            if not page.has_more:
                return

    async with rigs[0].processor() as processor:
        for second in range(6):
            for rig in rigs[second % 2 :: 2]:
                await rig.send(processor, [fix(second)])
            await read(processor)
        assert all(shard.blocks.committed_received_ms for shard in processor.shards)
    assert len(seen) == len(set(seen)) == 6 * 25


async def test_a_reader_of_the_feed_never_comes_further_than_what_is_stored(
    rigs: list[Rig],
) -> None:
    """The next start may have an earlier clock, and stamps go on behind what is stored."""
    async with rigs[0].processor(now_ms=NOW_MS + 7_200_000) as processor:
        await rigs[0].send(processor, [fix(0)])
        stamped_ms = await processor.durable_up_to()
        assert await processor.durable_up_to() == stamped_ms
        page = await rigs[0].telemetry.feed(rigs[0].scope, None, 10, up_to_ms=stamped_ms)
        assert [each.received_time_ms for each in page.positions] == [stamped_ms]
        await rigs[1].send(processor, [fix(1)])
        assert await processor.durable_up_to() > NOW_MS + 7_200_000


async def test_each_device_is_in_its_own_shard_alone(rigs: list[Rig]) -> None:
    async with rigs[0].processor() as processor:
        for rig in rigs[:10]:
            session = await processor.ingest.open(rig.unique_id, "test", "127.0.0.1")
            key = session.unit.installation.key
            holders = [n for n, shard in enumerate(processor.shards) if shard.units.loaded(key)]
            assert holders == [shard_number(key[0], SHARDS)]
            assert processor.shards.loaded(key) is session.unit


async def test_what_a_larger_number_of_shards_left_in_its_logs_is_not_lost(
    rigs: list[Rig],
) -> None:
    """As a kill leaves it: acknowledged, in the logs of three shards, and not in ClickHouse."""
    full = FullTelemetry(rigs[0].telemetry)
    before = msgspec.structs.replace(rigs[0], telemetry=full)
    async with before.processor() as processor:
        full.is_full = True
        for rig in rigs[:12]:
            assert await rig.send(processor, [fix(0), fix(1)]) == [None]
    fewer = msgspec.structs.replace(rigs[0], shards=1)
    async with fewer.processor() as processor:
        await processor.settle()
        for rig in rigs[:12]:
            found = await rig.telemetry.vehicle_positions(rig.scope, rig.vehicle_id, 0, NOW_MS, 10)
            assert [each.position for each in found] == [fix(0), fix(1)]


class FullTelemetry:
    """The real one, but no position is taken if it is told so."""

    def __init__(self, telemetry: Any) -> None:
        self._telemetry = telemetry
        self.is_full = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._telemetry, name)

    async def insert_positions(self, table: Any) -> None:
        if self.is_full:
            raise Unavailable("ClickHouse", "it takes nothing")
        await self._telemetry.insert_positions(table)
