"""Signing in, on the wire."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from milepost.domain.permission import Permission
from milepost.domain.scope import Role
from milepost.features.wire import PRINTABLE, Body, Wire

# What comes in is compared, never kept: long texts are refused before they cost a hash.
_Typed = Annotated[str, Meta(min_length=1, max_length=1000)]


class Login(Body, frozen=True):
    """Who signs in; `tenantId` chooses among several tenants of one account.

    `deviceToken` is that of an earlier sign-in on the same device: it keeps the device apart from
    strangers who try the account's passwords.
    """

    email: Annotated[str, Meta(min_length=1, max_length=1000, pattern=PRINTABLE)]
    password: _Typed
    tenant_id: UUID | None = None
    device_token: _Typed | None = None


class SecondStep(Body, frozen=True):
    """The `challenge` of the first step, and a code of the authenticator or a recovery code."""

    challenge: _Typed
    code: Annotated[str, Meta(min_length=1, max_length=100)]


class Refresh(Body, frozen=True):
    """The refresh token of the session that is to go on; it is good once."""

    refresh_token: _Typed


class SignedInUser(Wire, frozen=True):
    """The account that is signed in."""

    id: UUID
    email: str
    name: str


class SignedInTenant(Wire, frozen=True):
    """The tenant that the account is signed in to."""

    id: UUID
    name: str


class SessionView(Wire, frozen=True):
    """A session: send `accessToken` as a bearer token, and refresh before it expires.

    A device keeps `deviceToken` for its next sign-in. It opens nothing. Refreshing gives none.
    """

    access_token: str
    refresh_token: str
    device_token: str | None
    expires_in_s: int
    user: SignedInUser
    tenant: SignedInTenant
    role: Role


class CallerView(Wire, frozen=True):
    """Who the caller is; `user` is null for an API key. `fleetIds` null means all fleets.

    While `secondFactorMissing` is true nothing is open but turning one on.
    """

    user: SignedInUser | None
    tenant: SignedInTenant
    role: Role
    permissions: tuple[Permission, ...]
    fleet_ids: tuple[UUID, ...] | None
    driver_id: UUID | None
    second_factor_missing: bool
