"""The vehicle, and the tracker and driver that are with it."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from milepost.domain.device_access import Access, Claim, ClaimTimes, networks_of
from milepost.domain.entity import Entity

MotionState = Literal["moving", "idling", "stopped", "offline"]
VehicleStatus = Literal["active", "maintenance", "inactive", "retired"]


class Vehicle(Entity, frozen=True, kw_only=True):
    """A vehicle of a tenant; the fields of the reference's `Vehicle`, units in the names.

    `odometer_m` is what somebody entered at `odometer_time`: since then the vehicle has driven.
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
    odometer_time: datetime | None = None
    thresholds: dict[str, float | bool] = msgspec.field(default_factory=dict)


class Device(Entity, frozen=True, kw_only=True):
    """A tracker. `unique_id` is what it calls itself on the wire.

    Several tenants may claim one identity; `proven_time` is set for the one whose device it showed
    to be, and for no other. `lost_time` is set for a claim that lost then.

    `allowed_protocols`, `allowed_networks` (CIDR) and `secret_hash` restrict who may speak for it;
    empty or None: anybody. `trust_datagrams` lets an engine stop rest on datagrams from its allowed
    networks, whose sender can be forged.

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
    allowed_protocols: tuple[str, ...] = ()
    allowed_networks: tuple[str, ...] = ()
    secret_hash: str | None = None
    trust_datagrams: bool = False
    claimed_time: datetime
    proven_time: datetime | None = None
    lost_time: datetime | None = None
    last_refused_time: datetime | None = None
    last_refusal: str | None = None

    @property
    def access(self) -> Access:
        """What it demands of whoever speaks for it."""
        networks = networks_of(self.allowed_networks)
        return Access(self.allowed_protocols, networks, self.secret_hash)

    @property
    def is_proven(self) -> bool:
        """Whether it has called, and is this tenant's."""
        return self.proven_time is not None

    def claim_at(self, now: datetime) -> Claim:
        """How the tenant stands to the identity."""
        return ClaimTimes(self.claimed_time, self.proven_time, self.lost_time).at(now)

    def trusts_datagram_of(self, address: str) -> bool:
        """Whether an engine stop may rest on datagrams from there."""
        return self.trust_datagrams and self.access.is_near(address)


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
