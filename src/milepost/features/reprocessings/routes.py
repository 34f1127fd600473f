"""/reprocessings: changes of the past, and how far history has been drawn anew."""

from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from milepost.domain.reprocessing import Reprocessing
from milepost.features.answers import created
from milepost.features.confirmation import Confirmations
from milepost.features.guards import needs
from milepost.features.idempotency.once import Once
from milepost.features.paging import DEFAULT_LIMIT, After, Limit
from milepost.features.reprocessings import service, store
from milepost.features.reprocessings.schemas import (
    NewReprocessing,
    ReprocessingPage,
    ReprocessingView,
)
from milepost.features.request_cost import REQUEST_COST
from milepost.features.wire import view_of
from milepost.features.work import Work
from milepost.stores.telemetry import Telemetry


@post(
    "/",
    operation_id="requestReprocessing",
    guards=[needs("edit_vehicles")],
    opt={REQUEST_COST: 5},
)
async def request_reprocessing(
    data: JSONBody[NewReprocessing],
    work: NamedDependency[Work],
    once: NamedDependency[Once],
    telemetry: NamedDependency[Telemetry],
    confirmations: NamedDependency[Confirmations],
) -> Response[ReprocessingView]:
    """Change thresholds or the primary device since a time in the past, and draw history anew.

    The first call is answered with 428: it says how much would be folded again, and has a token to
    confirm it by. The work begins within seconds and survives restarts; see `getReprocessing`.
    """

    async def create() -> Response[ReprocessingView]:
        asked = await service.request_reprocessing(work, data, telemetry, confirmations)
        return created(_view(asked), f"/reprocessings/{asked.id}")

    return await once.create(create)


@get("/", operation_id="listReprocessings", guards=[needs("read_settings")])
async def list_reprocessings(
    work: NamedDependency[Work], limit: Limit = DEFAULT_LIMIT, after: After = None
) -> ReprocessingPage:
    """What was drawn anew, or still is; the newest first."""
    page = await store.page_reprocessings(work.connection, work.scope, after, limit)
    return ReprocessingPage(items=[_view(each) for each in page.items], next=page.next)


@get("/{reprocessing_id:uuid}", operation_id="getReprocessing", guards=[needs("read_settings")])
async def get_reprocessing(
    reprocessing_id: FromPath[UUID], work: NamedDependency[Work]
) -> ReprocessingView:
    """One of them, with how far it has come."""
    return _view(await store.get_reprocessing(work.connection, work.scope, reprocessing_id))


def _view(asked: Reprocessing) -> ReprocessingView:
    return view_of(asked, ReprocessingView, since=asked.since_time)


ROUTER = Router(
    "/reprocessings",
    route_handlers=[request_reprocessing, list_reprocessings, get_reprocessing],
    tags=["Reprocessings"],
)
