"""/drivers."""

from uuid import UUID

from litestar import Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from milepost.domain.vehicle import Driver
from milepost.features.answers import ETAG, created, tagged
from milepost.features.drivers import service
from milepost.features.drivers.schemas import DriverPage, DriverPatch, DriverView, NewDriver
from milepost.features.drivers.store import DRIVERS, called
from milepost.features.etags import IfMatch
from milepost.features.guards import needs
from milepost.features.idempotency.once import Once
from milepost.features.paging import DEFAULT_LIMIT, After, Limit, Search
from milepost.features.wire import view_of
from milepost.features.work import Work


@get("/", operation_id="listDrivers", guards=[needs("read_people")])
async def list_drivers(
    work: NamedDependency[Work],
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    search: Search = None,
) -> DriverPage:
    """The drivers that the caller may see, the oldest first."""
    conditions = [called(search)] if search else []
    page = await DRIVERS.page(work.connection, work.scope, *conditions, after=after, limit=limit)
    return DriverPage(items=[_view(driver) for driver in page.items], next=page.next)


@post("/", operation_id="createDriver", guards=[needs("edit_drivers")], response_headers=[ETAG])
async def create_driver(
    data: JSONBody[NewDriver], work: NamedDependency[Work], once: NamedDependency[Once]
) -> Response[DriverView]:
    """Make a driver."""

    async def create() -> Response[DriverView]:
        driver = await service.create_driver(work, data)
        return created(_view(driver), f"/drivers/{driver.id}", driver.version)

    return await once.create(create)


@get(
    "/{driver_id:uuid}",
    operation_id="getDriver",
    guards=[needs("read")],
    response_headers=[ETAG],
)
async def get_driver(
    driver_id: FromPath[UUID], work: NamedDependency[Work]
) -> Response[DriverView]:
    """One driver; drivers see themselves alone."""
    driver = await DRIVERS.get(work.connection, work.scope, driver_id)
    return tagged(_view(driver), driver.version)


@patch(
    "/{driver_id:uuid}",
    operation_id="changeDriver",
    guards=[needs("edit_drivers")],
    response_headers=[ETAG],
)
async def change_driver(
    driver_id: FromPath[UUID],
    data: JSONBody[DriverPatch],
    work: NamedDependency[Work],
    if_match: IfMatch = None,
) -> Response[DriverView]:
    """Change some fields of a driver."""
    driver = await service.change_driver(work, driver_id, data, if_match)
    return tagged(_view(driver), driver.version)


@delete("/{driver_id:uuid}", operation_id="deleteDriver", guards=[needs("edit_drivers")])
async def delete_driver(
    driver_id: FromPath[UUID], work: NamedDependency[Work], if_match: IfMatch = None
) -> None:
    """Remove a driver and their assignments."""
    await service.delete_driver(work, driver_id, if_match)


def _view(driver: Driver) -> DriverView:
    return view_of(driver, DriverView)


ROUTER = Router(
    "/drivers",
    route_handlers=[list_drivers, create_driver, get_driver, change_driver, delete_driver],
    tags=["Drivers"],
)
