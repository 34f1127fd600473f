"""API keys in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.domain.tenant import ApiKey
from milepost.errors import NotFound
from milepost.features.api_keys.reach import KnownApiKey, OwnedApiKey
from milepost.features.api_keys.tables import api_keys
from milepost.features.paging import Page, decode_cursor, keyset, page_of
from milepost.features.rows import columns_of, fetch_all, fetch_one, to_row
from milepost.features.users.tables import memberships, users

_COLUMNS = columns_of(api_keys, ApiKey)


async def page_keys(
    connection: AsyncConnection, scope: Scope, after: str | None, limit: int
) -> Page[OwnedApiKey]:
    """The tenant's keys that have not been revoked, the oldest first."""
    key = None if after is None else (decode_cursor(after, UUID),)
    page = keyset(_live(scope), [api_keys.c.id], key, limit)
    found = await fetch_all(connection, page, OwnedApiKey)
    return page_of(found, limit, lambda item: item.id)


async def get_key(
    connection: AsyncConnection, scope: Scope, key_id: UUID, *, lock: bool = False
) -> OwnedApiKey:
    """One key.

    Raises:
        NotFound: the tenant has no such key that has not been revoked.
    """
    query = _live(scope).where(api_keys.c.id == key_id)
    if lock:
        query = query.with_for_update(of=api_keys)
    found = await fetch_one(connection, query, OwnedApiKey)
    if found is None:
        raise NotFound("API key", key_id)
    return found


async def owner_of(connection: AsyncConnection, scope: Scope, key_id: UUID) -> UUID | None:
    """Whose key that is; None where it has no owner."""
    query = select(api_keys.c.owner_id).where(
        api_keys.c.tenant_id == scope.tenant_id, api_keys.c.id == key_id
    )
    return await connection.scalar(query)


async def insert_key(connection: AsyncConnection, key: ApiKey, secret_hash: bytes) -> None:
    """Keep a new key."""
    await connection.execute(insert(api_keys).values(**to_row(key), hash=secret_hash))


async def set_owner(connection: AsyncConnection, key_id: UUID, owner_id: UUID) -> None:
    """Give a key that was read with a lock another owner."""
    await connection.execute(
        update(api_keys).where(api_keys.c.id == key_id).values(owner_id=owner_id)
    )


async def revoke_key(connection: AsyncConnection, key_id: UUID, now: datetime) -> None:
    """Revoke a key that was read with a lock."""
    await connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=now))


async def find_key(connection: AsyncConnection, prefix: str) -> KnownApiKey | None:
    """The key that begins so, of whatever tenant, revoked or not; for sign-in."""
    query = _owned(api_keys.c.hash).where(api_keys.c.prefix == prefix)
    return await fetch_one(connection, query, KnownApiKey)


async def note_use(connection: AsyncConnection, key_id: UUID, now: datetime) -> None:
    """Keep when a key was used."""
    await connection.execute(
        update(api_keys).where(api_keys.c.id == key_id).values(last_used_time=now)
    )


def _live(scope: Scope) -> Select[Any]:
    return _owned().where(api_keys.c.tenant_id == scope.tenant_id, api_keys.c.revoked_at.is_(None))


def _owned(*more: Any) -> Select[Any]:
    """Keys beside their owner, where that is an enabled member of the key's tenant."""
    member = and_(
        memberships.c.tenant_id == api_keys.c.tenant_id,
        memberships.c.user_id == api_keys.c.owner_id,
    )
    enabled = and_(users.c.id == memberships.c.user_id, users.c.enabled)
    owners = memberships.join(users, enabled)
    return select(
        *_COLUMNS,
        *more,
        users.c.name.label("owner_name"),
        memberships.c.role.label("owner_role"),
        memberships.c.fleet_ids.label("owner_fleet_ids"),
    ).select_from(api_keys.outerjoin(owners, member))
