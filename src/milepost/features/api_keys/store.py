"""API keys in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.domain.tenant import ApiKey
from milepost.errors import NotFound
from milepost.features.api_keys.tables import api_keys
from milepost.features.paging import Page, decode_cursor, keyset, page_of
from milepost.features.rows import columns_of, fetch_all, fetch_one, from_row, to_row

_COLUMNS = columns_of(api_keys, ApiKey)


class StoredApiKey(ApiKey, frozen=True, kw_only=True):
    """A key with the hash of its secret."""

    hash: bytes


async def page_keys(
    connection: AsyncConnection, scope: Scope, after: str | None, limit: int
) -> Page[ApiKey]:
    """The tenant's keys that have not been revoked, the oldest first."""
    key = None if after is None else (decode_cursor(after, UUID),)
    query = select(*_COLUMNS).where(
        api_keys.c.tenant_id == scope.tenant_id, api_keys.c.revoked_at.is_(None)
    )
    found = await fetch_all(connection, keyset(query, [api_keys.c.id], key, limit), ApiKey)
    return page_of(found, limit, lambda item: item.id)


async def insert_key(connection: AsyncConnection, key: ApiKey, secret_hash: bytes) -> None:
    """Keep a new key."""
    await connection.execute(insert(api_keys).values(**to_row(key), hash=secret_hash))


async def revoke_key(
    connection: AsyncConnection, scope: Scope, key_id: UUID, now: datetime
) -> ApiKey:
    """Revoke a key and return it.

    Raises:
        NotFound: the tenant has no such key that has not been revoked.
    """
    statement = (
        update(api_keys)
        .where(
            api_keys.c.id == key_id,
            api_keys.c.tenant_id == scope.tenant_id,
            api_keys.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(*_COLUMNS)
    )
    row = (await connection.execute(statement)).mappings().one_or_none()
    if row is None:
        raise NotFound("API key", key_id)
    return from_row(row, ApiKey)


async def find_key(connection: AsyncConnection, prefix: str) -> StoredApiKey | None:
    """The key that begins so, of whatever tenant; for sign-in."""
    query = select(*columns_of(api_keys, StoredApiKey)).where(api_keys.c.prefix == prefix)
    return await fetch_one(connection, query, StoredApiKey)


async def note_use(connection: AsyncConnection, key_id: UUID, now: datetime) -> None:
    """Keep when a key was used."""
    await connection.execute(
        update(api_keys).where(api_keys.c.id == key_id).values(last_used_time=now)
    )
