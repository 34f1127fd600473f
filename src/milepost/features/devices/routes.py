"""/devices."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter
from sqlalchemy import ColumnElement

from milepost.domain.identity import IDENTITY_PATTERN, MOST_IDENTITY_CHARS
from milepost.domain.vehicle import Device
from milepost.features.answers import ETAG, created, tagged
from milepost.features.devices import service
from milepost.features.devices.known_protocols import KnownProtocols
from milepost.features.devices.schemas import (
    Adoption,
    ClaimView,
    DevicePage,
    DevicePatch,
    DeviceView,
    NewDevice,
    UnknownDevicePage,
)
from milepost.features.devices.store import DEVICES, page_unknown
from milepost.features.devices.tables import devices
from milepost.features.etags import IfMatch
from milepost.features.filters import VehicleFilter, id_in
from milepost.features.guards import needs
from milepost.features.idempotency.once import Once
from milepost.features.paging import DEFAULT_LIMIT, After, Limit
from milepost.features.permissions import permits
from milepost.features.wire import view_of
from milepost.features.work import Work

UniqueIdInPath = Annotated[
    str, PathParameter(max_length=MOST_IDENTITY_CHARS, pattern=IDENTITY_PATTERN)
]


@get("/", operation_id="listDevices", guards=[needs("read")])
async def list_devices(
    work: NamedDependency[Work],
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    vehicle_id: VehicleFilter = None,
) -> DevicePage:
    """The devices that the caller may see, the oldest first."""
    conditions: list[ColumnElement[bool]] = []
    if (wanted := id_in("vehicleId", vehicle_id)) is not None:
        conditions.append(devices.c.vehicle_id == wanted)
    page = await DEVICES.page(work.connection, work.scope, *conditions, after=after, limit=limit)
    return DevicePage(items=[_shown(work, device) for device in page.items], next=page.next)


@post("/", operation_id="createDevice", guards=[needs("edit_devices")], response_headers=[ETAG])
async def create_device(
    data: JSONBody[NewDevice],
    work: NamedDependency[Work],
    once: NamedDependency[Once],
    protocols: NamedDependency[KnownProtocols],
) -> Response[DeviceView]:
    """Register a tracker; it may send from now on."""

    async def create() -> Response[DeviceView]:
        return _created(work, await service.register_device(work, data, protocols))

    return await once.create(create)


@get("/unknown", operation_id="listUnknownDevices", guards=[needs("edit_devices")])
async def list_unknown_devices(
    work: NamedDependency[Work], limit: Limit = DEFAULT_LIMIT, after: After = None
) -> UnknownDevicePage:
    """Trackers that called and that nobody has registered; only the operator's tenant sees any."""
    page = await page_unknown(work.connection, after, limit)
    return UnknownDevicePage(items=page.items, next=page.next)


@post(
    "/unknown/{unique_id:str}/adopt",
    operation_id="adoptDevice",
    guards=[needs("edit_devices")],
    response_headers=[ETAG],
)
async def adopt_device(
    unique_id: UniqueIdInPath,
    data: JSONBody[Adoption],
    work: NamedDependency[Work],
    once: NamedDependency[Once],
) -> Response[DeviceView]:
    """Register an unknown tracker, in a vehicle that is there or in a new one."""

    async def create() -> Response[DeviceView]:
        return _created(work, await service.adopt_device(work, unique_id, data))

    return await once.create(create)


@get(
    "/{device_id:uuid}",
    operation_id="getDevice",
    guards=[needs("read")],
    response_headers=[ETAG],
)
async def get_device(
    device_id: FromPath[UUID], work: NamedDependency[Work]
) -> Response[DeviceView]:
    """One device."""
    device = await DEVICES.get(work.connection, work.scope, device_id)
    return tagged(_shown(work, device), device.version)


@patch(
    "/{device_id:uuid}",
    operation_id="changeDevice",
    guards=[needs("edit_devices")],
    response_headers=[ETAG],
)
async def change_device(
    device_id: FromPath[UUID],
    data: JSONBody[DevicePatch],
    work: NamedDependency[Work],
    protocols: NamedDependency[KnownProtocols],
    if_match: IfMatch = None,
) -> Response[DeviceView]:
    """Change some fields of a device; its open connection takes the new settings."""
    device = await service.change_device(work, device_id, data, if_match, protocols)
    return tagged(_view(work, device), device.version)


@post(
    "/{device_id:uuid}/claim",
    operation_id="renewDeviceClaim",
    guards=[needs("edit_devices")],
    response_headers=[ETAG],
    status_code=200,
)
async def renew_claim(
    device_id: FromPath[UUID], work: NamedDependency[Work], if_match: IfMatch = None
) -> Response[DeviceView]:
    """Claim a device's identity anew, after the claim has expired or was lost."""
    device = await service.renew_claim(work, device_id, if_match)
    return tagged(_view(work, device), device.version)


@delete("/{device_id:uuid}", operation_id="deleteDevice", guards=[needs("edit_devices")])
async def delete_device(
    device_id: FromPath[UUID], work: NamedDependency[Work], if_match: IfMatch = None
) -> None:
    """Remove a device; what it reported stays."""
    await service.delete_device(work, device_id, if_match)


def _view(work: Work, device: Device, **hidden: Any) -> DeviceView:
    claim = device.claim_at(work.clock())
    return view_of(
        device,
        DeviceView,
        claim=ClaimView(state=claim.state, time=claim.time),
        has_secret=device.secret_hash is not None,
        **{
            "allowed_protocols": list(device.allowed_protocols),
            "allowed_networks": list(device.allowed_networks),
            **hidden,
        },
    )


def _shown(work: Work, device: Device) -> DeviceView:
    """Options may be passwords for commands: those who may not set them do not see them."""
    if permits(work.scope, "edit_devices"):
        return _view(work, device)
    return _view(work, device, options={}, allowed_networks=[], last_refusal=None)


def _created(work: Work, device: Device) -> Response[DeviceView]:
    return created(_view(work, device), f"/devices/{device.id}", device.version)


ROUTER = Router(
    "/devices",
    route_handlers=[
        list_devices,
        create_device,
        list_unknown_devices,
        adopt_device,
        get_device,
        change_device,
        renew_claim,
        delete_device,
    ],
    tags=["Devices"],
)
