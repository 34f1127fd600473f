"""A shard without devices does not hold back where the next start goes on."""

from uuid import uuid4

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.flusher import IDLE_CHECKPOINT_MS
from milepost.workers.processor_store import ProcessorStore

from .rig import NOW_MS, make_rig


async def test_a_shard_of_silent_devices_writes_its_checkpoint_all_the_same(
    database: Database, telemetry: Telemetry, scope: Scope
) -> None:
    rig = await make_rig(database, telemetry, scope, shards=3)
    # Other tests have the same engines, and some of them the clock of the wall.
    checkpoint = await ProcessorStore(database, None, uuid4).load_checkpoint()
    now_ms = max(checkpoint.watermark_ms, NOW_MS) + 1
    async with rig.processor(clock_ms=lambda: now_ms) as processor:
        await rig.send(processor, [Position(now_ms - 60_000, 50.0, 7.0)])
        session = await processor.ingest.open(rig.unique_id, "test", "127.0.0.1")
        idle = [shard for shard in processor.shards if shard is not session.shard]
        # What other tests have left to fold is folded now.
        for _ in range(3):
            await processor.settle()
            for shard in idle:
                await shard.flusher.turn()
        before_ms = [shard.units.watermark_ms for shard in idle]
        now_ms += IDLE_CHECKPOINT_MS - 1
        for shard in idle:
            await shard.flusher.turn()
        assert [shard.units.watermark_ms for shard in idle] == before_ms
        now_ms += 1
        for shard in idle:
            await shard.flusher.turn()
        assert [shard.units.watermark_ms for shard in idle] == [now_ms, now_ms]
