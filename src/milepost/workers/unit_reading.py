"""Units by device and vehicle, also where no device is in that vehicle any more."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.policy import Policy
from milepost.domain.vehicle import Device
from milepost.features.assignments.tables import driver_assignments
from milepost.features.device_states.tables import device_states
from milepost.features.devices.tables import devices
from milepost.features.former_thresholds.store import read_policies
from milepost.features.primary_devices.store import read_primaries
from milepost.features.rows import from_row
from milepost.features.tenants.tables import tenants
from milepost.features.vehicles.tables import vehicles
from milepost.stores.postgres.arrays import is_one_of
from milepost.workers.unit import Installation, UnitKey

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class _Rows(msgspec.Struct, frozen=True):
    """What is known of the devices, vehicles and tenants of some units, by id."""

    devices: Mapping[UUID, RowMapping]
    vehicles: Mapping[UUID, RowMapping]
    tenants: Mapping[UUID, RowMapping]
    drivers: Mapping[UUID, UUID]


async def read_units(
    connection: AsyncConnection, wanted: Sequence[tuple[UnitKey, UUID]]
) -> dict[UnitKey, tuple[Installation, bytes | None]]:
    """Units with their tenants: as installed there, and their checkpoints.

    A device or vehicle that is gone is no hindrance: its history stays. Units of a tenant that is
    gone are left out.
    """
    rows = await _read(connection, wanted)
    known = [(key, tenant_id) for key, tenant_id in wanted if tenant_id in rows.tenants]
    policies = await read_policies(
        connection,
        {
            (tenant_id, key[1]): (
                rows.tenants[tenant_id]["thresholds"],
                rows.vehicles[key[1]]["thresholds"] if key[1] in rows.vehicles else None,
            )
            for key, tenant_id in known
        },
    )
    primaries = await read_primaries(connection, [key[1] for key, _ in known])
    found = {
        key: _installation(
            key,
            tenant_id,
            rows,
            policies[tenant_id, key[1]].of_device(key[0], primaries.get(key[1], ())),
        )
        for key, tenant_id in known
    }
    states = await connection.execute(
        select(device_states.c.device_id, device_states.c.vehicle_id, device_states.c.state).where(
            is_one_of(device_states.c.device_id, {key[0] for key in found})
        )
    )
    state_of = {(row.device_id, row.vehicle_id): row.state for row in states}
    return {key: (each, state_of.get(key)) for key, each in found.items()}


async def _read(connection: AsyncConnection, wanted: Sequence[tuple[UnitKey, UUID]]) -> _Rows:
    vehicle_ids = {key[1] for key, _ in wanted}
    open_assignments = await connection.execute(
        select(driver_assignments.c.vehicle_id, driver_assignments.c.driver_id).where(
            is_one_of(driver_assignments.c.vehicle_id, vehicle_ids),
            driver_assignments.c.end_time.is_(None),
        )
    )
    return _Rows(
        await _by_id(connection, devices, {key[0] for key, _ in wanted}),
        await _by_id(connection, vehicles, vehicle_ids),
        await _by_id(connection, tenants, {tenant_id for _, tenant_id in wanted}),
        {row.vehicle_id: row.driver_id for row in open_assignments},
    )


async def _by_id(
    connection: AsyncConnection, table: Table, ids: Iterable[UUID]
) -> dict[UUID, RowMapping]:
    rows = await connection.execute(select(table).where(is_one_of(table.c.id, ids)))
    return {row["id"]: row for row in rows.mappings()}


def _installation(key: UnitKey, tenant_id: UUID, rows: _Rows, policy: Policy) -> Installation:
    device, vehicle = rows.devices.get(key[0]), rows.vehicles.get(key[1])
    return Installation(
        device=_gone(key[0], tenant_id) if device is None else _device(device),
        vehicle_id=key[1],
        fleet_id=None if vehicle is None else vehicle["fleet_id"],
        driver_id=rows.drivers.get(key[1]),
        policy=policy,
    )


def _device(row: RowMapping) -> Device:
    return from_row(row, Device)


def _gone(device_id: UUID, tenant_id: UUID) -> Device:
    """A device that was removed: what is left of it is its id."""
    return Device(
        id=device_id,
        tenant_id=tenant_id,
        unique_id=str(device_id),
        protocol="",
        created_at=_LONG_AGO,
        claimed_time=_LONG_AGO,
        updated_at=_LONG_AGO,
    )
