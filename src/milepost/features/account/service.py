"""What people do with their own account: password, second factor, sessions.

Everything happens in the work of `milepost_identity`, which sees all accounts: each call looks at
that of the caller alone.
"""

from uuid import UUID

import msgspec

from milepost.errors import (
    Conflict,
    Forbidden,
    NotFound,
    Unauthenticated,
    WrongCode,
    WrongPassword,
)
from milepost.features.audit.service import record
from milepost.features.password_resets.store import drop_reset
from milepost.features.password_rules import check_password
from milepost.features.second_factor import service as second_factor
from milepost.features.second_factor import store as factors
from milepost.features.second_factor.service import Enrolment, is_totp
from milepost.features.sessions.store import end_session, end_sessions
from milepost.features.sign_in.proofs import Proofs
from milepost.features.users.credentials import Credentials, credentials_of, put_password
from milepost.features.work import Work


class FactorState(msgspec.Struct, frozen=True):
    """Whether the second factor is on, and how many recovery codes are left."""

    enabled: bool
    recovery_codes_left: int


async def change_password(work: Work, proofs: Proofs, current: str, new: str) -> None:
    """Set another password; every other session of the account ends, the present one goes on.

    Raises:
        WrongPassword: `current` is not the present one.
        UnsafePassword: the new one breaks a rule, or is the present one.
        RateLimited: too many wrong passwords.
    """
    account = await _reauthenticate(work, proofs, current)
    if new == current:
        raise Conflict("password", "the new one is the present one")
    check_password(new, account.words)
    password_hash = await proofs.passwords.hash(new)
    await put_password(work.connection, account.user_id, password_hash, work.clock())
    await drop_reset(work.connection, account.user_id)
    await _end_others(work, account.user_id)
    await record(work, "changed own password of", "user", account.user_id)


async def end_own_sessions(
    work: Work, proofs: Proofs, password: str, session_id: UUID | None
) -> None:
    """End one session of the caller's account, or with None every one but the present.

    Raises:
        WrongPassword: the password is another.
        NotFound: the account has no such session that goes on.
        RateLimited: too many wrong passwords.
    """
    user_id = (await _reauthenticate(work, proofs, password)).user_id
    if session_id is None:
        await _end_others(work, user_id)
        await record(work, "ended all other sessions of", "user", user_id)
        return
    if not await end_session(work.connection, user_id, session_id, work.clock()):
        raise NotFound("session", session_id)
    work.session_ended(session_id)
    await record(work, "ended", "session", session_id)


async def factor_state(work: Work) -> FactorState:
    """The caller's second factor."""
    user_id = own_id(work)
    factor = await factors.find_factor(work.connection, user_id)
    enabled = factor is not None and factor.confirmed_at is not None
    return FactorState(enabled, await factors.count_recovery_codes(work.connection, user_id))


async def begin_factor(work: Work, proofs: Proofs, password: str) -> Enrolment:
    """Make a secret for an authenticator, to be confirmed by a first code.

    Raises:
        WrongPassword: the password is another.
        Conflict: the second factor is on already.
        RateLimited: too many wrong passwords.
    """
    account = await _reauthenticate(work, proofs, password)
    return await second_factor.begin(work, proofs.sealer, account.user_id, account.email)


async def confirm_factor(work: Work, proofs: Proofs, code: str) -> list[str]:
    """Turn the second factor on; every other session ends, which began without it.

    Raises:
        WrongCode: the code is not of the new secret.
        Conflict: nothing waits to be confirmed.
        RateLimited: too many wrong codes.
    """
    user_id = own_id(work)
    await proofs.code_tries.count(str(user_id))
    codes = await second_factor.confirm(work, proofs.sealer, user_id, code)
    await proofs.code_tries.forget(str(user_id))
    await _end_others(work, user_id)
    await record(work, "turned on the second factor of", "user", user_id)
    return codes


async def renew_recovery_codes(work: Work, proofs: Proofs, password: str, code: str) -> list[str]:
    """Ten new recovery codes instead of those that were left.

    Raises:
        WrongPassword: the password is another.
        WrongCode: the code is wrong, or was used.
        RateLimited: too many wrong ones.
    """
    user_id = await _show_both(work, proofs, password, code)
    await record(work, "made new recovery codes of", "user", user_id)
    return await second_factor.new_recovery_codes(work, user_id)


async def remove_factor(work: Work, proofs: Proofs, password: str, code: str) -> None:
    """Turn the second factor off; in a tenant that asks for one it is to be turned on anew.

    Raises:
        WrongPassword: the password is another.
        WrongCode: the code is wrong, or was used.
        RateLimited: too many wrong ones.
    """
    user_id = await _show_both(work, proofs, password, code)
    await factors.delete_factor(work.connection, user_id)
    work.user_changed(user_id)
    await record(work, "turned off the second factor of", "user", user_id)


def own_id(work: Work) -> UUID:
    """The account of the caller.

    Raises:
        Forbidden: an API key has none.
    """
    if work.scope.user_id is None:
        raise Forbidden("an account of one's own", "a person who is signed in")
    return work.scope.user_id


async def _reauthenticate(work: Work, proofs: Proofs, password: str) -> Credentials:
    user_id = own_id(work)
    account = await credentials_of(work.connection, user_id)
    if account is None:
        raise Unauthenticated("the account is gone")
    counting = proofs.password_tries.count(str(user_id))
    await proofs.journal.counted(counting, account.email, work.address)
    if not await proofs.passwords.verify(account.password_hash, password):
        reason = "wrong password of somebody who is signed in"
        proofs.journal.refused("refused", account.email, work.address, reason)
        raise WrongPassword
    await proofs.password_tries.forget(str(user_id))
    return account


async def _show_both(work: Work, proofs: Proofs, password: str, code: str) -> UUID:
    account = await _reauthenticate(work, proofs, password)
    user_id = account.user_id
    if is_totp(code):
        counting = proofs.code_tries.count(str(user_id))
        await proofs.journal.counted(counting, account.email, work.address)
    if not await second_factor.use_code(work, proofs.sealer, user_id, code):
        reason = "wrong code of somebody who is signed in"
        proofs.journal.refused("refused", account.email, work.address, reason)
        raise WrongCode
    if is_totp(code):
        await proofs.code_tries.forget(str(user_id))
    return user_id


async def _end_others(work: Work, user_id: UUID) -> None:
    for ended in await end_sessions(work.connection, user_id, work.clock(), keep=work.session_id):
        work.session_ended(ended)
