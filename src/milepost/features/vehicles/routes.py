"""/vehicles."""

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy import ColumnElement

from milepost.domain.vehicle import MotionState
from milepost.features.answers import ETAG, created, tagged
from milepost.features.etags import IfMatch
from milepost.features.filters import FleetFilter, choice_filter, choice_in, id_in
from milepost.features.guards import needs
from milepost.features.idempotency.once import Once
from milepost.features.paging import DEFAULT_LIMIT, MAX_LIMIT, After, Limit, Search
from milepost.features.request_cost import REQUEST_COST
from milepost.features.slices import in_slices
from milepost.features.vehicles import service, store
from milepost.features.vehicles.last_states import LastStates
from milepost.features.vehicles.schemas import (
    NewVehicle,
    VehiclePage,
    VehiclePatch,
    VehicleStatePage,
    VehicleView,
)
from milepost.features.vehicles.views import state_view, vehicle_view, with_odometer
from milepost.features.work import Work

StateFilter = Annotated[
    str | None,
    choice_filter("state", MotionState, "Only vehicles that are in this state now."),
]


@get("/", operation_id="listVehicles", guards=[needs("read")], opt={REQUEST_COST: 2})
async def list_vehicles(
    work: NamedDependency[Work],
    last_states: NamedDependency[LastStates],
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    search: Search = None,
    fleet_id: FleetFilter = None,
    motion_state: StateFilter = None,
) -> VehiclePage:
    """The vehicles that the caller may see, in the order of their names."""
    conditions: list[ColumnElement[bool]] = []
    if search:
        conditions.append(store.matching(search))
    if (wanted_fleet := id_in("fleetId", fleet_id)) is not None:
        conditions.append(store.in_fleet(wanted_fleet))
    if (wanted_state := choice_in("state", motion_state, MotionState)) is not None:
        ids, included = await last_states.in_state(work.scope, wanted_state)
        conditions.append(store.among(ids, included=included))
    page = await store.page_records(
        work.connection, work.scope, *conditions, after=after, limit=limit
    )
    states = await last_states.of(work.scope, [vehicle.id for vehicle in page.items])
    items = await in_slices(
        page.items, lambda vehicle: vehicle_view(vehicle, states.get(vehicle.id))
    )
    return VehiclePage(items=items, next=page.next)


@get("/states", operation_id="listVehicleStates", guards=[needs("read")], opt={REQUEST_COST: 2})
async def list_vehicle_states(
    work: NamedDependency[Work],
    last_states: NamedDependency[LastStates],
    limit: Limit = MAX_LIMIT,
    after: After = None,
) -> VehicleStatePage:
    """What vehicles are doing now; those that never reported are left out.

    `limit` counts vehicles, so a page may hold fewer states, or none, before the last.
    """
    page = await store.page_ids(work.connection, work.scope, after=after, limit=limit)
    states = await last_states.of(work.scope, page.items)
    odometers = await store.odometers_of(work.connection, states)
    for vehicle_id, setting in odometers.items():
        states[vehicle_id] = with_odometer(states[vehicle_id], *setting)
    items = await in_slices((states[each] for each in page.items if each in states), state_view)
    return VehicleStatePage(items=items, next=page.next)


@post("/", operation_id="createVehicle", guards=[needs("edit_vehicles")], response_headers=[ETAG])
async def create_vehicle(
    data: JSONBody[NewVehicle],
    work: NamedDependency[Work],
    once: NamedDependency[Once],
    last_states: NamedDependency[LastStates],
) -> Response[VehicleView]:
    """Make a vehicle; without a name it is called by its registration number or VIN."""

    async def create() -> Response[VehicleView]:
        vehicle = await service.create_vehicle(work, data)
        view = await _view(work, last_states, vehicle.id)
        return created(view, f"/vehicles/{vehicle.id}", vehicle.version)

    return await once.create(create)


@get(
    "/{vehicle_id:uuid}",
    operation_id="getVehicle",
    guards=[needs("read")],
    response_headers=[ETAG],
)
async def get_vehicle(
    vehicle_id: FromPath[UUID],
    work: NamedDependency[Work],
    last_states: NamedDependency[LastStates],
) -> Response[VehicleView]:
    """One vehicle with where it is and what it does now."""
    vehicle = await store.VEHICLES.get(work.connection, work.scope, vehicle_id)
    return tagged(await _view(work, last_states, vehicle_id), vehicle.version)


@patch(
    "/{vehicle_id:uuid}",
    operation_id="changeVehicle",
    guards=[needs("maintain_vehicles")],
    response_headers=[ETAG],
)
async def change_vehicle(
    vehicle_id: FromPath[UUID],
    data: JSONBody[VehiclePatch],
    work: NamedDependency[Work],
    last_states: NamedDependency[LastStates],
    if_match: IfMatch = None,
) -> Response[VehicleView]:
    """Change some fields of a vehicle; the role maintenance may change what concerns it."""
    vehicle = await service.change_vehicle(work, vehicle_id, data, if_match)
    return tagged(await _view(work, last_states, vehicle_id), vehicle.version)


@delete("/{vehicle_id:uuid}", operation_id="deleteVehicle", guards=[needs("edit_vehicles")])
async def delete_vehicle(
    vehicle_id: FromPath[UUID], work: NamedDependency[Work], if_match: IfMatch = None
) -> None:
    """Remove a vehicle; its devices stay, without a vehicle."""
    await service.delete_vehicle(work, vehicle_id, if_match)


async def _view(work: Work, last_states: LastStates, vehicle_id: UUID) -> VehicleView:
    record = await store.get_record(work.connection, work.scope, vehicle_id)
    states = await last_states.of(work.scope, [vehicle_id])
    return vehicle_view(record, states.get(vehicle_id))


ROUTER = Router(
    "/vehicles",
    route_handlers=[
        list_vehicles,
        list_vehicle_states,
        create_vehicle,
        get_vehicle,
        change_vehicle,
        delete_vehicle,
    ],
    tags=["Vehicles"],
)
