"""/events, and a vehicle's own."""

from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from milepost.domain.trip import EventKind
from milepost.features.events.schemas import EventPage, EventView
from milepost.features.events.store import EventRow, page_events
from milepost.features.filters import FleetFilter, VehicleFilter, given
from milepost.features.guards import needs
from milepost.features.history import History
from milepost.features.vehicles.store import VEHICLES
from milepost.features.wire import camel, location_of, view_of
from milepost.features.work import Work

KindFilter = Annotated[
    EventKind | UnsetType, QueryParameter(name="kind", description="Only events of this kind.")
]


@get("/events", operation_id="listEvents", guards=[needs("read")])
async def list_events(
    work: NamedDependency[Work],
    history: NamedDependency[History],
    vehicle_id: VehicleFilter = UNSET,
    fleet_id: FleetFilter = UNSET,
    kind: KindFilter = UNSET,
) -> EventPage:
    """Events of all vehicles in the period, by fix time."""
    return await _page(work, history.about(given(vehicle_id), given(fleet_id)), given(kind))


@get("/vehicles/{vehicle_id:uuid}/events", operation_id="listVehicleEvents", guards=[needs("read")])
async def list_vehicle_events(
    vehicle_id: FromPath[UUID],
    work: NamedDependency[Work],
    history: NamedDependency[History],
    kind: KindFilter = UNSET,
) -> EventPage:
    """A vehicle's events in the period, by fix time."""
    await VEHICLES.get(work.connection, work.scope, vehicle_id)
    return await _page(work, history.about(vehicle_id), given(kind))


async def _page(work: Work, wanted: History, kind: str | None) -> EventPage:
    page = await page_events(work.connection, work.scope, wanted, [kind] if kind else [])
    return EventPage(items=[event_view(event) for event in page.items], next=page.next)


def event_view(event: EventRow) -> EventView:
    """An event on the wire."""
    return view_of(
        event,
        EventView,
        location=location_of(event.latitude_deg, event.longitude_deg),
        detail={camel(name): value for name, value in event.detail.items()},
    )


ROUTER = Router("/", route_handlers=[list_events, list_vehicle_events], tags=["Events"])
