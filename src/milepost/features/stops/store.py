"""Stops in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Double, cast, extract, func, literal
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.features.history import History, Row, get_history, page_history, total_history
from milepost.features.paging import Page
from milepost.features.stops.tables import stops


class StopRow(Row, frozen=True, kw_only=True):
    """A row of `stops`."""

    driver_id: UUID | None
    start_time: datetime
    end_time: datetime | None
    latitude_deg: float
    longitude_deg: float
    distance_m: float
    driving_s: float
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


class StopSum(msgspec.Struct, frozen=True, kw_only=True):
    """Stops together; sums of none are None."""

    count: int
    duration_s: float | None
    distance_m: float | None
    driving_s: float | None
    idling_s: float | None


async def total_stops(
    connection: AsyncConnection, scope: Scope, wanted: History, now: datetime
) -> StopSum | None:
    """Stops that overlap the period, together; each counts whole, one that goes on up to now."""
    end = func.coalesce(stops.c.end_time, literal(now))
    sums = {
        "duration_s": cast(extract("epoch", end - stops.c.start_time), Double),
        "distance_m": stops.c.distance_m,
        "driving_s": stops.c.driving_s,
        "idling_s": stops.c.idling_s,
    }
    return await total_history(connection, scope, stops, StopSum, wanted, sums=sums)


async def get_stop(connection: AsyncConnection, scope: Scope, stop_id: UUID) -> StopRow:
    """One stop.

    Raises:
        NotFound: there is none that the caller may know of.
    """
    return await get_history(connection, scope, stops, StopRow, "stop", stop_id)
