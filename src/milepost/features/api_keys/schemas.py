"""API keys on the wire."""

from datetime import datetime
from uuid import UUID

from milepost.domain.scope import Role
from milepost.features.api_keys.reach import KeyStatus
from milepost.features.paging import Page
from milepost.features.users.schemas import FleetIds
from milepost.features.wire import Body, Instant, Name, Wire


class NewApiKey(Body, frozen=True):
    """A key to be made."""

    name: Name
    role: Role
    fleet_ids: FleetIds | None = None
    expires_at: Instant | None = None


class ApiKeyView(Wire, frozen=True):
    """A key of a program. `prefix` is how it begins; the rest is not kept.

    A key with the `status` `owner_gone` (its owner was removed or disabled) or `owner_may_less`
    (its owner's role no longer includes the key's) does not work until it is taken over.
    """

    id: UUID
    name: str
    prefix: str
    role: Role
    fleet_ids: tuple[UUID, ...] | None
    created_by: UUID | None
    owner_id: UUID | None
    owner_name: str | None
    status: KeyStatus
    created_at: datetime
    last_used_time: datetime | None
    expires_at: datetime | None


class CreatedApiKey(ApiKeyView, frozen=True):
    """A new key: `key` is shown this once."""

    key: str


class ApiKeyPage(Page[ApiKeyView], frozen=True):
    """A page of API keys."""

    items: list[ApiKeyView]
