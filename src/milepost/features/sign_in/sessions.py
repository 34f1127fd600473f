"""Sessions: begun, continued with refresh tokens that are good once, ended."""

from datetime import datetime, timedelta

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.errors import Forbidden, InvalidInput, Unauthenticated
from milepost.features.sessions.store import (
    OpenSession,
    end_session,
    forget_old_sessions,
    insert_session,
    touch_session,
)
from milepost.features.sign_in import store
from milepost.features.sign_in.journal import SignInJournal
from milepost.features.sign_in.refresh_tokens import GRACE, new_salt, successor
from milepost.features.sign_in.store import Account, RefreshToken
from milepost.features.tokens import AccessClaims, TokenSigner, new_secret, secret_hash
from milepost.features.work import ChangeNotice, Clock, MakeId, Work
from milepost.stores.postgres.database import Database

MAX_DAYS = 3650
_ENDED_ARE_KEPT = timedelta(days=30)

_log = structlog.get_logger("milepost.sign_in")


class Client(msgspec.Struct, frozen=True):
    """Where a request comes from, as the list of sessions shows it."""

    address: str
    user_agent: str = ""


class SessionLimits(msgspec.Struct, frozen=True):
    """A session ends when nobody has used it for `idle`, and `lifetime` after it began."""

    idle: timedelta
    lifetime: timedelta

    def end(self, began_at: datetime, now: datetime) -> datetime:
        """When a session ends that is used now and not again."""
        return min(now + self.idle, began_at + self.lifetime)


def session_limits(idle_days: float, lifetime_days: float) -> SessionLimits:
    """The settings as limits.

    Raises:
        InvalidInput: one of them is not a number of days above 0.
    """
    for name, days in (("IDLE", idle_days), ("LIFETIME", lifetime_days)):
        if not 0 < days <= MAX_DAYS:
            field = f"MILEPOST_SESSION_{name}_DAYS"
            raise InvalidInput(field, days, f"a number of days above 0, up to {MAX_DAYS}")
    return SessionLimits(timedelta(days=idle_days), timedelta(days=lifetime_days))


class Session(msgspec.Struct, frozen=True):
    """A session with its current tokens."""

    account: Account
    access_token: str
    refresh_token: str
    expires_in_s: int
    device_token: str | None = None


