"""Totals of a vehicle and of a fleet."""

from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from milepost.features.driving import drives
from milepost.features.fleets.store import FLEETS
from milepost.features.guards import needs
from milepost.features.periods import Period
from milepost.features.request_cost import REQUEST_COST
from milepost.features.totals.schemas import TotalsPage
from milepost.features.totals.service import Bucket, read_own_totals, read_totals
from milepost.features.vehicles.store import VEHICLES, visible_in_fleet, visible_part
from milepost.features.work import Work
from milepost.stores.telemetry import Telemetry
from milepost.stream.conclusions.totals import CONCLUSION

BucketParameter = Annotated[
    Bucket, QueryParameter(name="bucket", description="10 minutes, or a day in UTC.")
]


@get(
    "/vehicles/{vehicle_id:uuid}/totals",
    operation_id="getVehicleTotals",
    guards=[needs(CONCLUSION.permission)],
)
async def get_vehicle_totals(
    vehicle_id: FromPath[UUID],
    work: NamedDependency[Work],
    telemetry: NamedDependency[Telemetry],
    recent_period: NamedDependency[Period],
    bucket: BucketParameter = "day",
) -> TotalsPage:
    """What a vehicle drove, bucket by bucket; the last 30 days where `from` is absent."""
    await VEHICLES.get(work.connection, work.scope, vehicle_id)
    return await _totals(work, telemetry, [vehicle_id], recent_period, bucket)


@get(
    "/fleets/{fleet_id:uuid}/totals",
    operation_id="getFleetTotals",
    guards=[needs(CONCLUSION.permission)],
    opt={REQUEST_COST: 10},
)
async def get_fleet_totals(
    fleet_id: FromPath[UUID],
    work: NamedDependency[Work],
    telemetry: NamedDependency[Telemetry],
    recent_period: NamedDependency[Period],
    bucket: BucketParameter = "day",
) -> TotalsPage:
    """What a fleet's present vehicles drove together; the last 30 days where `from` is absent."""
    await FLEETS.get(work.connection, work.scope, fleet_id)
    ids = await visible_in_fleet(work.connection, work.scope, fleet_id)
    return await _totals(work, telemetry, ids, recent_period, bucket)


async def _totals(
    work: Work, telemetry: Telemetry, vehicle_ids: list[UUID], period: Period, bucket: Bucket
) -> TotalsPage:
    if not drives(work.scope):
        return await read_totals(telemetry, work.scope, vehicle_ids, period, bucket)
    parts = {
        each: await visible_part(work.connection, work.scope, each, period) for each in vehicle_ids
    }
    return await read_own_totals(telemetry, work.scope, parts, period, bucket)


ROUTER = Router("/", route_handlers=[get_vehicle_totals, get_fleet_totals], tags=["Totals"])
