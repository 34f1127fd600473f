"""Stops in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.features.history import History, Row, page_history
from milepost.features.paging import Page
from milepost.features.stops.tables import stops


class StopRow(Row, frozen=True, kw_only=True):
    """A row of `stops`."""

    driver_id: UUID | None
    start_time: datetime
    end_time: datetime | None
    latitude_deg: float
    longitude_deg: float
    idling_s: float
    position_count: int
    has_gap: bool
    start_reason: str
    end_reason: str | None
    start_explanation: dict[str, Any]
    end_explanation: dict[str, Any] | None


async def page_stops(connection: AsyncConnection, scope: Scope, wanted: History) -> Page[StopRow]:
    """Stops that overlap the period."""
    return await page_history(connection, scope, stops, StopRow, wanted)
