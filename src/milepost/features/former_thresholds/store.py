"""Keeps what thresholds were before a change, and reads a vehicle's thresholds over time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.policy import Overrides as SetValues
from milepost.domain.policy import Policy, policy_of
from milepost.features.former_thresholds.tables import former_thresholds
from milepost.features.odometer_settings.store import read_settings
from milepost.features.thresholds import Overrides, ThresholdPatch, merged
from milepost.stores.postgres.arrays import is_one_of

OF_THE_TENANT = UUID(int=0)

Owner = tuple[UUID, UUID]
"""A tenant and one of its vehicles, or `OF_THE_TENANT`."""
OverrideValues = Mapping[str, Any]
"""What is set instead of the defaults."""


async def keep_former(
    connection: AsyncConnection, owner: Owner, thresholds: OverrideValues, until: datetime
) -> None:
    """Keep what held until now; of several changes in one instant the first counts."""
    statement = insert(former_thresholds).values(
        tenant_id=owner[0], vehicle_id=owner[1], until_time=until, thresholds=dict(thresholds)
    )
    await connection.execute(statement.on_conflict_do_nothing())


async def change_since(
    connection: AsyncConnection,
    owner: Owner,
    now: OverrideValues,
    patch: ThresholdPatch,
    since: datetime,
) -> Overrides:
    """Replace thresholds from a time in the past on, whatever they were set to since.

    Returns:
        What is set now in place of `now`; the caller keeps it.
    """
    former = (await _read_former(connection, [owner])).get(owner, [])
    since_ms = round(since.timestamp() * 1000)
    await keep_former(connection, owner, SetValues(now, former).before(since_ms), since)
    table = former_thresholds
    later = select(table.c.until_time, table.c.thresholds).where(
        table.c.tenant_id == owner[0], table.c.vehicle_id == owner[1], table.c.until_time > since
    )
    for row in (await connection.execute(later)).all():
        changed = update(table).where(
            table.c.tenant_id == owner[0],
            table.c.vehicle_id == owner[1],
            table.c.until_time == row.until_time,
        )
        await connection.execute(changed.values(thresholds=merged(row.thresholds, patch)))
    return merged(dict(now), patch)


async def read_policies(
    connection: AsyncConnection,
    wanted: Mapping[Owner, tuple[OverrideValues | None, OverrideValues | None]],
) -> dict[Owner, Policy]:
    """Thresholds and odometer settings of vehicles over time.

    `wanted` has which thresholds each one's tenant and the vehicle itself have set now.

    A device without a vehicle is judged by what its tenant has set: its owner is `OF_THE_TENANT`.

    Raises:
        msgspec.ValidationError: an override is no threshold.
    """
    former = await _read_former(connection, wanted)
    odometers = await read_settings(connection, {vehicle_id for _, vehicle_id in wanted})

    def overrides(owner: Owner, now: OverrideValues | None) -> SetValues:
        return SetValues(now or {}, former.get(owner, ()))

    found = {}
    for owner, (tenant, vehicle) in wanted.items():
        of_tenant = overrides((owner[0], OF_THE_TENANT), tenant)
        own = SetValues({}) if owner[1] == OF_THE_TENANT else overrides(owner, vehicle)
        policy = policy_of(of_tenant, own)
        settings = odometers.get(owner[1])
        found[owner] = policy if settings is None else replace(policy, odometers=settings)
    return found


async def _read_former(
    connection: AsyncConnection, owners: Iterable[Owner]
) -> Mapping[Owner, list[tuple[int, OverrideValues]]]:
    """What held before, oldest first, each with when it ended (Unix ms)."""
    table = former_thresholds
    query = (
        select(table)
        .where(
            is_one_of(table.c.tenant_id, {tenant_id for tenant_id, _ in owners}),
            is_one_of(table.c.vehicle_id, {OF_THE_TENANT, *(each for _, each in owners)}),
        )
        .order_by(table.c.until_time)
    )
    former: defaultdict[Owner, list[tuple[int, OverrideValues]]] = defaultdict(list)
    for row in await connection.execute(query):
        until_ms = round(row.until_time.timestamp() * 1000)
        former[row.tenant_id, row.vehicle_id].append((until_ms, row.thresholds))
    return former
