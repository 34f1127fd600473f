"""Drivers on the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

from milepost.features.paging import Page
from milepost.features.wire import Body, Name, Text, Wire

DriverStatus = Literal["active", "inactive"]


class NewDriver(Body, frozen=True):
    """A driver to be made; `userId` is the account that they sign in with, if any."""

    first_name: Name
    last_name: Name
    license_number: Text | None = None
    contact_number: Text | None = None
    user_id: UUID | None = None
    status: DriverStatus = "active"


class DriverPatch(Body, frozen=True):
    """Changes of a driver: absent fields stay, null clears."""

    first_name: Name | UnsetType = UNSET
    last_name: Name | UnsetType = UNSET
    license_number: Text | UnsetType | None = UNSET
    contact_number: Text | UnsetType | None = UNSET
    user_id: UUID | UnsetType | None = UNSET
    status: DriverStatus | UnsetType = UNSET


class DriverView(Wire, frozen=True):
    """A person who drives."""

    id: UUID
    first_name: str
    last_name: str
    license_number: str | None
    contact_number: str | None
    user_id: UUID | None
    status: str
    created_at: datetime
    updated_at: datetime


class DriverPage(Page[DriverView], frozen=True):
    """A page of drivers."""

    items: list[DriverView]
