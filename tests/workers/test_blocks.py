"""Blocks: what is logged comes to ClickHouse, whatever a row, the engine or a reader does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pyarrow as pa
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import delete, select

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.errors import Unavailable
from milepost.features.device_states.tables import set_aside_positions
from milepost.stores.log.segments import SegmentLog
from milepost.stores.positions_arrow import RowContext
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.blocks import TRIES_TOGETHER, Blocks
from milepost.workers.packet import Logged, from_entry, to_entry
from milepost.workers.recovery import replay
from milepost.workers.set_aside import SetAsidePositions
from milepost.workers.supervision import Faults, supervised

from .rig import NOW_MS, Rig, make_rig

GOOD = Position(NOW_MS - 60_000, 50.0, 7.0, speed_kmh=30.0)
LATER = msgspec.structs.replace(GOOD, fix_time_ms=NOW_MS - 5_000)
NEVER_S = 3_600.0
# No gate lets this through: pyarrow has no place for it in a column of 32 bits.
POISON = msgspec.structs.replace(GOOD, fix_time_ms=NOW_MS - 30_000, satellites=15_321_000_000)


class Refusing:
    """The real engine, but for rows of one instant; away altogether if it is told to be."""

    def __init__(self, telemetry: Telemetry) -> None:
        self.telemetry = telemetry
        self.refused_fix_ms: int | None = None
        self.away = False
        self.full = False

    async def insert_positions(self, table: pa.Table) -> None:
        if self.away or self.full:
            raise Unavailable("ClickHouse", "it takes nothing")
        times = table.column("fix_time").cast(pa.int64()).to_pylist()
        if self.refused_fix_ms in times:
            raise Unavailable("ClickHouse", "it does not take this row")
        await self.telemetry.insert_positions(table)

    async def ping(self) -> None:
        if self.away:
            raise Unavailable("ClickHouse", "it is away")


class Desk:
    """Blocks on a real log and a real engine."""

    def __init__(self, blocks: Blocks, entries: SegmentLog, store: Refusing, scope: Scope) -> None:
        self.blocks, self.entries, self.store, self.scope = blocks, entries, store, scope

    async def log(self, *positions: Position, received_ms: int = NOW_MS) -> RowContext:
        """Append the positions of one device, as `Taking` does."""
        ids = self.scope.tenant_id.bytes, uuid4().bytes
        context = RowContext(*ids, ids[1], bytes(16), "test", received_ms)
        packets = [Logged(context, positions)]
        self.blocks.add(await self.entries.append(to_entry(packets)), packets)
        return context

    async def stored(self, context: RowContext) -> list[Position]:
        device, tenant = (_uuid(context.device_id), _uuid(context.tenant_id))
        return await self.store.telemetry.device_positions(device, device, 0, 100, tenant_id=tenant)

    async def logged(self) -> list[Position]:
        packets = [packet async for each in self.entries.read() for packet in from_entry(each.data)]
        return [position for packet in packets for position in packet.positions]


def _uuid(data: bytes) -> UUID:
    return UUID(bytes=data)


@asynccontextmanager
async def desk(
    database: Database,
    telemetry: Telemetry,
    scope: Scope,
    folder: Path,
    *,
    write_rest: bool = True,
    **options: Any,
) -> AsyncIterator[Desk]:
    """Without options a block is written only if somebody asks for it."""
    registry = CollectorRegistry()
    faults = Faults(registry)
    store, entries = Refusing(telemetry), SegmentLog(folder / "log")
    set_aside = SetAsidePositions(database, uuid4, registry)
    await entries.open()
    bounds = {"interval_s": NEVER_S, "most_rows": 1_000} | options
    blocks = Blocks(entries, store, set_aside, faults, **bounds)
    running = supervised(blocks.run, "write blocks", faults)
    try:
        yield Desk(blocks, entries, store, scope)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if write_rest:
            await blocks.close()
        await entries.close()


@pytest.fixture(autouse=True)
async def nothing_left(database: Database, scope: Scope) -> AsyncIterator[None]:
    """What is set aside is tried again at every start: those of other tests, too."""
    yield
    mine = set_aside_positions.c.tenant_id == scope.tenant_id
    async with database.operator_transaction() as connection:
        await connection.execute(delete(set_aside_positions).where(mine))


async def set_aside_rows(database: Database, scope: Scope) -> list[tuple[bytes, Position, str]]:
    async with database.operator_transaction() as connection:
        rows = await connection.execute(
            select(set_aside_positions).where(set_aside_positions.c.tenant_id == scope.tenant_id)
        )
        return [
            (row.device_id.bytes, msgspec.msgpack.decode(row.position, type=Position), row.reason)
            for row in rows
        ]


async def test_a_reader_gets_at_once_what_was_logged(
    database: Database, telemetry: Telemetry, scope: Scope, tmp_path: Path
) -> None:
    async with desk(database, telemetry, scope, tmp_path) as at:
        context = await at.log(GOOD, LATER)
        assert await at.stored(context) == [] and at.blocks.waiting_rows == 2
        await at.blocks.catch_up(_uuid(context.vehicle_id))
        assert await at.stored(context) == [GOOD, LATER] and at.blocks.waiting_rows == 0
        assert at.blocks.committed_received_ms == NOW_MS


async def test_a_reader_of_another_vehicle_waits_for_nothing(
    database: Database, telemetry: Telemetry, scope: Scope, tmp_path: Path
) -> None:
    async with desk(database, telemetry, scope, tmp_path) as at:
        await at.log(GOOD)
        await at.blocks.catch_up(uuid4())
        assert at.blocks.waiting_rows == 1
        await at.blocks.catch_up()
        assert at.blocks.waiting_rows == 0


async def test_an_entry_without_positions_makes_no_block(
    database: Database, telemetry: Telemetry, scope: Scope, tmp_path: Path
) -> None:
    """As of a packet whose reports all seem to come from the future."""
    async with desk(database, telemetry, scope, tmp_path) as at:
        await at.log()
        await asyncio.wait_for(at.blocks.catch_up(), 1)
        assert at.blocks.waiting_rows == 0 and at.blocks.failing is None
        context = await at.log(GOOD)
        await at.blocks.catch_up()
        assert await at.stored(context) == [GOOD]
        await until(lambda: at.entries.size_bytes == 0)


async def test_a_block_is_written_when_its_time_comes_or_it_is_full(
    database: Database, telemetry: Telemetry, scope: Scope, tmp_path: Path
) -> None:
    async with desk(database, telemetry, scope, tmp_path, most_rows=2) as at:
        one = await at.log(GOOD)
        await asyncio.sleep(0.2)
        assert await at.stored(one) == []
        await at.log(GOOD)
        await until(lambda: not at.blocks.waiting_rows)
        assert await at.stored(one) == [GOOD]
    async with desk(database, telemetry, scope, tmp_path, interval_s=0.05) as at:
        one = await at.log(GOOD)
        await until(lambda: not at.blocks.waiting_rows)
        assert await at.stored(one) == [GOOD]


async def test_the_log_is_trimmed_of_what_is_written_and_of_nothing_else(
    database: Database, telemetry: Telemetry, scope: Scope, tmp_path: Path
) -> None:
    async with desk(database, telemetry, scope, tmp_path) as at:
        await at.log(GOOD)
        at.store.away = True
        with pytest.raises(Unavailable):
            await at.blocks.catch_up()
        assert await at.logged() == [GOOD]
        at.store.away = False
        await at.blocks.catch_up()
        await until(lambda: at.entries.size_bytes == 0)
        await at.log(LATER)
        assert await at.logged() == [LATER]


async def test_while_the_engine_is_away_the_block_waits_and_what_comes_joins_it(
    database: Database, telemetry: Telemetry, scope: Scope, tmp_path: Path
) -> None:
    async with desk(database, telemetry, scope, tmp_path) as at:
        for fault in ("away", "full"):
            setattr(at.store, fault, True)
            one = await at.log(GOOD)
            with pytest.raises(Unavailable, match=r"it takes nothing|it is away"):
                await at.blocks.catch_up()
            assert at.blocks.failing is not None
            two = await at.log(LATER)
            assert at.blocks.waiting_rows == 2
            setattr(at.store, fault, False)
            await at.blocks.catch_up()
            assert (await at.stored(one), await at.stored(two)) == ([GOOD], [LATER])
            assert at.blocks.failing is None
    assert await set_aside_rows(database, scope) == []


async def test_a_row_that_no_column_holds_is_set_aside_and_the_rest_is_stored(
    database: Database, telemetry: Telemetry, scope: Scope, tmp_path: Path
) -> None:
    async with desk(database, telemetry, scope, tmp_path) as at:
        before = await at.log(GOOD)
        bad = await at.log(GOOD, POISON)
        after = await at.log(GOOD)
        await at.blocks.catch_up()
        for context in (before, bad, after):
            assert await at.stored(context) == [GOOD]
    ((device_id, position, reason),) = await set_aside_rows(database, scope)
    assert (device_id, position) == (bad.device_id, POISON)
    assert "15321000000" in reason


async def test_poison_of_two_devices_alone_in_a_block_is_set_aside_too(
    database: Database, telemetry: Telemetry, scope: Scope, tmp_path: Path
) -> None:
    async with desk(database, telemetry, scope, tmp_path) as at:
        await at.log(POISON)
        await at.log(POISON)
        await at.blocks.catch_up()
    assert len(await set_aside_rows(database, scope)) == 2


async def test_a_row_that_the_engine_refuses_is_set_aside_once_the_engine_takes_others(
    database: Database, telemetry: Telemetry, scope: Scope, tmp_path: Path
) -> None:
    async with desk(database, telemetry, scope, tmp_path) as at:
        at.store.refused_fix_ms = LATER.fix_time_ms
        good = await at.log(GOOD)
        await at.log(LATER)
        await at.blocks.catch_up()
        assert await at.stored(good) == [GOOD]
    assert [row[1] for row in await set_aside_rows(database, scope)] == [LATER]


async def test_a_row_that_is_refused_alone_does_not_block_its_readers_for_ever(
    database: Database, telemetry: Telemetry, scope: Scope, tmp_path: Path
) -> None:
    async with desk(database, telemetry, scope, tmp_path) as at:
        at.store.refused_fix_ms = LATER.fix_time_ms
        await at.log(LATER)
        for _ in range(TRIES_TOGETHER):
            with pytest.raises(Unavailable, match="does not take this row"):
                await at.blocks.catch_up()
        await at.blocks.catch_up()
    assert [row[1] for row in await set_aside_rows(database, scope)] == [LATER]


async def test_the_tail_of_a_log_is_replayed_with_the_same_rows(
    database: Database, telemetry: Telemetry, scope: Scope, tmp_path: Path
) -> None:
    """A crash after the insert and before the trimming: the rows are in both."""
    async with desk(database, telemetry, scope, tmp_path, write_rest=False) as at:
        context = await at.log(GOOD, LATER)
    async with desk(database, telemetry, scope, tmp_path) as at:
        await replay(at.entries, at.blocks)
        assert await at.stored(context) == [GOOD, LATER]
        assert await at.logged() == []


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


async def test_what_was_set_aside_is_tried_again_at_the_next_start(
    database: Database, telemetry: Telemetry, scope: Scope
) -> None:
    rig = await make_rig(database, telemetry, scope)
    session_context = await context_of(rig)
    kept = SetAsidePositions(database, uuid4, CollectorRegistry())
    # What an older version could not store, and this one can.
    await kept.keep(session_context, GOOD, "a column was too small")
    async with rig.processor() as processor:
        async with asyncio.timeout(60):
            while await set_aside_rows(database, scope):
                await asyncio.sleep(0.02)
        await processor.settle()
        ids = _uuid(session_context.device_id), rig.vehicle_id
        stored = await telemetry.device_positions(*ids, 0, 10, tenant_id=scope.tenant_id)
    assert stored == [GOOD]


async def context_of(rig: Rig) -> RowContext:
    async with rig.processor() as processor:
        session = await processor.ingest.open(rig.unique_id, "test", "127.0.0.1")
        device = session.installation.device
    return RowContext(
        device.tenant_id.bytes, device.id.bytes, rig.vehicle_id.bytes, bytes(16), "test", NOW_MS
    )
