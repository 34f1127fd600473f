"""An account's own password, in whatever tenants it is a member; for `milepost_identity` alone."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.features.tenants.tables import tenants
from milepost.features.users.tables import memberships, users


class Credentials(msgspec.Struct, frozen=True):
    """What an account signs in with, and what its password must not be made of."""

    user_id: UUID
    email: str
    password_hash: str | None
    tenant_id: UUID
    words: tuple[str, ...]


async def credentials_of(connection: AsyncConnection, user_id: UUID) -> Credentials | None:
    """Of the account by its id."""
    return await _credentials(connection, users.c.id == user_id)


async def credentials_by_email(connection: AsyncConnection, email: str) -> Credentials | None:
    """Of the account by its e-mail address."""
    return await _credentials(connection, users.c.email == email.lower())


async def put_password(
    connection: AsyncConnection, user_id: UUID, password_hash: str, now: datetime
) -> None:
    """Keep a new password; sessions go on until they are ended."""
    await connection.execute(
        update(users)
        .where(users.c.id == user_id)
        .values(password_hash=password_hash, updated_at=now)
    )


async def sign_out_everywhere(connection: AsyncConnection, user_id: UUID, now: datetime) -> None:
    """End all sessions that have begun, in every tenant."""
    await connection.execute(update(users).where(users.c.id == user_id).values(signed_out_at=now))


async def _credentials(
    connection: AsyncConnection, condition: ColumnElement[bool]
) -> Credentials | None:
    """Of the account; its tenant is that of the oldest membership, as at sign-in."""
    query = (
        select(
            users.c.id,
            users.c.email,
            users.c.name,
            users.c.password_hash,
            tenants.c.id.label("tenant_id"),
            tenants.c.name.label("tenant_name"),
            tenants.c.slug,
        )
        .select_from(
            memberships.join(users, users.c.id == memberships.c.user_id).join(
                tenants, tenants.c.id == memberships.c.tenant_id
            )
        )
        .where(condition)
        .order_by(memberships.c.created_at)
    )
    rows = (await connection.execute(query)).all()
    if not rows:
        return None
    first = rows[0]
    words = [word for row in rows for word in (row.tenant_name, row.slug)]
    return Credentials(
        user_id=first.id,
        email=first.email,
        password_hash=first.password_hash,
        tenant_id=first.tenant_id,
        words=(first.email, first.name, *words),
    )
