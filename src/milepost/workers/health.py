"""Whether devices can be answered and conclusions are written, for probes and for metrics."""

import shutil
from asyncio import get_running_loop
from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge

from milepost.errors import Unavailable
from milepost.workers.agreement import Agreement
from milepost.workers.shards import Shards

# Below this the embedded engines refuse writes at any moment.
LEAST_FREE_BYTES = 64 * 1024 * 1024
# A failure says something about now for as long as devices take to come back.
FAILURE_COUNTS_S = 60.0
CONCLUSIONS_WITHIN_S = 120.0


class Health:
    """Asks the shards; every question is cheap, and may come from another thread.

    Args:
        shards: whose health it is.
        agreement: of trips and totals.
        folder: where the embedded engines write.
        clock_ms: the time, Unix milliseconds.
        registry: where the same is shown as metrics.
    """

    def __init__(
        self,
        shards: Shards,
        agreement: Agreement,
        folder: Path,
        clock_ms: Callable[[], int],
        registry: CollectorRegistry,
    ) -> None:
        self._shards = shards
        self._folder = folder
        self._clock_ms = clock_ms
        for name, meaning, value in (
            (
                "milepost_checkpoint_age_seconds",
                "How long ago the oldest position came that is in no checkpoint",
                self.checkpoint_age_s,
            ),
            (
                "milepost_oldest_unwritten_seconds",
                "How long the oldest conclusion has waited to be written",
                self.oldest_unwritten_s,
            ),
            (
                "milepost_units",
                "Devices, each in a vehicle, whose state is in memory",
                lambda: float(sum(len(each.units) for each in shards)),
            ),
            (
                "milepost_quarantined_units",
                "Devices whose conclusions cannot be drawn or written",
                lambda: float(sum(each.flusher.quarantined for each in shards)),
            ),
            (
                "milepost_unlogged_rows",
                "Positions that were taken and are not in the log yet",
                lambda: float(sum(each.taking.pending_rows for each in shards)),
            ),
            (
                "milepost_log_append_seconds",
                "How long the newest append to the log took",
                lambda: max(each.taking.append_took_s for each in shards),
            ),
            (
                "milepost_log_bytes",
                "What the log holds that is not trimmed",
                lambda: float(sum(each.blocks.log_bytes for each in shards)),
            ),
            (
                "milepost_block_waiting_rows",
                "Positions that are in the log and not in ClickHouse yet",
                lambda: float(sum(each.blocks.waiting_rows for each in shards)),
            ),
            (
                "milepost_block_waiting_seconds",
                "How long the oldest of them has waited",
                lambda: max(each.blocks.oldest_waiting_s for each in shards),
            ),
            (
                "milepost_block_rows",
                "Positions of the newest block",
                lambda: float(max(each.blocks.block_rows for each in shards)),
            ),
            (
                "milepost_block_write_seconds",
                "How long ClickHouse took for it",
                lambda: max(each.blocks.write_took_s for each in shards),
            ),
            (
                "milepost_refold_backlog",
                "Devices whose late positions wait to be folded",
                lambda: float(sum(each.units.refolds.qsize() for each in shards)),
            ),
            (
                "milepost_disagreeing_units",
                "Devices whose trips and totals of the last week differ",
                lambda: float(agreement.disagreeing),
            ),
            ("milepost_free_bytes", "Room left in the data folder", self.free_bytes),
        ):
            Gauge(name, meaning, registry=registry).set_function(value)

    def checkpoint_age_s(self) -> float:
        """How long ago the oldest position came that is in no checkpoint; 0 if all are."""
        oldest_ms = min(shard.flusher.checkpointed_ms for shard in self._shards)
        return max(0, self._clock_ms() - oldest_ms) / 1000

    def oldest_unwritten_s(self) -> float:
        """How long the oldest conclusion has waited; 0 if none waits."""
        known = [shard.flusher.oldest_unwritten_ms for shard in self._shards]
        since_ms = min((each for each in known if each is not None), default=None)
        return 0.0 if since_ms is None else max(0, self._clock_ms() - since_ms) / 1000

    def free_bytes(self) -> float:
        """Room left where the embedded engines write."""
        return float(shutil.disk_usage(self._folder).free)

    async def positions(self) -> None:
        """Devices can be answered.

        Raises:
            Unavailable: the newest write failed, or the disk is full.
        """
        for shard in self._shards:
            failed_ago_s = get_running_loop().time() - shard.taking.failed_s
            if shard.taking.failing is not None and failed_ago_s < FAILURE_COUNTS_S:
                raise Unavailable("storing positions", shard.taking.failing)
        free_bytes = self.free_bytes()
        if free_bytes < LEAST_FREE_BYTES:
            reason = f"the disk has {free_bytes / 2**20:.0f} MiB left"
            raise Unavailable("storing positions", f"{reason}, {LEAST_FREE_BYTES >> 20} are needed")

    async def conclusions(self) -> None:
        """Trips, events and totals are written.

        Raises:
            Unavailable: the oldest has waited too long, or ClickHouse takes no positions.
        """
        for blocks in [shard.blocks for shard in self._shards]:
            if blocks.failing is not None and blocks.oldest_waiting_s > CONCLUSIONS_WITHIN_S:
                raise Unavailable("writing positions to ClickHouse", blocks.failing)
        waited_s = self.oldest_unwritten_s()
        if waited_s > CONCLUSIONS_WITHIN_S:
            raise Unavailable("writing conclusions", f"the oldest has waited for {waited_s:.0f} s")
