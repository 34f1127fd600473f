"""Signing in: a password, and a code where the account has a second factor."""

from uuid import UUID

import msgspec

from milepost.errors import SecondStepNeeded, Unauthenticated
from milepost.features.audit.service import record
from milepost.features.second_factor.service import is_totp, use_code
from milepost.features.sign_in import store
from milepost.features.sign_in.challenges import LIFETIME_S, Challenge, Challenges, password_mark
from milepost.features.sign_in.guards import SignInGuards
from milepost.features.sign_in.limits import Attempt
from milepost.features.sign_in.proofs import Proofs
from milepost.features.sign_in.schemas import Login, SecondStep
from milepost.features.sign_in.sessions import Client, Session, Sessions
from milepost.features.sign_in.store import Account
from milepost.features.work import Work
from milepost.stores.postgres.database import Database


class SignIn:
    """Finds out whether someone is who they say, and begins a session then."""

    def __init__(
        self,
        *,
        database: Database,
        guards: SignInGuards,
        challenges: Challenges,
        proofs: Proofs,
        sessions: Sessions,
    ) -> None:
        self._database = database
        self._limits = guards.limits
        self._devices = guards.devices
        self._journal = guards.journal
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
        address = client.address
        counting = self._limits.count_address(address)
        await self._journal.counted(counting, login.email, address)
        async with self._database.identity_transaction() as connection:
            accounts = await store.accounts_of(connection, login.email)
            familiar = await store.is_familiar(connection, login.email, address)
        device = self._devices.device_of(login.device_token, login.email)
        attempt = Attempt(email=login.email, address=address, device=device, familiar=familiar)
        await self._journal.counted(self._limits.count(attempt), login.email, address)
        # Every membership of an account has the account's one password.
        password_hash = accounts[0].password_hash if accounts else None
        if not await self._proofs.passwords.verify(password_hash, login.password):
            reason = "wrong password" if accounts else "no such account that is enabled"
            self._journal.refused("refused", login.email, address, reason)
            raise Unauthenticated("the e-mail address or the password is wrong")
        await self._limits.succeeded(attempt)
        account = self._chosen(accounts, login, address)
        if account.has_second_factor:
            challenge = self._challenges.issue(_challenge(account, device))
            raise SecondStepNeeded(challenge, LIFETIME_S)
        return await self._begin(account, client, device)

    async def second_step(self, step: SecondStep, client: Client) -> Session:
        """Begin a session with a code, after the password.

        Raises:
            Unauthenticated: the first step is too long ago, the code is wrong or was used, or the
                account may no longer sign in.
            RateLimited: too many wrong codes; recovery codes, which nobody guesses, go on working.
        """
        challenge, tries = self._challenges.check(step.challenge), self._proofs.code_tries
        user_id, address = challenge.user_id, client.address
        async with self._database.identity_transaction() as connection:
            account = await store.account(connection, user_id, challenge.tenant_id)
            if account is None or _challenge(account, challenge.device) != challenge:
                raise Unauthenticated("the account has changed meanwhile; begin again")
            if is_totp(step.code):
                counting = tries.count(str(user_id))
                await self._journal.counted(counting, account.email, address)
            good = await self._use(self._sessions.work(connection, account), user_id, step.code)
        if not good:
            reason = "wrong code of the second factor"
            self._journal.refused("refused", account.email, address, reason)
            raise Unauthenticated("the code is wrong, or it was used before")
        if is_totp(step.code):
            await tries.forget(str(user_id))
        return await self._begin(account, client, challenge.device)

    async def _use(self, work: Work, user_id: UUID, code: str) -> bool:
        """Use up the code; False: it is not good (any more)."""
        good = await use_code(work, self._proofs.sealer, user_id, code)
        if good and not is_totp(code):
            await record(work, "used a recovery code of", "user", user_id)
        return good

    async def _begin(self, account: Account, client: Client, device: str | None) -> Session:
        session = await self._sessions.begin(account, client)
        device_token = self._devices.issue(account.email, device)
        return msgspec.structs.replace(session, device_token=device_token)

    def _chosen(self, accounts: list[Account], login: Login, address: str) -> Account:
        for account in accounts:
            if login.tenant_id is None or account.tenant_id == login.tenant_id:
                return account
        self._journal.refused("refused", login.email, address, "not a member of the tenant")
        raise Unauthenticated("the account is not a member of this tenant")


def _challenge(account: Account, device: str | None) -> Challenge:
    mark = password_mark(account.password_hash)
    return Challenge(account.user_id, account.tenant_id, mark, device)
