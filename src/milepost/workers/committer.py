"""Group commit: positions of all connections become one durable write, then all are answered."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

import msgspec
import pyarrow as pa
import structlog

from milepost.domain.position import Position
from milepost.errors import Unavailable
from milepost.stores.positions_arrow import POSITIONS_SCHEMA, RowContext, build_table
from milepost.workers.apart import write_apart
from milepost.workers.supervision import Faults

OnDurable = Callable[[Exception | None], None]
log = structlog.get_logger(__name__)

WORKER = "commit"
LONGEST_GATHERING_S = 0.05


class PositionStore(Protocol):
    """Where positions become durable; returns after fsync."""

    async def insert_positions(self, table: pa.Table) -> None:
        """Write all rows or raise Unavailable."""
        ...

    async def ping(self) -> None:
        """Raise Unavailable if the engine does not answer."""
        ...


class Packet(msgspec.Struct, frozen=True, gc=False):
    """Positions that came together, and who waits for them."""

    context: RowContext
    positions: Sequence[Position]
    on_durable: OnDurable


Refused = tuple[Packet, Exception]
"""A packet that is not durable, and why."""


class SetAside(Protocol):
    """Where single positions go that no table takes, so that their device need not repeat them."""

    async def keep(self, context: RowContext, position: Position, reason: str) -> None:
        """Keep one position durably.

        Raises:
            Unavailable: it was not kept.
        """
        ...


class Batch:
    """Packets that are written together."""

    __slots__ = ("done", "max_received_ms", "packets", "rows")

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.rows = 0
        self.max_received_ms = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Committer:
    """Gathers rows for `window_s`, writes them, answers; one write at a time.

    A write costs the engine nearly the same whatever its size. So gathering takes at least as long
    as the write before did: under load batches grow, and half of a processor stays free.

    A batch of which something cannot be written is taken apart: one packet fails, the others are
    stored. Of such a packet the positions that no table takes are set aside.

    `failing` is why nothing of the newest batch could be stored, `failed_s` when that was (the
    loop's time).

    `saturated` once more than `high_water_rows` rows wait: gateways stop reading until `on_drain`.
    """

    def __init__(
        self,
        store: PositionStore,
        set_aside: SetAside,
        faults: Faults,
        *,
        window_s: float,
        high_water_rows: int,
    ) -> None:
        self._store = store
        self._set_aside = set_aside
        self._faults = faults
        self._window_s = window_s
        self._high_water_rows = high_water_rows
        self._batch = Batch()
        self._writing: Batch | None = None
        self._write_task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._write_took_s = 0.0
        self._drain_callbacks: list[Callable[[], None]] = []
        self.committed_received_ms = 0
        self.floor_ms = 0
        self.failing: str | None = None
        self.failed_s = 0.0

    @property
    def pending_rows(self) -> int:
        """Rows accepted and not yet durable."""
        return self._batch.rows + (0 if self._writing is None else self._writing.rows)

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

    def begin_after(self, received_ms: int) -> None:
        """Everything stored so far was received at or before this; stamps go on from there.

        Stamps never go back, whatever the clock does: readers of the feed would miss what is
        stamped earlier than what they have read.
        """
        self.committed_received_ms = received_ms
        self.floor_ms = received_ms + 1

    def add(
        self, context: RowContext, positions: Sequence[Position], on_durable: OnDurable
    ) -> None:
        """Queue one packet's positions; `on_durable(None)` follows the write, or its error."""
        batch = self._batch
        batch.packets.append(Packet(context, positions, on_durable))
        batch.rows += len(positions)
        batch.max_received_ms = max(batch.max_received_ms, context.received_time_ms)
        self._wake.set()

    async def barrier(self) -> None:
        """Wait until everything queued before now is durable or has failed."""
        if self._batch.packets:
            await asyncio.shield(self._batch.done)
        elif self._writing is not None:
            await asyncio.shield(self._writing.done)

    async def run(self) -> None:
        """Write batches until cancelled; a write that has begun goes on to its end."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(max(self._window_s, self._write_took_s))
            self._write_task = asyncio.create_task(self._write_waiting())
            await asyncio.shield(self._write_task)

    async def close(self) -> None:
        """Write and answer what was accepted, after `run` has ended."""
        if self._write_task is not None:
            await asyncio.wait([self._write_task])
        if self._batch.packets:
            await self._write_waiting()

    async def _write_waiting(self) -> None:
        """Write what waits; whoever waits is answered, whatever happens."""
        batch, self._batch = self._batch, Batch()
        self._writing = batch
        self._wake.clear()
        start_s = asyncio.get_running_loop().time()
        # Rows of the next write are stamped later than all rows of this one: the ingestion feed
        # reads in the order of this stamp and must never be overtaken.
        self.floor_ms = max(self.floor_ms, batch.max_received_ms + 1)
        refused = await self._write_batch(batch)
        self._writing = None
        took_s = asyncio.get_running_loop().time() - start_s
        self._write_took_s = min(took_s, LONGEST_GATHERING_S)
        self._answer(batch, refused)

    async def _write_batch(self, batch: Batch) -> list[Refused]:
        """Write the batch, or as much of it as can be; the packets that are not durable."""
        try:
            await self._insert(batch.packets)
        except Exception as error:  # noqa: BLE001 - whose fault it is comes out below
            return await self._write_apart(batch.packets, error)
        return []

    async def _write_apart(self, packets: Sequence[Packet], error: Exception) -> list[Refused]:
        try:
            await self._store.ping()
            # What does not even take nothing has no quarrel with any row.
            await self._store.insert_positions(POSITIONS_SCHEMA.empty_table())
            refused = await write_apart(packets, self._insert, _device)
            engine_works = len(refused) < len(packets)
            outcomes = [
                (packet, await self._write_positions(packet, why, engine_works=engine_works))
                for packet, why in refused
            ]
        except Exception as failure:  # noqa: BLE001 - then nobody is answered, and all come again
            log.warning("commit.not_taken_apart", error=str(failure))
            return [(packet, error) for packet in packets]
        return [(packet, why) for packet, why in outcomes if why is not None]

    async def _write_positions(
        self, packet: Packet, error: Exception, *, engine_works: bool
    ) -> Exception | None:
        """Store what can be stored of a packet and set the rest aside; None if all is kept."""
        singles = [Packet(packet.context, [each], packet.on_durable) for each in packet.positions]
        rest = [(each, error) for each in singles]
        if len(singles) > 1:
            rest = await write_apart(singles, self._insert, id)
        engine_works = engine_works or len(rest) < len(singles)
        for single, why in rest:
            if isinstance(why, Unavailable) and not engine_works:
                return why
            self._faults.note(WORKER, why, device=_device(packet))
            await self._set_aside.keep(packet.context, single.positions[0], str(why))
        return None

    async def _insert(self, packets: Sequence[Packet]) -> None:
        contexts = [packet.context for packet in packets for _ in packet.positions]
        positions = [position for packet in packets for position in packet.positions]
        await self._store.insert_positions(build_table(contexts, positions))

    def _answer(self, batch: Batch, refused: Sequence[Refused]) -> None:
        self._note_outcome(batch, refused)
        failures = {id(packet): error for packet, error in refused}
        for packet in batch.packets:
            try:
                packet.on_durable(failures.get(id(packet)))
            except Exception as error:  # noqa: BLE001 - one who waits must not cost the others
                self._faults.note(WORKER, error, device=_device(packet))
        batch.done.set_result(None)
        self._call_drained()

    def _note_outcome(self, batch: Batch, refused: Sequence[Refused]) -> None:
        lost_rows = sum(len(packet.positions) for packet, _ in refused)
        if len(refused) < len(batch.packets):
            self.failing = None
            self.committed_received_ms = max(self.committed_received_ms, batch.max_received_ms)
        else:
            self.failing = str(refused[0][1])
            self.failed_s = asyncio.get_running_loop().time()
        if refused:
            devices = sorted({_device(packet) for packet, _ in refused})
            log.error(
                "positions.not_stored",
                error=str(refused[0][1]),
                rows=lost_rows,
                devices=devices[:20],
                device_count=len(devices),
            )

    def _call_drained(self) -> None:
        if self.saturated or not self._drain_callbacks:
            return
        callbacks, self._drain_callbacks = self._drain_callbacks, []
        for callback in callbacks:
            try:
                callback()
            except Exception as error:  # noqa: BLE001 - likewise
                self._faults.note(WORKER, error)


def _device(packet: Packet) -> str:
    return str(UUID(bytes=packet.context.device_id))
