"""All shards of this process, and which of them owns a device."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID
from zlib import crc32

from milepost.workers.shard import Shard
from milepost.workers.unit import Unit, UnitKey


def shard_number(device_id: UUID, count: int) -> int:
    """Which of `count` shards owns a device."""
    return crc32(device_id.bytes) % count


class Shards:
    """Hands on to the shard of a device, or to all of them."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        self._shards = shards

    def __iter__(self) -> Iterator[Shard]:
        return iter(self._shards)

    def of(self, device_id: UUID) -> Shard:
        """The shard that owns a device."""
        return self._shards[shard_number(device_id, len(self._shards))]

    def loaded(self, key: UnitKey) -> Unit | None:
        """The unit of an installation, if it is in memory."""
        return self.of(key[0]).units.loaded(key)

    def device_changed(self, device_id: UUID) -> set[str]:
        """A device was edited, moved or removed. What its units call themselves."""
        return self.of(device_id).units.device_changed(device_id)

    def vehicle_changed(self, vehicle_id: UUID) -> None:
        """A vehicle was edited or removed: sessions of its devices are opened anew."""
        for shard in self._shards:
            shard.units.vehicle_changed(vehicle_id)

    def tenant_changed(self, tenant_id: UUID) -> None:
        """A tenant was edited: likewise."""
        for shard in self._shards:
            shard.units.tenant_changed(tenant_id)

    @property
    def saturated(self) -> bool:
        """Whether gateways should stop reading: they do not know whose data come next."""
        return any(shard.taking.saturated for shard in self._shards)

    def on_drain(self, callback: Callable[[], None]) -> None:
        """Call once when every shard has room again."""
        for shard in self._shards:
            if shard.taking.saturated:
                shard.taking.on_drain(lambda: self.on_drain(callback))
                return
        callback()

    @property
    def floor_ms(self) -> int:
        """No shard stamps what comes from now on earlier than its own floor; the latest of them."""
        return max(shard.taking.floor_ms for shard in self._shards)

    async def barrier(self) -> None:
        """Wait until everything accepted before now is durable and folded, or was refused."""
        await asyncio.gather(*[shard.taking.barrier() for shard in self._shards])

    async def settle(self) -> None:
        """Wait until everything accepted is durable, folded in its place and written down."""
        await asyncio.gather(*[shard.settle() for shard in self._shards])

    async def catch_up(self, vehicle_id: UUID | None = None) -> None:
        """Wait until what was acknowledged is in ClickHouse, at least of one vehicle.

        Raises:
            Unavailable: ClickHouse does not take it now.
        """
        await asyncio.gather(*[shard.blocks.catch_up(vehicle_id) for shard in self._shards])

    async def up_to(self, received_ms: int) -> int:
        """Bring what was acknowledged to ClickHouse; the newest received time of what is there.

        No shard stamps anything up to `received_ms` any more, so a reader who has come to what is
        there misses nothing of any shard. It is not told to have come further: after a crash stamps
        go on behind what is stored, whatever the clock shows then.

        Raises:
            Unavailable: ClickHouse does not take it now.
        """
        until_ms = max(received_ms, self.floor_ms - 1)
        await asyncio.gather(*[shard.up_to(until_ms) for shard in self._shards])
        return max(shard.blocks.committed_received_ms for shard in self._shards)
