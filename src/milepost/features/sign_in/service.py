"""Signing in: a password, and a code where the account has a second factor."""

from uuid import UUID

import structlog

from milepost.errors import SecondStepNeeded, Unauthenticated
from milepost.features.audit.service import record
from milepost.features.second_factor.service import is_totp, use_code
from milepost.features.sign_in import store
from milepost.features.sign_in.challenges import LIFETIME_S, Challenge, Challenges, password_mark
from milepost.features.sign_in.limits import LoginLimits
from milepost.features.sign_in.proofs import Proofs
from milepost.features.sign_in.schemas import Login, SecondStep
from milepost.features.sign_in.sessions import Client, Session, Sessions
from milepost.features.sign_in.store import Account
from milepost.stores.postgres.database import Database

_log = structlog.get_logger("milepost.sign_in")


class SignIn:
    """Finds out whether someone is who they say, and begins a session then."""

    def __init__(
        self,
        *,
        database: Database,
        limits: LoginLimits,
        challenges: Challenges,
        proofs: Proofs,
        sessions: Sessions,
    ) -> None:
        self._database = database
        self._limits = limits
        self._challenges = challenges
        self._proofs = proofs
        self._sessions = sessions

    async def login(self, login: Login, client: Client) -> Session:
        """Begin a session.

        Raises:
            RateLimited: too many attempts from the address or on the account.
            Unauthenticated: there is no such account, or the password is another. An unknown
                address takes as long to refuse as a wrong password.
            SecondStepNeeded: the password is right, and the account has a second factor.
        """
        await self._limits.count(client.address, login.email)
        async with self._database.identity_transaction() as connection:
            accounts = await store.accounts_of(connection, login.email)
        # Every membership of an account has the account's one password.
        password_hash = accounts[0].password_hash if accounts else None
        if not await self._proofs.passwords.verify(password_hash, login.password):
            _log.warning("sign_in_refused", address=client.address)
            raise Unauthenticated("the e-mail address or the password is wrong")
        await self._limits.succeeded(login.email)
        account = _chosen(accounts, login.tenant_id)
        if account.has_second_factor:
            raise SecondStepNeeded(self._challenges.issue(_challenge(account)), LIFETIME_S)
        return await self._sessions.begin(account, client)

    async def second_step(self, step: SecondStep, client: Client) -> Session:
        """Begin a session with a code, after the password.

        Raises:
            Unauthenticated: the first step is too long ago, the code is wrong or was used, or the
                account may no longer sign in.
            RateLimited: too many wrong codes; recovery codes, which nobody guesses, go on working.
        """
        challenge = self._challenges.check(step.challenge)
        user_id = challenge.user_id
        if is_totp(step.code):
            await self._proofs.code_tries.count(str(user_id))
        async with self._database.identity_transaction() as connection:
            account = await store.account(connection, user_id, challenge.tenant_id)
            if account is None or _challenge(account) != challenge:
                raise Unauthenticated("the account has changed meanwhile; begin again")
            work = self._sessions.work(connection, account)
            good = await use_code(work, self._proofs.sealer, user_id, step.code)
            if good and not is_totp(step.code):
                await record(work, "used a recovery code of", "user", user_id)
        if not good:
            _log.warning("second_step_refused", address=client.address, user_id=str(user_id))
            raise Unauthenticated("the code is wrong, or it was used before")
        if is_totp(step.code):
            await self._proofs.code_tries.forget(str(user_id))
        return await self._sessions.begin(account, client)


def _challenge(account: Account) -> Challenge:
    mark = password_mark(account.password_hash)
    return Challenge(account.user_id, account.tenant_id, mark)


def _chosen(accounts: list[Account], tenant_id: UUID | None) -> Account:
    for account in accounts:
        if tenant_id is None or account.tenant_id == tenant_id:
            return account
    raise Unauthenticated("the account is not a member of this tenant")
