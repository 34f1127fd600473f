"""Totals derived again from the stored positions, by the fold that derived them the first time."""

from collections.abc import AsyncIterator, Callable, Iterable

import msgspec
import structlog
from sqlalchemy import func, select, update

from milepost.domain.policy import Policy
from milepost.domain.position import Position
from milepost.domain.trip import Rollup
from milepost.errors import InvalidInput, Unavailable
from milepost.features.device_states.tables import processor_checkpoint
from milepost.features.former_thresholds.store import read_policies
from milepost.features.primary_devices.store import read_primaries
from milepost.features.tenants.tables import tenants
from milepost.features.vehicles.tables import vehicles
from milepost.stores.totals_rows import StoredUnit, TotalsPart, TotalsRows
from milepost.stream.contract import Output
from milepost.stream.fold import Fold
from milepost.stream.ordering import in_order
from milepost.stream.pipeline import (
    DeviceState,
    decode_state,
    initial_state,
    open_outputs,
)
from milepost.workers.processor_store import ProcessorStore

log = structlog.get_logger(__name__)

DAY_MS = 86_400_000
# Days are read together up to so many positions; and totals are written in blocks of so many.
POSITIONS_AT_ONCE = 50_000
ROWS_AT_ONCE = 20_000

Progress = Callable[[int, int, int], None]


class Rebuilt(msgspec.Struct):
    """How much was folded and written; `failed` devices keep the totals that they had."""

    units: int = 0
    positions: int = 0
    totals: int = 0
    failed: list[StoredUnit] = msgspec.field(default_factory=list)


class TotalsRebuild:
    """Folds positions and replaces the totals of a part; nobody else may write meanwhile.

    What is written gets a version above all there are. So the totals are whole at any moment: a
    rebuilding that was interrupted has replaced some, and dropped none.
    """

    def __init__(self, store: ProcessorStore, rows: TotalsRows) -> None:
        self._database = store.database
        self._store = store
        self._rows = rows

    async def run(self, part: TotalsPart, now_ms: int, progress: Progress) -> Rebuilt:
        """Rebuild the part; `progress` is told units done, units in all, positions folded.

        Raises:
            Unavailable: an engine does not answer.
        """
        version = max(await self._rows.newest_version() + 1, now_ms)
        if version > now_ms:  # the clock has gone back: the next flush may not take its time
            await self._next_flush_after(version)
        units = await self._rows.units(part)
        done = Rebuilt()
        pending: list[dict[str, object]] = []
        for unit in units:
            rollups = await self._fold_apart(unit, part.since_ms, done)
            pending += _rows_of(unit, rollups)
            if len(pending) >= ROWS_AT_ONCE:
                await self._rows.insert(pending, version)
                pending = []
            done.units += 1
            done.totals += len(rollups)
            progress(done.units, len(units), done.positions)
        await self._rows.insert(pending, version)
        await self._rows.finish(part, version, [each.device_id for each in done.failed])
        return done

    async def _fold_apart(self, unit: StoredUnit, since_ms: int, done: Rebuilt) -> list[Rollup]:
        """The totals of a unit; none if folding its positions fails."""
        try:
            return await self._fold(unit, since_ms, done)
        except Unavailable:
            raise
        except Exception as error:  # one device must not cost the others
            log.error("totals.not_rebuilt", device_id=str(unit.device_id), exc_info=error)
            done.failed.append(unit)
            return []

    async def _next_flush_after(self, version: int) -> None:
        """What a server writes later has to count for more than what is written now."""
        async with self._database.ingest_transaction() as connection:
            newest = func.greatest(processor_checkpoint.c.version, version)
            await connection.execute(update(processor_checkpoint).values(version=newest))

    async def _fold(self, unit: StoredUnit, since_ms: int, done: Rebuilt) -> list[Rollup]:
        """The totals of all buckets of a unit that begin at `since_ms` or later."""
        policy = await self._policy(unit)
        fold = Fold(await self._state_before(unit, since_ms), policy)
        found: dict[int, Rollup] = {}
        async for read in self._runs(unit, fold.state.last_fix_time_ms):
            positions, _ = in_order(fold.state.last_fix_time_ms, read)
            fold.run(positions)
            _keep(found, [each.output for each in fold.concluded], since_ms)
            fold.concluded.clear()
            fold.anchors.clear()
            done.positions += len(positions)
        _keep(found, open_outputs(fold.state), since_ms)
        return list(found.values())

    async def _state_before(self, unit: StoredUnit, since_ms: int) -> DeviceState:
        """The newest anchor that has seen only fixes before; else the beginning."""
        data = None
        if since_ms > 0:
            data = await self._store.load_anchor((unit.device_id, unit.vehicle_id), since_ms)
        try:
            return initial_state() if data is None else decode_state(data)
        except InvalidInput:  # of another version of the fold
            return initial_state()

    async def _runs(self, unit: StoredUnit, after_ms: int) -> AsyncIterator[list[Position]]:
        """The unit's positions from the day of `after_ms` on, some days at a time, in order."""
        days = [day for day in unit.days if day[0] + DAY_MS > after_ms]
        for from_ms, to_ms in _spans(days):
            yield await self._rows.positions(unit, from_ms, to_ms)

    async def _policy(self, unit: StoredUnit) -> Policy:
        owner = (unit.tenant_id, unit.vehicle_id)
        async with self._database.ingest_transaction() as connection:
            tenant, vehicle = [
                await connection.scalar(select(table.c.thresholds).where(table.c.id == row_id))
                for table, row_id in zip((tenants, vehicles), owner, strict=True)
            ]
            policies = await read_policies(connection, {owner: (tenant, vehicle)})
            primaries = await read_primaries(connection, [unit.vehicle_id])
            own = primaries.get(unit.vehicle_id, ())
            return policies[owner].of_device(unit.device_id, own)


def _spans(days: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """Days with their numbers of positions as spans of time, each with so many or one day."""
    from_ms, to_ms, count = 0, 0, 0
    for day_ms, found in days:
        if count and count + found > POSITIONS_AT_ONCE:
            yield from_ms, to_ms
            count = 0
        if not count:
            from_ms = day_ms
        to_ms, count = day_ms + DAY_MS, count + found
    if count:
        yield from_ms, to_ms


def _keep(found: dict[int, Rollup], outputs: Iterable[Output], since_ms: int) -> None:
    for output in outputs:
        if isinstance(output, Rollup) and output.bucket_start_ms >= since_ms:
            found[output.bucket_start_ms] = output


def _rows_of(unit: StoredUnit, rollups: Iterable[Rollup]) -> list[dict[str, object]]:
    owner = {
        "tenant_id": unit.tenant_id.bytes,
        "vehicle_id": unit.vehicle_id.bytes,
        "device_id": unit.device_id.bytes,
    }
    return [owner | msgspec.structs.asdict(rollup) for rollup in rollups]
