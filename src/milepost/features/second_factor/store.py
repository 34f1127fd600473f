"""Second factors and recovery codes in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.features.rows import columns_of, fetch_all, fetch_one
from milepost.features.second_factor.tables import recovery_codes, second_factors


class StoredFactor(msgspec.Struct, frozen=True, kw_only=True):
    """A second factor as it is kept; it counts once it is confirmed."""

    user_id: UUID
    sealed_secret: bytes
    confirmed_at: datetime | None
    last_step: int


async def find_factor(
    connection: AsyncConnection, user_id: UUID, *, lock: bool = False
) -> StoredFactor | None:
    """The account's factor, confirmed or not."""
    query = select(*columns_of(second_factors, StoredFactor)).where(
        second_factors.c.user_id == user_id
    )
    return await fetch_one(connection, query.with_for_update() if lock else query, StoredFactor)


async def put_draft(
    connection: AsyncConnection, user_id: UUID, sealed_secret: bytes, now: datetime
) -> bool:
    """Keep a factor that is to be confirmed, in the place of an earlier draft; not of a factor."""
    values = {"sealed_secret": sealed_secret, "created_at": now, "last_step": 0}
    statement = (
        upsert(second_factors)
        .values(user_id=user_id, **values)
        .on_conflict_do_update(
            index_elements=["user_id"], set_=values, where=second_factors.c.confirmed_at.is_(None)
        )
    )
    return (await connection.execute(statement)).rowcount == 1


async def confirm_factor(connection: AsyncConnection, user_id: UUID, now: datetime) -> None:
    """From now on the factor is asked for."""
    await connection.execute(
        update(second_factors).where(second_factors.c.user_id == user_id).values(confirmed_at=now)
    )


async def use_step(connection: AsyncConnection, user_id: UUID, step: int) -> bool:
    """Use up a time step and all before it; False: another call has been faster."""
    used = await connection.execute(
        update(second_factors)
        .where(second_factors.c.user_id == user_id, second_factors.c.last_step < step)
        .values(last_step=step)
    )
    return used.rowcount == 1


async def use_recovery_code(connection: AsyncConnection, user_id: UUID, code_hash: bytes) -> bool:
    """Use up a recovery code; False: there is no such code."""
    used = await connection.execute(
        delete(recovery_codes).where(
            recovery_codes.c.user_id == user_id, recovery_codes.c.code_hash == code_hash
        )
    )
    return used.rowcount == 1


async def replace_recovery_codes(
    connection: AsyncConnection, user_id: UUID, hashes: Sequence[bytes]
) -> None:
    """Keep new recovery codes instead of all that there were."""
    await connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    rows = [{"user_id": user_id, "code_hash": each} for each in hashes]
    await connection.execute(insert(recovery_codes), rows)


async def count_recovery_codes(connection: AsyncConnection, user_id: UUID) -> int:
    """How many are left."""
    query = select(func.count()).where(recovery_codes.c.user_id == user_id)
    return await connection.scalar(query) or 0


async def delete_factor(connection: AsyncConnection, user_id: UUID) -> bool:
    """Remove the factor with its recovery codes; False: there was none."""
    gone = await connection.execute(
        delete(second_factors).where(second_factors.c.user_id == user_id)
    )
    return gone.rowcount == 1


async def page_factors(
    connection: AsyncConnection, after: UUID | None, limit: int
) -> list[StoredFactor]:
    """Factors of all accounts in the order of their ids, locked."""
    query = select(*columns_of(second_factors, StoredFactor)).order_by(second_factors.c.user_id)
    if after is not None:
        query = query.where(second_factors.c.user_id > after)
    return await fetch_all(connection, query.limit(limit).with_for_update(), StoredFactor)


async def put_sealed(connection: AsyncConnection, user_id: UUID, sealed_secret: bytes) -> None:
    """Keep the same secret, sealed anew."""
    await connection.execute(
        update(second_factors)
        .where(second_factors.c.user_id == user_id)
        .values(sealed_secret=sealed_secret)
    )
