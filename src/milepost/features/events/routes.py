"""/events, and a vehicle's own."""

from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from milepost.domain.trip import EventKind
from milepost.features.events.schemas import EventPage, EventTotal, EventView
from milepost.features.events.store import EventRow, get_event, page_events, total_events
from milepost.features.filters import FleetFilter, VehicleFilter, choice_filter, choice_in, id_in
from milepost.features.guards import needs
from milepost.features.history import History
from milepost.features.vehicles.store import VEHICLES
from milepost.features.wire import camel, location_of, view_of
from milepost.features.work import Work
from milepost.stream.conclusions.events import CONCLUSION

KindFilter = Annotated[str | None, choice_filter("kind", EventKind, "Only events of this kind.")]


@get("/events", operation_id="listEvents", guards=[needs(CONCLUSION.permission)])
async def list_events(
    work: NamedDependency[Work],
    history: NamedDependency[History],
    vehicle_id: VehicleFilter = None,
    fleet_id: FleetFilter = None,
    kind: KindFilter = None,
) -> EventPage:
    """Events of all vehicles in the period, by fix time."""
    return await _page(
        work, history.about(id_in("vehicleId", vehicle_id), id_in("fleetId", fleet_id)), kind
    )


@get("/events/{event_id:uuid}", operation_id="getEvent", guards=[needs(CONCLUSION.permission)])
async def get_one_event(event_id: FromPath[UUID], work: NamedDependency[Work]) -> EventView:
    """One event."""
    return event_view(await get_event(work.connection, work.scope, event_id))


@get(
    "/vehicles/{vehicle_id:uuid}/events",
    operation_id="listVehicleEvents",
    guards=[needs(CONCLUSION.permission)],
)
async def list_vehicle_events(
    vehicle_id: FromPath[UUID],
    work: NamedDependency[Work],
    history: NamedDependency[History],
    kind: KindFilter = None,
) -> EventPage:
    """A vehicle's events in the period, by fix time."""
    await VEHICLES.get(work.connection, work.scope, vehicle_id)
    return await _page(work, history.about(vehicle_id), kind)


async def _page(work: Work, wanted: History, kind: str | None) -> EventPage:
    kinds = [] if kind is None else [choice_in("kind", kind, EventKind)]
    page = await page_events(work.connection, work.scope, wanted, kinds)
    total = await total_events(work.connection, work.scope, wanted, kinds)
    return EventPage(
        items=[event_view(event) for event in page.items],
        next=page.next,
        total=None if total is None else EventTotal(count=total.count),
    )


def event_view(event: EventRow) -> EventView:
    """An event on the wire."""
    return view_of(
        event,
        EventView,
        location=location_of(event.latitude_deg, event.longitude_deg),
        detail={camel(name): value for name, value in event.detail.items()},
    )


ROUTER = Router(
    "/", route_handlers=[list_events, get_one_event, list_vehicle_events], tags=["Events"]
)
