"""Accounts, sessions and refresh tokens of all tenants, as sign-in needs them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, delete, exists, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Role
from milepost.errors import Unauthenticated
from milepost.features.rows import columns_of, fetch_all, fetch_one, to_row
from milepost.features.second_factor.tables import second_factors
from milepost.features.sessions.store import OpenSession, is_open
from milepost.features.sessions.tables import sessions
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
    signed_out_at: datetime | None
    has_second_factor: bool
    second_factor_required: bool


class RefreshToken(msgspec.Struct, frozen=True, kw_only=True):
    """One refresh token of the session `family_id`.

    A used token has a `successor_salt` until its successor has been used, too.
    """

    id: UUID
    tenant_id: UUID
    user_id: UUID
    family_id: UUID
    token_hash: bytes
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    successor_salt: bytes | None = None


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
    connection: AsyncConnection, user_id: UUID, tenant_id: UUID, session_id: UUID, now: datetime
) -> Account | None:
    """The account in this tenant, if it and the session are still good."""
    query = (
        _accounts()
        .where(users.c.id == user_id, memberships.c.tenant_id == tenant_id)
        .where(
            exists().where(
                sessions.c.id == session_id,
                sessions.c.user_id == user_id,
                sessions.c.tenant_id == tenant_id,
                is_open(now, users.c.signed_out_at),
            )
        )
    )
    return await fetch_one(connection, query, Account)


async def get_session(connection: AsyncConnection, session_id: UUID) -> OpenSession:
    """The session of a token.

    Raises:
        Unauthenticated: someone has just ended it.
    """
    query = select(*columns_of(sessions, OpenSession)).where(sessions.c.id == session_id)
    found = await fetch_one(connection, query.where(sessions.c.ended_at.is_(None)), OpenSession)
    if found is None:
        raise Unauthenticated("the session has ended; sign in again")
    return found


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


async def mark_used(
    connection: AsyncConnection, token: RefreshToken, now: datetime, salt: bytes
) -> None:
    """Keep that a token has been used: it alone may be followed by the same successor again."""
    of_session = update(refresh_tokens).where(refresh_tokens.c.family_id == token.family_id)
    await connection.execute(
        of_session.where(refresh_tokens.c.successor_salt.is_not(None)).values(successor_salt=None)
    )
    await connection.execute(
        of_session.where(refresh_tokens.c.id == token.id).values(used_at=now, successor_salt=salt)
    )


async def forget_expired_tokens(connection: AsyncConnection, user_id: UUID, now: datetime) -> None:
    """Remove the account's tokens that are good for nothing."""
    await connection.execute(
        delete(refresh_tokens).where(
            refresh_tokens.c.user_id == user_id, refresh_tokens.c.expires_at < now
        )
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
            users.c.signed_out_at,
            exists()
            .where(
                second_factors.c.user_id == users.c.id, second_factors.c.confirmed_at.is_not(None)
            )
            .label("has_second_factor"),
            tenants.c.second_factor_required,
        )
        .select_from(
            memberships.join(users, users.c.id == memberships.c.user_id).join(
                tenants, tenants.c.id == memberships.c.tenant_id
            )
        )
        .where(users.c.enabled)
    )
