"""Whoever is signed in when the release with sessions comes stays signed in."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from milepost.stores.postgres import migrations
from milepost.stores.postgres.migrate import migrate
from tests.stores.postgres.test_migrate import empty_url

__all__ = ["empty_url"]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADD_TENANT = (
    "INSERT INTO tenants (id, name, slug, created_at, updated_at) VALUES (:id, 't', 't', :at, :at)"
)
ADD_USER = (
    "INSERT INTO users (id, email, name, created_at, updated_at)"
    " VALUES (:id, 'a@example.com', 'A', :at, :at)"
)
ADD_TOKEN = (
    "INSERT INTO refresh_tokens (id, tenant_id, user_id, family_id, token_hash, created_at,"
    " expires_at, revoked_at) VALUES (:id, :tenant, :user, :family, :hash, :at, :until, :revoked)"
)


def revision_before(name: str) -> str:
    found = ScriptDirectory(str(next(iter(migrations.__path__)))).get_revision(name)
    assert isinstance(found.down_revision, str)
    return found.down_revision


async def test_open_sessions_are_kept_and_ended_ones_are_not(empty_url: str) -> None:
    before = await asyncio.to_thread(revision_before, "0006")
    await migrate(empty_url, revision=before)
    tenant, user, kept, ended = (uuid4() for _ in range(4))
    engine = create_async_engine(empty_url, poolclass=NullPool)

    def token(family: UUID, day: int, revoked: datetime | None) -> dict[str, object]:
        at = NOW + timedelta(days=day)
        return {
            "id": uuid4(),
            "tenant": tenant,
            "user": user,
            "family": family,
            "hash": uuid4().bytes,
            "at": at,
            "until": at + timedelta(days=30),
            "revoked": revoked,
        }

    async with engine.begin() as connection:
        await connection.execute(text(ADD_TENANT), {"id": tenant, "at": NOW})
        await connection.execute(text(ADD_USER), {"id": user, "at": NOW})
        tokens = [token(kept, 0, None), token(kept, 5, None), token(ended, 0, NOW)]
        await connection.execute(text(ADD_TOKEN), tokens)
    await migrate(empty_url)
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM sessions"))).mappings().all()
    await engine.dispose()
    (session,) = rows
    assert (session["id"], session["tenant_id"], session["user_id"]) == (kept, tenant, user)
    assert session["created_at"] == NOW
    assert session["last_used_time"] == NOW + timedelta(days=5)
    assert session["expires_at"] == NOW + timedelta(days=35)
    assert session["ended_at"] is None
