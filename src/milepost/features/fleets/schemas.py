"""Fleets on the wire."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, UnsetType

from milepost.features.paging import Page
from milepost.features.wire import Body, Name, Text, Wire


class NewFleet(Body, frozen=True):
    """A fleet to be made."""

    name: Name
    description: Text | None = None


class FleetPatch(Body, frozen=True):
    """Changes of a fleet: absent fields stay, null clears."""

    name: Name | UnsetType = UNSET
    description: Text | UnsetType | None = UNSET


class FleetView(Wire, frozen=True):
    """A fleet."""

    id: UUID
    name: str
    description: str | None
    vehicle_count: int
    created_at: datetime
    updated_at: datetime


class FleetPage(Page[FleetView], frozen=True):
    """A page of fleets."""

    items: list[FleetView]
