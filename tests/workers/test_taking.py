"""Taking: answered when it is in the log, folded then, and refused alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.errors import InvalidInput, Unavailable
from milepost.stores.log.contract import MOST_ENTRY_BYTES
from milepost.stores.log.segments import SegmentLog
from milepost.stores.positions_arrow import RowContext
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.blocks import Blocks
from milepost.workers.packet import Packet, from_entry
from milepost.workers.set_aside import SetAsidePositions
from milepost.workers.supervision import Faults, supervised
from milepost.workers.taking import Taking, Waiting

from .rig import NOW_MS

GOOD = Position(NOW_MS - 60_000, 50.0, 7.0, speed_kmh=30.0, signals={"Vehicle.Mass": 12.5})
# No gate lets this through: an entry has numbers of 64 bits.
ENDLESS = msgspec.structs.replace(GOOD, satellites=1 << 70)
NEVER_S = 3_600.0


class FullLog:
    """The real log, but the disk is full if it is told so."""

    def __init__(self, entries: SegmentLog) -> None:
        self._entries = entries
        self.is_full = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._entries, name)

    async def append(self, data: bytes) -> int:
        if self.is_full:
            raise Unavailable("the log", "No space left on device")
        return await self._entries.append(data)


class Desk:
    """Taking, with the answers that it gave and what it had folded."""

    def __init__(self, scope: Scope, entries: FullLog) -> None:
        self.scope, self.entries = scope, entries
        self.taking: Taking
        self.answers: dict[str, Exception | None] = {}
        self.order: list[str] = []
        self.folded: list[Position] = []

    def fold(self, packets: Sequence[Packet]) -> None:
        for packet in packets:
            self.folded += packet.positions
        self.order.append("fold")

    def hand_over(self, name: str, *positions: Position) -> None:
        ids = self.scope.tenant_id.bytes, uuid4().bytes
        context = RowContext(*ids, ids[1], bytes(16), "test", NOW_MS)
        self.taking.add(Packet(context, positions, lambda error: self.note(name, error)))

    def note(self, name: str, error: Exception | None) -> None:
        assert name not in self.answers, "answered twice"
        self.answers[name] = error
        self.order.append(name)

    async def logged(self) -> list[Position]:
        packets = [packet async for each in self.entries.read() for packet in from_entry(each.data)]
        return [position for packet in packets for position in packet.positions]


@pytest.fixture
async def at(
    database: Database, telemetry: Telemetry, scope: Scope, tmp_path: Path
) -> AsyncIterator[Desk]:
    async with desk(database, telemetry, scope, tmp_path) as made:
        yield made


@asynccontextmanager
async def desk(
    database: Database, telemetry: Telemetry, scope: Scope, folder: Path
) -> AsyncIterator[Desk]:
    registry = CollectorRegistry()
    faults = Faults(registry)
    log = SegmentLog(folder / "log")
    await log.open()
    made = Desk(scope, FullLog(log))
    set_aside = SetAsidePositions(database, uuid4, registry)
    blocks = Blocks(made.entries, telemetry, set_aside, faults, interval_s=NEVER_S, most_rows=1_000)
    most = Waiting(rows=5, log_bytes=10_000_000)
    made.taking = Taking(made.entries, blocks, made, faults, window_s=0.001, most_waiting=most)
    tasks = [
        supervised(work, name, faults)
        for name, work in (("take", made.taking.run), ("write blocks", blocks.run))
    ]
    made.blocks = blocks
    try:
        yield made
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await blocks.close()
        await log.close()


async def test_it_is_logged_then_answered_then_folded(at: Desk) -> None:
    at.hand_over("one", GOOD)
    assert at.order == []
    at.hand_over("two", GOOD, GOOD)
    await at.taking.barrier()
    assert at.answers == {"one": None, "two": None}
    assert at.order == ["one", "two", "fold"]
    assert at.folded == await at.logged() == [GOOD, GOOD, GOOD]


async def test_what_a_full_disk_refuses_is_neither_answered_nor_folded(at: Desk) -> None:
    at.entries.is_full = True
    at.hand_over("one", GOOD)
    at.hand_over("two", GOOD)
    await at.taking.barrier()
    assert all(isinstance(error, Unavailable) for error in at.answers.values())
    assert at.taking.failing is not None and "No space left" in at.taking.failing
    assert at.folded == await at.logged() == []
    at.entries.is_full = False
    at.hand_over("again", GOOD)
    await at.taking.barrier()
    assert at.answers["again"] is None and at.taking.failing is None
    assert at.folded == await at.logged() == [GOOD]


async def test_a_number_that_no_entry_holds_costs_its_own_packet_alone(at: Desk) -> None:
    at.hand_over("before", GOOD)
    at.hand_over("bad", GOOD, ENDLESS)
    at.hand_over("after", GOOD)
    await at.taking.barrier()
    assert at.answers["before"] is None and at.answers["after"] is None
    assert isinstance(at.answers["bad"], Exception)
    assert at.folded == await at.logged() == [GOOD, GOOD]


async def test_one_who_waits_and_fails_costs_the_others_nothing(at: Desk) -> None:
    at.hand_over("first", GOOD)

    def fails(_error: Exception | None) -> None:
        raise RuntimeError("a connection that has gone mad")

    context = RowContext(at.scope.tenant_id.bytes, bytes(16), bytes(16), bytes(16), "test", NOW_MS)
    at.taking.add(Packet(context, [GOOD], fails))
    at.hand_over("last", GOOD)
    await at.taking.barrier()
    assert at.answers == {"first": None, "last": None}
    assert len(at.folded) == 3


async def test_stamps_go_on_after_the_newest_that_was_stored(at: Desk) -> None:
    at.taking.begin_after(NOW_MS + 600_000)
    assert at.taking.floor_ms == NOW_MS + 600_001
    at.hand_over("earlier clock", GOOD)
    await at.taking.barrier()
    assert at.taking.floor_ms == NOW_MS + 600_001
    at.taking.begin_after(0)
    at.hand_over("now", GOOD)
    await at.taking.barrier()
    assert at.taking.floor_ms == NOW_MS + 1


async def test_gateways_wait_while_too_much_waits_for_clickhouse(at: Desk) -> None:
    called: list[str] = []
    at.hand_over("many", *[GOOD] * 6)
    await at.taking.barrier()
    assert at.taking.saturated
    at.taking.on_drain(lambda: called.append("room"))
    assert called == []
    await at.blocks.catch_up()
    assert called == ["room"] and not at.taking.saturated
    at.taking.on_drain(lambda: called.append("at once"))
    assert called == ["room", "at once"]


async def test_a_huge_gathering_is_cut_into_entries(at: Desk) -> None:
    for number in range(5):
        at.hand_over(f"packet {number}", *[GOOD] * 600)
    await at.taking.barrier()
    entries = [len(from_entry(each.data)) async for each in at.entries.read()]
    assert entries == [2, 2, 1]
    assert len(at.folded) == 3_000


def heavy(size_bytes: int) -> Position:
    return msgspec.structs.replace(GOOD, attributes={"io:1": "x" * size_bytes})


async def test_no_entry_is_larger_than_a_log_takes(at: Desk) -> None:
    for number in range(9):
        at.hand_over(f"packet {number}", *[heavy(2_000)] * 100)
    at.hand_over("huge packet", *[heavy(8_000)] * 400)
    await at.taking.barrier()
    assert list(at.answers.values()) == [None] * 10
    sizes = [len(entry.data) async for entry in at.entries.read()]
    assert max(sizes) <= MOST_ENTRY_BYTES < sum(sizes)
    assert len(at.folded) == len(await at.logged()) == 1_300


async def test_a_packet_in_parts_is_answered_once_and_with_the_refusal_of_any_part(
    at: Desk,
) -> None:
    at.hand_over("before", GOOD)
    at.hand_over("with a huge position", *[GOOD] * 3, heavy(1_100_000), GOOD)
    at.hand_over("after", GOOD)
    await at.taking.barrier()
    assert at.answers.pop("before") is None and at.answers.pop("after") is None
    (refused,) = at.answers.values()
    assert isinstance(refused, InvalidInput) and "a position" in str(refused)
    assert at.folded == await at.logged() == [GOOD] * 6
