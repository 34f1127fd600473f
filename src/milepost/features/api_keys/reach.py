"""What an API key gives now: never more than its owner may do."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from milepost.domain.scope import Role, Scope
from milepost.domain.tenant import ApiKey
from milepost.features.permissions import PERMISSIONS

KeyStatus = Literal["active", "expired", "owner_gone", "owner_may_less"]


class OwnedApiKey(ApiKey, frozen=True, kw_only=True):
    """A key with what its owner may do now; without an enabled owner all of that is None."""

    owner_name: str | None = None
    owner_role: Role | None = None
    owner_fleet_ids: tuple[UUID, ...] | None = None


def status_of(key: OwnedApiKey, now: datetime) -> KeyStatus:
    """Whether a key that has not been revoked works now, or why not."""
    if key.expires_at is not None and key.expires_at <= now:
        return "expired"
    if key.owner_role is None:
        return "owner_gone"
    if not PERMISSIONS[key.role] <= PERMISSIONS[key.owner_role]:
        return "owner_may_less"
    return "active"


def scope_of(key: OwnedApiKey) -> Scope:
    """What a working key reaches: its own fleets, as far as its owner reaches them, too."""
    fleet_ids = key.fleet_ids
    if fleet_ids is None:
        fleet_ids = key.owner_fleet_ids
    elif key.owner_fleet_ids is not None:
        fleet_ids = tuple(each for each in fleet_ids if each in key.owner_fleet_ids)
    return Scope(tenant_id=key.tenant_id, user_id=None, role=key.role, fleet_ids=fleet_ids)


class KnownApiKey(OwnedApiKey, frozen=True, kw_only=True):
    """A key with the hash of its secret."""

    hash: bytes
