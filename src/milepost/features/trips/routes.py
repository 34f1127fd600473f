"""/trips, and a vehicle's own."""

from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from milepost.features.filters import FleetFilter, VehicleFilter, id_in
from milepost.features.guards import needs
from milepost.features.history import History, explanation_view
from milepost.features.trips.schemas import TripPage, TripTotal, TripView
from milepost.features.trips.store import TripRow, TripSum, get_trip, page_trips, total_trips
from milepost.features.vehicles.store import VEHICLES
from milepost.features.wire import Location, view_of
from milepost.features.work import Work
from milepost.stream.conclusions.trips import CONCLUSION


@get("/trips", operation_id="listTrips", guards=[needs(CONCLUSION.permission)])
async def list_trips(
    work: NamedDependency[Work],
    history: NamedDependency[History],
    vehicle_id: VehicleFilter = None,
    fleet_id: FleetFilter = None,
) -> TripPage:
    """Trips of all vehicles that overlap the period, by the time they began."""
    return await _page(
        work, history.about(id_in("vehicleId", vehicle_id), id_in("fleetId", fleet_id))
    )


@get("/trips/{trip_id:uuid}", operation_id="getTrip", guards=[needs(CONCLUSION.permission)])
async def get_one_trip(trip_id: FromPath[UUID], work: NamedDependency[Work]) -> TripView:
    """One trip."""
    return trip_view(await get_trip(work.connection, work.scope, trip_id))


@get(
    "/vehicles/{vehicle_id:uuid}/trips",
    operation_id="listVehicleTrips",
    guards=[needs(CONCLUSION.permission)],
)
async def list_vehicle_trips(
    vehicle_id: FromPath[UUID],
    work: NamedDependency[Work],
    history: NamedDependency[History],
) -> TripPage:
    """A vehicle's trips that overlap the period, by the time they began."""
    await VEHICLES.get(work.connection, work.scope, vehicle_id)
    return await _page(work, history.about(vehicle_id))


async def _page(work: Work, wanted: History) -> TripPage:
    page = await page_trips(work.connection, work.scope, wanted)
    total = await total_trips(work.connection, work.scope, wanted)
    items = [trip_view(trip) for trip in page.items]
    return TripPage(items=items, next=page.next, total=None if total is None else _total(total))


def _total(total: TripSum) -> TripTotal:
    return TripTotal(
        count=total.count,
        distance_m=total.distance_m or 0.0,
        driving_s=total.driving_s or 0.0,
        idling_s=total.idling_s or 0.0,
        fuel_used_l=total.fuel_used_l,
    )


def trip_view(trip: TripRow) -> TripView:
    """A trip on the wire."""
    duration_s = trip.driving_s + trip.idling_s
    if trip.end_time is not None:
        duration_s = (trip.end_time - trip.start_time).total_seconds()
    return view_of(
        trip,
        TripView,
        start_location=Location(lat=trip.start_latitude_deg, lng=trip.start_longitude_deg),
        end_location=Location(lat=trip.end_latitude_deg, lng=trip.end_longitude_deg),
        duration_s=duration_s,
        average_speed_kmh=trip.distance_m / duration_s * 3.6 if duration_s > 0 else 0.0,
        start_explanation=explanation_view(trip.start_explanation),
        end_explanation=explanation_view(trip.end_explanation),
    )


ROUTER = Router("/", route_handlers=[list_trips, get_one_trip, list_vehicle_trips], tags=["Trips"])
