"""Events in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.features.events.tables import events
from milepost.features.history import History, Row, get_history, page_history, total_history
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
    return await page_history(connection, scope, events, EventRow, wanted, *_of(kinds))


class EventSum(msgspec.Struct, frozen=True):
    """Events together."""

    count: int


async def total_events(
    connection: AsyncConnection, scope: Scope, wanted: History, kinds: Sequence[str]
) -> EventSum | None:
    """Events in the period, of these kinds or of all, together."""
    return await total_history(connection, scope, events, EventSum, wanted, *_of(kinds))


async def get_event(connection: AsyncConnection, scope: Scope, event_id: UUID) -> EventRow:
    """One event.

    Raises:
        NotFound: there is none that the caller may know of.
    """
    return await get_history(connection, scope, events, EventRow, "event", event_id)


def _of(kinds: Sequence[str]) -> list[ColumnElement[bool]]:
    return [events.c.kind.in_(kinds)] if kinds else []
