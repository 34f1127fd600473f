"""Audit entries in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.features.audit.tables import audit_entries
from milepost.features.paging import Page, decode_cursor, keyset, page_of
from milepost.features.periods import Period
from milepost.features.rows import columns_of, fetch_all


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, when; of a change the fields that differ."""

    id: UUID
    time: datetime
    who: str
    action: str
    kind: str
    entity_id: UUID | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    detail: dict[str, Any] | None


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are asked for; None of a field means whatever it is."""

    period: Period
    who: str | None = None
    action: str | None = None
    kind: str | None = None
    entity_id: UUID | None = None


async def insert_entry(connection: AsyncConnection, **values: Any) -> None:
    """Add an entry; entries are never changed."""
    await connection.execute(insert(audit_entries).values(**values))


async def page_entries(
    connection: AsyncConnection, scope: Scope, wanted: AuditFilter, after: str | None, limit: int
) -> Page[AuditEntry]:
    """The tenant's entries, the newest first."""
    table = audit_entries
    named = {name: getattr(wanted, name) for name in ("who", "action", "kind", "entity_id")}
    query = select(*columns_of(table, AuditEntry)).where(
        table.c.tenant_id == scope.tenant_id,
        table.c.time >= wanted.period.start,
        table.c.time < wanted.period.end,
        *(table.c[name] == value for name, value in named.items() if value is not None),
    )
    key = None if after is None else decode_cursor(after, tuple[datetime, UUID])
    page = keyset(query, [table.c.time, table.c.id], key, limit, descending=True)
    found = await fetch_all(connection, page, AuditEntry)
    return page_of(found, limit, lambda entry: (entry.time, entry.id))


async def prune_kind(
    connection: AsyncConnection, tenant_id: UUID, kind: str, before: datetime
) -> None:
    """Remove a tenant's old entries of one kind."""
    table = audit_entries
    await connection.execute(
        delete(table).where(
            table.c.tenant_id == tenant_id, table.c.kind == kind, table.c.time < before
        )
    )
