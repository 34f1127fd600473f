"""Users of the tenant on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from milepost.domain.scope import Role
from milepost.features.paging import Page
from milepost.features.password_rules import MAX_LENGTH, MIN_LENGTH
from milepost.features.wire import Body, Email, Name, Wire

Password = Annotated[
    str,
    Meta(
        max_length=MAX_LENGTH,
        description=f"{MIN_LENGTH} to {MAX_LENGTH} characters of any kind; not one that is known.",
    ),
]
FleetIds = Annotated[
    tuple[UUID, ...],
    Meta(min_length=1, max_length=100, description="Restricts to these fleets; null: all fleets."),
]


class NewUser(Body, frozen=True):
    """An account to be made, as a member of the tenant."""

    email: Email
    name: Name
    password: Password
    role: Role
    fleet_ids: FleetIds | None = None
    driver_id: UUID | None = None


class UserPatch(Body, frozen=True):
    """Changes of a user: absent fields stay, null clears."""

    name: Name | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    fleet_ids: FleetIds | UnsetType | None = UNSET
    driver_id: UUID | UnsetType | None = UNSET


class UserView(Wire, frozen=True):
    """A member of the tenant. `fleetIds` null means all fleets."""

    id: UUID
    email: str
    name: str
    enabled: bool
    role: Role
    fleet_ids: tuple[UUID, ...] | None
    driver_id: UUID | None
    has_second_factor: bool
    created_at: datetime
    updated_at: datetime


class UserPage(Page[UserView], frozen=True):
    """A page of users."""

    items: list[UserView]
