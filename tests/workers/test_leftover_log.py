"""A start with another log than before writes what the one before still holds."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.stores.log.contract import Log
from milepost.stores.log.segments import SegmentLog
from milepost.stores.positions_arrow import RowContext
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.packet import Logged, to_entry

from .rig import NOW_MS, Rig, make_rig


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
        await log.append(to_entry([Logged(context, [position])]))
    return log


async def test_both_logs_are_written_and_neither_is_trimmed_too_early(
    rig: Rig, tmp_path: Path
) -> None:
    device_id = uuid4()
    ids = rig.scope.tenant_id.bytes, device_id.bytes, rig.vehicle_id.bytes, bytes(16)
    context = RowContext(*ids, "test", NOW_MS)
    leftover = await log_of(tmp_path / "before", context, range(5))
    await (await log_of(rig.folder / "log" / "0", context, range(5, 7))).close()
    watched: list[Watched] = []

    def watch(entries: Log) -> Watched:
        watched.append(Watched(entries))
        return watched[0]

    try:
        async with rig.processor(wrap_log=watch, left_over=[leftover]):
            stored = await rig.telemetry.device_positions(
                device_id, rig.vehicle_id, 0, 100, tenant_id=rig.scope.tenant_id
            )
            assert [(each.fix_time_ms - NOW_MS) // 1_000 + 60 for each in stored] == list(range(7))
            # The places of the one log mean nothing in the other.
            assert watched[0].trimmed == [2]
        assert [entry async for entry in leftover.read()] == []
    finally:
        await leftover.close()
