"""What stands between strangers and accounts: limits, known devices, and a journal of it all."""

import msgspec
from litestar.stores.base import Store

from milepost.features.sign_in.devices import DeviceTokens
from milepost.features.sign_in.journal import SignInJournal
from milepost.features.sign_in.limits import AttemptLimit, LoginLimits
from milepost.features.work import Clock, MakeId
from milepost.stores.postgres.database import Database

RESET_TRIES = 20
_RESET_WINDOW_S = 300


class SignInGuards(msgspec.Struct, frozen=True):
    """The guards of signing in."""

    limits: LoginLimits
    reset_tries: AttemptLimit
    devices: DeviceTokens
    journal: SignInJournal


def make_guards(
    database: Database,
    store: Store,
    signing_key: bytes,
    clock: Clock,
    make_id: MakeId,
    limits: LoginLimits | None = None,
) -> SignInGuards:
    """The guards, with the usual limits unless others are given; `store` keeps their counters."""
    return SignInGuards(
        limits=limits or LoginLimits(store, clock),
        reset_tries=AttemptLimit(
            store, clock, "tries of a code for a new password", RESET_TRIES, _RESET_WINDOW_S
        ),
        devices=DeviceTokens(signing_key, clock),
        journal=SignInJournal(database, store, clock, make_id),
    )
