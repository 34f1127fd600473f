"""Who a bearer token speaks for: an access token's account, or an API key."""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection

from milepost.domain.revocation import Credential
from milepost.domain.scope import Scope
from milepost.errors import SecondFactorMissing, Unauthenticated
from milepost.features.address_key import address_key
from milepost.features.api_keys.reach import KeyStatus, KnownApiKey, scope_of, status_of
from milepost.features.api_keys.service import BY_KEY, KEY_START, prefix_of
from milepost.features.api_keys.store import find_key, note_use
from milepost.features.sign_in import store
from milepost.features.sign_in.journal import SignInJournal
from milepost.features.tokens import TokenSigner, secret_hash
from milepost.features.work import Clock
from milepost.stores.postgres.database import Database

# A key in constant use does not write a row for every request.
_USE_NOTED_EVERY = timedelta(minutes=1)

_NOT_VALID = "the API key is not valid"
_REFUSALS: Mapping[KeyStatus, str] = MappingProxyType(
    {
        "expired": "the API key has expired or was revoked",
        "owner_gone": "the owner of the API key is gone; an administrator can take it over",
        "owner_may_less": "the owner of the API key may no longer do what it may",
    }
)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a token speaks for.

    `who` is the caller in the audit; `credential` says by what they were let in. `family_id` is
    the session, None for an API key. `expires_in_s` is how long the token stays good; None: until
    it is revoked. With `second_factor_missing` the caller may do nothing but turn one on.
    """

    scope: Scope
    who: str
    name: str
    email: str | None
    tenant_name: str
    family_id: UUID | None
    expires_in_s: float | None
    credential: Credential
    second_factor_missing: bool = False


class Authenticator:
    """Finds out who a token speaks for; asks the database each time, so a revocation holds."""

    def __init__(
        self, database: Database, signer: TokenSigner, journal: SignInJournal, clock: Clock
    ) -> None:
        self._database = database
        self._journal = journal
        self._signer = signer
        self._clock = clock

    async def authenticate(
        self, token: str, address: str, *, without_factor: bool = False
    ) -> Identity:
        """Who the token speaks for.

        Args:
            token: an access token or an API key.
            address: where the token came from, for the journal.
            without_factor: whether someone passes whose second factor is missing.

        Raises:
            Unauthenticated: the token is not valid, has expired or was revoked.
            SecondFactorMissing: the tenant asks for one that the account does not have.
        """
        if token.startswith(KEY_START):
            return await self._by_key(token, address)
        identity = await self._by_access_token(token)
        if identity.second_factor_missing and not without_factor:
            raise SecondFactorMissing
        return identity

    async def _by_access_token(self, token: str) -> Identity:
        claims, expires_in_s = self._signer.verify(token)
        async with self._database.identity_transaction() as connection:
            account = await store.session_account(
                connection, claims.user_id, claims.tenant_id, claims.family_id, self._clock()
            )
        if account is None:
            raise Unauthenticated("the session has ended")
        return Identity(
            scope=Scope(
                tenant_id=account.tenant_id,
                user_id=account.user_id,
                role=account.role,
                fleet_ids=account.fleet_ids,
                driver_id=account.driver_id,
            ),
            who=f"user:{account.user_id}",
            name=account.name,
            email=account.email,
            tenant_name=account.tenant_name,
            family_id=claims.family_id,
            expires_in_s=expires_in_s,
            second_factor_missing=account.second_factor_required and not account.has_second_factor,
            credential=Credential(
                tenant_id=account.tenant_id, user_id=account.user_id, session_id=claims.family_id
            ),
        )

    async def _by_key(self, text: str, address: str) -> Identity:
        now = self._clock()
        prefix = prefix_of(text)
        async with self._database.identity_transaction() as connection:
            key = await find_key(connection, prefix)
            refusal = _refusal_of(key, text, now)
            if key is None or refusal is not None:
                tenant_id, key_id = (None, None) if key is None else (key.tenant_id, key.id)
                reason = refusal or _NOT_VALID
                self._journal.key_refused(key_id, tenant_id, prefix, address, reason)
                raise Unauthenticated(reason)
            if key.last_used_time is None or now - key.last_used_time > _USE_NOTED_EVERY:
                await note_use(connection, key.id, now)
            tenant_name = await store.tenant_name(connection, key.tenant_id)
        expires_in_s = (key.expires_at - now).total_seconds() if key.expires_at else None
        return _identity_of(key, tenant_name, expires_in_s)


def client_address(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Where a request comes from, as limits count it; the proxies' word is heard before."""
    return address_key(connection.client.host if connection.client is not None else "")


def _refusal_of(key: KnownApiKey | None, text: str, now: datetime) -> str | None:
    """Why the key does not work; None if it does."""
    if key is None or not hmac.compare_digest(key.hash, secret_hash(text)):
        return _NOT_VALID
    if key.revoked_at is not None:
        return _REFUSALS["expired"]
    return _REFUSALS.get(status_of(key, now))


def _identity_of(key: KnownApiKey, tenant_name: str, expires_in_s: float | None) -> Identity:
    return Identity(
        scope=scope_of(key),
        who=f"{BY_KEY}{key.id}",
        name=key.name,
        email=None,
        tenant_name=tenant_name,
        family_id=None,
        expires_in_s=expires_in_s,
        credential=Credential(tenant_id=key.tenant_id, user_id=key.owner_id, api_key_id=key.id),
    )
