"""A vehicle's positions, read in batches that do not hold the event loop for long."""

from collections.abc import AsyncIterator
from uuid import UUID

from milepost.domain.scope import Scope
from milepost.features.periods import Period
from milepost.stores.telemetry import PositionCursor, StoredPosition, Telemetry

BATCH = 2000


async def read_batches(
    telemetry: Telemetry,
    scope: Scope,
    vehicle_id: UUID,
    period: Period,
    after: PositionCursor | None = None,
) -> AsyncIterator[list[StoredPosition]]:
    """The vehicle's positions of the period in fix-time order; no batch is empty."""
    while True:
        found = await telemetry.vehicle_positions(
            scope, vehicle_id, period.from_ms, period.to_ms, BATCH, after, period.spans
        )
        if found:
            yield found
        if len(found) < BATCH:
            return
        after = cursor_of(found[-1])


def cursor_of(stored: StoredPosition) -> PositionCursor:
    """The place in history just after the position."""
    return PositionCursor(stored.position.fix_time_ms, stored.device_id, stored.fingerprint)
