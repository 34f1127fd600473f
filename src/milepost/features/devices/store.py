"""Devices in PostgreSQL, and those that called without being registered."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.domain.vehicle import Device
from milepost.errors import NotFound
from milepost.features.devices.schemas import UnknownDevice
from milepost.features.devices.tables import devices, unknown_devices
from milepost.features.entity_store import EntityStore
from milepost.features.paging import Page, decode_cursor, keyset, page_of
from milepost.features.rows import columns_of, fetch_all, from_row
from milepost.features.vehicles.tables import vehicles
from milepost.features.vehicles.visibility import on_visible_vehicle


def visible_devices(scope: Scope) -> ColumnElement[bool]:
    """The tenant's devices; for a restricted caller those in vehicles they may know of."""
    return on_visible_vehicle(scope, devices)


DEVICES = EntityStore("device", devices, Device, visible_devices)


async def is_proven(connection: AsyncConnection, unique_id: str) -> bool:
    """Whether a device has called by this name and is known to be some tenant's, whichever."""
    return bool(await connection.scalar(select(func.identity_is_proven(unique_id))))


async def page_unknown(
    connection: AsyncConnection, after: str | None, limit: int
) -> Page[UnknownDevice]:
    """Unknown devices; row-level security shows them to the tenant that adopts, to no other."""
    key = None if after is None else (decode_cursor(after, str),)
    query = select(*columns_of(unknown_devices, UnknownDevice))
    found = await fetch_all(
        connection, keyset(query, [unknown_devices.c.unique_id], key, limit), UnknownDevice
    )
    return page_of(found, limit, lambda device: device.unique_id)


async def take_unknown(connection: AsyncConnection, unique_id: str) -> UnknownDevice:
    """Take a device off the list of the unknown.

    Raises:
        NotFound: it is not on the list, or the list is not the caller's.
    """
    statement = (
        delete(unknown_devices)
        .where(unknown_devices.c.unique_id == unique_id)
        .returning(*columns_of(unknown_devices, UnknownDevice))
    )
    row = (await connection.execute(statement)).mappings().one_or_none()
    if row is None:
        raise NotFound("unknown device", unique_id)
    return from_row(row, UnknownDevice)


async def forget_unknown(connection: AsyncConnection, unique_id: str) -> None:
    """Take a device off the list, if it is there: it has been registered by hand."""
    await connection.execute(
        delete(unknown_devices).where(unknown_devices.c.unique_id == unique_id)
    )


async def devices_in(connection: AsyncConnection, vehicle_id: UUID) -> Sequence[UUID]:
    """The devices that are in a vehicle now, in the order in which they were registered.

    The vehicle is locked, so that two installations see each other.
    """
    await connection.execute(
        select(vehicles.c.id).where(vehicles.c.id == vehicle_id).with_for_update()
    )
    rows = await connection.execute(
        select(devices.c.id)
        .where(devices.c.vehicle_id == vehicle_id)
        .order_by(devices.c.created_at, devices.c.id)
    )
    return [row.id for row in rows]
