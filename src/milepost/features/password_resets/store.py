"""Codes for a new password in PostgreSQL."""

import hmac
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.features.password_resets.tables import password_resets


async def put_reset(
    connection: AsyncConnection,
    user_id: UUID,
    code_hash: bytes,
    made_by: str,
    times: tuple[datetime, datetime],
) -> None:
    """Keep a code, made and expiring at `times`, in the place of an earlier one."""
    await drop_reset(connection, user_id)
    created_at, expires_at = times
    await connection.execute(
        insert(password_resets).values(
            user_id=user_id,
            code_hash=code_hash,
            made_by=made_by,
            created_at=created_at,
            expires_at=expires_at,
        )
    )


async def drop_reset(connection: AsyncConnection, user_id: UUID) -> None:
    """The code, if there is one, is good no more."""
    await connection.execute(delete(password_resets).where(password_resets.c.user_id == user_id))


async def is_good(
    connection: AsyncConnection, user_id: UUID, code_hash: bytes, now: datetime
) -> bool:
    """Whether this is the account's code; it stays locked until the transaction ends."""
    query = select(password_resets.c.code_hash).where(
        password_resets.c.user_id == user_id, password_resets.c.expires_at > now
    )
    kept = await connection.scalar(query.with_for_update())
    return kept is not None and hmac.compare_digest(kept, code_hash)
