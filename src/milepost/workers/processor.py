"""The processor whole: entrance, shards, and what goes on beside them for all devices."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from milepost.live.hub import Hub
from milepost.stores.log.contract import Log
from milepost.stores.log.opening import OpenedLogs
from milepost.stores.rejected_positions import RejectedPositions
from milepost.stores.telemetry import Telemetry
from milepost.workers.agreement import Agreement
from milepost.workers.arrivals import Arrivals
from milepost.workers.blocks import Blocks
from milepost.workers.checkpoints import checkpoint_name
from milepost.workers.flusher import Flusher
from milepost.workers.folding_turn import FoldingTurn
from milepost.workers.identity_watch import IdentityWatch
from milepost.workers.ingest import Ingest
from milepost.workers.live_fold import LiveEvents, LiveFold
from milepost.workers.lookups import Lookups
from milepost.workers.openings import Openings
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.pruner import Pruner
from milepost.workers.readmission import Readmission
from milepost.workers.recovery import recover, replay
from milepost.workers.refolder import Refolder
from milepost.workers.rejudger import Rejudger
from milepost.workers.reprocessor import Reprocessor
from milepost.workers.second_try import SecondTry
from milepost.workers.server_clock import ServerClock
from milepost.workers.set_aside import SetAsidePositions
from milepost.workers.shard import Distrusting, Shard
from milepost.workers.shards import Shards
from milepost.workers.silences import Silences
from milepost.workers.supervision import Faults, supervised
from milepost.workers.taking import Taking, Waiting
from milepost.workers.totals_check import repair_totals
from milepost.workers.units import Units


class ProcessorOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Windows and bounds of each shard."""

    gathering_s: float = 0.005
    block_interval_s: float = 1.0
    block_rows: int = 20_000
    flush_interval_s: float = 1.0
    # All foldings together rest so much longer than they work: a third of a core at most.
    folding_rest_per_work: float = 2.0
    most_waiting: Waiting = Waiting(rows=200_000, log_bytes=256 * 1024 * 1024)


class Processor(msgspec.Struct, frozen=True):
    """The running parts that others call."""

    ingest: Ingest
    arrivals: Arrivals
    shards: Shards
    agreement: Agreement
    faults: Faults
    clock: ServerClock

    async def durable_up_to(self) -> int:
        """Bring what is acknowledged to ClickHouse; up to which received time it is there.

        Raises:
            Unavailable: ClickHouse does not take it now.
        """
        return await self.shards.up_to(self.clock.now_ms())

    async def settle(self) -> None:
        """Wait until everything accepted is durable, folded in its place and written down."""
        await self.shards.settle()


class ProcessorParts(msgspec.Struct, frozen=True, kw_only=True):
    """What all shards of a process share."""

    store: ProcessorStore
    telemetry: Telemetry
    set_aside: SetAsidePositions
    hub: Hub
    clock: ServerClock
    faults: Faults
    options: ProcessorOptions
    openings: Openings = msgspec.field(default_factory=Openings)


@asynccontextmanager
async def open_processor(parts: ProcessorParts, logs: OpenedLogs) -> AsyncIterator[Processor]:
    """Start the processor; on leaving, what was accepted is committed and written down."""
    store, clock, faults = parts.store, parts.clock, parts.faults
    shards = await _start(parts, logs)
    lookups = Lookups(store, faults)
    arrivals = Arrivals(store, lookups, parts.openings, clock.now_ms)
    readmission = Readmission(shards, clock.now_ms)
    ingest = Ingest(arrivals, shards, readmission, LiveEvents(parts.hub), clock)
    rejudger = Rejudger(clock, RejectedPositions(parts.telemetry), readmission, store)
    reprocessor = Reprocessor(shards, store, parts.telemetry.totals_rows, clock.now_ms)
    agreement = Agreement(store, parts.telemetry, clock.now_ms)
    works = [
        ("look up", lookups.run),
        *[work for shard in shards for work in shard.works()],
        ("judge again", rejudger.run),
        ("try again", SecondTry(parts.set_aside, readmission).run),
        ("reprocess", reprocessor.run),
        ("silences", Silences(store, clock.now_ms).run),
        ("prune", Pruner(store, clock.now_ms).run),
        ("agreement", agreement.run),
        ("identities", IdentityWatch(arrivals, shards, store.identities, clock.now_ms).run),
    ]
    tasks = [supervised(work, name, faults) for name, work in works]
    try:
        yield Processor(ingest, arrivals, shards, agreement, faults, clock)
    finally:
        for shard in shards:
            shard.refolder.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*[shard.write_down() for shard in shards])


async def _start(parts: ProcessorParts, logs: OpenedLogs) -> Shards:
    """The shards as they go on from what is stored and logged."""
    count, turn = len(logs.of_shards), FoldingTurn(parts.options.folding_rest_per_work)
    shards = Shards(
        [
            _make_shard(parts, entries, checkpoint_name(number, count), turn)
            for number, entries in enumerate(logs.of_shards)
        ]
    )
    for shard, entries in zip(shards, logs.of_shards, strict=True):
        await replay(entries, shard.blocks)
    for entries in logs.left_over:
        await replay(entries, _blocks(parts, entries, next(iter(shards)).units))
    await repair_totals(parts.store, parts.telemetry, parts.clock.now_ms())
    await _begin(parts, shards)
    return shards


async def _begin(parts: ProcessorParts, shards: Shards) -> None:
    """Go on behind what is stored: checkpoints, versions, stamps."""
    checkpoint = await parts.store.load_checkpoint()
    await recover(shards, parts.store, parts.telemetry)
    # A flush that was cut off has written totals that no checkpoint names. If the clock was ahead
    # then, only a higher version than theirs counts.
    version = max(checkpoint.version, await parts.telemetry.totals_rows.newest_version())
    newest_ms = await parts.telemetry.newest_received(checkpoint.watermark_ms)
    for shard in shards:
        shard.flusher.version = version
        shard.taking.begin_after(newest_ms)
        shard.blocks.begin_after(newest_ms)
    parts.clock.begin_after(newest_ms)


def _make_shard(parts: ProcessorParts, entries: Log, name: str, turn: FoldingTurn) -> Shard:
    options, faults = parts.options, parts.faults
    units = Units(parts.store, parts.openings, parts.clock.now_ms)
    blocks = _blocks(parts, entries, units)
    taking = Taking(
        entries,
        blocks,
        LiveFold(units, parts.hub),
        faults,
        window_s=options.gathering_s,
        most_waiting=options.most_waiting,
    )
    flusher = Flusher(
        units,
        parts.store,
        parts.telemetry,
        taking,
        parts.clock.now_ms,
        options.flush_interval_s,
        name,
    )
    refolder = Refolder(
        units,
        parts.store,
        parts.telemetry,
        blocks,
        parts.hub,
        faults,
        turn,
    )
    return Shard(units, taking, blocks, flusher, refolder)


def _blocks(parts: ProcessorParts, entries: Log, units: Units) -> Blocks:
    return Blocks(
        entries,
        parts.telemetry,
        Distrusting(parts.set_aside, units),
        parts.faults,
        interval_s=parts.options.block_interval_s,
        most_rows=parts.options.block_rows,
    )
