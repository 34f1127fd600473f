"""A start with another log than before writes what the one before still holds."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest
from prometheus_client import CollectorRegistry

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.errors import Unavailable
from milepost.stores.log.contract import Log
from milepost.stores.log.segments import SegmentLog
from milepost.stores.positions_arrow import RowContext
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.blocks import Blocks
from milepost.workers.packet import Packet, nobody_waits, to_entry
from milepost.workers.recovery import replay
from milepost.workers.set_aside import SetAsidePositions
from milepost.workers.supervision import Faults

from .rig import NOW_MS, Rig, closing, make_rig


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


class Watched:
    """The log in use, with the places up to which it was trimmed."""

    def __init__(self, entries: Log) -> None:
        self._entries = entries
        self.trimmed: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._entries, name)

    async def trim(self, up_to_place: int) -> None:
        self.trimmed.append(up_to_place)
        await self._entries.trim(up_to_place)


async def log_of(folder: Path, context: RowContext, seconds: range) -> SegmentLog:
    """A log as a crash leaves it: its positions are nowhere else."""
    log = SegmentLog(folder)
    await log.open()
    for second in seconds:
        position = Position(NOW_MS - 60_000 + second * 1_000, 50.0, 7.0)
        await log.append(to_entry([Packet(context, [position], nobody_waits)]))
    return log


async def test_both_logs_are_written_and_neither_is_trimmed_too_early(
    rig: Rig, tmp_path: Path
) -> None:
    device_id = uuid4()
    ids = rig.scope.tenant_id.bytes, device_id.bytes, rig.vehicle_id.bytes, bytes(16)
    context = RowContext(*ids, "test", NOW_MS)
    leftover = await log_of(tmp_path / "before", context, range(5))
    await (await log_of(rig.folder / "log", context, range(5, 7))).close()
    watched: list[Watched] = []

    def watch(entries: Log) -> Watched:
        watched.append(Watched(entries))
        return watched[0]

    async with closing(leftover):
        async with rig.processor(wrap_log=watch, leftover=leftover):
            stored = await rig.telemetry.device_positions(
                device_id, rig.vehicle_id, 0, 100, tenant_id=rig.scope.tenant_id
            )
            assert [(each.fix_time_ms - NOW_MS) // 1_000 + 60 for each in stored] == list(range(7))
            # The places of the one log mean nothing in the other.
            assert watched[0].trimmed == [0, 2]
        assert [entry async for entry in leftover.read()] == []


class Away:
    """A ClickHouse that takes nothing."""

    async def insert_positions(self, table: pa.Table) -> None:
        raise Unavailable("ClickHouse", f"{len(table)} rows came, it is away")

    async def ping(self) -> None:
        raise Unavailable("ClickHouse", "it is away")


async def test_while_clickhouse_takes_nothing_the_log_before_keeps_what_it_has(
    database: Database, tmp_path: Path
) -> None:
    context = RowContext(*[uuid4().bytes] * 4, "test", NOW_MS)
    leftover = await log_of(tmp_path / "before", context, range(5))
    current = await log_of(tmp_path / "now", context, range(5, 7))
    registry = CollectorRegistry()
    set_aside = SetAsidePositions(database, uuid4, registry)
    blocks = Blocks(current, Away(), set_aside, Faults(registry), interval_s=1, most_rows=1_000)
    async with closing(leftover), closing(current):
        with pytest.raises(Unavailable, match="it is away"):
            await replay(current, blocks, leftover)
        assert len([entry async for entry in leftover.read()]) == 5
        assert len([entry async for entry in current.read()]) == 2
