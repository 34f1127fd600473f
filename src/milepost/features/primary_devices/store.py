"""Primary devices in PostgreSQL."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.features.primary_devices.tables import primary_devices
from milepost.features.rows import columns_of, fetch_all
from milepost.stores.postgres.arrays import is_one_of

PrimaryReason = Literal["first_installed", "chosen"]
Primaries = tuple[tuple[int, UUID], ...]
"""The primary devices of a vehicle, oldest first, each with the instant (Unix ms) from which on."""

_TABLE = primary_devices


class PrimaryDevice(msgspec.Struct, frozen=True):
    """A device that counts from a time on, until the next one does.

    `reason`: somebody has chosen it, or it was the one of those in the vehicle that is there
    longest.
    """

    tenant_id: UUID
    vehicle_id: UUID
    from_time: datetime
    device_id: UUID
    reason: PrimaryReason


async def list_primaries(connection: AsyncConnection, vehicle_id: UUID) -> list[PrimaryDevice]:
    """The primary devices of a vehicle, the newest first."""
    query = (
        select(*columns_of(_TABLE, PrimaryDevice))
        .where(_TABLE.c.vehicle_id == vehicle_id)
        .order_by(_TABLE.c.from_time.desc())
    )
    return await fetch_all(connection, query, PrimaryDevice)


async def read_primaries(
    connection: AsyncConnection, vehicle_ids: Iterable[UUID]
) -> Mapping[UUID, Primaries]:
    """The primary devices of vehicles; one that never had two devices is not among them."""
    query = (
        select(_TABLE.c.vehicle_id, _TABLE.c.from_time, _TABLE.c.device_id)
        .where(is_one_of(_TABLE.c.vehicle_id, set(vehicle_ids)))
        .order_by(_TABLE.c.from_time)
    )
    found: defaultdict[UUID, list[tuple[int, UUID]]] = defaultdict(list)
    for row in await connection.execute(query):
        found[row.vehicle_id].append((round(row.from_time.timestamp() * 1000), row.device_id))
    return {vehicle_id: tuple(each) for vehicle_id, each in found.items()}


async def insert_primary(connection: AsyncConnection, primary: PrimaryDevice) -> None:
    """From a time on this device counts, whatever was to count after that time."""
    later = delete(_TABLE).where(
        _TABLE.c.vehicle_id == primary.vehicle_id, _TABLE.c.from_time >= primary.from_time
    )
    await connection.execute(later)
    await connection.execute(insert(_TABLE).values(**msgspec.structs.asdict(primary)))
