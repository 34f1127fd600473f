"""API keys: made and revoked by administrators."""

import secrets
from uuid import UUID

from milepost.domain.tenant import ApiKey
from milepost.errors import InvalidInput
from milepost.features.api_keys import store
from milepost.features.api_keys.schemas import NewApiKey
from milepost.features.audit.service import record
from milepost.features.tokens import new_secret, secret_hash
from milepost.features.users.service import check_reach
from milepost.features.work import Work

KEY_START = "mpk_"


async def create_key(work: Work, new: NewApiKey) -> tuple[ApiKey, str]:
    """Make a key: what is kept of it, and the key itself, which nobody can ever see again.

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
        created_at=now,
        expires_at=new.expires_at,
    )
    text = f"{prefix}_{new_secret()}"
    await store.insert_key(work.connection, key, secret_hash(text))
    await record(work, "created", "api_key", key.id, after=key)
    return key, text


async def revoke_key(work: Work, key_id: UUID) -> None:
    """End a key at once.

    Raises:
        NotFound: the tenant has no such key that has not been revoked.
    """
    key = await store.revoke_key(work.connection, work.scope, key_id, work.clock())
    await record(work, "revoked", "api_key", key_id, before=key)


def prefix_of(text: str) -> str:
    """The part of a key that it is looked up by."""
    return "_".join(text.split("_")[:2])
