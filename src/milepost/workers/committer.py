"""Group commit: positions of all connections become one durable write, then all are answered."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

import pyarrow as pa
import structlog

from milepost.domain.position import Position
from milepost.errors import MilepostError
from milepost.stores.positions_arrow import RowContext, build_table

OnDurable = Callable[[Exception | None], None]
log = structlog.get_logger(__name__)

LONGEST_GATHERING_S = 0.05


class PositionStore(Protocol):
    """Where positions become durable; returns after fsync."""

    async def insert_positions(self, table: pa.Table) -> None:
        """Write all rows or raise Unavailable."""
        ...


class Batch:
    """Rows that are written together, and who waits for them."""

    __slots__ = ("contexts", "done", "max_received_ms", "positions", "waiting")

    def __init__(self) -> None:
        self.contexts: list[RowContext] = []
        self.positions: list[Position] = []
        self.waiting: list[OnDurable] = []
        self.max_received_ms = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Committer:
    """Gathers rows for `window_s`, writes them, answers; one write at a time.

    A write costs the engine nearly the same whatever its size. So gathering takes at least as long
    as the write before did: under load batches grow, and half of a processor stays free.

    `saturated` once more than `high_water_rows` rows wait: gateways stop reading until `on_drain`.
    """

    def __init__(self, store: PositionStore, *, window_s: float, high_water_rows: int) -> None:
        self._store = store
        self._window_s = window_s
        self._high_water_rows = high_water_rows
        self._batch = Batch()
        self._writing: Batch | None = None
        self._wake = asyncio.Event()
        self._write_took_s = 0.0
        self._drain_callbacks: list[Callable[[], None]] = []
        self.committed_received_ms = 0
        self.floor_ms = 0
        self.rows_committed = 0

    @property
    def pending_rows(self) -> int:
        """Rows accepted and not yet durable."""
        writing = 0 if self._writing is None else len(self._writing.positions)
        return len(self._batch.positions) + writing

    @property
    def saturated(self) -> bool:
        """Whether gateways should stop reading."""
        return self.pending_rows > self._high_water_rows

    def on_drain(self, callback: Callable[[], None]) -> None:
        """Call once when there is room again (at once if there is room now)."""
        if self.saturated:
            self._drain_callbacks.append(callback)
        else:
            callback()

    def add(
        self, context: RowContext, positions: Sequence[Position], on_durable: OnDurable
    ) -> None:
        """Queue one packet's positions; `on_durable(None)` follows the write, or its error."""
        batch = self._batch
        batch.contexts.extend([context] * len(positions))
        batch.positions.extend(positions)
        batch.waiting.append(on_durable)
        batch.max_received_ms = max(batch.max_received_ms, context.received_time_ms)
        self._wake.set()

    async def barrier(self) -> None:
        """Wait until everything queued before now is durable or has failed."""
        if self._batch.waiting:
            await asyncio.shield(self._batch.done)
        elif self._writing is not None:
            await asyncio.shield(self._writing.done)

    async def run(self) -> None:
        """Write batches until cancelled; what was queued by then is still written."""
        try:
            while True:
                await self._wake.wait()
                await asyncio.sleep(max(self._window_s, self._write_took_s))
                await self._write_batch()
        finally:
            if self._batch.waiting:
                await self._write_batch()

    async def _write_batch(self) -> None:
        batch, self._batch = self._batch, Batch()
        self._writing = batch
        self._wake.clear()
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        # Rows of the next write are stamped later than all rows of this one: the ingestion feed
        # reads in the order of this stamp and must never be overtaken.
        self.floor_ms = batch.max_received_ms + 1
        error = await self._insert(batch)
        self._writing = None
        self._write_took_s = min(loop.time() - start_s, LONGEST_GATHERING_S)
        if error is None:
            self.committed_received_ms = batch.max_received_ms
            self.rows_committed += len(batch.positions)
        for on_durable in batch.waiting:
            on_durable(error)
        batch.done.set_result(None)
        self._call_drained()

    async def _insert(self, batch: Batch) -> MilepostError | None:
        try:
            await self._store.insert_positions(build_table(batch.contexts, batch.positions))
        except MilepostError as error:
            devices = {UUID(bytes=context.device_id) for context in batch.contexts}
            log.error(
                "positions.not_stored",
                error=str(error),
                rows=len(batch.positions),
                devices=[str(device) for device in sorted(devices)[:20]],
                device_count=len(devices),
            )
            return error
        return None

    def _call_drained(self) -> None:
        if self.saturated or not self._drain_callbacks:
            return
        callbacks, self._drain_callbacks = self._drain_callbacks, []
        for callback in callbacks:
            callback()
