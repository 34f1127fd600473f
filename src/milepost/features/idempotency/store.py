"""Idempotency keys in PostgreSQL."""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.features.idempotency.tables import idempotency_keys
from milepost.features.rows import fetch_one

KEPT_FOR = timedelta(days=1)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered to the first call with a key."""

    request_hash: bytes
    response_status: int
    response_headers: dict[str, str]
    response_body: bytes


async def claim(
    connection: AsyncConnection,
    scope: Scope,
    who: str,
    key: str,
    request_hash: bytes,
    now: datetime,
) -> bool:
    """Whether this call is the first with the key; waits for another one that is under way."""
    table = idempotency_keys
    await connection.execute(
        delete(table).where(
            table.c.tenant_id == scope.tenant_id, table.c.created_at < now - KEPT_FOR
        )
    )
    statement = insert(table).values(
        tenant_id=scope.tenant_id, who=who, key=key, request_hash=request_hash, created_at=now
    )
    result = await connection.execute(statement.on_conflict_do_nothing())
    return result.rowcount == 1


async def recall(connection: AsyncConnection, scope: Scope, who: str, key: str) -> Answer | None:
    """What was answered to the first call; None if the key has just been forgotten."""
    table = idempotency_keys
    query = select(*[table.c[name] for name in Answer.__struct_fields__]).where(
        table.c.tenant_id == scope.tenant_id, table.c.who == who, table.c.key == key
    )
    return await fetch_one(connection, query, Answer)


async def remember(
    connection: AsyncConnection, scope: Scope, who: str, key: str, answer: Answer
) -> None:
    """Keep the answer for later calls with the key."""
    table = idempotency_keys
    await connection.execute(
        update(table)
        .where(table.c.tenant_id == scope.tenant_id, table.c.who == who, table.c.key == key)
        .values(**msgspec.structs.asdict(answer))
    )
