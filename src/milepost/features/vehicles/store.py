"""Vehicles in PostgreSQL, with their fleet's name and the driver of this moment."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope
from milepost.domain.vehicle import Vehicle
from milepost.errors import NotFound
from milepost.features.drivers.tables import drivers
from milepost.features.driving import driver_assignments, drives, their_times
from milepost.features.entity_store import EntityStore, contains_any
from milepost.features.fleets.tables import fleets
from milepost.features.paging import Page, decode_cursor, keyset, page_of
from milepost.features.periods import Period
from milepost.features.rows import columns_of, fetch_all, fetch_one, one_of
from milepost.features.vehicles.tables import vehicles
from milepost.features.vehicles.visibility import visible_vehicles

VEHICLES = EntityStore("vehicle", vehicles, Vehicle, visible_vehicles)


class VehicleRecord(Vehicle, frozen=True, kw_only=True):
    """A vehicle with what people call its fleet and who drives it now."""

    fleet_name: str | None = None
    current_driver_id: UUID | None = None
    driver_first_name: str | None = None
    driver_last_name: str | None = None


async def get_record(connection: AsyncConnection, scope: Scope, vehicle_id: UUID) -> VehicleRecord:
    """One vehicle.

    Raises:
        NotFound: there is none that the caller may know of.
    """
    query = _records(scope).where(vehicles.c.id == vehicle_id)
    found = await fetch_one(connection, query, VehicleRecord)
    if found is None:
        raise NotFound("vehicle", vehicle_id)
    return found


async def page_records(
    connection: AsyncConnection,
    scope: Scope,
    *conditions: ColumnElement[bool],
    after: str | None,
    limit: int,
) -> Page[VehicleRecord]:
    """Vehicles in the order of their names."""
    key = None if after is None else decode_cursor(after, tuple[str, UUID])
    query = keyset(_records(scope).where(*conditions), [vehicles.c.name, vehicles.c.id], key, limit)
    found = await fetch_all(connection, query, VehicleRecord)
    return page_of(found, limit, lambda vehicle: (vehicle.name, vehicle.id))


async def page_ids(
    connection: AsyncConnection, scope: Scope, *, after: str | None, limit: int
) -> Page[UUID]:
    """The ids of vehicles that the caller may know of, in their order."""
    key = None if after is None else (decode_cursor(after, UUID),)
    query = select(vehicles.c.id).where(visible_vehicles(scope))
    found = await connection.scalars(keyset(query, [vehicles.c.id], key, limit))
    return page_of(found.all(), limit, lambda vehicle_id: vehicle_id)


async def odometers_of(
    connection: AsyncConnection, vehicle_ids: Collection[UUID]
) -> dict[UUID, tuple[datetime, float]]:
    """When somebody last said what the odometers of vehicles show, and what; those that have it."""
    query = select(vehicles.c.id, vehicles.c.odometer_time, vehicles.c.odometer_m).where(
        one_of(vehicles.c.id, vehicle_ids), vehicles.c.odometer_time.is_not(None)
    )
    rows = await connection.execute(query)
    return {row.id: (row.odometer_time, row.odometer_m) for row in rows}


async def visible_in_fleet(connection: AsyncConnection, scope: Scope, fleet_id: UUID) -> list[UUID]:
    """The ids of the vehicles of a fleet that the caller may know of."""
    query = select(vehicles.c.id).where(visible_vehicles(scope), in_fleet(fleet_id))
    return list(await connection.scalars(query))


async def visible_among(
    connection: AsyncConnection, scope: Scope, vehicle_ids: Collection[UUID]
) -> set[UUID]:
    """Those of the vehicles that the caller may know of."""
    query = select(vehicles.c.id).where(visible_vehicles(scope), one_of(vehicles.c.id, vehicle_ids))
    return set(await connection.scalars(query))


async def visible_part(
    connection: AsyncConnection, scope: Scope, vehicle_id: UUID, period: Period
) -> Period:
    """What the caller may know of the vehicle's history in the period: a driver, their own times.

    Raises:
        NotFound: there is no such vehicle that the caller may know of.
    """
    await VEHICLES.get(connection, scope, vehicle_id)
    if not drives(scope):
        return period
    return period.only(await their_times(connection, scope, vehicle_id))


def matching(search: str) -> ColumnElement[bool]:
    """Vehicles that people would find under the words."""
    columns = [vehicles.c.name, vehicles.c.registration_number, vehicles.c.vin]
    return contains_any([*columns, vehicles.c.make, vehicles.c.model], search)


def in_fleet(fleet_id: UUID) -> ColumnElement[bool]:
    """Vehicles of the fleet."""
    return vehicles.c.fleet_id == fleet_id


def among(ids: str, *, included: bool) -> ColumnElement[bool]:
    """Vehicles with these ids, joined by commas, or all others; they are one parameter.

    PostgreSQL takes a list of unknown length for a short one. As a join it might go through the
    list once a vehicle (5 · 10⁹ comparisons of 100,000 vehicles); `IS` allows a hash table only.
    """
    listed = select(func.unnest(cast(func.string_to_array(ids, ","), ARRAY(Uuid()))))
    return vehicles.c.id.in_(listed).is_(included)


def _records(scope: Scope) -> Select[Any]:
    current = (vehicles.c.id == driver_assignments.c.vehicle_id) & (
        driver_assignments.c.end_time.is_(None)
    )
    return (
        select(
            *columns_of(vehicles, Vehicle),
            fleets.c.name.label("fleet_name"),
            drivers.c.id.label("current_driver_id"),
            drivers.c.first_name.label("driver_first_name"),
            drivers.c.last_name.label("driver_last_name"),
        )
        .select_from(
            vehicles.outerjoin(fleets, fleets.c.id == vehicles.c.fleet_id)
            .outerjoin(driver_assignments, current)
            .outerjoin(drivers, drivers.c.id == driver_assignments.c.driver_id)
        )
        .where(visible_vehicles(scope))
    )
