"""Devices: registered, adopted, changed, removed; the running processor is told each time."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET

from milepost.domain.vehicle import Device
from milepost.errors import Conflict, InvalidInput, StaleVersion
from milepost.features import lifecycle
from milepost.features.devices.access import with_access
from milepost.features.devices.known_protocols import KnownProtocols
from milepost.features.devices.schemas import Adoption, DevicePatch, NewDevice
from milepost.features.devices.store import (
    DEVICES,
    devices_in,
    forget_unknown,
    is_proven,
    take_unknown,
)
from milepost.features.installations.store import keep_installation
from milepost.features.patching import patched
from milepost.features.primary_devices.service import settle_primary
from milepost.features.vehicles.schemas import NewVehicle
from milepost.features.vehicles.service import create_vehicle
from milepost.features.vehicles.store import VEHICLES
from milepost.features.vehicles.visibility import sees_all_vehicles
from milepost.features.work import Work

ACCESS_FIELDS = ("allowed_protocols", "allowed_networks", "secret", "trust_datagrams")


async def register_device(work: Work, new: NewDevice, protocols: KnownProtocols) -> Device:
    """Register a tracker with options that its protocol has.

    Raises:
        InvalidInput: its protocol has no such option; see also `create_device`.
        NotFound: see `create_device`.
        Conflict: see `create_device`.
    """
    protocols.check_options(new.protocol, new.options)
    device = with_access(_device(work, new), new, work.make_id(), protocols)
    return await _register(work, device)


async def create_device(work: Work, new: NewDevice) -> Device:
    """Register a tracker that demands nothing of whoever speaks for it.

    Its options are known to be those of its protocol.

    Raises:
        NotFound: there is no such vehicle that the caller may know of.
        InvalidInput: the caller is restricted to fleets and named no vehicle.
        Conflict: the tenant has a device with this unique id, or another's has called by it.
    """
    return await _register(work, _device(work, new))


def _device(work: Work, new: NewDevice) -> Device:
    now = work.clock()
    return Device(
        id=work.make_id(),
        tenant_id=work.scope.tenant_id,
        created_at=now,
        updated_at=now,
        claimed_time=now,
        unique_id=new.unique_id,
        protocol=new.protocol,
        vehicle_id=new.vehicle_id,
        name=new.name,
        lenient=new.lenient,
        enabled=new.enabled,
        options=new.options,
        keep_frames=new.keep_frames,
    )


async def _register(work: Work, device: Device) -> Device:
    await _check_vehicle(work, device.vehicle_id)
    await _keep(work, device)
    await forget_unknown(work.connection, device.unique_id)
    await _settle(work, device.vehicle_id)
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
        InvalidInput: the protocol has not the options that are set; see also `with_access`.
    """
    before = await DEVICES.get(work.connection, work.scope, device_id, lock=True)
    asked = msgspec.structs.replace(patch, **dict.fromkeys(ACCESS_FIELDS, UNSET))
    after = with_access(patched(before, asked), patch, work.make_id(), protocols)
    if after.unique_id != before.unique_id:
        after = _claimed(after, work.clock())
        await _check_unproven(work, after)
    if after.vehicle_id != before.vehicle_id:
        await _check_vehicle(work, after.vehicle_id)
    protocols.check_options(after.protocol, after.options)
    kept = await _change(work, before, after, if_match)
    if after.vehicle_id != before.vehicle_id:
        await keep_installation(work.connection, before, work.clock())
        await _settle(work, before.vehicle_id)
        await _settle(work, after.vehicle_id)
    work.device_changed(device_id)
    return kept


async def renew_claim(work: Work, device_id: UUID, if_match: str | None) -> Device:
    """Claim the identity of a device anew: it has not called in time, or was another's.

    Raises:
        NotFound: there is no such device that the caller may know of.
        StaleVersion: the change is based on another version.
        Conflict: the device has called and is the tenant's, or another's has.
    """
    before = await DEVICES.get(work.connection, work.scope, device_id, lock=True)
    if before.is_proven:
        raise Conflict("device", f"{before.unique_id} has called and is yours")
    after = _claimed(before, work.clock())
    await _check_unproven(work, after)
    kept = await _change(work, before, after, if_match)
    await forget_unknown(work.connection, kept.unique_id)
    return kept


def _claimed(device: Device, now: datetime) -> Device:
    return msgspec.structs.replace(device, claimed_time=now, proven_time=None, lost_time=None)


async def _check_unproven(work: Work, device: Device) -> None:
    """A claim keeps nobody from registering an identity; a device that has called does."""
    if await is_proven(work.connection, device.unique_id):
        raise _registered(device)


def _registered(device: Device) -> Conflict:
    return Conflict("device", f"{device.unique_id} is already registered")


async def delete_device(work: Work, device_id: UUID, if_match: str | None) -> None:
    """Remove a device; what it reported stays.

    Raises:
        NotFound: there is none that the caller may know of.
        StaleVersion: the removal is based on another version.
    """
    removed = await lifecycle.remove(work, DEVICES, device_id, if_match)
    await _settle(work, removed.vehicle_id)
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
    await _check_unproven(work, device)
    try:
        await lifecycle.add(work, DEVICES, device)
    except Conflict as error:
        raise _registered(device) from error
    work.device_changed(device.id)


async def _settle(work: Work, vehicle_id: UUID | None) -> None:
    """A device came or left: one of those in the vehicle counts."""
    if vehicle_id is not None:
        present = await devices_in(work.connection, vehicle_id)
        await settle_primary(work, vehicle_id, present)


async def _change(work: Work, before: Device, after: Device, if_match: str | None) -> Device:
    try:
        return await lifecycle.change(work, DEVICES, before, after, if_match)
    except StaleVersion:
        raise
    except Conflict as error:
        raise _registered(after) from error


async def _check_vehicle(work: Work, vehicle_id: UUID | None) -> None:
    """A restricted caller keeps devices in vehicles that they may know of."""
    if vehicle_id is not None:
        await VEHICLES.get(work.connection, work.scope, vehicle_id)
    elif not sees_all_vehicles(work.scope):
        raise InvalidInput("vehicleId", None, "one of your vehicles")
