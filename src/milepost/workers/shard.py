"""A shard: a range of devices with their streams, their log, their block and their checkpoint."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import msgspec
import structlog

from milepost.domain.position import Position
from milepost.errors import Unavailable
from milepost.stores.positions_arrow import RowContext
from milepost.workers.blocks import Blocks, SetAside
from milepost.workers.flusher import Flusher
from milepost.workers.refolder import FOLDINGS_AT_ONCE, Refolder
from milepost.workers.supervision import Work
from milepost.workers.taking import Taking
from milepost.workers.units import Units

log = structlog.get_logger(__name__)

# What is left then is in the log or in ClickHouse: the next start folds it again.
CLOSE_WITHIN_S = 15.0


class Shard(msgspec.Struct, frozen=True):
    """The parts of one shard; nothing outside touches the state of its devices."""

    units: Units
    taking: Taking
    blocks: Blocks
    flusher: Flusher
    refolder: Refolder

    def works(self) -> Sequence[tuple[str, Work]]:
        """What runs as long as the shard does, each with a name."""
        return [
            ("take", self.taking.run),
            ("write blocks", self.blocks.run),
            *[("refold", self.refolder.run)] * FOLDINGS_AT_ONCE,
            ("flush", self.flusher.run),
        ]

    async def settle(self) -> None:
        """Wait until everything accepted is durable, folded in its place and written down."""
        await self.taking.barrier()
        await self.units.restore_orphans()
        await self.refolder.idle()
        await self.flusher.flush_all()

    async def up_to(self, received_ms: int) -> None:
        """Bring what was received up to a time to ClickHouse; what comes is stamped later.

        Raises:
            Unavailable: ClickHouse does not take it now.
        """
        self.taking.floor_ms = max(self.taking.floor_ms, received_ms + 1)
        await self.taking.barrier()
        await self.blocks.catch_up()

    async def write_down(self) -> None:
        """At the end: what was accepted is logged and, if the engines answer in time, concluded."""
        await self.taking.close()
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self.blocks.close()
                await self.flusher.flush_all()
        except (TimeoutError, Unavailable) as error:
            log.warning("processor.closed_unfinished", error=str(error) or "no answer in time")


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
