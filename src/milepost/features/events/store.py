"""Events in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.features.events.tables import events
from milepost.features.history import History, Row, page_history
from milepost.features.paging import Page


class EventRow(Row, frozen=True, kw_only=True):
    """A row of `events`."""

    kind: str
    fix_time: datetime
    received_time: datetime
    late: bool
    latitude_deg: float | None
    longitude_deg: float | None
    detail: dict[str, str | float | bool | None]


async def page_events(
    connection: AsyncConnection, scope: Scope, wanted: History, kinds: Sequence[str]
) -> Page[EventRow]:
    """Events in the period, of these kinds or of all."""
    conditions = [events.c.kind.in_(kinds)] if kinds else []
    return await page_history(connection, scope, events, EventRow, wanted, *conditions)
