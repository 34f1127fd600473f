"""One device of a vehicle counts at a time: which, if nobody chooses."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from milepost.errors import InvalidInput
from milepost.features.primary_devices import store
from milepost.features.primary_devices.store import PrimaryDevice
from milepost.features.work import Work


async def settle_primary(work: Work, vehicle_id: UUID, present: Sequence[UUID]) -> None:
    """After a device came into a vehicle or left it: one of those that are present counts.

    It goes on to be the one that it was; else the first of them is from now on.
    """
    known = await store.list_primaries(work.connection, vehicle_id)
    was_alone = not known and len(present) < 2
    if not present or was_alone or (known and known[0].device_id in present):
        return
    tenant_id, now = work.scope.tenant_id, work.clock()
    await store.insert_primary(
        work.connection, PrimaryDevice(tenant_id, vehicle_id, now, present[0], "first_installed")
    )
    work.vehicle_changed(vehicle_id)


async def choose_primary(
    work: Work, vehicle_id: UUID, device_id: UUID, since: datetime, present: Sequence[UUID]
) -> None:
    """From a time on, which may be past, one of a vehicle's present devices counts.

    Raises:
        InvalidInput: the device is not in the vehicle.
    """
    if device_id not in present:
        raise InvalidInput("primaryDeviceId", str(device_id), "a device that is in the vehicle")
    chosen = PrimaryDevice(work.scope.tenant_id, vehicle_id, since, device_id, "chosen")
    await store.insert_primary(work.connection, chosen)
    work.vehicle_changed(vehicle_id)
