"""Everything that has to do with accounts, built once from what it needs."""

import msgspec
from litestar.stores.base import Store

from milepost.features.password_resets.service import PasswordResets
from milepost.features.passwords import Passwords
from milepost.features.second_factor.sealing import Sealer
from milepost.features.sign_in.authenticator import Authenticator
from milepost.features.sign_in.challenges import Challenges
from milepost.features.sign_in.guards import SignInGuards
from milepost.features.sign_in.journal import SignInJournal
from milepost.features.sign_in.limits import AttemptLimit
from milepost.features.sign_in.proofs import Proofs
from milepost.features.sign_in.service import SignIn
from milepost.features.sign_in.sessions import SessionLimits, Sessions
from milepost.features.signing_keys import SigningKeys
from milepost.features.tokens import TokenSigner
from milepost.features.work import ChangeNotice, Clock, MakeId
from milepost.stores.postgres.database import Database

PASSWORD_TRIES = 10
CODE_TRIES = 5
_WINDOW_S = 300
_CODE_WINDOW_S = 900


class AccountNeeds(msgspec.Struct, frozen=True):
    """What the parts about accounts are built from.

    `attempts` keeps the counters of people whose password was right. Strangers have another store,
    that of the `guards`: whatever they fill it with, no counter of an account is forgotten.
    """

    database: Database
    keys: SigningKeys
    session_limits: SessionLimits
    attempts: Store
    guards: SignInGuards
    notice: ChangeNotice
    clock: Clock
    make_id: MakeId


class Accounts(msgspec.Struct, frozen=True):
    """The parts about accounts, and the keys they were built with."""

    keys: SigningKeys
    journal: SignInJournal
    authenticator: Authenticator
    sign_in: SignIn
    sessions: Sessions
    proofs: Proofs
    password_resets: PasswordResets


def open_accounts(needs: AccountNeeds, passwords: Passwords) -> Accounts:
    """Build the parts; of them the journal has to be closed."""
    clock, keys, guards = needs.clock, needs.keys, needs.guards
    signer = TokenSigner(keys.current, clock, previous_key=keys.previous)
    sessions = Sessions(
        database=needs.database,
        signer=signer,
        journal=guards.journal,
        limits=needs.session_limits,
        notice=needs.notice,
        clock=clock,
        make_id=needs.make_id,
    )
    proofs = Proofs(
        passwords=passwords,
        sealer=Sealer(keys.current, keys.previous),
        password_tries=_limit(needs, "tries of the password", PASSWORD_TRIES, _WINDOW_S),
        code_tries=_limit(needs, "codes of the second factor", CODE_TRIES, _CODE_WINDOW_S),
        journal=guards.journal,
    )
    sign_in = SignIn(
        database=needs.database,
        guards=guards,
        challenges=Challenges(keys.current, clock),
        proofs=proofs,
        sessions=sessions,
    )
    resets = PasswordResets(
        database=needs.database,
        passwords=passwords,
        guards=guards,
        notice=needs.notice,
        clock=clock,
        make_id=needs.make_id,
    )
    journal = guards.journal
    authenticator = Authenticator(needs.database, signer, journal, clock)
    return Accounts(keys, journal, authenticator, sign_in, sessions, proofs, resets)


def _limit(needs: AccountNeeds, what: str, limit: int, window_s: int) -> AttemptLimit:
    return AttemptLimit(needs.attempts, needs.clock, what, limit, window_s)
