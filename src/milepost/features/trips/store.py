"""Trips in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.features.history import History, Row, page_history
from milepost.features.paging import Page
from milepost.features.trips.tables import trips


class TripRow(Row, frozen=True, kw_only=True):
    """A row of `trips`."""

    driver_id: UUID | None
    start_time: datetime
    end_time: datetime | None
    start_latitude_deg: float
    start_longitude_deg: float
    end_latitude_deg: float
    end_longitude_deg: float
    distance_m: float
    driving_s: float
    idling_s: float
    max_speed_kmh: float
    fuel_used_l: float | None
    position_count: int
    has_gap: bool
    start_reason: str
    end_reason: str | None
    start_explanation: dict[str, Any]
    end_explanation: dict[str, Any] | None


async def page_trips(connection: AsyncConnection, scope: Scope, wanted: History) -> Page[TripRow]:
    """Trips that overlap the period."""
    return await page_history(connection, scope, trips, TripRow, wanted)
