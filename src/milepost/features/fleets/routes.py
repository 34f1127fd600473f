"""/fleets."""

from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from milepost.domain.fleet import Fleet
from milepost.features.answers import ETAG, created, tagged
from milepost.features.etags import IfMatch
from milepost.features.fleets import service
from milepost.features.fleets.schemas import FleetPage, FleetPatch, FleetView, NewFleet
from milepost.features.fleets.store import FLEETS, vehicle_counts
from milepost.features.guards import needs
from milepost.features.idempotency.once import Once
from milepost.features.paging import DEFAULT_LIMIT, After, Limit
from milepost.features.permissions import permits
from milepost.features.wire import view_of
from milepost.features.work import Work


@get("/", operation_id="listFleets", guards=[needs("read")])
async def list_fleets(
    work: NamedDependency[Work], limit: Limit = DEFAULT_LIMIT, after: After = None
) -> FleetPage:
    """The fleets that the caller may see, the oldest first."""
    page = await FLEETS.page(work.connection, work.scope, after=after, limit=limit)
    return FleetPage(items=await _views(work, page.items), next=page.next)


@post("/", operation_id="createFleet", guards=[needs("edit_fleets")], response_headers=[ETAG])
async def create_fleet(
    data: JSONBody[NewFleet], work: NamedDependency[Work], once: NamedDependency[Once]
) -> Response[FleetView]:
    """Make a fleet."""

    async def create() -> Response[FleetView]:
        fleet = await service.create_fleet(work, data)
        return created((await _views(work, [fleet]))[0], f"/fleets/{fleet.id}", fleet.version)

    return await once.create(create)


@get(
    "/{fleet_id:uuid}",
    operation_id="getFleet",
    guards=[needs("read")],
    response_headers=[ETAG],
)
async def get_fleet(fleet_id: FromPath[UUID], work: NamedDependency[Work]) -> Response[FleetView]:
    """One fleet."""
    return await _tagged(work, await FLEETS.get(work.connection, work.scope, fleet_id))


@patch(
    "/{fleet_id:uuid}",
    operation_id="changeFleet",
    guards=[needs("edit_fleets")],
    response_headers=[ETAG],
)
async def change_fleet(
    fleet_id: FromPath[UUID],
    data: JSONBody[FleetPatch],
    work: NamedDependency[Work],
    if_match: IfMatch = None,
) -> Response[FleetView]:
    """Change some fields of a fleet."""
    return await _tagged(work, await service.change_fleet(work, fleet_id, data, if_match))


@delete("/{fleet_id:uuid}", operation_id="deleteFleet", guards=[needs("edit_fleets")])
async def delete_fleet(
    fleet_id: FromPath[UUID], work: NamedDependency[Work], if_match: IfMatch = None
) -> None:
    """Remove a fleet; its vehicles stay, in no fleet."""
    await service.delete_fleet(work, fleet_id, if_match)


async def _tagged(work: Work, fleet: Fleet) -> Response[FleetView]:
    return tagged((await _views(work, [fleet]))[0], fleet.version)


async def _views(work: Work, found: list[Fleet]) -> list[FleetView]:
    counts = await vehicle_counts(work.connection, work.scope, [fleet.id for fleet in found])
    shown = found if permits(work.scope, "read_settings") else list(map(_name_only, found))
    return [view_of(fleet, FleetView, vehicle_count=counts.get(fleet.id, 0)) for fleet in shown]


def _name_only(fleet: Fleet) -> Fleet:
    return msgspec.structs.replace(fleet, description=None)


ROUTER = Router(
    "/fleets",
    route_handlers=[list_fleets, create_fleet, get_fleet, change_fleet, delete_fleet],
    tags=["Fleets"],
)