class Sessions:
    """Begins, continues and ends sessions.

    It opens its own transactions: what a refused call found out (a stolen token) must be kept.
    """

    def __init__(
        self,
        *,
        database: Database,
        signer: TokenSigner,
        journal: SignInJournal,
        limits: SessionLimits,
        notice: ChangeNotice,
        clock: Clock,
        make_id: MakeId,
    ) -> None:
        self._database = database
        self._signer = signer
        self._journal = journal
        self._limits = limits
        self._notice = notice
        self._clock = clock
        self._make_id = make_id

    async def begin(self, account: Account, client: Client) -> Session:
        """Begin a session of an account that has shown who it is."""
        now = self._clock()
        session = OpenSession(
            id=self._make_id(),
            tenant_id=account.tenant_id,
            user_id=account.user_id,
            created_at=now,
            last_used_time=now,
            expires_at=self._limits.end(now, now),
            address=client.address,
            user_agent=client.user_agent,
        )
        async with self._database.identity_transaction() as connection:
            await store.forget_expired_tokens(connection, account.user_id, now)
            await forget_old_sessions(connection, account.user_id, now - _ENDED_ARE_KEPT)
            await insert_session(connection, session)
            await store.remember_address(connection, account.user_id, client.address, now)
            await self._journal.session(connection, _claims(session), "signed in", client.address)
            work = self.work(connection, account)
            return await self._issue(work, account, session, new_secret())

    async def refresh(self, refresh_token: str, client: Client) -> Session:
        """Continue a session with new tokens.

        The token that was used last may come again within some seconds, while nobody has used its
        successor: two tabs asked at once. Both get the same successor.

        Raises:
            Unauthenticated: the token is unknown or expired, the session has ended, or the token
                was used before: then someone has a copy, and the session ends for everyone.
        """
        async with self._database.identity_transaction() as connection:
            token, account = await self._find(connection, secret_hash(refresh_token))
            work = self.work(connection, account)
            stolen = not self._may_be_used(token)
            if stolen:
                await self._end_stolen(work, token, client)
            else:
                session = await self._continue(work, account, token, refresh_token, client)
        work.announce()
        if stolen:
            _log.warning("refresh_token_reused", user_id=str(token.user_id))
            raise Unauthenticated("the refresh token was used before; sign in again")
        return session

    def work(self, connection: AsyncConnection, account: Account) -> Work:
        """What the account does by itself while it signs in."""
        return Work(
            connection=connection,
            scope=Scope(account.tenant_id, account.user_id, account.role),
            who=f"user:{account.user_id}",
            clock=self._clock,
            make_id=self._make_id,
            notice=self._notice,
        )

    async def sign_out(self, work: Work) -> None:
        """End the session that the caller is signed in with.

        Raises:
            Forbidden: an API key has no session.
        """
        user_id, session_id = work.scope.user_id, work.session_id
        if session_id is None or user_id is None:
            raise Forbidden("signing out", "a session; an API key is revoked instead")
        await end_session(work.connection, user_id, session_id, work.clock())
        ended = AccessClaims(user_id, work.scope.tenant_id, session_id)
        await self._journal.session(work.connection, ended, "signed out", work.address)
        work.session_ended(session_id)

    async def _end_stolen(self, work: Work, token: RefreshToken, client: Client) -> None:
        await end_session(work.connection, token.user_id, token.family_id, work.clock())
        ended = AccessClaims(token.user_id, token.tenant_id, token.family_id)
        await self._journal.session(
            work.connection,
            ended,
            "ended for a reused token",
            client.address,
            who="system:sign_in",
        )
        work.session_ended(token.family_id)

    async def _find(
        self, connection: AsyncConnection, token_hash: bytes
    ) -> tuple[RefreshToken, Account]:
        now = self._clock()
        token = await store.find_token(connection, token_hash)
        if token is None or token.expires_at <= now:
            raise Unauthenticated("the refresh token is not valid or has expired")
        account = await store.session_account(
            connection, token.user_id, token.tenant_id, token.family_id, now
        )
        if account is None:
            raise Unauthenticated("the session has ended; sign in again")
        return token, account

    def _may_be_used(self, token: RefreshToken) -> bool:
        if token.used_at is None:
            return True
        return token.successor_salt is not None and self._clock() - token.used_at <= GRACE

    async def _continue(
        self, work: Work, account: Account, token: RefreshToken, text: str, client: Client
    ) -> Session:
        session = await store.get_session(work.connection, token.family_id)
        if token.successor_salt is not None:
            return self._signed(account, session, successor(text, token.successor_salt))
        kept = msgspec.structs.replace(
            session,
            last_used_time=work.clock(),
            expires_at=self._limits.end(session.created_at, work.clock()),
            address=client.address,
            user_agent=client.user_agent,
        )
        if kept.expires_at <= work.clock():
            raise Unauthenticated("the session has lasted as long as it may; sign in again")
        salt = new_salt()
        await store.mark_used(work.connection, token, work.clock(), salt)
        await touch_session(work.connection, kept)
        return await self._issue(work, account, kept, successor(text, salt))

    async def _issue(
        self, work: Work, account: Account, session: OpenSession, refresh_token: str
    ) -> Session:
        token = RefreshToken(
            id=self._make_id(),
            tenant_id=account.tenant_id,
            user_id=account.user_id,
            family_id=session.id,
            token_hash=secret_hash(refresh_token),
            created_at=work.clock(),
            expires_at=session.expires_at,
        )
        await store.insert_token(work.connection, token)
        return self._signed(account, session, refresh_token)

    def _signed(self, account: Account, session: OpenSession, refresh_token: str) -> Session:
        left_s = (session.expires_at - self._clock()).total_seconds()
        lifetime_s = int(min(self._signer.lifetime_s, left_s))
        access_token = self._signer.issue(_claims(session), lifetime_s)
        return Session(account, access_token, refresh_token, lifetime_s)


def _claims(session: OpenSession) -> AccessClaims:
    return AccessClaims(session.user_id, session.tenant_id, session.id)
