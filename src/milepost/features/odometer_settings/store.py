"""Odometer settings in PostgreSQL."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.policy import OdometerSetting
from milepost.features.odometer_settings.tables import odometer_settings
from milepost.stores.postgres.arrays import is_one_of

_TABLE = odometer_settings


async def keep_setting(
    connection: AsyncConnection, owner: tuple[UUID, UUID], set_time: datetime, odometer_m: float
) -> None:
    """Of a tenant's vehicle: what its odometer shows at a time; of one instant the last counts."""
    statement = insert(_TABLE).values(
        tenant_id=owner[0], vehicle_id=owner[1], set_time=set_time, odometer_m=odometer_m
    )
    keys = ["tenant_id", "vehicle_id", "set_time"]
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=keys, set_={"odometer_m": statement.excluded.odometer_m}
        )
    )


async def read_settings(
    connection: AsyncConnection, vehicle_ids: Iterable[UUID]
) -> Mapping[UUID, tuple[OdometerSetting, ...]]:
    """The settings of vehicles, oldest first; a vehicle without any is not among them."""
    query = (
        select(_TABLE.c.vehicle_id, _TABLE.c.set_time, _TABLE.c.odometer_m)
        .where(is_one_of(_TABLE.c.vehicle_id, set(vehicle_ids)))
        .order_by(_TABLE.c.set_time)
    )
    found: defaultdict[UUID, list[OdometerSetting]] = defaultdict(list)
    for row in await connection.execute(query):
        set_ms = round(row.set_time.timestamp() * 1000)
        found[row.vehicle_id].append(OdometerSetting(set_ms, row.odometer_m))
    return {vehicle_id: tuple(each) for vehicle_id, each in found.items()}
