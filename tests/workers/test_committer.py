"""Group commit takes a batch apart; everybody is answered, and only for what is durable."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
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
from milepost.stores.positions_arrow import RowContext
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.committer import Committer
from milepost.workers.set_aside import SetAsidePositions
from milepost.workers.supervision import Faults, supervised

from .rig import NOW_MS, Rig, make_rig

GOOD = Position(NOW_MS - 60_000, 50.0, 7.0, speed_kmh=30.0)
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
    """A committer, and the answers that it gave."""

    def __init__(self, committer: Committer, store: Refusing, scope: Scope) -> None:
        self.committer, self.store, self.scope = committer, store, scope
        self.answers: dict[str, Exception | None] = {}

    def hand_over(self, name: str, positions: Sequence[Position]) -> RowContext:
        ids = self.scope.tenant_id.bytes, uuid4().bytes
        context = RowContext(*ids, ids[1], bytes(16), "test", NOW_MS)
        self.committer.add(context, positions, lambda error: self.note(name, error))
        return context

    def note(self, name: str, error: Exception | None) -> None:
        assert name not in self.answers, "answered twice"
        self.answers[name] = error

    async def stored(self, context: RowContext) -> list[Position]:
        device, tenant = (_uuid(context.device_id), _uuid(context.tenant_id))
        return await self.store.telemetry.device_positions(device, device, 0, 100, tenant_id=tenant)


def _uuid(data: bytes) -> UUID:
    return UUID(bytes=data)


@asynccontextmanager
async def desk(database: Database, telemetry: Telemetry, scope: Scope) -> AsyncIterator[Desk]:
    registry = CollectorRegistry()
    faults = Faults(registry)
    store = Refusing(telemetry)
    set_aside = SetAsidePositions(database, uuid4, registry)
    committer = Committer(store, set_aside, faults, window_s=0.001, high_water_rows=1_000)
    running = supervised(committer.run, "commit", faults)
    try:
        yield Desk(committer, store, scope)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await committer.close()


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


async def test_a_row_that_no_column_holds_is_set_aside_and_the_rest_is_stored(
    database: Database, telemetry: Telemetry, scope: Scope
) -> None:
    async with desk(database, telemetry, scope) as at:
        before = at.hand_over("before", [GOOD])
        bad = at.hand_over("bad", [GOOD, POISON])
        after = at.hand_over("after", [GOOD])
        await at.committer.barrier()
        assert at.answers == {"before": None, "bad": None, "after": None}
        for context in (before, bad, after):
            assert await at.stored(context) == [GOOD]
        assert at.committer.committed_received_ms == NOW_MS
    ((device_id, position, reason),) = await set_aside_rows(database, scope)
    assert (device_id, position) == (bad.device_id, POISON)
    assert "15321000000" in reason


async def test_poison_of_two_devices_alone_in_a_batch_is_set_aside_too(
    database: Database, telemetry: Telemetry, scope: Scope
) -> None:
    async with desk(database, telemetry, scope) as at:
        at.hand_over("one", [POISON])
        at.hand_over("two", [POISON])
        await at.committer.barrier()
        assert at.answers == {"one": None, "two": None}
    assert len(await set_aside_rows(database, scope)) == 2


async def test_a_row_that_the_engine_refuses_is_set_aside_once_the_engine_takes_others(
    database: Database, telemetry: Telemetry, scope: Scope
) -> None:
    async with desk(database, telemetry, scope) as at:
        refused = msgspec.structs.replace(GOOD, fix_time_ms=NOW_MS - 5_000)
        at.store.refused_fix_ms = refused.fix_time_ms
        good = at.hand_over("good", [GOOD])
        at.hand_over("bad", [refused])
        await at.committer.barrier()
        assert at.answers == {"good": None, "bad": None}
        assert await at.stored(good) == [GOOD]
    assert [row[1] for row in await set_aside_rows(database, scope)] == [refused]


async def test_while_the_engine_takes_nothing_nobody_is_answered_and_nothing_set_aside(
    database: Database, telemetry: Telemetry, scope: Scope
) -> None:
    async with desk(database, telemetry, scope) as at:
        for fault in ("away", "full"):
            setattr(at.store, fault, True)
            at.hand_over(f"one, {fault}", [GOOD, GOOD])
            at.hand_over(f"two, {fault}", [GOOD])
            await at.committer.barrier()
            assert at.committer.failing is not None
            setattr(at.store, fault, False)
        assert len(at.answers) == 4
        assert all(isinstance(error, Unavailable) for error in at.answers.values())
        at.hand_over("later", [GOOD])
        await at.committer.barrier()
        assert at.answers["later"] is None
        assert at.committer.failing is None
    assert await set_aside_rows(database, scope) == []


async def test_one_who_waits_and_fails_costs_the_others_nothing(
    database: Database, telemetry: Telemetry, scope: Scope
) -> None:
    async with desk(database, telemetry, scope) as at:
        context = at.hand_over("first", [GOOD])

        def fails(_error: Exception | None) -> None:
            raise RuntimeError("a connection that has gone mad")

        at.committer.add(context, [GOOD], fails)
        at.hand_over("last", [GOOD])
        await at.committer.barrier()
        assert at.answers == {"first": None, "last": None}


async def test_stamps_go_on_after_the_newest_that_was_stored(
    database: Database, telemetry: Telemetry, scope: Scope
) -> None:
    async with desk(database, telemetry, scope) as at:
        at.committer.begin_after(NOW_MS + 600_000)
        assert at.committer.floor_ms == NOW_MS + 600_001
        at.hand_over("earlier clock", [GOOD])
        await at.committer.barrier()
        assert at.committer.committed_received_ms == NOW_MS + 600_000
        assert at.committer.floor_ms == NOW_MS + 600_001


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
