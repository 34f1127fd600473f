"""Sessions in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.features.paging import Page, decode_cursor, keyset, page_of
from milepost.features.rows import columns_of, fetch_all, to_row
from milepost.features.sessions.tables import sessions


class OpenSession(msgspec.Struct, frozen=True, kw_only=True):
    """What someone is signed in with; `expires_at` is when it ends unless it is used before."""

    id: UUID
    tenant_id: UUID
    user_id: UUID
    created_at: datetime
    last_used_time: datetime
    expires_at: datetime
    address: str
    user_agent: str


def is_open(now: datetime, signed_out_at: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a session goes on; the account's `signed_out_at` ends what began before it."""
    return (
        sessions.c.ended_at.is_(None)
        & (sessions.c.expires_at > now)
        & (signed_out_at.is_(None) | (sessions.c.created_at > signed_out_at))
    )


def open_sessions(now: datetime, signed_out_at: ColumnElement[Any]) -> Select[Any]:
    """Sessions that go on; the caller joins the account of the column."""
    return select(*columns_of(sessions, OpenSession)).where(is_open(now, signed_out_at))


async def page_sessions(
    connection: AsyncConnection, query: Select[Any], after: str | None, limit: int
) -> Page[OpenSession]:
    """A page of the sessions that the query finds, the oldest first."""
    key = None if after is None else (decode_cursor(after, UUID),)
    found = await fetch_all(connection, keyset(query, [sessions.c.id], key, limit), OpenSession)
    return page_of(found, limit, lambda each: each.id)


async def insert_session(connection: AsyncConnection, session: OpenSession) -> None:
    """Keep a session that begins."""
    await connection.execute(insert(sessions).values(**to_row(session)))


async def touch_session(connection: AsyncConnection, session: OpenSession) -> None:
    """Keep that a session was used: when, until when it goes on, from where and by what."""
    await connection.execute(
        update(sessions)
        .where(sessions.c.id == session.id)
        .values(
            last_used_time=session.last_used_time,
            expires_at=session.expires_at,
            address=session.address,
            user_agent=session.user_agent,
        )
    )


async def end_session(
    connection: AsyncConnection, user_id: UUID, session_id: UUID, now: datetime
) -> bool:
    """End one session of an account; False: it has none of this id that nobody has ended."""
    conditions = [sessions.c.user_id == user_id, sessions.c.id == session_id]
    return bool(await _end(connection, now, conditions))


async def end_sessions(
    connection: AsyncConnection,
    user_id: UUID,
    now: datetime,
    *,
    keep: UUID | None = None,
    tenant_id: UUID | None = None,
) -> list[UUID]:
    """End all sessions of an account, but for one; in one tenant or in all.

    Returns:
        Those that nobody had ended before; tell `Work.session_ended` of each.
    """
    conditions = [sessions.c.user_id == user_id]
    if keep is not None:
        conditions.append(sessions.c.id != keep)
    if tenant_id is not None:
        conditions.append(sessions.c.tenant_id == tenant_id)
    return await _end(connection, now, conditions)


async def forget_old_sessions(connection: AsyncConnection, user_id: UUID, before: datetime) -> None:
    """Remove what ended long ago."""
    await connection.execute(
        delete(sessions).where(sessions.c.user_id == user_id, sessions.c.expires_at < before)
    )


async def _end(
    connection: AsyncConnection, now: datetime, conditions: Sequence[ColumnElement[bool]]
) -> list[UUID]:
    ending = update(sessions).where(*conditions, sessions.c.ended_at.is_(None))
    ended = await connection.scalars(ending.values(ended_at=now).returning(sessions.c.id))
    return list(ended)
