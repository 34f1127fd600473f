"""Positions of all connections become one entry of the log; then all are answered and folded."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
import structlog

from milepost.errors import InvalidInput
from milepost.stores.log.contract import MOST_ENTRY_BYTES, Log
from milepost.workers.blocks import Blocks
from milepost.workers.packet import Logged, Packet, to_entry
from milepost.workers.supervision import Faults

log = structlog.get_logger(__name__)

WORKER = "take"
# About what an entry holds; one that is larger than `MOST_ENTRY_BYTES` is cut.
ROWS_PER_ENTRY = 1_000


class Folder(Protocol):
    """Who draws conclusions from what is durable."""

    def fold(self, packets: Sequence[Packet]) -> None:
        """Fold packets in this order; it raises nothing."""
        ...


class Waiting(msgspec.Struct, frozen=True):
    """How much may wait for ClickHouse before devices have to wait."""

    rows: int
    log_bytes: int


class Gathered:
    """Packets that are appended together."""

    __slots__ = ("done", "max_received_ms", "packets", "rows")

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.rows = 0
        self.max_received_ms = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Taking:
    """Gathers packets for `window_s`, appends them to the log, answers, and has them folded.

    One append goes on at a time. What the log refuses is answered with the error, and is not
    folded: the device sends it again.

    `failing` is why the newest append failed, `failed_s` when that was (the loop's time).

    `saturated` once so much waits for the log or for ClickHouse that gateways stop reading until
    `on_drain`.
    """

    def __init__(
        self,
        entries: Log,
        blocks: Blocks,
        folder: Folder,
        faults: Faults,
        *,
        window_s: float,
        most_waiting: Waiting,
    ) -> None:
        self._log = entries
        self._blocks = blocks
        self._folder = folder
        self._faults = faults
        self._window_s = window_s
        self._most_waiting = most_waiting
        self._gathered = Gathered()
        self._appending: Gathered | None = None
        self._append_task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._drain_callbacks: list[Callable[[], None]] = []
        self.floor_ms = 0
        self.append_took_s = 0.0
        self.failing: str | None = None
        self.failed_s = 0.0
        blocks.on_written = self._call_drained

    @property
    def pending_rows(self) -> int:
        """Rows accepted and not yet durable."""
        return self._gathered.rows + (0 if self._appending is None else self._appending.rows)

    @property
    def saturated(self) -> bool:
        """Whether gateways should stop reading."""
        waiting_rows = self.pending_rows + self._blocks.waiting_rows
        most = self._most_waiting
        return waiting_rows > most.rows or self._log.size_bytes > most.log_bytes

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
        self.floor_ms = received_ms + 1

    def add(self, packet: Packet) -> None:
        """Queue a packet; its `on_durable(None)` follows the append, or the append's error."""
        gathered = self._gathered
        gathered.packets.append(packet)
        gathered.rows += len(packet.positions)
        gathered.max_received_ms = max(gathered.max_received_ms, packet.context.received_time_ms)
        self._wake.set()

    async def barrier(self) -> None:
        """Wait until everything queued before now is durable and folded, or was refused."""
        if self._gathered.packets:
            await asyncio.shield(self._gathered.done)
        elif self._appending is not None:
            await asyncio.shield(self._appending.done)

    async def run(self) -> None:
        """Append until cancelled; an append that has begun goes on to its end."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(self._window_s)
            self._append_task = asyncio.create_task(self._append_gathered())
            await asyncio.shield(self._append_task)

    async def close(self) -> None:
        """Append and answer what was accepted, after `run` has ended."""
        if self._append_task is not None:
            await asyncio.wait([self._append_task])
        if self._gathered.packets:
            await self._append_gathered()

    async def _append_gathered(self) -> None:
        """Append what waits; whoever waits is answered, whatever happens."""
        gathered, self._gathered = self._gathered, Gathered()
        self._appending = gathered
        self._wake.clear()
        # Rows of the next append are stamped later than all rows of this one: the ingestion feed
        # reads in the order of this stamp and must never be overtaken.
        self.floor_ms = max(self.floor_ms, gathered.max_received_ms + 1)
        try:
            for packets in _portions(gathered.packets):
                await self._append(packets)
        finally:
            self._appending = None
            gathered.done.set_result(None)
            self._call_drained()

    async def _append(self, packets: Sequence[Packet]) -> None:
        try:
            entry = to_entry(packets)
        except Exception as error:  # noqa: BLE001 - what no entry holds costs its own packet alone
            if len(packets) == 1:
                self._refuse(packets, error)
            for packet in packets if len(packets) > 1 else ():
                await self._append([packet])
            return
        if len(entry) <= MOST_ENTRY_BYTES:
            await self._append_entry(entry, packets)
        elif len(packets) > 1:
            half = len(packets) // 2
            await self._append(packets[:half])
            await self._append(packets[half:])
        else:
            await self._append_parts(packets[0], len(entry))

    async def _append_parts(self, packet: Packet, entry_bytes: int) -> None:
        """Append the positions of one packet as several entries; it gets one answer for all."""
        half = len(packet.positions) // 2
        if not half:
            allowed = f"at most {MOST_ENTRY_BYTES} bytes in the log"
            self._refuse([packet], InvalidInput("a position", f"{entry_bytes} bytes", allowed))
            return
        answers: list[Exception | None] = []
        for positions in (packet.positions[:half], packet.positions[half:]):
            part = msgspec.structs.replace(packet, positions=positions, on_durable=answers.append)
            await self._append([part])
        self._answer([packet], next(filter(None, answers), None))

    async def _append_entry(self, entry: bytes, packets: Sequence[Packet]) -> None:
        clock_s = asyncio.get_running_loop().time
        start_s = clock_s()
        try:
            place = await self._log.append(entry)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not durable
            self.failing, self.failed_s = str(error), clock_s()
            self._refuse(packets, error)
            return
        self.failing, self.append_took_s = None, clock_s() - start_s
        # Without whoever waits: a block goes on long after the answers.
        self._blocks.add(place, [Logged(each.context, each.positions) for each in packets])
        self._answer(packets, None)
        self._folder.fold(packets)

    def _refuse(self, packets: Sequence[Packet], error: Exception) -> None:
        devices = sorted({str(packet.device_id) for packet in packets})
        log.error(
            "positions.not_stored",
            error=str(error),
            rows=sum(len(packet.positions) for packet in packets),
            devices=devices[:20],
            device_count=len(devices),
        )
        self._answer(packets, error)

    def _answer(self, packets: Sequence[Packet], error: Exception | None) -> None:
        for packet in packets:
            try:
                packet.on_durable(error)
            except Exception as fault:  # noqa: BLE001 - one who waits must not cost the others
                self._faults.note(WORKER, fault, device=str(packet.device_id))

    def _call_drained(self) -> None:
        if self.saturated or not self._drain_callbacks:
            return
        callbacks, self._drain_callbacks = self._drain_callbacks, []
        for callback in callbacks:
            try:
                callback()
            except Exception as error:  # noqa: BLE001 - likewise
                self._faults.note(WORKER, error)


def _portions(packets: list[Packet]) -> Sequence[list[Packet]]:
    """Packets in runs of about `ROWS_PER_ENTRY` rows."""
    portions: list[list[Packet]] = [[]]
    rows = 0
    for packet in packets:
        if rows >= ROWS_PER_ENTRY:
            portions.append([])
            rows = 0
        portions[-1].append(packet)
        rows += len(packet.positions)
    return portions
