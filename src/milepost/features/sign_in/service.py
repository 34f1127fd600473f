"""Sessions: begun with a password, continued with refresh tokens that are good once, ended."""

from collections.abc import Awaitable
from datetime import timedelta
from uuid import UUID

import msgspec
import structlog

from milepost.domain.revocation import Revocation
from milepost.errors import RateLimited, Unauthenticated
from milepost.features.passwords import Passwords
from milepost.features.sign_in import store
from milepost.features.sign_in.guards import SignInGuards
from milepost.features.sign_in.limits import Attempt, network_of
from milepost.features.sign_in.schemas import Login
from milepost.features.sign_in.store import Account, RefreshToken
from milepost.features.tokens import AccessClaims, TokenSigner, new_secret, secret_hash
from milepost.features.work import ChangeNotice, Clock, MakeId
from milepost.stores.postgres.database import Database

REFRESH_LIFETIME = timedelta(days=30)

_log = structlog.get_logger("milepost.sign_in")


class Session(msgspec.Struct, frozen=True):
    """A session with its current tokens."""

    account: Account
    access_token: str
    refresh_token: str
    expires_in_s: int
    device_token: str | None = None


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
        guards: SignInGuards,
        notice: ChangeNotice,
        clock: Clock,
        make_id: MakeId,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._signer = signer
        self._limits = guards.limits
        self._devices = guards.devices
        self._journal = guards.journal
        self._notice = notice
        self._clock = clock
        self._make_id = make_id

    async def close(self) -> None:
        """Wait for what is still to be written into the journal."""
        await self._journal.close()

    async def login(self, login: Login, address: str) -> Session:
        """Begin a session.

        Raises:
            RateLimited: too many attempts from the address or on the account.
            Unauthenticated: there is no such account, or the password is another. An unknown
                address takes as long to refuse as a wrong password.
        """
        place = network_of(address)
        await self._count(login, address, self._limits.count_address(place))
        async with self._database.identity_transaction() as connection:
            accounts = await store.accounts_of(connection, login.email)
            familiar = await store.is_familiar(connection, login.email, place)
        device = self._devices.device_of(login.device_token, login.email)
        attempt = Attempt(email=login.email, address=place, device=device, familiar=familiar)
        await self._count(login, address, self._limits.count(attempt))
        # Every membership of an account has the account's one password.
        password_hash = accounts[0].password_hash if accounts else None
        if not await self._passwords.verify(password_hash, login.password):
            reason = "wrong password" if accounts else "no such account that is enabled"
            self._journal.refused("refused", login.email, address, reason)
            raise Unauthenticated("the e-mail address or the password is wrong")
        await self._limits.succeeded(attempt)
        account = self._chosen(accounts, login, address)
        session = await self._begin(account, address)
        device_token = self._devices.issue(account.email, device)
        return msgspec.structs.replace(session, device_token=device_token)

    async def _count(self, login: Login, address: str, counting: Awaitable[None]) -> None:
        try:
            await counting
        except RateLimited as error:
            self._journal.refused("locked out", login.email, address, str(error))
            raise

    def _chosen(self, accounts: list[Account], login: Login, address: str) -> Account:
        for account in accounts:
            if login.tenant_id is None or account.tenant_id == login.tenant_id:
                return account
        self._journal.refused("refused", login.email, address, "not a member of the tenant")
        raise Unauthenticated("the account is not a member of this tenant")

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
            self._notice.access_ended(Revocation("session", token.family_id))
            raise Unauthenticated("the refresh token was used before; sign in again")
        if account is None:
            raise Unauthenticated("the account may no longer sign in")
        return await self._issue(account, token.family_id)

    async def logout(self, ended: AccessClaims, address: str) -> None:
        """End a session: its tokens are no longer good, and what it watches closes."""
        async with self._database.identity_transaction() as connection:
            await store.revoke_family(connection, ended.family_id, self._clock())
            await self._journal.session(connection, ended, "signed out", address)
        self._notice.access_ended(Revocation("session", ended.family_id))

    async def _begin(self, account: Account, address: str) -> Session:
        begun = AccessClaims(account.user_id, account.tenant_id, self._make_id())
        async with self._database.identity_transaction() as connection:
            place = network_of(address)
            await store.remember_address(connection, account.user_id, place, self._clock())
            await self._journal.session(connection, begun, "signed in", address)
        return await self._issue(account, begun.family_id)

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
