"""Takes in stored or kept positions that did not count so far, as if they had just come late."""

from collections.abc import Callable, Sequence
from uuid import UUID

from milepost.domain.position import Position
from milepost.stores.positions_arrow import RowContext
from milepost.workers.packet import Packet
from milepost.workers.shards import Shards
from milepost.workers.unit import Stale


class Readmission:
    """Stores them as rows that count, then has their device folded again from there."""

    def __init__(self, shards: Shards, clock_ms: Callable[[], int]) -> None:
        self._shards = shards
        self._clock_ms = clock_ms

    @property
    def floor_ms(self) -> int:
        """No row gets an earlier stamp from now on."""
        return self._shards.floor_ms

    @property
    def received_ms(self) -> int:
        """The stamp that rows get now: later than all that readers of the feed have seen."""
        return max(self._clock_ms(), self._shards.floor_ms)

    def take(
        self,
        context: RowContext,
        positions: Sequence[Position],
        on_taken: Callable[[Exception | None], None],
    ) -> None:
        """Queue positions of one device in one vehicle; `on_taken(None)` follows the write."""
        key = (UUID(bytes=context.device_id), UUID(bytes=context.vehicle_id))
        shard = self._shards.of(key[0])
        least_ms = min(position.fix_time_ms for position in positions)
        stale = Stale(least_ms, context.received_time_ms)

        def written(error: Exception | None) -> None:
            if error is None:
                shard.units.fold_into(key, UUID(bytes=context.tenant_id), stale)
            on_taken(error)

        shard.taking.add(Packet(context, positions, written))

    async def catch_up(self) -> None:
        """Wait until everything that was acknowledged before now can be read.

        Raises:
            Unavailable: ClickHouse does not take it now.
        """
        await self._shards.barrier()
        await self._shards.catch_up()

    async def settle(self) -> None:
        """Wait until everything that was taken is written or has failed."""
        await self._shards.barrier()
