"""/assignments."""

from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from milepost.domain.vehicle import DriverAssignment
from milepost.features.answers import created
from milepost.features.assignments import service
from milepost.features.assignments.schemas import (
    AssignmentEnd,
    AssignmentPage,
    AssignmentView,
    NewAssignment,
)
from milepost.features.assignments.store import about, page_assignments
from milepost.features.filters import DriverFilter, VehicleFilter, id_in
from milepost.features.guards import needs
from milepost.features.idempotency.once import Once
from milepost.features.paging import DEFAULT_LIMIT, After, Limit
from milepost.features.wire import view_of
from milepost.features.work import Work


@get("/", operation_id="listAssignments", guards=[needs("read_people")])
async def list_assignments(
    work: NamedDependency[Work],
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    vehicle_id: VehicleFilter = None,
    driver_id: DriverFilter = None,
) -> AssignmentPage:
    """Who drove what, the newest first."""
    page = await page_assignments(
        work.connection,
        work.scope,
        about(id_in("vehicleId", vehicle_id), id_in("driverId", driver_id)),
        after=after,
        limit=limit,
    )
    return AssignmentPage(items=[_view(item) for item in page.items], next=page.next)


@post("/", operation_id="assignDriver", guards=[needs("assign_drivers")])
async def assign_driver(
    data: JSONBody[NewAssignment], work: NamedDependency[Work], once: NamedDependency[Once]
) -> Response[AssignmentView]:
    """Let a driver drive a vehicle; whoever drove it until then no longer does."""

    async def create() -> Response[AssignmentView]:
        assignment = await service.assign_driver(work, data)
        return created(_view(assignment), f"/assignments/{assignment.id}")

    return await once.create(create)


@post(
    "/{assignment_id:uuid}/end",
    operation_id="endAssignment",
    guards=[needs("assign_drivers")],
    status_code=HTTP_200_OK,
)
async def end_assignment(
    assignment_id: FromPath[UUID], data: JSONBody[AssignmentEnd], work: NamedDependency[Work]
) -> AssignmentView:
    """End an assignment: now, or at a time in the past."""
    return _view(await service.end_assignment(work, assignment_id, data.end_time))


def _view(assignment: DriverAssignment) -> AssignmentView:
    return view_of(assignment, AssignmentView)


ROUTER = Router(
    "/assignments",
    route_handlers=[list_assignments, assign_driver, end_assignment],
    tags=["Assignments"],
)
