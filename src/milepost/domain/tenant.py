"""Who owns data, and who may use it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from milepost.domain.entity import Entity
from milepost.domain.scope import Role


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation; everything else belongs to one.

    `thresholds` holds what replaces the defaults, by the field names of `Thresholds`. Devices that
    nobody registered are shown to the one tenant that `adopts_unknown_devices`. With
    `second_factor_required` its people sign in with a second factor or not at all. Days
    begin in `time_zone`, an IANA name.
    """

    id: UUID
    name: str
    slug: str
    thresholds: dict[str, float | bool] = {}
    settings: dict[str, Any] = {}
    adopts_unknown_devices: bool = False
    second_factor_required: bool = False
    time_zone: str = "UTC"
    created_at: datetime
    updated_at: datetime
    version: int = 1


class Member(Entity, frozen=True, kw_only=True):
    """A person's account and what it may do in one tenant; `id` is the account's.

    `fleet_ids` None means all fleets. `home_tenant_id` is the tenant that made the account: it
    alone may change the account itself.
    """

    email: str
    name: str
    enabled: bool
    home_tenant_id: UUID | None
    role: Role
    fleet_ids: tuple[UUID, ...] | None = None
    driver_id: UUID | None = None
    has_second_factor: bool = False


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of a program; the key itself is shown once and not kept.

    A key works for as long as its owner is an enabled member of the tenant whose role includes the
    key's. It has none once the owner has left, until an administrator takes it over.
    """

    id: UUID
    tenant_id: UUID
    name: str
    prefix: str
    role: Role
    fleet_ids: tuple[UUID, ...] | None = None
    created_by: UUID | None = None
    owner_id: UUID | None = None
    created_at: datetime
    last_used_time: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
