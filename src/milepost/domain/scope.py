"""Who is asking: every query of a store takes it."""

from typing import Literal
from uuid import UUID

import msgspec

Role = Literal["admin", "fleet_manager", "dispatcher", "maintenance", "driver", "viewer"]
ROLES: tuple[Role, ...] = (
    "admin",
    "fleet_manager",
    "dispatcher",
    "maintenance",
    "driver",
    "viewer",
)


class Scope(msgspec.Struct, frozen=True):
    """A caller within one tenant.

    `fleet_ids` None means all fleets of the tenant; a tuple restricts to those. A driver sees the
    vehicles assigned to `driver_id` now, and nothing else.
    """

    tenant_id: UUID
    user_id: UUID | None
    role: Role
    fleet_ids: tuple[UUID, ...] | None = None
    driver_id: UUID | None = None
