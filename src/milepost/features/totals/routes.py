"""Totals of a vehicle and of a fleet."""

from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from milepost.features.driving import drives
from milepost.features.fleets.store import FLEETS
from milepost.features.guards import needs
from milepost.features.periods import From, Period, To
from milepost.features.request_cost import REQUEST_COST
from milepost.features.tenants.store import get_tenant
from milepost.features.time_zones import TimeZoneFilter, time_zone
from milepost.features.totals.days import period_of_days
from milepost.features.totals.schemas import TotalsPage
from milepost.features.totals.service import (
    Bucket,
    read_days,
    read_own_days,
    read_own_totals,
    read_totals,
)
from milepost.features.vehicles.store import VEHICLES, visible_in_fleet, visible_part
from milepost.features.work import Work
from milepost.stores.telemetry import Telemetry
from milepost.stream.conclusions.totals import CONCLUSION

BucketParameter = Annotated[
    Bucket,
    QueryParameter(name="bucket", description="10 minutes, or a day of the time zone."),
]


class Asked(msgspec.Struct, frozen=True):
    """Which totals are asked for."""

    telemetry: Telemetry
    bucket: Bucket
    zone: ZoneInfo
    period: Period


async def provide_asked(
    work: NamedDependency[Work],
    telemetry: NamedDependency[Telemetry],
    start: From = None,
    end: To = None,
    bucket: BucketParameter = "day",
    time_zone_name: TimeZoneFilter = None,
) -> Asked:
    """The dependency of these routes; the time zone is the tenant's where none is named.

    Raises:
        InvalidInput: a text is no time or no time zone, or the period ends before it begins.
    """
    if time_zone_name is None:
        time_zone_name = (await get_tenant(work.connection, work.scope.tenant_id)).time_zone
    zone = time_zone(time_zone_name)
    return Asked(telemetry, bucket, zone, period_of_days(start, end, zone, work.clock()))


@get(
    "/vehicles/{vehicle_id:uuid}/totals",
    operation_id="getVehicleTotals",
    guards=[needs(CONCLUSION.permission)],
)
async def get_vehicle_totals(
    vehicle_id: FromPath[UUID],
    work: NamedDependency[Work],
    asked: NamedDependency[Asked],
) -> TotalsPage:
    """What a vehicle drove, bucket by bucket; by default today and the 30 days before."""
    await VEHICLES.get(work.connection, work.scope, vehicle_id)
    return await _totals(work, asked, [vehicle_id])


@get(
    "/fleets/{fleet_id:uuid}/totals",
    operation_id="getFleetTotals",
    guards=[needs(CONCLUSION.permission)],
    opt={REQUEST_COST: 10},
)
async def get_fleet_totals(
    fleet_id: FromPath[UUID],
    work: NamedDependency[Work],
    asked: NamedDependency[Asked],
) -> TotalsPage:
    """What a fleet's present vehicles drove together; by default today and the 30 days before."""
    await FLEETS.get(work.connection, work.scope, fleet_id)
    ids = await visible_in_fleet(work.connection, work.scope, fleet_id)
    return await _totals(work, asked, ids)


async def _totals(work: Work, asked: Asked, vehicle_ids: list[UUID]) -> TotalsPage:
    period, zone = asked.period, asked.zone
    if not drives(work.scope):
        read = read_days if asked.bucket == "day" else read_totals
        return await read(asked.telemetry, work.scope, vehicle_ids, period, zone)
    parts = {
        each: await visible_part(work.connection, work.scope, each, period) for each in vehicle_ids
    }
    read_own = read_own_days if asked.bucket == "day" else read_own_totals
    return await read_own(asked.telemetry, work.scope, parts, period, zone)


ROUTER = Router(
    "/",
    route_handlers=[get_vehicle_totals, get_fleet_totals],
    dependencies={"asked": Provide(provide_asked)},
    tags=["Totals"],
)
