"""Keeps where a device was built in before it was moved."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.vehicle import Device
from milepost.features.installations.tables import former_installations
from milepost.stores.postgres.arrays import is_one_of

Former = tuple[tuple[int, UUID], ...]
"""The vehicles before, oldest first, each with the instant (Unix ms) until which it was."""


async def keep_installation(connection: AsyncConnection, before: Device, until: datetime) -> None:
    """The device is in another vehicle, or in none, from now on."""
    if before.vehicle_id is None:
        return
    statement = insert(former_installations).values(
        tenant_id=before.tenant_id,
        device_id=before.id,
        vehicle_id=before.vehicle_id,
        until_time=until,
    )
    await connection.execute(statement.on_conflict_do_nothing())


async def read_former(
    connection: AsyncConnection, device_ids: Iterable[UUID]
) -> Mapping[UUID, Former]:
    """Where devices were before, by device; one that was never moved is not among them."""
    table = former_installations
    query = (
        select(table.c.device_id, table.c.vehicle_id, table.c.until_time)
        .where(is_one_of(table.c.device_id, device_ids))
        .order_by(table.c.until_time)
    )
    former: defaultdict[UUID, list[tuple[int, UUID]]] = defaultdict(list)
    for row in await connection.execute(query):
        until_ms = round(row.until_time.timestamp() * 1000)
        former[row.device_id].append((until_ms, row.vehicle_id))
    return {device_id: tuple(each) for device_id, each in former.items()}
