"""The quarantine in PostgreSQL, where operators see it and restarts find it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.features.quarantine.tables import quarantine
from milepost.features.tenants.tables import tenants
from milepost.stores.postgres.arrays import is_one_of
from milepost.stores.postgres.database import Database
from milepost.workers.quarantine import SetAside
from milepost.workers.unit import UnitKey


class QuarantineStore:
    """Keeps, lists and releases what was put aside, of all tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> list[SetAside]:
        """Everything that is in quarantine.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        async with self._database.ingest_transaction() as connection:
            return [_entry(row) for row in await connection.execute(select(quarantine))]

    async def keep(self, entries: Sequence[SetAside]) -> list[UnitKey]:
        """Write entries down; the keys of those whose tenant is gone, which cannot be.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        async with self._database.ingest_transaction() as connection:
            wanted = {entry.tenant_id for entry in entries}
            query = select(tenants.c.id).where(is_one_of(tenants.c.id, wanted))
            there = set(await connection.scalars(query))
            kept = [_row(entry) for entry in entries if entry.tenant_id in there]
            if kept:
                await connection.execute(_UPSERT, kept)
        return [entry.key for entry in entries if entry.tenant_id not in there]

    async def due(self, now_ms: int) -> list[UnitKey]:
        """Units to be tried again: their pause is over, or somebody asked for it.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        query = select(quarantine.c.device_id, quarantine.c.vehicle_id)
        async with self._database.ingest_transaction() as connection:
            rows = await connection.execute(query.where(quarantine.c.retry_time <= _time(now_ms)))
            return [(row.device_id, row.vehicle_id) for row in rows]


async def release(connection: AsyncConnection, keys: Sequence[UnitKey]) -> None:
    """Forget units that have been written, in the transaction that writes them."""
    for device_id, vehicle_id in keys:
        await connection.execute(
            delete(quarantine).where(
                quarantine.c.device_id == device_id, quarantine.c.vehicle_id == vehicle_id
            )
        )


_VALUES = insert(quarantine)
_UPSERT = _VALUES.on_conflict_do_update(
    index_elements=["device_id", "vehicle_id"],
    set_={
        name: _VALUES.excluded[name]
        for name in ("reason", "received_since_ms", "since_time", "tries", "retry_time")
    },
)


def _row(entry: SetAside) -> dict[str, object]:
    return {
        "device_id": entry.key[0],
        "vehicle_id": entry.key[1],
        "tenant_id": entry.tenant_id,
        "reason": entry.reason,
        "received_since_ms": entry.received_since_ms,
        "since_time": _time(entry.since_ms),
        "tries": entry.tries,
        "retry_time": _time(entry.retry_ms),
    }


def _entry(row: Row[tuple[object, ...]]) -> SetAside:
    return SetAside(
        key=(row.device_id, row.vehicle_id),
        tenant_id=row.tenant_id,
        reason=row.reason,
        received_since_ms=row.received_since_ms,
        since_ms=round(row.since_time.timestamp() * 1000),
        tries=row.tries,
        retry_ms=round(row.retry_time.timestamp() * 1000),
    )


def _time(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)
