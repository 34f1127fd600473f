"""/stops, and a vehicle's own."""

from datetime import datetime
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from milepost.features.filters import FleetFilter, VehicleFilter, id_in
from milepost.features.guards import needs
from milepost.features.history import History, explanation_view
from milepost.features.stops.schemas import StopPage, StopTotal, StopView
from milepost.features.stops.store import StopRow, StopSum, get_stop, page_stops, total_stops
from milepost.features.vehicles.store import VEHICLES
from milepost.features.wire import Location, view_of
from milepost.features.work import Work
from milepost.stream.conclusions.stops import CONCLUSION


@get("/stops", operation_id="listStops", guards=[needs(CONCLUSION.permission)])
async def list_stops(
    work: NamedDependency[Work],
    history: NamedDependency[History],
    vehicle_id: VehicleFilter = None,
    fleet_id: FleetFilter = None,
) -> StopPage:
    """Stops of all vehicles that overlap the period, by the time they began."""
    return await _page(
        work, history.about(id_in("vehicleId", vehicle_id), id_in("fleetId", fleet_id))
    )


@get("/stops/{stop_id:uuid}", operation_id="getStop", guards=[needs(CONCLUSION.permission)])
async def get_one_stop(stop_id: FromPath[UUID], work: NamedDependency[Work]) -> StopView:
    """One stop."""
    return stop_view(await get_stop(work.connection, work.scope, stop_id), work.clock())


@get(
    "/vehicles/{vehicle_id:uuid}/stops",
    operation_id="listVehicleStops",
    guards=[needs(CONCLUSION.permission)],
)
async def list_vehicle_stops(
    vehicle_id: FromPath[UUID],
    work: NamedDependency[Work],
    history: NamedDependency[History],
) -> StopPage:
    """A vehicle's stops that overlap the period, by the time they began."""
    await VEHICLES.get(work.connection, work.scope, vehicle_id)
    return await _page(work, history.about(vehicle_id))


async def _page(work: Work, wanted: History) -> StopPage:
    now = work.clock()
    page = await page_stops(work.connection, work.scope, wanted)
    total = await total_stops(work.connection, work.scope, wanted, now)
    items = [stop_view(stop, now) for stop in page.items]
    return StopPage(items=items, next=page.next, total=None if total is None else _total(total))


def _total(total: StopSum) -> StopTotal:
    return StopTotal(
        count=total.count,
        duration_s=total.duration_s or 0.0,
        distance_m=total.distance_m or 0.0,
        driving_s=total.driving_s or 0.0,
        idling_s=total.idling_s or 0.0,
    )


def stop_view(stop: StopRow, now: datetime) -> StopView:
    """A stop on the wire."""
    return view_of(
        stop,
        StopView,
        location=Location(lat=stop.latitude_deg, lng=stop.longitude_deg),
        duration_s=((stop.end_time or now) - stop.start_time).total_seconds(),
        start_explanation=explanation_view(stop.start_explanation),
        end_explanation=explanation_view(stop.end_explanation),
    )


ROUTER = Router("/", route_handlers=[list_stops, get_one_stop, list_vehicle_stops], tags=["Stops"])
