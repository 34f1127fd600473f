"""/stops, and a vehicle's own."""

from datetime import datetime
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from milepost.features.filters import FleetFilter, VehicleFilter, id_in
from milepost.features.guards import needs
from milepost.features.history import History, explanation_view
from milepost.features.stops.schemas import StopPage, StopView
from milepost.features.stops.store import StopRow, page_stops
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
    page = await page_stops(work.connection, work.scope, wanted)
    return StopPage(items=[stop_view(stop, work.clock()) for stop in page.items], next=page.next)


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


ROUTER = Router("/", route_handlers=[list_stops, list_vehicle_stops], tags=["Stops"])
