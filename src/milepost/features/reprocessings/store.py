"""Reprocessings in PostgreSQL."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.reprocessing import Reprocessing
from milepost.domain.scope import Scope
from milepost.errors import Conflict, NotFound
from milepost.features.paging import Page, decode_cursor, keyset, page_of
from milepost.features.reprocessings.tables import reprocessings
from milepost.features.rows import columns_of, fetch_all, fetch_one
from milepost.features.vehicles.visibility import on_visible_vehicle

_TABLE = reprocessings
_COLUMNS = columns_of(_TABLE, Reprocessing)


async def insert_reprocessing(connection: AsyncConnection, asked: Reprocessing) -> None:
    """Keep a request; the processor sees it within seconds.

    Raises:
        Conflict: it was made before.
    """
    known = await connection.scalar(select(_TABLE.c.id).where(_TABLE.c.id == asked.id))
    if known is not None:
        raise Conflict("reprocessing", "it was confirmed before")
    await connection.execute(insert(_TABLE).values(**msgspec.structs.asdict(asked)))


async def page_reprocessings(
    connection: AsyncConnection, scope: Scope, after: str | None, limit: int
) -> Page[Reprocessing]:
    """Those of vehicles that the caller may know of, the newest first."""
    key = None if after is None else decode_cursor(after, tuple[datetime, UUID])
    query = select(*_COLUMNS).where(on_visible_vehicle(scope, _TABLE))
    order = [_TABLE.c.requested_time, _TABLE.c.id]
    found = await fetch_all(
        connection, keyset(query, order, key, limit, descending=True), Reprocessing
    )
    return page_of(found, limit, lambda item: (item.requested_time, item.id))


async def get_reprocessing(
    connection: AsyncConnection, scope: Scope, identity: UUID
) -> Reprocessing:
    """One of them.

    Raises:
        NotFound: there is none that the caller may know of.
    """
    query = select(*_COLUMNS).where(_TABLE.c.id == identity, on_visible_vehicle(scope, _TABLE))
    found = await fetch_one(connection, query, Reprocessing)
    if found is None:
        raise NotFound("reprocessing", identity)
    return found
