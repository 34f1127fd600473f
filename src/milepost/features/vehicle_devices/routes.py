"""/vehicles/{vehicle_id}/primary-devices: which of a vehicle's devices counts."""

from uuid import UUID

from litestar import Router, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from milepost.features.audit.service import record
from milepost.features.devices.store import devices_in
from milepost.features.guards import needs
from milepost.features.primary_devices.service import choose_primary
from milepost.features.primary_devices.store import list_primaries
from milepost.features.vehicle_devices.schemas import (
    ChosenPrimary,
    PrimaryDevices,
    PrimaryDeviceView,
)
from milepost.features.vehicles.store import VEHICLES
from milepost.features.wire import view_of
from milepost.features.work import Work


@get("/", operation_id="listPrimaryDevices", guards=[needs("read_settings")])
async def list_primary_devices(
    vehicle_id: FromPath[UUID], work: NamedDependency[Work]
) -> PrimaryDevices:
    """Which device counted for trips and totals from when on, and why; the newest first."""
    await VEHICLES.get(work.connection, work.scope, vehicle_id)
    return await _view(work, vehicle_id)


@put("/", operation_id="choosePrimaryDevice", guards=[needs("edit_vehicles")])
async def choose_primary_device(
    vehicle_id: FromPath[UUID], data: JSONBody[ChosenPrimary], work: NamedDependency[Work]
) -> PrimaryDevices:
    """From now on this device counts; what was before stays. See `requestReprocessing` for that."""
    await VEHICLES.get(work.connection, work.scope, vehicle_id, lock=True)
    present = await devices_in(work.connection, vehicle_id)
    await choose_primary(work, vehicle_id, data.primary_device_id, work.clock(), present)
    await record(work, "chosen", "primary device", data.primary_device_id)
    return await _view(work, vehicle_id)


async def _view(work: Work, vehicle_id: UUID) -> PrimaryDevices:
    found = await list_primaries(work.connection, vehicle_id)
    return PrimaryDevices(items=[view_of(each, PrimaryDeviceView) for each in found])


ROUTER = Router(
    "/vehicles/{vehicle_id:uuid}/primary-devices",
    route_handlers=[list_primary_devices, choose_primary_device],
    tags=["Vehicles"],
)
