"""The processor whole: entrance, group commit, late data, checkpoints, recovery after a crash."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec
import structlog

from milepost.domain.position import Position
from milepost.errors import Unavailable
from milepost.live.hub import Hub
from milepost.stores.positions_arrow import RowContext
from milepost.stores.rejected_positions import RejectedPositions
from milepost.stores.telemetry import Telemetry
from milepost.workers.committer import Committer, SetAside
from milepost.workers.flusher import Flusher
from milepost.workers.identity_watch import IdentityWatch
from milepost.workers.ingest import Ingest
from milepost.workers.lookups import Lookups
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.pruner import Pruner
from milepost.workers.readmission import Readmission
from milepost.workers.recovery import recover
from milepost.workers.refolder import FOLDINGS_AT_ONCE, Refolder
from milepost.workers.rejudger import Rejudger
from milepost.workers.second_try import SecondTry
from milepost.workers.server_clock import ServerClock
from milepost.workers.set_aside import SetAsidePositions
from milepost.workers.supervision import Faults, supervised
from milepost.workers.totals_check import repair_totals
from milepost.workers.units import Units

log = structlog.get_logger(__name__)

# What is left then is in the store: the next start folds it again.
CLOSE_WITHIN_S = 15.0


class ProcessorOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Windows and bounds of the processor."""

    commit_window_s: float = 0.010
    flush_interval_s: float = 1.0
    high_water_rows: int = 40_000


class Processor(msgspec.Struct, frozen=True):
    """The running parts that others call."""

    ingest: Ingest
    units: Units
    committer: Committer
    flusher: Flusher
    refolder: Refolder
    faults: Faults

    async def settle(self) -> None:
        """Wait until everything accepted is durable, folded in its place and written down."""
        await self.committer.barrier()
        await self.units.restore_orphans()
        await self.refolder.idle()
        await self.flusher.flush_all()


@asynccontextmanager
async def open_processor(
    store: ProcessorStore,
    telemetry: Telemetry,
    set_aside: SetAsidePositions,
    hub: Hub,
    clock: ServerClock,
    faults: Faults,
    options: ProcessorOptions,
) -> AsyncIterator[Processor]:
    """Start the processor; on leaving, what was accepted is committed and written down."""
    clock_ms = clock.now_ms
    lookups = Lookups(store, faults)
    units = Units(store, lookups, clock_ms)
    committer = Committer(
        telemetry,
        Distrusting(set_aside, units),
        faults,
        window_s=options.commit_window_s,
        high_water_rows=options.high_water_rows,
    )
    flusher = Flusher(units, store, telemetry, committer, clock_ms, options.flush_interval_s)
    refolder = Refolder(units, store, telemetry, committer, hub, faults)
    ingest = Ingest(units, committer, hub, clock)
    await repair_totals(store, telemetry, clock_ms())
    checkpoint = await store.load_checkpoint()
    units.watermark_ms = checkpoint.watermark_ms
    # A flush that was cut off has written totals that no checkpoint names. If the clock was ahead
    # then, only a higher version than theirs counts.
    flusher.version = max(checkpoint.version, await telemetry.totals_rows.newest_version())
    await recover(units, store, telemetry)
    newest_ms = await telemetry.newest_received(units.watermark_ms)
    committer.begin_after(newest_ms)
    clock.begin_after(newest_ms)
    readmission = Readmission(committer, units, clock_ms)
    rejudger = Rejudger(clock, RejectedPositions(telemetry), readmission, store)
    works = [
        ("look up", lookups.run),
        ("commit", committer.run),
        *[("refold", refolder.run)] * FOLDINGS_AT_ONCE,
        ("flush", flusher.run),
        ("judge again", rejudger.run),
        ("try again", SecondTry(set_aside, readmission).run),
        ("prune", Pruner(store, clock_ms).run),
        ("identities", IdentityWatch(units, store.identities, clock_ms).run),
    ]
    tasks = [supervised(work, name, faults) for name, work in works]
    try:
        yield Processor(ingest, units, committer, flusher, refolder, faults)
    finally:
        refolder.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _write_down(committer, flusher)


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


async def _write_down(committer: Committer, flusher: Flusher) -> None:
    """At the end: everything accepted is stored and, if the engines answer in time, concluded."""
    await committer.close()
    try:
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await flusher.flush_all()
    except (TimeoutError, Unavailable) as error:
        log.warning("processor.closed_unfinished", error=str(error) or "no answer in time")
