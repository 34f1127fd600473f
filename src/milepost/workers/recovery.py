"""After a start: what was stored and is in no checkpoint is folded again."""

import structlog

from milepost.stores.clickhouse.handles import Handles
from milepost.stores.log.contract import Log
from milepost.stores.positions_arrow import build_table
from milepost.stores.telemetry import Telemetry
from milepost.workers.blocks import Blocks
from milepost.workers.checkpoints import holds_for_all
from milepost.workers.packet import from_entry
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.quarantine import SetAside
from milepost.workers.shards import Shards
from milepost.workers.unit import Stale

log = structlog.get_logger(__name__)

# Neither memory nor an insert grows with the length of the tail.
REPLAYED_AT_ONCE = 20_000


async def replay(entries: Log, blocks: Blocks) -> None:
    """Write the log's tail to ClickHouse; what is there already is replaced by the same rows.

    Raises:
        Unavailable: ClickHouse does not take it, or the log cannot be read.
    """
    rows = 0
    async for entry in entries.read():
        packets = from_entry(entry.data)
        blocks.add(entry.place, packets)
        rows += sum(len(packet.positions) for packet in packets)
        if blocks.waiting_rows >= REPLAYED_AT_ONCE:
            await blocks.write_now()
    await blocks.write_now()
    if rows:
        log.info("log.replayed", positions=rows)


async def write_tail(entries: Log, clickhouse: Handles) -> None:
    """Write the log's tail to ClickHouse for a command that reads there.

    Raises:
        Unavailable: ClickHouse does not take it, or the log cannot be read.
    """
    async for entry in entries.read():
        packets = from_entry(entry.data)
        contexts = [packet.context for packet in packets for _ in packet.positions]
        positions = [position for packet in packets for position in packet.positions]
        await clickhouse.insert("positions", build_table(contexts, positions))
    await entries.trim(entries.newest_place)


async def recover(shards: Shards, store: ProcessorStore, telemetry: Telemetry) -> None:
    """Find stored positions that no checkpoint contains; their devices are folded again.

    The units are loaded and queued here; the folding itself goes on beside the live stream. What
    is in quarantine is tried once more, from where it was put aside.

    Raises:
        Unavailable: an engine does not answer.
    """
    watermarks_ms = await _begin_at(shards, store)
    for entry in await store.quarantine.load():
        await _recover_quarantined(shards, telemetry, entry)
    count = 0
    for watermark_ms in watermarks_ms:
        for row in await telemetry.received_since(watermark_ms):
            units = shards.of(row.device_id).units
            if units.watermark_ms == watermark_ms:
                stale = Stale(row.min_fix_time_ms, watermark_ms)
                units.orphans.leave((row.device_id, row.vehicle_id), row.tenant_id, stale)
                count += 1
    for shard in shards:
        await shard.units.restore_orphans()
    if count:
        log.info("processor.recovering", devices=count, since_ms=min(watermarks_ms))


async def _begin_at(shards: Shards, store: ProcessorStore) -> set[int]:
    """Where each shard goes on: at its own checkpoint if all shards have one; the places."""
    stored = await store.load_checkpoints()
    for_all = holds_for_all(stored)
    own = {each.name: each.watermark_ms for each in stored}
    names = [shard.flusher.name for shard in shards]
    for shard, name in zip(shards, names, strict=True):
        known_ms = own[name] if all(each in own for each in names) else 0
        shard.units.watermark_ms = max(known_ms, for_all.watermark_ms)
    return {shard.units.watermark_ms for shard in shards}


async def _recover_quarantined(shards: Shards, telemetry: Telemetry, entry: SetAside) -> None:
    since_ms = entry.received_since_ms
    fix_time_ms = await telemetry.earliest_fix(*entry.key, since_ms, tenant_id=entry.tenant_id)
    if fix_time_ms is None:
        fix_time_ms = since_ms  # nothing to fold again: the state as it is is tried
    units = shards.of(entry.key[0]).units
    units.quarantine.restore(entry)
    units.orphans.leave(entry.key, entry.tenant_id, Stale(fix_time_ms, since_ms))
