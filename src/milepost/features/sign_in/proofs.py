"""How people show that an account is theirs: a password, a code of the second factor."""

import msgspec

from milepost.features.passwords import Passwords
from milepost.features.second_factor.sealing import Sealer
from milepost.features.sign_in.journal import SignInJournal
from milepost.features.sign_in.limits import AttemptLimit


class Proofs(msgspec.Struct, frozen=True):
    """What checks a password and a code, how often someone may try, and what tells of refusals."""

    passwords: Passwords
    sealer: Sealer
    password_tries: AttemptLimit
    code_tries: AttemptLimit
    journal: SignInJournal
