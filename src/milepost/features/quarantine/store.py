"""The quarantine in PostgreSQL, as a tenant sees it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.errors import NotFound
from milepost.features.paging import Page, decode_cursor, keyset, page_of
from milepost.features.quarantine.tables import quarantine
from milepost.features.rows import columns_of, fetch_all, from_row


class Quarantined(msgspec.Struct, frozen=True):
    """A row of `quarantine`, as far as it concerns people."""

    device_id: UUID
    vehicle_id: UUID
    reason: str
    since_time: datetime
    tries: int
    retry_time: datetime


_COLUMNS = columns_of(quarantine, Quarantined)
_KEY = (quarantine.c.device_id, quarantine.c.vehicle_id)


async def page_quarantine(
    connection: AsyncConnection, scope: Scope, after: str | None, limit: int
) -> Page[Quarantined]:
    """What was put aside of the tenant."""
    key = None if after is None else decode_cursor(after, tuple[UUID, UUID])
    query = select(*_COLUMNS).where(quarantine.c.tenant_id == scope.tenant_id)
    found = await fetch_all(connection, keyset(query, list(_KEY), key, limit), Quarantined)
    return page_of(found, limit, lambda item: (item.device_id, item.vehicle_id))


async def bring_forward(
    connection: AsyncConnection, scope: Scope, device_id: UUID, now: datetime
) -> Sequence[Quarantined]:
    """Let a device be tried again at once, in whatever vehicles it was put aside.

    Raises:
        NotFound: nothing of this device is in quarantine.
    """
    statement = (
        update(quarantine)
        .where(quarantine.c.device_id == device_id, quarantine.c.tenant_id == scope.tenant_id)
        .values(retry_time=now)
        .returning(*_COLUMNS)
    )
    rows = (await connection.execute(statement)).mappings().all()
    if not rows:
        raise NotFound("device in quarantine", device_id)
    return [from_row(row, Quarantined) for row in rows]
