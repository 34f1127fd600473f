"""Keeps the positions that ClickHouse does not take, so that nothing acknowledged is lost."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import delete, insert, select

from milepost.domain.position import Position
from milepost.features.device_states.tables import set_aside_positions
from milepost.stores.positions_arrow import RowContext
from milepost.stores.postgres.database import Database

log = structlog.get_logger(__name__)

LONGEST_REASON_CHARS = 1_000


class Kept(msgspec.Struct, frozen=True):
    """A position that was set aside, with what belongs to its row."""

    id: UUID
    context: RowContext
    position: Position


class SetAsidePositions:
    """The table of positions that were set aside, and their count in the metrics."""

    def __init__(
        self, database: Database, new_id: Callable[[], UUID], registry: CollectorRegistry
    ) -> None:
        self._database = database
        self._new_id = new_id
        self._counter = Counter(
            "milepost_positions_set_aside",
            "Positions that ClickHouse did not take and PostgreSQL keeps",
            registry=registry,
        )

    async def keep(self, context: RowContext, position: Position, reason: str) -> None:
        """Keep one position durably.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        device_id = UUID(bytes=context.device_id)
        row = {
            "id": self._new_id(),
            "tenant_id": UUID(bytes=context.tenant_id),
            "device_id": device_id,
            "vehicle_id": UUID(bytes=context.vehicle_id),
            "driver_id": UUID(bytes=context.driver_id),
            "protocol": context.protocol,
            "received_time": datetime.fromtimestamp(context.received_time_ms / 1000, UTC),
            "position": msgspec.msgpack.encode(position),
            "reason": reason.replace("\0", "")[:LONGEST_REASON_CHARS],
        }
        async with self._database.ingest_transaction() as connection:
            await connection.execute(insert(set_aside_positions), row)
        self._counter.inc()
        log.error("position.set_aside", device_id=str(device_id), reason=row["reason"])

    async def load(self, limit: int) -> list[Kept]:
        """Those that are kept, the first that came first.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        table = set_aside_positions
        query = select(table).order_by(table.c.received_time, table.c.id).limit(limit)
        async with self._database.ingest_transaction() as connection:
            return [_kept(row) for row in await connection.execute(query)]

    async def forget(self, kept: Kept) -> None:
        """The position is stored, or was set aside once more.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        statement = delete(set_aside_positions).where(set_aside_positions.c.id == kept.id)
        async with self._database.ingest_transaction() as connection:
            await connection.execute(statement)


def _kept(row: Any) -> Kept:
    ids = (row.tenant_id, row.device_id, row.vehicle_id, row.driver_id)
    tenant_id, device_id, vehicle_id, driver_id = (each.bytes for each in ids)
    received_ms = round(row.received_time.timestamp() * 1000)
    context = RowContext(tenant_id, device_id, vehicle_id, driver_id, row.protocol, received_ms)
    return Kept(row.id, context, msgspec.msgpack.decode(row.position, type=Position))
