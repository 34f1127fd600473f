"""Keeps the positions that ClickHouse does not take, so that nothing acknowledged is lost."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import insert

from milepost.domain.position import Position
from milepost.features.device_states.tables import set_aside_positions
from milepost.stores.positions_arrow import RowContext
from milepost.stores.postgres.database import Database

log = structlog.get_logger(__name__)

LONGEST_REASON_CHARS = 1_000


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
