"""/tenant: the caller's own."""

from litestar import Response, Router, get, patch
from litestar.di import NamedDependency
from litestar.params import JSONBody

from milepost.domain.tenant import Tenant
from milepost.features.answers import ETAG, tagged
from milepost.features.etags import IfMatch
from milepost.features.guards import needs
from milepost.features.permissions import permits
from milepost.features.tenants import service
from milepost.features.tenants.schemas import TenantPatch, TenantView
from milepost.features.tenants.store import get_tenant
from milepost.features.thresholds import effective_view, overrides_view
from milepost.features.wire import view_of
from milepost.features.work import Work


@get("/", operation_id="getTenant", guards=[needs("read")], response_headers=[ETAG])
async def get_own_tenant(work: NamedDependency[Work]) -> Response[TenantView]:
    """The caller's tenant, with the thresholds that decide what is a trip.

    A driver is not told the thresholds: both are empty.
    """
    return _tagged(work, await get_tenant(work.connection, work.scope.tenant_id))


@patch("/", operation_id="changeTenant", guards=[needs("administer")], response_headers=[ETAG])
async def change_own_tenant(
    data: JSONBody[TenantPatch], work: NamedDependency[Work], if_match: IfMatch = None
) -> Response[TenantView]:
    """Change the tenant's name, thresholds and time zone, and whether a second factor is due."""
    return _tagged(work, await service.change_tenant(work, data, if_match))


def _tagged(work: Work, tenant: Tenant) -> Response[TenantView]:
    told = permits(work.scope, "read_settings")
    view = view_of(
        tenant,
        TenantView,
        thresholds=overrides_view(tenant.thresholds if told else {}),
        effective_thresholds=effective_view(tenant.thresholds) if told else overrides_view({}),
    )
    return tagged(view, tenant.version)


ROUTER = Router("/tenant", route_handlers=[get_own_tenant, change_own_tenant], tags=["Tenant"])
