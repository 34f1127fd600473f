"""After a start: what was stored and is in no checkpoint is folded again."""

import structlog

from milepost.stores.log.contract import Log
from milepost.stores.telemetry import Telemetry
from milepost.workers.blocks import Blocks
from milepost.workers.packet import from_entry
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.quarantine import SetAside
from milepost.workers.unit import Stale
from milepost.workers.units import Units

log = structlog.get_logger(__name__)

# Neither memory nor an insert grows with the length of the tail.
REPLAYED_AT_ONCE = 20_000


async def replay(entries: Log, blocks: Blocks, leftover: Log | None = None) -> None:
    """Write the log's tail to ClickHouse; what is there already is replaced by the same rows.

    What is left in a log that was used before goes first, and leaves that log empty.

    Raises:
        Unavailable: ClickHouse does not take it, or a log cannot be read.
    """
    if leftover is not None:
        await _write_again(leftover, blocks, is_own=False)
        await leftover.trim(leftover.newest_place)
    await _write_again(entries, blocks, is_own=True)


async def _write_again(entries: Log, blocks: Blocks, *, is_own: bool) -> None:
    rows = 0
    async for entry in entries.read():
        packets = from_entry(entry.data)
        # The blocks trim their own log, in which another log's places mean nothing.
        blocks.add(entry.place if is_own else 0, packets)
        rows += sum(len(packet.positions) for packet in packets)
        if blocks.waiting_rows >= REPLAYED_AT_ONCE:
            await blocks.write_now()
    await blocks.write_now()
    if rows:
        log.info("log.replayed", positions=rows)


async def recover(units: Units, store: ProcessorStore, telemetry: Telemetry) -> None:
    """Find stored positions that no checkpoint contains; their devices are folded again.

    The units are loaded and queued here; the folding itself goes on beside the live stream. What
    is in quarantine is tried once more, from where it was put aside.

    Raises:
        Unavailable: an engine does not answer.
    """
    for entry in await store.quarantine.load():
        await _recover_quarantined(units, telemetry, entry)
    found = await telemetry.received_since(units.watermark_ms)
    for row in found:
        stale = Stale(row.min_fix_time_ms, units.watermark_ms)
        units.orphans.leave((row.device_id, row.vehicle_id), row.tenant_id, stale)
    await units.restore_orphans()
    if found:
        log.info("processor.recovering", devices=len(found), since_ms=units.watermark_ms)


async def _recover_quarantined(units: Units, telemetry: Telemetry, entry: SetAside) -> None:
    since_ms = entry.received_since_ms
    fix_time_ms = await telemetry.earliest_fix(*entry.key, since_ms, tenant_id=entry.tenant_id)
    if fix_time_ms is None:
        fix_time_ms = since_ms  # nothing to fold again: the state as it is is tried
    units.quarantine.restore(entry)
    units.orphans.leave(entry.key, entry.tenant_id, Stale(fix_time_ms, since_ms))
