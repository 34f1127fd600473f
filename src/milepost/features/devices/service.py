"""Devices: registered, adopted, changed, removed; the running processor is told each time."""

from uuid import UUID

import msgspec

from milepost.domain.vehicle import Device
from milepost.errors import Conflict, InvalidInput, StaleVersion
from milepost.features import lifecycle
from milepost.features.devices.known_protocols import KnownProtocols
from milepost.features.devices.schemas import Adoption, DevicePatch, NewDevice
from milepost.features.devices.store import DEVICES, forget_unknown, take_unknown
from milepost.features.patching import patched
from milepost.features.vehicles.schemas import NewVehicle
from milepost.features.vehicles.service import create_vehicle
from milepost.features.vehicles.store import VEHICLES
from milepost.features.vehicles.visibility import sees_all_vehicles
from milepost.features.work import Work


async def register_device(work: Work, new: NewDevice, protocols: KnownProtocols) -> Device:
    """Register a tracker with options that its protocol has.

    Raises:
        InvalidInput: its protocol has no such option; see also `create_device`.
        NotFound: see `create_device`.
        Conflict: see `create_device`.
    """
    protocols.check_options(new.protocol, new.options)
    return await create_device(work, new)


async def create_device(work: Work, new: NewDevice) -> Device:
    """Register a tracker; its options are known to be those of its protocol.

    Raises:
        NotFound: there is no such vehicle that the caller may know of.
        InvalidInput: the caller is restricted to fleets and named no vehicle.
        Conflict: a device with this unique id is registered.
    """
    await _check_vehicle(work, new.vehicle_id)
    now = work.clock()
    device = Device(
        id=work.make_id(),
        tenant_id=work.scope.tenant_id,
        created_at=now,
        updated_at=now,
        **msgspec.structs.asdict(new),
    )
    await _keep(work, device)
    await forget_unknown(work.connection, device.unique_id)
    return device


async def change_device(
    work: Work,
    device_id: UUID,
    patch: DevicePatch,
    if_match: str | None,
    protocols: KnownProtocols,
) -> Device:
    """Change a device.

    Raises:
        NotFound: there is no such device, or no such vehicle, that the caller may know of.
        StaleVersion: the change is based on another version.
        Conflict: another device has this unique id.
        InvalidInput: the protocol has not the options that are set.
    """
    before = await DEVICES.get(work.connection, work.scope, device_id, lock=True)
    after = patched(before, patch)
    if after.vehicle_id != before.vehicle_id:
        await _check_vehicle(work, after.vehicle_id)
    protocols.check_options(after.protocol, after.options)
    kept = await _change(work, before, after, if_match)
    work.device_changed(device_id)
    return kept


async def delete_device(work: Work, device_id: UUID, if_match: str | None) -> None:
    """Remove a device; what it reported stays.

    Raises:
        NotFound: there is none that the caller may know of.
        StaleVersion: the removal is based on another version.
    """
    await lifecycle.remove(work, DEVICES, device_id, if_match)
    work.device_changed(device_id)


async def adopt_device(work: Work, unique_id: str, adoption: Adoption) -> Device:
    """Register a device that called without being known, in a vehicle that is there or a new one.

    Raises:
        NotFound: it is not on the list, or there is no such vehicle.
        InvalidInput: both a vehicle and a new vehicle's name came.
    """
    if adoption.vehicle_id is not None and adoption.vehicle_name is not None:
        raise InvalidInput("vehicleName", adoption.vehicle_name, "either vehicleId or vehicleName")
    unknown = await take_unknown(work.connection, unique_id)
    vehicle_id = adoption.vehicle_id
    if adoption.vehicle_name is not None:
        vehicle_id = (await create_vehicle(work, NewVehicle(name=adoption.vehicle_name))).id
    new = NewDevice(unique_id=unique_id, protocol=unknown.protocol, vehicle_id=vehicle_id)
    return await create_device(work, new)


async def _keep(work: Work, device: Device) -> None:
    try:
        await lifecycle.add(work, DEVICES, device)
    except Conflict as error:
        raise Conflict("device", f"{device.unique_id} is already registered") from error
    work.device_changed(device.id)


async def _change(work: Work, before: Device, after: Device, if_match: str | None) -> Device:
    try:
        return await lifecycle.change(work, DEVICES, before, after, if_match)
    except StaleVersion:
        raise
    except Conflict as error:
        raise Conflict("device", f"{after.unique_id} is already registered") from error


async def _check_vehicle(work: Work, vehicle_id: UUID | None) -> None:
    """A restricted caller keeps devices in vehicles that they may know of."""
    if vehicle_id is not None:
        await VEHICLES.get(work.connection, work.scope, vehicle_id)
    elif not sees_all_vehicles(work.scope):
        raise InvalidInput("vehicleId", None, "one of your vehicles")
