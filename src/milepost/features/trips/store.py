"""Trips in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.features.history import History, Row, get_history, page_history, total_history
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


class TripSum(msgspec.Struct, frozen=True, kw_only=True):
    """Trips together; sums of none are None."""

    count: int
    distance_m: float | None
    driving_s: float | None
    idling_s: float | None
    fuel_used_l: float | None


_SUMS = {name: trips.c[name] for name in TripSum.__struct_fields__ if name != "count"}


async def total_trips(connection: AsyncConnection, scope: Scope, wanted: History) -> TripSum | None:
    """Trips that overlap the period, together; each counts whole."""
    return await total_history(connection, scope, trips, TripSum, wanted, sums=_SUMS)


async def get_trip(connection: AsyncConnection, scope: Scope, trip_id: UUID) -> TripRow:
    """One trip.

    Raises:
        NotFound: there is none that the caller may know of.
    """
    return await get_history(connection, scope, trips, TripRow, "trip", trip_id)
