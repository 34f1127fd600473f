"""Accounts and refresh tokens of all tenants, as sign-in needs them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, delete, exists, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Role
from milepost.features.rows import columns_of, fetch_all, fetch_one, to_row
from milepost.features.tenants.tables import tenants
from milepost.features.users.tables import (
    familiar_addresses,
    memberships,
    refresh_tokens,
    users,
)

MAX_ADDRESSES = 20
ADDRESS_KEPT_FOR = timedelta(days=90)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An enabled account in one of its tenants."""

    user_id: UUID
    email: str
    name: str
    password_hash: str | None
    tenant_id: UUID
    tenant_name: str
    role: Role
    fleet_ids: tuple[UUID, ...] | None
    driver_id: UUID | None


class RefreshToken(msgspec.Struct, frozen=True, kw_only=True):
    """One refresh token; `family_id` joins those that follow each other from one sign-in."""

    id: UUID
    tenant_id: UUID
    user_id: UUID
    family_id: UUID
    token_hash: bytes
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


async def accounts_of(connection: AsyncConnection, email: str) -> list[Account]:
    """The tenants in which the e-mail address may sign in, the oldest membership first."""
    query = _accounts().where(users.c.email == email.lower())
    return await fetch_all(connection, query.order_by(memberships.c.created_at), Account)


async def memberships_of(connection: AsyncConnection, email: str) -> list[tuple[UUID, UUID]]:
    """The tenant and the account of each membership, of disabled accounts too."""
    query = (
        select(memberships.c.tenant_id, memberships.c.user_id)
        .select_from(memberships.join(users, users.c.id == memberships.c.user_id))
        .where(users.c.email == email.lower())
    )
    return [(row.tenant_id, row.user_id) for row in await connection.execute(query)]


async def is_familiar(connection: AsyncConnection, email: str, address: str) -> bool:
    """Whether the account has signed in from this address before."""
    query = (
        select(familiar_addresses.c.address)
        .select_from(familiar_addresses.join(users, users.c.id == familiar_addresses.c.user_id))
        .where(users.c.email == email.lower(), familiar_addresses.c.address == address)
    )
    return await connection.scalar(query) is not None


async def remember_address(
    connection: AsyncConnection, user_id: UUID, address: str, now: datetime
) -> None:
    """Keep that the account has signed in from this address; the oldest ones are forgotten."""
    table = familiar_addresses
    values = {"user_id": user_id, "address": address, "last_time": now}
    statement = upsert(table).values(values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["user_id", "address"], set_=values)
    )
    newest = (
        select(table.c.address)
        .where(table.c.user_id == user_id)
        .order_by(table.c.last_time.desc())
        .limit(MAX_ADDRESSES)
    )
    old = or_(table.c.address.not_in(newest), table.c.last_time < now - ADDRESS_KEPT_FOR)
    await connection.execute(delete(table).where(table.c.user_id == user_id, old))


async def account(connection: AsyncConnection, user_id: UUID, tenant_id: UUID) -> Account | None:
    """The account in this tenant, if it may still sign in there."""
    query = _accounts().where(users.c.id == user_id, memberships.c.tenant_id == tenant_id)
    return await fetch_one(connection, query, Account)


async def session_account(
    connection: AsyncConnection, user_id: UUID, tenant_id: UUID, family_id: UUID
) -> Account | None:
    """The account in this tenant, if it and the session are still good."""
    revoked = exists().where(
        refresh_tokens.c.family_id == family_id, refresh_tokens.c.revoked_at.is_not(None)
    )
    query = _accounts().where(users.c.id == user_id, memberships.c.tenant_id == tenant_id, ~revoked)
    return await fetch_one(connection, query, Account)


async def tenant_name(connection: AsyncConnection, tenant_id: UUID) -> str:
    """What people call the tenant."""
    return str(await connection.scalar(select(tenants.c.name).where(tenants.c.id == tenant_id)))


async def insert_token(connection: AsyncConnection, token: RefreshToken) -> None:
    """Keep a new refresh token."""
    await connection.execute(insert(refresh_tokens).values(**to_row(token)))


async def find_token(connection: AsyncConnection, token_hash: bytes) -> RefreshToken | None:
    """The token with this hash, locked: two calls at once must not both use it."""
    query = (
        select(*columns_of(refresh_tokens, RefreshToken))
        .where(refresh_tokens.c.token_hash == token_hash)
        .with_for_update()
    )
    return await fetch_one(connection, query, RefreshToken)


async def mark_used(connection: AsyncConnection, token_id: UUID, now: datetime) -> None:
    """Keep that a token has been used."""
    await connection.execute(
        update(refresh_tokens).where(refresh_tokens.c.id == token_id).values(used_at=now)
    )


async def revoke_family(connection: AsyncConnection, family_id: UUID, now: datetime) -> None:
    """End a session: none of its tokens is good any more."""
    await connection.execute(
        update(refresh_tokens)
        .where(refresh_tokens.c.family_id == family_id, refresh_tokens.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def _accounts() -> Select[Any]:
    return (
        select(
            users.c.id.label("user_id"),
            users.c.email,
            users.c.name,
            users.c.password_hash,
            memberships.c.tenant_id,
            tenants.c.name.label("tenant_name"),
            memberships.c.role,
            memberships.c.fleet_ids,
            memberships.c.driver_id,
        )
        .select_from(
            memberships.join(users, users.c.id == memberships.c.user_id).join(
                tenants, tenants.c.id == memberships.c.tenant_id
            )
        )
        .where(users.c.enabled)
    )
