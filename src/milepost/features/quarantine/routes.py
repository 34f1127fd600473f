"""/quarantine: devices whose conclusions cannot be written, and another try."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from milepost.features.audit.service import record
from milepost.features.guards import needs
from milepost.features.paging import DEFAULT_LIMIT, After, Limit
from milepost.features.quarantine.schemas import QuarantinedView, QuarantinePage
from milepost.features.quarantine.store import Quarantined, bring_forward, page_quarantine
from milepost.features.wire import view_of
from milepost.features.work import Work


@get("/", operation_id="listQuarantine")
async def list_quarantine(
    work: NamedDependency[Work], limit: Limit = DEFAULT_LIMIT, after: After = None
) -> QuarantinePage:
    """The tenant's devices that were put aside because their conclusions cannot be written."""
    page = await page_quarantine(work.connection, work.scope, after, limit)
    return QuarantinePage(items=[_view(item) for item in page.items], next=page.next)


@post("/{device_id:uuid}/retry", operation_id="retryQuarantined", status_code=HTTP_200_OK)
async def retry_quarantined(
    device_id: FromPath[UUID], work: NamedDependency[Work]
) -> QuarantinePage:
    """Fold and write a device again now, and not only when its pause is over.

    The try comes within about a second after the answer. If it succeeds, the device is no longer
    listed; if not, its `tries` have grown.
    """
    found = await bring_forward(work.connection, work.scope, device_id, work.clock())
    await record(work, "retried", "quarantine", device_id)
    return QuarantinePage(items=[_view(item) for item in found], next=None)


def _view(item: Quarantined) -> QuarantinedView:
    return view_of(
        item, QuarantinedView, vehicle_id=item.vehicle_id if item.vehicle_id.int else None
    )


ROUTER = Router(
    "/quarantine",
    route_handlers=[list_quarantine, retry_quarantined],
    guards=[needs("administer")],
    tags=["Quarantine"],
)
