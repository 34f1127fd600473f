"""The description of the API: OpenAPI 3.1 at `/schema` and `/schema/openapi.json`."""

from typing import Any

import msgspec
from litestar import Request, Router
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme

from milepost.api.description import described
from milepost.features.guards import PUBLIC

_PATHS = ("/schema", "/schema/openapi.json")
_DESCRIPTION = """\
Vehicles, devices, positions, trips and more of one tenant.

Sign in at `/api/v1/auth/login`, or make an API key, and send it as a bearer token. Names are in
camelCase and quantities carry their unit (`speedKmh`, `distanceM`); times are ISO 8601 in UTC.
Lists come in pages: send `next` as `after` until it is null. Errors are problem details (RFC 9457)
with a stable `code`. Creating calls take an `Idempotency-Key`; changing calls take `If-Match`.
"""


class DescribedSchema(JsonRenderPlugin):
    """Renders the framework's schema the way this API is, once."""

    _rendered = b""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The schema as JSON."""
        if not self._rendered:
            self._rendered = msgspec.json.encode(described(openapi_schema))
        return self._rendered


def _refuse_other_pages(request: Request[Any, Any, Any]) -> None:
    """The framework answers other paths below /schema with a page of its own."""
    if request.url.path.rstrip("/") not in _PATHS:
        raise NotFoundException


def openapi_config(version: str, *, public: bool) -> OpenAPIConfig:
    """How the schema is made and where it is served; unless `public`, to callers signed in."""
    bearer = SecurityScheme(
        type="http",
        scheme="bearer",
        description="An access token from `/api/v1/auth/login`, or an API key (`mpk_…`).",
    )
    return OpenAPIConfig(
        title="Milepost",
        version=version,
        description=_DESCRIPTION,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        components=Components(security_schemes={"bearer": bearer}),
        use_handler_docstrings=True,
        openapi_router=Router(
            "/schema",
            route_handlers=[],
            include_in_schema=False,
            opt={PUBLIC: public},
            before_request=_refuse_other_pages,
        ),
        render_plugins=[DescribedSchema(path=["/", "/openapi.json"], media_type=MediaType.JSON)],
    )
