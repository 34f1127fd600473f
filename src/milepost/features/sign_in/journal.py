"""Who signed in and who was refused: for administrators in the audit, for operators in the log.

A stranger causes refusals at will. So the rows of one account or key are limited, rows grow old,
and nobody who is refused waits for a row: how long a refusal takes does not tell what exists.
"""

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping
from datetime import timedelta
from typing import Literal
from uuid import UUID

import structlog
from litestar.stores.base import Store
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.errors import MilepostError, RateLimited
from milepost.features.address_key import address_key
from milepost.features.audit.store import insert_entry, prune_kind
from milepost.features.sign_in import store
from milepost.features.sign_in.limits import AttemptLimit
from milepost.features.tokens import AccessClaims
from milepost.features.work import Clock, MakeId
from milepost.stores.postgres.database import Database

KIND = "sign_in"
KEPT_FOR = timedelta(days=90)
_HOUR_S = 3600
_ROWS_PER_HOUR = 20
_LINES_PER_MINUTE = 60
_MAX_WAITING = 100
_SHOWN_CHARS = 254

Action = Literal["signed in", "signed out", "ended for a reused token", "refused", "locked out"]
Detail = Mapping[str, str | None]

_log = structlog.get_logger("milepost.sign_in")


class SignInJournal:
    """Writes the rows and lines about signing in."""

    def __init__(
        self, database: Database, limits_store: Store, clock: Clock, make_id: MakeId
    ) -> None:
        self._database = database
        self._clock = clock
        self._make_id = make_id
        self._rows = AttemptLimit(limits_store, clock, "audit rows", _ROWS_PER_HOUR, _HOUR_S)
        self._lines = AttemptLimit(limits_store, clock, "log lines", _LINES_PER_MINUTE, 60)
        self._prunings = AttemptLimit(limits_store, clock, "prunings", 1, _HOUR_S)
        self._waiting: set[asyncio.Task[None]] = set()
        # However many are refused, their rows take one connection to PostgreSQL at a time.
        self._one_at_a_time = asyncio.Lock()

    async def write(
        self,
        connection: AsyncConnection,
        tenant_id: UUID,
        who: str,
        action: Action,
        entity_id: UUID | None,
        detail: Detail,
    ) -> None:
        """Add a row within the caller's transaction; once an hour the tenant's old rows go."""
        now = self._clock()
        await insert_entry(
            connection,
            id=self._make_id(),
            tenant_id=tenant_id,
            time=now,
            who=who,
            action=action,
            kind=KIND,
            entity_id=entity_id,
            detail=detail,
        )
        if await _allowed(self._prunings, str(tenant_id)):
            await prune_kind(connection, tenant_id, KIND, now - KEPT_FOR)

    async def session(
        self,
        connection: AsyncConnection,
        claims: AccessClaims,
        action: Action,
        address: str,
        who: str | None = None,
    ) -> None:
        """A session begins or ends, within the caller's transaction.

        `who` is the account unless a part of the program ends the session.
        """
        detail = {"session": str(claims.family_id), "address": address}
        who = who or f"user:{claims.user_id}"
        await self.write(connection, claims.tenant_id, who, action, claims.user_id, detail)

    async def counted(self, counting: Awaitable[None], email: str, address: str) -> None:
        """Count an attempt on an account, and tell of it if it is one too many.

        Raises:
            RateLimited: it is.
        """
        try:
            await counting
        except RateLimited as error:
            self.refused("locked out", email, address, str(error))
            raise

    def refused(self, action: Action, email: str, address: str, reason: str) -> None:
        """Someone was not let in to an account, which may not exist; returns at once."""
        self._later(self._refused(action, email[:_SHOWN_CHARS], address, reason))

    def key_refused(
        self, key_id: UUID | None, tenant_id: UUID | None, prefix: str, address: str, reason: str
    ) -> None:
        """An API key was not let in; ids are None where no key begins so. Returns at once."""
        self._later(self._key_refused(key_id, tenant_id, prefix[:_SHOWN_CHARS], address, reason))

    async def close(self) -> None:
        """Wait for what is still to be written."""
        await asyncio.gather(*self._waiting, return_exceptions=True)

    async def _refused(self, action: Action, email: str, address: str, reason: str) -> None:
        name = action.replace(" ", "_")
        await self._line(f"sign_in.{name}", address, account=email, reason=reason)
        # Refusals leave room for a lock-out, which comes after them.
        if not await _allowed(self._rows, f"{action} account {email.lower()}"):
            return
        async with self._database.identity_transaction() as connection:
            detail = {"account": email, "address": address, "reason": reason}
            for tenant_id, user_id in await store.memberships_of(connection, email):
                await self.write(connection, tenant_id, "system:sign_in", action, user_id, detail)

    async def _key_refused(
        self, key_id: UUID | None, tenant_id: UUID | None, prefix: str, address: str, reason: str
    ) -> None:
        await self._line("api_key.refused", address, api_key=prefix, reason=reason)
        if tenant_id is None or not await _allowed(self._rows, f"key {key_id}"):
            return
        async with self._database.identity_transaction() as connection:
            detail = {"apiKey": prefix, "address": address, "reason": reason}
            await self.write(connection, tenant_id, "system:sign_in", "refused", key_id, detail)

    async def _line(self, event: str, address: str, **fields: str) -> None:
        if await _allowed(self._lines, address_key(address)):
            _log.warning(event, address=address, **fields)

    def _later(self, writing: Coroutine[None, None, None]) -> None:
        if len(self._waiting) >= _MAX_WAITING:
            writing.close()
            _log.warning("sign_in.not_recorded", waiting=_MAX_WAITING)
            return
        task = asyncio.create_task(self._guarded(writing))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _guarded(self, writing: Coroutine[None, None, None]) -> None:
        try:
            async with self._one_at_a_time:
                await writing
        except MilepostError as error:
            _log.warning("sign_in.not_recorded", error=str(error))


async def _allowed(limit: AttemptLimit, key: str) -> bool:
    try:
        await limit.count(key)
    except RateLimited:
        return False
    return True
