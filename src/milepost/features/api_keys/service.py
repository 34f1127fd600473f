"""API keys: made, taken over and revoked by administrators."""

import secrets
from uuid import UUID

from milepost.domain.revocation import Revocation
from milepost.domain.tenant import ApiKey
from milepost.errors import InvalidInput
from milepost.features.api_keys import store
from milepost.features.api_keys.reach import OwnedApiKey
from milepost.features.api_keys.schemas import NewApiKey
from milepost.features.audit.service import record
from milepost.features.tokens import new_secret, secret_hash
from milepost.features.users.service import check_reach
from milepost.features.work import Work

KEY_START = "mpk_"
BY_KEY = "api_key:"
"""How `Work.who` begins where a key carries out the call."""


async def create_key(work: Work, new: NewApiKey) -> tuple[OwnedApiKey, str]:
    """Make a key: what is kept of it, and the key itself, which nobody can ever see again.

    The caller is the owner; a key that a key makes has the owner of that key.

    Raises:
        NotFound: there is no such fleet.
        InvalidInput: an administrator's key is restricted to fleets, or the key would be expired.
    """
    await check_reach(work, new.role, new.fleet_ids, None)
    now = work.clock()
    if new.expires_at is not None and new.expires_at <= now:
        raise InvalidInput("expiresAt", new.expires_at.isoformat(), "a time in the future")
    prefix = KEY_START + secrets.token_hex(6)
    key = ApiKey(
        id=work.make_id(),
        tenant_id=work.scope.tenant_id,
        name=new.name,
        prefix=prefix,
        role=new.role,
        fleet_ids=new.fleet_ids,
        created_by=work.scope.user_id,
        owner_id=await _caller(work),
        created_at=now,
        expires_at=new.expires_at,
    )
    text = f"{prefix}_{new_secret()}"
    await store.insert_key(work.connection, key, secret_hash(text))
    await record(work, "created", "api_key", key.id, after=key)
    return await store.get_key(work.connection, work.scope, key.id), text


async def take_over_key(work: Work, key_id: UUID) -> OwnedApiKey:
    """Make the caller the owner of a key: it works for as long as they may do what it may.

    Raises:
        NotFound: the tenant has no such key that has not been revoked.
    """
    before = await store.get_key(work.connection, work.scope, key_id, lock=True)
    owner_id = await _caller(work)
    if owner_id is None or before.owner_id == owner_id:
        return before
    await store.set_owner(work.connection, key_id, owner_id)
    after = await store.get_key(work.connection, work.scope, key_id)
    await record(work, "took over", "api_key", key_id, before=before, after=after)
    work.access_ended(Revocation("api_key", key_id))
    return after


async def revoke_key(work: Work, key_id: UUID) -> None:
    """End a key at once.

    Raises:
        NotFound: the tenant has no such key that has not been revoked.
    """
    key = await store.get_key(work.connection, work.scope, key_id, lock=True)
    await store.revoke_key(work.connection, key_id, work.clock())
    await record(work, "revoked", "api_key", key_id, before=key)
    work.access_ended(Revocation("api_key", key_id))


async def _caller(work: Work) -> UUID | None:
    """The account that is behind the call: the caller's, or that of the owner of their key."""
    if not work.who.startswith(BY_KEY):
        return work.scope.user_id
    key_id = UUID(work.who.removeprefix(BY_KEY))
    return await store.owner_of(work.connection, work.scope, key_id)


def prefix_of(text: str) -> str:
    """The part of a key that it is looked up by."""
    return "_".join(text.split("_")[:2])
