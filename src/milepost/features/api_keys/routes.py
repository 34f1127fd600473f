"""/api-keys."""

from uuid import UUID

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from milepost.features.answers import created
from milepost.features.api_keys import service
from milepost.features.api_keys.reach import OwnedApiKey, status_of
from milepost.features.api_keys.schemas import ApiKeyPage, ApiKeyView, CreatedApiKey, NewApiKey
from milepost.features.api_keys.store import page_keys
from milepost.features.guards import needs
from milepost.features.paging import DEFAULT_LIMIT, After, Limit
from milepost.features.wire import view_of
from milepost.features.work import Work


@get("/", operation_id="listApiKeys")
async def list_keys(
    work: NamedDependency[Work], limit: Limit = DEFAULT_LIMIT, after: After = None
) -> ApiKeyPage:
    """The tenant's keys, the oldest first, without their secrets."""
    page = await page_keys(work.connection, work.scope, after, limit)
    return ApiKeyPage(items=[_view(work, key) for key in page.items], next=page.next)


@post("/", operation_id="createApiKey")
async def create_key(
    data: JSONBody[NewApiKey], work: NamedDependency[Work]
) -> Response[CreatedApiKey]:
    """Make a key. It is in this answer and nowhere else, so this call takes no Idempotency-Key."""
    key, text = await service.create_key(work, data)
    status = status_of(key, work.clock())
    view = view_of(key, CreatedApiKey, key=text, status=status)
    return created(view, f"/api-keys/{key.id}")


@post("/{key_id:uuid}/take-over", operation_id="takeOverApiKey", status_code=HTTP_200_OK)
async def take_over_key(key_id: FromPath[UUID], work: NamedDependency[Work]) -> ApiKeyView:
    """Become the owner of a key, so that it works although the one before is gone."""
    return _view(work, await service.take_over_key(work, key_id))


@delete("/{key_id:uuid}", operation_id="revokeApiKey")
async def revoke_key(key_id: FromPath[UUID], work: NamedDependency[Work]) -> None:
    """End a key at once."""
    await service.revoke_key(work, key_id)


def _view(work: Work, key: OwnedApiKey) -> ApiKeyView:
    return view_of(key, ApiKeyView, status=status_of(key, work.clock()))


ROUTER = Router(
    "/api-keys",
    route_handlers=[list_keys, create_key, take_over_key, revoke_key],
    guards=[needs("administer")],
    tags=["API keys"],
)
