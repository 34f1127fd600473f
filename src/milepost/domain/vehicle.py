"""The vehicle, and the tracker and driver that are with it."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from milepost.domain.entity import Entity

MotionState = Literal["moving", "idling", "stopped", "offline"]
VehicleStatus = Literal["active", "maintenance", "inactive", "retired"]


class Vehicle(Entity, frozen=True, kw_only=True):
    """A vehicle of a tenant; the fields of the reference's `Vehicle`, units in the names.

    `thresholds` holds what replaces the tenant's, by the field names of `Thresholds`.
    """

    name: str
    fleet_id: UUID | None = None
    vin: str | None = None
    make: str | None = None
    model: str | None = None
    year: int | None = None
    registration_number: str | None = None
    license_number: str | None = None
    contact_number: str | None = None
    status: VehicleStatus = "active"
    purchase_date: date | None = None
    last_maintenance_date: date | None = None
    next_maintenance_date: date | None = None
    fuel_type: str | None = None
    fuel_capacity_l: float | None = None
    odometer_m: float | None = None
    thresholds: dict[str, float | bool] = msgspec.field(default_factory=dict)


class Device(Entity, frozen=True, kw_only=True):
    """A tracker. `unique_id` is what it calls itself on the wire; it is unique among all tenants.

    `lenient` lets frames with a wrong checksum through, flagged as damaged. `options` are what its
    protocol lets be set for a device (`DeviceProtocol.options` names them). `keep_frames`: what it
    sends is kept as it came, for diagnosis. `last_protocol` is what it spoke when last heard: if
    that is not `protocol`, it calls at another port than it was registered for.
    """

    unique_id: str
    protocol: str
    vehicle_id: UUID | None = None
    name: str | None = None
    lenient: bool = False
    enabled: bool = True
    last_seen_time: datetime | None = None
    options: dict[str, str] = msgspec.field(default_factory=dict)
    keep_frames: bool = False
    last_protocol: str | None = None


class Driver(Entity, frozen=True, kw_only=True):
    """A person who drives; `user_id` links to the account they sign in with, if any."""

    first_name: str
    last_name: str
    license_number: str | None = None
    contact_number: str | None = None
    user_id: UUID | None = None
    status: str = "active"


class DriverAssignment(msgspec.Struct, frozen=True, kw_only=True):
    """Who drives a vehicle from when to when; the end is open while it is None."""

    id: UUID
    tenant_id: UUID
    driver_id: UUID
    vehicle_id: UUID
    start_time: datetime
    end_time: datetime | None = None
    created_at: datetime
