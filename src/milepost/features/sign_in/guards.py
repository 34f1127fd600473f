"""What stands between strangers and accounts: limits, known devices, and a journal of it all."""

import msgspec
from litestar.stores.base import Store

from milepost.features.sign_in.devices import DeviceTokens
from milepost.features.sign_in.journal import SignInJournal
from milepost.features.sign_in.limits import LoginLimits
from milepost.features.work import Clock, MakeId
from milepost.stores.postgres.database import Database


class SignInGuards(msgspec.Struct, frozen=True):
    """The guards of signing in."""

    limits: LoginLimits
    devices: DeviceTokens
    journal: SignInJournal


def make_guards(
    database: Database, store: Store, signing_key: bytes, clock: Clock, make_id: MakeId
) -> SignInGuards:
    """The guards with their usual limits; `store` keeps their counters."""
    return SignInGuards(
        limits=LoginLimits(store, clock),
        devices=DeviceTokens(signing_key, clock),
        journal=SignInJournal(database, store, clock, make_id),
    )
