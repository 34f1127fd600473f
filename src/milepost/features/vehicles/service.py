"""Vehicles: made, changed, removed."""

from uuid import UUID

import msgspec

from milepost.domain.vehicle import Vehicle
from milepost.errors import Forbidden, InvalidInput
from milepost.features import lifecycle
from milepost.features.fleets.store import FLEETS
from milepost.features.former_thresholds.store import keep_former
from milepost.features.odometer_settings.store import keep_setting
from milepost.features.patching import changed_fields
from milepost.features.permissions import permits
from milepost.features.thresholds import ThresholdPatch, merged
from milepost.features.vehicles.schemas import NewVehicle, VehiclePatch
from milepost.features.vehicles.store import VEHICLES
from milepost.features.work import Work

# What a workshop may change of a vehicle, without editing the rest.
MAINTENANCE_FIELDS = frozenset(
    {"status", "last_maintenance_date", "next_maintenance_date", "odometer_m"}
)


async def create_vehicle(work: Work, new: NewVehicle) -> Vehicle:
    """Make a vehicle.

    Raises:
        NotFound: there is no such fleet that the caller may know of.
        InvalidInput: the caller is restricted to fleets and named none.
    """
    await _check_fleet(work, new.fleet_id)
    now, identity = work.clock(), work.make_id()
    fields = msgspec.structs.asdict(new)
    thresholds: ThresholdPatch = fields.pop("thresholds")
    named = new.name or new.registration_number or new.vin
    vehicle = Vehicle(
        id=identity,
        tenant_id=work.scope.tenant_id,
        created_at=now,
        updated_at=now,
        thresholds=merged({}, thresholds),
        odometer_time=None if new.odometer_m is None else now,
        **fields | {"name": named or f"Vehicle {str(identity)[-6:]}"},
    )
    kept = await lifecycle.add(work, VEHICLES, vehicle)
    await _set_odometer(work, kept)
    return kept


async def change_vehicle(
    work: Work, vehicle_id: UUID, patch: VehiclePatch, if_match: str | None
) -> Vehicle:
    """Change a vehicle.

    Raises:
        NotFound: there is no such vehicle, or no such fleet, that the caller may know of.
        Forbidden: the caller may change what concerns maintenance, and changes more.
        StaleVersion: the change is based on another version.
    """
    changes = changed_fields(patch)
    if not permits(work.scope, "edit_vehicles") and not changes.keys() <= MAINTENANCE_FIELDS:
        raise Forbidden("changing more than maintenance fields", "the role fleet_manager")
    before = await VEHICLES.get(work.connection, work.scope, vehicle_id, lock=True)
    if "fleet_id" in changes:
        await _check_fleet(work, changes["fleet_id"])
    if "thresholds" in changes:
        changes["thresholds"] = merged(before.thresholds, changes["thresholds"])
    if "odometer_m" in changes:
        changes["odometer_time"] = None if changes["odometer_m"] is None else work.clock()
    after = msgspec.structs.replace(before, **changes)
    kept = await lifecycle.change(work, VEHICLES, before, after, if_match)
    if after.thresholds != before.thresholds:
        await _keep_former(work, before)
    if "odometer_m" in changes:
        await _set_odometer(work, after)
    work.vehicle_changed(vehicle_id)
    return kept


async def delete_vehicle(work: Work, vehicle_id: UUID, if_match: str | None) -> None:
    """Remove a vehicle; its history stays in the stores, its devices stay without a vehicle.

    Raises:
        NotFound: there is none that the caller may know of.
        StaleVersion: the removal is based on another version.
    """
    before = await VEHICLES.get(work.connection, work.scope, vehicle_id, lock=True)
    await lifecycle.remove(work, VEHICLES, vehicle_id, if_match)
    await _keep_former(work, before)
    work.vehicle_changed(vehicle_id)


async def _set_odometer(work: Work, vehicle: Vehicle) -> None:
    """From the time at which it was entered the odometer goes on from there."""
    if vehicle.odometer_m is not None and vehicle.odometer_time is not None:
        owner = (vehicle.tenant_id, vehicle.id)
        setting = (vehicle.odometer_time, vehicle.odometer_m)
        await keep_setting(work.connection, owner, *setting)


async def _keep_former(work: Work, before: Vehicle) -> None:
    """Its history goes on to be judged by what held then."""
    owner = (before.tenant_id, before.id)
    await keep_former(work.connection, owner, before.thresholds, work.clock())


async def _check_fleet(work: Work, fleet_id: UUID | None) -> None:
    """A caller who is restricted to fleets keeps vehicles within them."""
    if fleet_id is not None:
        await FLEETS.get(work.connection, work.scope, fleet_id)
    elif work.scope.fleet_ids is not None:
        raise InvalidInput("fleetId", None, "one of the fleets that you are restricted to")
