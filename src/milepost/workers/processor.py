"""The processor whole: entrance, log, blocks, late data, checkpoints, recovery after a crash."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec
import structlog

from milepost.domain.position import Position
from milepost.errors import Unavailable
from milepost.live.hub import Hub
from milepost.stores.log.contract import Log
from milepost.stores.positions_arrow import RowContext
from milepost.stores.rejected_positions import RejectedPositions
from milepost.stores.telemetry import Telemetry
from milepost.workers.blocks import Blocks, SetAside
from milepost.workers.flusher import Flusher
from milepost.workers.identity_watch import IdentityWatch
from milepost.workers.ingest import Ingest
from milepost.workers.live_fold import LiveFold
from milepost.workers.lookups import Lookups
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.pruner import Pruner
from milepost.workers.readmission import Readmission
from milepost.workers.recovery import recover, replay
from milepost.workers.refolder import FOLDINGS_AT_ONCE, Refolder
from milepost.workers.rejudger import Rejudger
from milepost.workers.second_try import SecondTry
from milepost.workers.server_clock import ServerClock
from milepost.workers.set_aside import SetAsidePositions
from milepost.workers.supervision import Faults, supervised
from milepost.workers.taking import Taking, Waiting
from milepost.workers.totals_check import repair_totals
from milepost.workers.units import Units

log = structlog.get_logger(__name__)

# What is left then is in the store: the next start folds it again.
CLOSE_WITHIN_S = 15.0


class ProcessorOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Windows and bounds of the processor."""

    gathering_s: float = 0.005
    block_interval_s: float = 1.0
    block_rows: int = 20_000
    flush_interval_s: float = 1.0
    most_waiting: Waiting = Waiting(rows=200_000, log_bytes=256 * 1024 * 1024)


class Processor(msgspec.Struct, frozen=True):
    """The running parts that others call."""

    ingest: Ingest
    units: Units
    taking: Taking
    blocks: Blocks
    flusher: Flusher
    refolder: Refolder
    faults: Faults

    async def durable_up_to(self) -> int:
        """Bring what is acknowledged to ClickHouse; up to which received time it is all there.

        Raises:
            Unavailable: ClickHouse does not take it now.
        """
        await self.blocks.catch_up()
        return self.blocks.committed_received_ms

    async def settle(self) -> None:
        """Wait until everything accepted is durable, folded in its place and written down."""
        await self.taking.barrier()
        await self.units.restore_orphans()
        await self.refolder.idle()
        await self.flusher.flush_all()


@asynccontextmanager
async def open_processor(  # noqa: PLR0913, PLR0917 - each is one thing that composition knows
    store: ProcessorStore,
    telemetry: Telemetry,
    entries: Log,
    set_aside: SetAsidePositions,
    hub: Hub,
    clock: ServerClock,
    faults: Faults,
    options: ProcessorOptions,
    leftover: Log | None = None,
) -> AsyncIterator[Processor]:
    """Start the processor; on leaving, what was accepted is committed and written down.

    `leftover` is a log that was used before; what it still holds is replayed first.
    """
    clock_ms = clock.now_ms
    lookups = Lookups(store, faults)
    units = Units(store, lookups, clock_ms)
    blocks = Blocks(
        entries,
        telemetry,
        Distrusting(set_aside, units),
        faults,
        interval_s=options.block_interval_s,
        most_rows=options.block_rows,
    )
    live = LiveFold(units, hub)
    taking = Taking(
        entries,
        blocks,
        live,
        faults,
        window_s=options.gathering_s,
        most_waiting=options.most_waiting,
    )
    flusher = Flusher(units, store, telemetry, taking, clock_ms, options.flush_interval_s)
    refolder = Refolder(units, store, telemetry, blocks, hub, faults)
    readmission = Readmission(taking, units, clock_ms)
    ingest = Ingest(units, taking, readmission, live, clock)
    await replay(entries, blocks, leftover)
    await repair_totals(store, telemetry, clock_ms())
    checkpoint = await store.load_checkpoint()
    units.watermark_ms = checkpoint.watermark_ms
    # A flush that was cut off has written totals that no checkpoint names. If the clock was ahead
    # then, only a higher version than theirs counts.
    flusher.version = max(checkpoint.version, await telemetry.totals_rows.newest_version())
    await recover(units, store, telemetry)
    newest_ms = await telemetry.newest_received(units.watermark_ms)
    taking.begin_after(newest_ms)
    blocks.begin_after(newest_ms)
    clock.begin_after(newest_ms)
    rejudger = Rejudger(clock, RejectedPositions(telemetry), readmission, store)
    works = [
        ("look up", lookups.run),
        ("take", taking.run),
        ("write blocks", blocks.run),
        *[("refold", refolder.run)] * FOLDINGS_AT_ONCE,
        ("flush", flusher.run),
        ("judge again", rejudger.run),
        ("try again", SecondTry(set_aside, readmission).run),
        ("prune", Pruner(store, clock_ms).run),
        ("identities", IdentityWatch(units, store.identities, clock_ms).run),
    ]
    tasks = [supervised(work, name, faults) for name, work in works]
    try:
        yield Processor(ingest, units, taking, blocks, flusher, refolder, faults)
    finally:
        refolder.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _write_down(taking, blocks, flusher)


class Distrusting:
    """Sets positions aside; their unit has seen what the store has not, and begins anew."""

    def __init__(self, set_aside: SetAside, units: Units) -> None:
        self._set_aside = set_aside
        self._units = units

    async def keep(self, context: RowContext, position: Position, reason: str) -> None:
        """Keep one position durably.

        Raises:
            Unavailable: it was not kept.
        """
        await self._set_aside.keep(context, position, reason)
        unit = self._units.loaded((UUID(bytes=context.device_id), UUID(bytes=context.vehicle_id)))
        if unit is not None:
            self._units.distrust(unit)


async def _write_down(taking: Taking, blocks: Blocks, flusher: Flusher) -> None:
    """At the end: what was accepted is logged and, if the engines answer in time, concluded."""
    await taking.close()
    try:
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await blocks.close()
            await flusher.flush_all()
    except (TimeoutError, Unavailable) as error:
        log.warning("processor.closed_unfinished", error=str(error) or "no answer in time")
