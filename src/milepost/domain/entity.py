"""What everything that people manage has in common."""

from datetime import datetime
from uuid import UUID

import msgspec


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """A thing of one tenant; `version` counts its changes from 1 (the ETag)."""

    id: UUID
    tenant_id: UUID
    created_at: datetime
    updated_at: datetime
    version: int = 1
