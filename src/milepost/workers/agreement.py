"""Do journeys and totals agree? Both are drawn from the same positions, for two engines."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import structlog
from sqlalchemy import Select, Table, func, or_, select, union_all

from milepost.errors import MilepostError
from milepost.features.stops.tables import stops
from milepost.features.trips.tables import trips
from milepost.stores.derived_arrow import read_ids
from milepost.stores.telemetry import Telemetry
from milepost.stores.totals_read import seconds_of
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.unit import NO_VEHICLE, UnitKey

log = structlog.get_logger(__name__)

EVERY_S = 3600.0
DAYS = 7
# A flush writes totals first and trips then: what differs is looked at again.
AGAIN_AFTER_S = 60.0
# Of what sums of decimals and of floats may differ by.
SLACK_M = 1.0
SHOWN = 20
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Agreement:
    """Once an hour: the distance of the trips within the last whole days, and of their totals.

    What was driven within stops counts with the trips. A device with a journey across the edge of
    these days is left out. `disagreeing` is how many
    devices differ, as of the last look.
    """

    def __init__(
        self, store: ProcessorStore, telemetry: Telemetry, clock_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._telemetry = telemetry
        self._clock_ms = clock_ms
        self.disagreeing = 0

    async def run(self) -> None:
        """Look until cancelled; an engine that is away is asked again at the next turn."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.look(AGAIN_AFTER_S)
            except MilepostError as error:
                log.warning("agreement.not_looked", error=str(error))

    async def look(self, again_after_s: float) -> set[UnitKey]:
        """The devices, each in its vehicle, whose trips and totals differ twice in a row.

        Raises:
            Unavailable: an engine does not answer.
        """
        differing = await self._differing()
        if differing:
            await asyncio.sleep(again_after_s)
            differing &= await self._differing()
        self.disagreeing = len(differing)
        if differing:
            devices = sorted(str(device_id) for device_id, _ in differing)
            log.error("totals.disagree", devices=devices[:SHOWN], device_count=len(devices))
        return differing

    async def _differing(self) -> set[UnitKey]:
        today = datetime.fromtimestamp(self._clock_ms() / 1000, UTC).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        begin = today - timedelta(days=DAYS)
        by_totals = await self._by_totals(begin, today)
        by_trips = await self._by_trips(begin, today)
        return {
            key
            for key in by_totals.keys() | by_trips.keys()
            if _differ(by_trips.get(key, 0.0), by_totals.get(key, 0.0))
        }

    async def _by_totals(self, begin: datetime, end: datetime) -> Mapping[UnitKey, float]:
        period = seconds_of(round(begin.timestamp() * 1000), round(end.timestamp() * 1000))
        return await self._telemetry.read_all_tenants("driven", period, _distances)

    async def _by_trips(self, begin: datetime, end: datetime) -> Mapping[UnitKey, float | None]:
        """None for a device with a trip across an edge."""
        journeys = union_all(_driven(trips), _driven(stops)).subquery().c
        inside = func.sum(journeys.distance_m)
        crosses = func.bool_or(or_(journeys.start_time < begin, journeys.end_time > end))
        query = (
            select(journeys.device_id, journeys.vehicle_id, inside, crosses)
            .where(journeys.start_time < end, journeys.end_time > begin)
            .group_by(journeys.device_id, journeys.vehicle_id)
        )
        async with self._store.database.ingest_transaction() as connection:
            rows = await connection.execute(query)
            return {(row[0], row[1]): None if row[3] else row[2] for row in rows}


def _driven(table: Table) -> Select[Any]:
    """Trips, or stops with moves in them; what goes on ends at no time."""
    return select(
        table.c.device_id,
        func.coalesce(table.c.vehicle_id, NO_VEHICLE).label("vehicle_id"),
        table.c.start_time,
        func.coalesce(table.c.end_time, _NEVER).label("end_time"),
        table.c.distance_m,
    ).where(table.c.distance_m > 0)


def _differ(trips_m: float | None, totals_m: float) -> bool:
    return trips_m is not None and abs(trips_m - totals_m) > SLACK_M + 1e-6 * totals_m


def _distances(table: pa.Table) -> dict[UnitKey, float]:
    keys = zip(read_ids(table, "device_id"), read_ids(table, "vehicle_id"), strict=True)
    distances_m: list[Any] = table.column("distance_m").to_pylist()
    return dict(zip(keys, distances_m, strict=True))
