"""The second factor of an account: set up, confirmed, asked for, taken away."""

from uuid import UUID

import msgspec

from milepost.errors import Conflict, WrongCode
from milepost.features.one_time_codes import code_hash, new_code
from milepost.features.second_factor import store
from milepost.features.second_factor.sealing import Sealer
from milepost.features.second_factor.totp import (
    DIGITS,
    matching_step,
    new_secret,
    provisioning_uri,
)
from milepost.features.work import Work

RECOVERY_CODES = 10


class Enrolment(msgspec.Struct, frozen=True):
    """What an authenticator is set up with; it counts once a first code has confirmed it."""

    secret: str
    uri: str


async def begin(work: Work, sealer: Sealer, user_id: UUID, email: str) -> Enrolment:
    """Make a secret that is to be confirmed; an earlier one that was not is forgotten.

    Raises:
        Conflict: the account has a second factor.
    """
    secret = new_secret()
    sealed = sealer.seal(user_id, secret)
    if not await store.put_draft(work.connection, user_id, sealed, work.clock()):
        raise Conflict("second factor", "it is on already; turn it off first")
    return Enrolment(secret, provisioning_uri(secret, email))


async def confirm(work: Work, sealer: Sealer, user_id: UUID, code: str) -> list[str]:
    """Turn the factor on with a first code; the recovery codes, which are shown this once.

    Raises:
        Conflict: nothing waits to be confirmed.
        WrongCode: the code is another.
    """
    factor = await store.find_factor(work.connection, user_id, lock=True)
    if factor is None or factor.confirmed_at is not None:
        raise Conflict("second factor", "there is none that waits for its first code")
    if not await _use_totp(work, sealer, factor, code):
        raise WrongCode
    await store.confirm_factor(work.connection, user_id, work.clock())
    return await new_recovery_codes(work, user_id)


async def new_recovery_codes(work: Work, user_id: UUID) -> list[str]:
    """Ten new codes instead of all that there were."""
    codes = [new_code() for _ in range(RECOVERY_CODES)]
    hashes = [code_hash(code) for code in codes]
    await store.replace_recovery_codes(work.connection, user_id, hashes)
    return codes


def is_totp(code: str) -> bool:
    """Whether the text looks like a code of an authenticator; others are recovery codes."""
    bare = code.replace(" ", "")
    return len(bare) == DIGITS and bare.isascii() and bare.isdigit()


async def use_code(work: Work, sealer: Sealer, user_id: UUID, code: str) -> bool:
    """Use up a code of the authenticator or a recovery code; False: it is not good (any more)."""
    if not is_totp(code):
        return await store.use_recovery_code(work.connection, user_id, code_hash(code))
    factor = await store.find_factor(work.connection, user_id, lock=True)
    if factor is None or factor.confirmed_at is None:
        return False
    return await _use_totp(work, sealer, factor, code)


async def _use_totp(work: Work, sealer: Sealer, factor: store.StoredFactor, code: str) -> bool:
    secret = sealer.open(factor.user_id, factor.sealed_secret)
    step = matching_step(secret, code.replace(" ", ""), work.clock(), factor.last_step)
    return step is not None and await store.use_step(work.connection, factor.user_id, step)
