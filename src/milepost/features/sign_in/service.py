"""Sessions: begun with a password, continued with refresh tokens that are good once, ended."""

from datetime import timedelta
from uuid import UUID

import msgspec
import structlog

from milepost.errors import Unauthenticated
from milepost.features.passwords import Passwords
from milepost.features.sign_in import store
from milepost.features.sign_in.limits import LoginLimits
from milepost.features.sign_in.schemas import Login
from milepost.features.sign_in.store import Account, RefreshToken
from milepost.features.tokens import AccessClaims, TokenSigner, new_secret, secret_hash
from milepost.features.work import Clock, MakeId
from milepost.stores.postgres.database import Database

REFRESH_LIFETIME = timedelta(days=30)

_log = structlog.get_logger("milepost.sign_in")


class Session(msgspec.Struct, frozen=True):
    """A session with its current tokens."""

    account: Account
    access_token: str
    refresh_token: str
    expires_in_s: int


class SignIn:
    """Begins, continues and ends sessions.

    It opens its own transactions: what a refused call found out (a stolen token) must be kept.
    """

    def __init__(
        self,
        *,
        database: Database,
        passwords: Passwords,
        signer: TokenSigner,
        limits: LoginLimits,
        clock: Clock,
        make_id: MakeId,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._signer = signer
        self._limits = limits
        self._clock = clock
        self._make_id = make_id

    async def login(self, login: Login, address: str) -> Session:
        """Begin a session.

        Raises:
            RateLimited: too many attempts from the address or on the account.
            Unauthenticated: there is no such account, or the password is another. An unknown
                address takes as long to refuse as a wrong password.
        """
        await self._limits.count(address, login.email)
        async with self._database.identity_transaction() as connection:
            accounts = await store.accounts_of(connection, login.email)
        # Every membership of an account has the account's one password.
        password_hash = accounts[0].password_hash if accounts else None
        if not await self._passwords.verify(password_hash, login.password):
            _log.warning("sign_in_refused", address=address)
            raise Unauthenticated("the e-mail address or the password is wrong")
        await self._limits.succeeded(login.email)
        return await self._begin(_chosen(accounts, login.tenant_id))

    async def refresh(self, refresh_token: str) -> Session:
        """Continue a session with new tokens.

        Raises:
            Unauthenticated: the token is unknown or expired, the session has ended, or the token
                was used before: then someone has a copy, and the session ends for everyone.
        """
        now = self._clock()
        async with self._database.identity_transaction() as connection:
            token = await store.find_token(connection, secret_hash(refresh_token))
            if token is None or token.revoked_at is not None or token.expires_at <= now:
                raise Unauthenticated("the refresh token is not valid or has expired")
            reused = token.used_at is not None
            if reused:
                await store.revoke_family(connection, token.family_id, now)
            else:
                await store.mark_used(connection, token.id, now)
                account = await store.account(connection, token.user_id, token.tenant_id)
        if reused:
            _log.warning("refresh_token_reused", user_id=str(token.user_id))
            raise Unauthenticated("the refresh token was used before; sign in again")
        if account is None:
            raise Unauthenticated("the account may no longer sign in")
        return await self._issue(account, token.family_id)

    async def logout(self, family_id: UUID) -> None:
        """End a session."""
        async with self._database.identity_transaction() as connection:
            await store.revoke_family(connection, family_id, self._clock())

    async def _begin(self, account: Account) -> Session:
        return await self._issue(account, self._make_id())

    async def _issue(self, account: Account, family_id: UUID) -> Session:
        now, secret = self._clock(), new_secret()
        token = RefreshToken(
            id=self._make_id(),
            tenant_id=account.tenant_id,
            user_id=account.user_id,
            family_id=family_id,
            token_hash=secret_hash(secret),
            created_at=now,
            expires_at=now + REFRESH_LIFETIME,
        )
        async with self._database.identity_transaction() as connection:
            await store.insert_token(connection, token)
        claims = AccessClaims(account.user_id, account.tenant_id, family_id)
        return Session(account, self._signer.issue(claims), secret, self._signer.lifetime_s)


def _chosen(accounts: list[Account], tenant_id: UUID | None) -> Account:
    for account in accounts:
        if tenant_id is None or account.tenant_id == tenant_id:
            return account
    raise Unauthenticated("the account is not a member of this tenant")
