"""A new password for someone who has forgotten theirs: a one-time code of an administrator."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from milepost.domain.scope import Scope
from milepost.errors import Unauthenticated
from milepost.features.audit.service import record
from milepost.features.one_time_codes import code_hash, new_code
from milepost.features.password_resets import store
from milepost.features.password_resets.schemas import PasswordReset
from milepost.features.password_rules import check_password
from milepost.features.passwords import Passwords
from milepost.features.sign_in.guards import SignInGuards
from milepost.features.users import credentials
from milepost.features.users.service import demand_another, demand_home
from milepost.features.users.store import get_member
from milepost.features.work import ChangeNotice, Clock, MakeId, Work
from milepost.stores.postgres.database import Database

LIFETIME = timedelta(hours=1)


class MadeCode(msgspec.Struct, frozen=True):
    """A code that is shown once."""

    code: str
    expires_at: datetime


async def make_code(work: Work, user_id: UUID) -> MadeCode:
    """Make a code with which a member sets a new password; it is good once, for an hour.

    Raises:
        NotFound: there is no such member.
        Forbidden: another tenant made the account, or it is the caller's own.
    """
    member = await get_member(work.connection, work.scope, user_id, lock=True)
    demand_home(member)
    demand_another(work, member)
    made = MadeCode(new_code(), work.clock() + LIFETIME)
    times = (work.clock(), made.expires_at)
    await store.put_reset(work.connection, user_id, code_hash(made.code), work.who, times)
    await record(work, "made a code for a new password of", "user", user_id)
    return made


class PasswordResets:
    """Takes the codes of people who are not signed in."""

    def __init__(
        self,
        *,
        database: Database,
        passwords: Passwords,
        guards: SignInGuards,
        notice: ChangeNotice,
        clock: Clock,
        make_id: MakeId,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._tries = guards.reset_tries
        self._journal = guards.journal
        self._notice = notice
        self._clock = clock
        self._make_id = make_id

    async def use(self, reset: PasswordReset, address: str) -> None:
        """Set a new password; all sessions end, and a second factor stays.

        Raises:
            RateLimited: too many tries from the address.
            Unauthenticated: the code is not the account's, was used, or has expired.
            UnsafePassword: the new password breaks a rule; the code stays good.
        """
        await self._journal.counted(self._tries.count(address), reset.email, address)
        async with self._database.identity_transaction() as connection:
            account = await credentials.credentials_by_email(connection, reset.email)
            now, kept = self._clock(), code_hash(reset.code)
            if account is None or not await store.is_good(connection, account.user_id, kept, now):
                reason = "wrong code for a new password"
                self._journal.refused("refused", reset.email, address, reason)
                raise Unauthenticated("the code is wrong, was used, or has expired")
            check_password(reset.password, account.words)
            password_hash = await self._passwords.hash(reset.password)
            work = Work(
                connection=connection,
                scope=Scope(account.tenant_id, account.user_id, "viewer"),
                who=f"user:{account.user_id}",
                clock=self._clock,
                make_id=self._make_id,
                notice=self._notice,
            )
            await credentials.put_password(connection, account.user_id, password_hash, now)
            await credentials.sign_out_everywhere(connection, account.user_id, now)
            await store.drop_reset(connection, account.user_id)
            await record(work, "set a new password, with a code, of", "user", account.user_id)
            work.user_changed(account.user_id)
        work.announce()
