"""The open trips of all tenants whose devices are silent, as the processor sees them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Double, cast, exists, func, select, update

from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Trip
from milepost.features.device_states.tables import device_states
from milepost.features.tenants.tables import tenants
from milepost.features.trips.tables import trips
from milepost.features.vehicles.tables import vehicles
from milepost.stores.postgres.database import Database
from milepost.stream.conclusion import Occasion
from milepost.stream.conclusions.trips import CONCLUSION
from milepost.workers.unit import NO_VEHICLE, UnitKey

_GAP = "gap_min_duration_s"


class OpenTripRow(msgspec.Struct, frozen=True):
    """An open trip as stored, and whose it is."""

    id: UUID
    tenant_id: UUID
    device_id: UUID
    vehicle_id: UUID
    start_time: datetime

    @property
    def key(self) -> UnitKey:
        """Its unit."""
        return (self.device_id, self.vehicle_id)


class SilenceStore:
    """Reads open trips of silent devices, and ends them one by one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def silent(
        self, now_ms: int, written_before_ms: int, after: UUID, most: int
    ) -> Sequence[OpenTripRow]:
        """Open trips whose device has reported nothing for its gap threshold, a page of them.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        state = device_states.c
        vehicle_id = func.coalesce(trips.c.vehicle_id, NO_VEHICLE)
        gap_s = func.coalesce(
            cast(vehicles.c.thresholds[_GAP].as_string(), Double),
            cast(tenants.c.thresholds[_GAP].as_string(), Double),
            Thresholds().gap_min_duration_s,
        )
        query = (
            select(
                trips.c.id,
                trips.c.tenant_id,
                trips.c.device_id,
                vehicle_id.label("vehicle_id"),
                trips.c.start_time,
            )
            .join(
                device_states,
                (state.device_id == trips.c.device_id) & (state.vehicle_id == vehicle_id),
            )
            .join(tenants, tenants.c.id == trips.c.tenant_id)
            .outerjoin(vehicles, vehicles.c.id == trips.c.vehicle_id)
            .where(
                trips.c.id > after,
                trips.c.end_time.is_(None),
                state.updated_at < datetime.fromtimestamp(written_before_ms / 1000, UTC),
                state.fix_time_ms < now_ms - cast(gap_s * 1000, BigInteger),
            )
            .order_by(trips.c.id)
            .limit(most)
        )
        async with self._database.ingest_transaction() as connection:
            return [OpenTripRow(*row) for row in await connection.execute(query)]

    async def end(self, row: OpenTripRow, trip: Trip, fix_time_ms: int) -> bool:
        """Write the end of a trip; not if the device has reported since, or the trip has ended.

        The row is locked first: whoever writes it is through before the state is looked at.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        locked = (
            select(trips.c.id)
            .where(trips.c.id == row.id, trips.c.end_time.is_(None))
            .with_for_update()
        )
        unchanged = exists().where(
            device_states.c.device_id == row.device_id,
            device_states.c.vehicle_id == row.vehicle_id,
            device_states.c.fix_time_ms == fix_time_ms,
        )
        values = CONCLUSION.row(trip, Occasion(trip.start_time, late=False))
        change = update(trips).where(trips.c.id == row.id, unchanged).values(values)
        async with self._database.ingest_transaction() as connection:
            if await connection.scalar(locked) is None:
                return False
            return (await connection.execute(change)).rowcount > 0
