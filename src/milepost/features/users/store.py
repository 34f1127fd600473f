"""Accounts, memberships and refresh tokens in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.domain.tenant import Member
from milepost.errors import Conflict, NotFound
from milepost.features.paging import Page, decode_cursor, keyset, page_of
from milepost.features.rows import fetch_all, fetch_one
from milepost.features.second_factor.tables import second_factors
from milepost.features.sessions.store import end_sessions, open_sessions
from milepost.features.sessions.tables import sessions
from milepost.features.users.tables import memberships, users

_ACCOUNT_FIELDS = ("id", "email", "name", "enabled", "home_tenant_id")
_FACTOR = "has_second_factor"


def members(scope: Scope) -> Select[Any]:
    """The tenant's members."""
    elsewhere = {*_ACCOUNT_FIELDS, _FACTOR}
    others = [name for name in Member.__struct_fields__ if name not in elsewhere]
    # A tenant may read these two columns of a factor, and no other.
    factor = select(second_factors.c.user_id).where(
        second_factors.c.user_id == users.c.id, second_factors.c.confirmed_at.is_not(None)
    )
    return (
        select(
            *[users.c[name] for name in _ACCOUNT_FIELDS],
            *[memberships.c[name] for name in others],
            factor.exists().label(_FACTOR),
        )
        .select_from(memberships.join(users, users.c.id == memberships.c.user_id))
        .where(memberships.c.tenant_id == scope.tenant_id)
    )


async def page_members(
    connection: AsyncConnection, scope: Scope, after: str | None, limit: int
) -> Page[Member]:
    """The tenant's members in the order of their e-mail addresses."""
    key = None if after is None else (decode_cursor(after, str),)
    found = await fetch_all(connection, keyset(members(scope), [users.c.email], key, limit), Member)
    return page_of(found, limit, lambda member: member.email)


async def get_member(
    connection: AsyncConnection, scope: Scope, user_id: UUID, *, lock: bool = False
) -> Member:
    """One member.

    Raises:
        NotFound: there is no such member of the tenant.
    """
    query = members(scope).where(users.c.id == user_id)
    if lock:
        query = query.with_for_update(of=memberships)
    found = await fetch_one(connection, query, Member)
    if found is None:
        raise NotFound("user", user_id)
    return found


async def insert_member(connection: AsyncConnection, member: Member, password_hash: str) -> None:
    """Keep a new account and its membership.

    Raises:
        Conflict: an account with this e-mail address exists, in this tenant or another.
    """
    times = {"created_at": member.created_at, "updated_at": member.updated_at}
    account = {name: getattr(member, name) for name in _ACCOUNT_FIELDS}
    try:
        await connection.execute(
            insert(users).values(**account, password_hash=password_hash, **times)
        )
    except IntegrityError as error:
        raise Conflict(
            "user", f"the address {member.email} cannot be used for a new account"
        ) from error
    await connection.execute(
        insert(memberships).values(
            user_id=member.id, tenant_id=member.tenant_id, **_membership(member), **times
        )
    )


async def update_member(
    connection: AsyncConnection, member: Member, password_hash: str | None
) -> None:
    """Keep the changes of a member that was read with a lock; of the account only at home."""
    lifecycle = {"updated_at": member.updated_at, "version": member.version}
    await connection.execute(
        update(memberships)
        .where(memberships.c.user_id == member.id, memberships.c.tenant_id == member.tenant_id)
        .values(**_membership(member), **lifecycle)
    )
    if member.home_tenant_id != member.tenant_id:
        return
    account: dict[str, Any] = {"name": member.name, "enabled": member.enabled}
    if password_hash is not None:
        account["password_hash"] = password_hash
    await connection.execute(
        update(users)
        .where(users.c.id == member.id)
        .values(**account, updated_at=member.updated_at, version=users.c.version + 1)
    )


async def delete_member(connection: AsyncConnection, member: Member) -> None:
    """Remove the membership, and the account itself if the tenant made it."""
    await connection.execute(
        delete(memberships).where(
            memberships.c.user_id == member.id, memberships.c.tenant_id == member.tenant_id
        )
    )
    if member.home_tenant_id == member.tenant_id:
        await connection.execute(delete(users).where(users.c.id == member.id))


async def count_other_admins(connection: AsyncConnection, scope: Scope, user_id: UUID) -> int:
    """How many enabled administrators the tenant has besides this one."""
    query = (
        select(func.count())
        .select_from(memberships.join(users, users.c.id == memberships.c.user_id))
        .where(
            memberships.c.tenant_id == scope.tenant_id,
            memberships.c.role == "admin",
            memberships.c.fleet_ids.is_(None),
            users.c.enabled,
            users.c.id != user_id,
        )
    )
    return await connection.scalar(query) or 0


async def sign_out(connection: AsyncConnection, member: Member, now: datetime) -> None:
    """End a member's sessions here, and in every tenant if this one made the account."""
    await end_sessions(connection, member.id, now, tenant_id=member.tenant_id)
    if member.home_tenant_id == member.tenant_id:
        await connection.execute(
            update(users).where(users.c.id == member.id).values(signed_out_at=now)
        )


def sessions_of(user_id: UUID, now: datetime, scope: Scope | None) -> Select[Any]:
    """The account's sessions that go on, in the caller's tenant; None: in all tenants."""
    query = open_sessions(now, users.c.signed_out_at).join(users, users.c.id == sessions.c.user_id)
    query = query.where(users.c.id == user_id)
    return query if scope is None else query.where(sessions.c.tenant_id == scope.tenant_id)


async def find_home(connection: AsyncConnection, email: str) -> tuple[UUID, UUID]:
    """An account and the tenant that made it; for the command line, which sees all of them.

    Raises:
        NotFound: there is no account with this e-mail address, or no tenant made it.
    """
    query = select(users.c.id, users.c.home_tenant_id).where(users.c.email == email.lower())
    found = (await connection.execute(query)).one_or_none()
    if found is None or found.home_tenant_id is None:
        raise NotFound("account", email)
    return found.id, found.home_tenant_id


def _membership(member: Member) -> dict[str, Any]:
    return {
        "role": member.role,
        "fleet_ids": None if member.fleet_ids is None else list(member.fleet_ids),
        "driver_id": member.driver_id,
    }
