"""What is logged goes to ClickHouse in blocks of about a second; readers may ask for it earlier."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol
from uuid import UUID

import pyarrow as pa
import structlog

from milepost.domain.position import Position
from milepost.errors import MilepostError, Unavailable
from milepost.stores.log.contract import Log
from milepost.stores.positions_arrow import POSITIONS_SCHEMA, RowContext, build_table
from milepost.workers.apart import write_apart
from milepost.workers.engine_trial import speaks_of_trouble
from milepost.workers.packet import Logged
from milepost.workers.supervision import Faults

log = structlog.get_logger(__name__)

WORKER = "write blocks"
# A block that readers ask for follows the one before at this distance at least.
LEAST_BETWEEN_S = 0.1
RETRY_AFTER_S = 1.0
# Where nothing of a block is taken though the engine answers, the engine gets so many tries.
TRIES_TOGETHER = 3
# Rows become columns in slices, so that the event loop takes care of others in between.
SLICE_ROWS = 500


class PositionStore(Protocol):
    """Where positions stay; returns after fsync."""

    async def insert_positions(self, table: pa.Table) -> None:
        """Write all rows or raise Unavailable."""
        ...

    async def ping(self) -> None:
        """Raise Unavailable if the engine does not answer."""
        ...


class SetAside(Protocol):
    """Where single positions go that no table takes."""

    async def keep(self, context: RowContext, position: Position, reason: str) -> None:
        """Keep one position durably.

        Raises:
            Unavailable: it was not kept.
        """
        ...


class Block:
    """Logged packets that are written together, up to a place of the log."""

    __slots__ = ("max_received_ms", "packets", "place", "rows", "since_s", "vehicles", "written")

    def __init__(self) -> None:
        self.packets: list[Logged] = []
        self.vehicles: set[bytes] = set()
        self.rows = 0
        self.place = 0
        self.max_received_ms = 0
        self.since_s: float | None = None
        self.written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.written.add_done_callback(_seen)

    def add(self, place: int, packets: Sequence[Logged]) -> None:
        """Take the packets of one entry."""
        self.packets += packets
        self.place = max(self.place, place)
        for packet in packets:
            self.rows += len(packet.positions)
            self.vehicles.add(packet.context.vehicle_id)
            received_ms = packet.context.received_time_ms
            self.max_received_ms = max(self.max_received_ms, received_ms)

    def holds(self, vehicle_id: UUID | None) -> bool:
        """Whether it has rows of a vehicle, or any if that is None."""
        return bool(self.packets) if vehicle_id is None else vehicle_id.bytes in self.vehicles


class Blocks:
    """Writes a block every `interval_s`, or at `most_rows` rows, or when a reader asks for it.

    An insert costs the engine nearly the same whatever its size, so few large ones are wanted. The
    log is trimmed up to what is in ClickHouse. While the engine takes nothing the block waits and
    grows; a block of which something cannot be written is taken apart, and the positions that no
    table takes are set aside.

    `committed_received_ms`: everything that was received up to then is in ClickHouse.
    """

    def __init__(
        self,
        entries: Log,
        store: PositionStore,
        set_aside: SetAside,
        faults: Faults,
        *,
        interval_s: float,
        most_rows: int,
    ) -> None:
        self._log = entries
        self._store = store
        self._set_aside = set_aside
        self._faults = faults
        self._interval_s = interval_s
        self._most_rows = most_rows
        self._block = Block()
        self._writing: Block | None = None
        self._write_task: asyncio.Task[None] | None = None
        self._filled = asyncio.Event()
        self._wanted = asyncio.Event()
        self._failures = 0
        self.on_written: Callable[[], None] = _nobody_asked
        self.committed_received_ms = 0
        self.block_rows = 0
        self.write_took_s = 0.0
        self.failing: str | None = None

    def begin_after(self, received_ms: int) -> None:
        """Everything that is in ClickHouse was received at or before this."""
        self.committed_received_ms = received_ms

    @property
    def waiting_rows(self) -> int:
        """Rows that are logged and not in ClickHouse yet."""
        return self._block.rows + (0 if self._writing is None else self._writing.rows)

    @property
    def oldest_waiting_s(self) -> float:
        """How long the oldest logged row has waited for ClickHouse; 0 if none waits."""
        since_s = (self._writing or self._block).since_s
        return 0.0 if since_s is None else time.monotonic() - since_s

    @property
    def log_bytes(self) -> int:
        """What the log holds that is not trimmed."""
        return self._log.size_bytes

    def add(self, place: int, packets: Sequence[Logged]) -> None:
        """Take the packets of an entry that was appended at a place of the log."""
        self._block.add(place, [each for each in packets if each.positions])
        if not self._block.rows:
            return
        if self._block.since_s is None:
            self._block.since_s = time.monotonic()
        self._filled.set()
        if self._block.rows >= self._most_rows:
            self._wanted.set()

    async def catch_up(self, vehicle_id: UUID | None = None) -> None:
        """Wait until everything added before now is in ClickHouse, at least of one vehicle.

        Raises:
            Unavailable: the engine does not take it now.
        """
        for block in (self._writing, self._block):
            if block is not None and block.holds(vehicle_id):
                if block is self._block:
                    self._wanted.set()
                await asyncio.shield(block.written)

    async def run(self) -> None:
        """Write blocks until cancelled; a write that has begun goes on to its end."""
        clock_s = asyncio.get_running_loop().time
        not_before_s = 0.0
        while True:
            await self._filled.wait()
            await asyncio.sleep(not_before_s - clock_s())
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval_s):
                    await self._wanted.wait()
            self._write_task = asyncio.create_task(self._write_block())
            await asyncio.shield(self._write_task)
            not_before_s = clock_s() + (RETRY_AFTER_S if self.failing else LEAST_BETWEEN_S)

    async def write_now(self) -> None:
        """Write what waits while `run` does not.

        Raises:
            Unavailable: the engine takes nothing.
        """
        if self._block.packets:
            written = self._block.written
            await self._write_block()
            await written

    async def close(self) -> None:
        """Write what waits, after `run` has ended; what the engine does not take is in the log."""
        if self._write_task is not None:
            await asyncio.wait([self._write_task])
        if self._block.packets:
            await self._write_block()

    async def _write_block(self) -> None:
        """Write what waits; if the engine takes nothing, it waits on with what comes next."""
        loop = asyncio.get_running_loop()
        block, self._block = self._block, Block()
        self._writing = block
        self._filled.clear()
        self._wanted.clear()
        start_s = loop.time()
        try:
            await self._write(block)
        except Exception as error:  # noqa: BLE001 - the next turn comes, whatever this one met
            self._failures += 1
            self._give_back(block, error)
            return
        self._failures = 0
        self.block_rows, self.write_took_s = block.rows, loop.time() - start_s
        self.committed_received_ms = max(self.committed_received_ms, block.max_received_ms)
        self._writing, self.failing = None, None
        block.written.set_result(None)
        self.on_written()
        await self._trim(block.place)

    def _give_back(self, block: Block, error: Exception) -> None:
        self.failing = str(error)
        log.error("block.not_written", error=str(error), rows=block.rows)
        newer, self._writing = self._block, None
        written, block.written = block.written, newer.written
        block.add(newer.place, newer.packets)
        self._block = block
        self._filled.set()
        written.set_exception(_unavailable(error))

    async def _trim(self, place: int) -> None:
        try:
            await self._log.trim(place)
        except MilepostError as error:
            log.warning("log.not_trimmed", error=str(error), place=place)

    async def _write(self, block: Block) -> None:
        try:
            await self._insert(block.packets)
        except Exception as error:
            if speaks_of_trouble(error):
                raise
            await self._write_apart(block.packets)

    async def _write_apart(self, packets: Sequence[Logged]) -> None:
        """Store what can be stored and set the rest aside.

        Raises:
            Unavailable: the engine takes nothing, or nothing can be set aside.
        """
        await self._store.ping()
        # What does not even take nothing has no quarrel with any row.
        await self._store.insert_positions(POSITIONS_SCHEMA.empty_table())
        refused = await write_apart(packets, self._insert, _device)
        engine_works = len(refused) < len(packets) or self._failures >= TRIES_TOGETHER
        for packet, why in refused:
            await self._write_positions(packet, why, engine_works=engine_works)

    async def _write_positions(
        self, packet: Logged, error: Exception, *, engine_works: bool
    ) -> None:
        singles = [Logged(packet.context, [each]) for each in packet.positions]
        rest = [(each, error) for each in singles]
        if len(singles) > 1:
            rest = await write_apart(singles, self._insert, id)
        engine_works = engine_works or len(rest) < len(singles)
        for single, why in rest:
            if isinstance(why, Unavailable) and not engine_works:
                raise why
            self._faults.note(WORKER, why, device=str(packet.device_id))
            await self._set_aside.keep(packet.context, single.positions[0], str(why))

    async def _insert(self, packets: Sequence[Logged]) -> None:
        contexts = [packet.context for packet in packets for _ in packet.positions]
        positions = [position for packet in packets for position in packet.positions]
        tables = []
        for start in range(0, len(positions), SLICE_ROWS):
            end = start + SLICE_ROWS
            tables.append(build_table(contexts[start:end], positions[start:end]))
            await asyncio.sleep(0)
        await self._store.insert_positions(pa.concat_tables(tables))


def _device(packet: Logged) -> bytes:
    return packet.context.device_id


def _unavailable(error: Exception) -> Unavailable:
    if isinstance(error, Unavailable):
        return error
    return Unavailable("writing positions", str(error))


def _seen(written: "asyncio.Future[None]") -> None:
    """Nobody may have waited: an error is not unheard then."""
    if not written.cancelled():
        written.exception()


def _nobody_asked() -> None:
    """Called after a block while no one waits for room."""
