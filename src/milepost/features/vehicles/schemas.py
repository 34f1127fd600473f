"""Vehicles on the wire; the names are those of the reference's `Vehicle`, with units."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from milepost.domain.vehicle import MotionState, VehicleStatus
from milepost.features.paging import Page
from milepost.features.position_view import PositionView
from milepost.features.thresholds import ThresholdPatch, ThresholdValues
from milepost.features.wire import Body, Location, Name, Text, Wire

Year = Annotated[int, Meta(ge=1885, le=2200)]
Litres = Annotated[float, Meta(ge=0, le=100_000)]
Metres = Annotated[float, Meta(ge=0, le=1e11)]


class NewVehicle(Body, frozen=True):
    """A vehicle to be made; without a name it is called by its registration number or VIN."""

    name: Name | None = None
    fleet_id: UUID | None = None
    vin: Text | None = None
    make: Text | None = None
    model: Text | None = None
    year: Year | None = None
    registration_number: Text | None = None
    license_number: Text | None = None
    contact_number: Text | None = None
    status: VehicleStatus = "active"
    purchase_date: date | None = None
    last_maintenance_date: date | None = None
    next_maintenance_date: date | None = None
    fuel_type: Text | None = None
    fuel_capacity_l: Litres | None = None
    odometer_m: Metres | None = None
    thresholds: ThresholdPatch = ThresholdPatch()


class VehiclePatch(Body, frozen=True):
    """Changes of a vehicle: absent fields stay, null clears; thresholds are changed one by one."""

    name: Name | UnsetType = UNSET
    fleet_id: UUID | UnsetType | None = UNSET
    vin: Text | UnsetType | None = UNSET
    make: Text | UnsetType | None = UNSET
    model: Text | UnsetType | None = UNSET
    year: Year | UnsetType | None = UNSET
    registration_number: Text | UnsetType | None = UNSET
    license_number: Text | UnsetType | None = UNSET
    contact_number: Text | UnsetType | None = UNSET
    status: VehicleStatus | UnsetType = UNSET
    purchase_date: date | UnsetType | None = UNSET
    last_maintenance_date: date | UnsetType | None = UNSET
    next_maintenance_date: date | UnsetType | None = UNSET
    fuel_type: Text | UnsetType | None = UNSET
    fuel_capacity_l: Litres | UnsetType | None = UNSET
    odometer_m: Metres | UnsetType | None = UNSET
    thresholds: ThresholdPatch | UnsetType = UNSET


class VehicleView(Wire, frozen=True):
    """A vehicle with where it is and what it does now."""

    id: UUID
    vehicle_id: UUID
    name: str
    fleet_id: UUID | None
    fleet_name: str | None
    vin: str | None
    make: str | None
    model: str | None
    year: int | None
    registration_number: str | None
    license_number: str | None
    contact_number: str | None
    status: VehicleStatus
    purchase_date: date | None
    last_maintenance_date: date | None
    next_maintenance_date: date | None
    fuel_type: str | None
    fuel_capacity_l: float | None
    odometer_m: float | None
    thresholds: ThresholdValues
    current_driver_id: UUID | None
    driver_first_name: str | None
    driver_last_name: str | None
    state: MotionState
    state_since: datetime | None
    last_location: Location | None
    last_location_update: datetime | None
    last_position: PositionView | None
    created_at: datetime
    updated_at: datetime


class VehiclePage(Page[VehicleView], frozen=True):
    """A page of vehicles."""

    items: list[VehicleView]


class VehicleStateView(Wire, frozen=True, omit_defaults=True):
    """What a vehicle is doing now, as the live channel sends it; what is unknown is absent."""

    vehicle_id: UUID
    state: MotionState
    state_since: datetime
    timestamp: datetime
    fleet_id: UUID | None = None
    received_time: datetime | None = None
    location: Location | None = None
    speed_kmh: float | None = None
    course_deg: float | None = None
    altitude_m: float | None = None
    ignition: bool | None = None
    odometer_m: float | None = None
    fuel_level_pct: float | None = None
    engine_rpm: float | None = None
    coolant_temp_c: float | None = None
    battery_v: float | None = None
    driver_id: UUID | None = None
    alarm: str | None = None


class VehicleStatePage(Page[VehicleStateView], frozen=True):
    """A page of last states, in the order of the vehicles' ids."""

    items: list[VehicleStateView]
