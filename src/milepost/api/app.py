"""The HTTP application: routes, authentication, errors, headers, description, web app."""

from collections.abc import Sequence
from typing import Any

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.middleware import DefineMiddleware

from milepost.api.allowed_methods import AllowedMethods
from milepost.api.authentication import BearerAuthentication
from milepost.api.dependencies import dependencies
from milepost.api.heads import Application
from milepost.api.metrics import RequestMetrics
from milepost.api.not_modified import NotModified
from milepost.api.openapi import openapi_config
from milepost.api.operations import get_config, get_health, get_metrics, get_readiness
from milepost.api.parts import AppParts
from milepost.api.problems import EXCEPTION_HANDLERS
from milepost.api.request_limits import PublicRequestLimit
from milepost.api.requests import StrictRequest
from milepost.api.route_parameters import refuse_unknown_parameters
from milepost.api.security_headers import add_headers, security_headers
from milepost.api.transactions import RequestStack
from milepost.api.web_app import web_app_routes
from milepost.features.account.routes import ROUTER as ACCOUNT
from milepost.features.api_keys.routes import ROUTER as API_KEYS
from milepost.features.assignments.routes import ROUTER as ASSIGNMENTS
from milepost.features.audit.routes import ROUTER as AUDIT
from milepost.features.commands.routes import ROUTER as COMMANDS
from milepost.features.devices.routes import ROUTER as DEVICES
from milepost.features.drivers.routes import ROUTER as DRIVERS
from milepost.features.events.routes import ROUTER as EVENTS
from milepost.features.fleets.routes import ROUTER as FLEETS
from milepost.features.frames.routes import ROUTER as FRAMES
from milepost.features.guards import PUBLIC
from milepost.features.password_resets.routes import PUBLIC_ROUTER as RESETTING
from milepost.features.password_resets.routes import ROUTER as PASSWORD_RESETS
from milepost.features.positions.routes import ROUTER as POSITIONS
from milepost.features.protocols.routes import ROUTER as PROTOCOLS
from milepost.features.quarantine.routes import ROUTER as QUARANTINE
from milepost.features.reprocessings.routes import ROUTER as REPROCESSINGS
from milepost.features.sign_in.routes import PUBLIC_ROUTER as SIGNING_IN
from milepost.features.sign_in.routes import ROUTER as SIGN_IN
from milepost.features.stops.routes import ROUTER as STOPS
from milepost.features.tenants.routes import ROUTER as TENANT
from milepost.features.totals.routes import ROUTER as TOTALS
from milepost.features.trips.routes import ROUTER as TRIPS
from milepost.features.users.routes import ROUTER as USERS
from milepost.features.vehicle_devices.routes import ROUTER as PRIMARY_DEVICES
from milepost.features.vehicles.routes import ROUTER as VEHICLES

MAX_BODY_BYTES = 1_000_000

_NOUNS = (
    SIGN_IN,
    ACCOUNT,
    TENANT,
    USERS,
    PASSWORD_RESETS,
    API_KEYS,
    AUDIT,
    FLEETS,
    VEHICLES,
    DEVICES,
    FRAMES,
    COMMANDS,
    PROTOCOLS,
    DRIVERS,
    ASSIGNMENTS,
    POSITIONS,
    TRIPS,
    STOPS,
    EVENTS,
    TOTALS,
    QUARANTINE,
    REPROCESSINGS,
    PRIMARY_DEVICES,
)


def _api(route_handlers: Sequence[Any], **more: Any) -> Router:
    return Router(
        "/api/v1",
        route_handlers=route_handlers,
        before_request=refuse_unknown_parameters,
        **more,
    )


def create_app(parts: AppParts) -> Litestar:
    """The ASGI application, made of nothing but the parts."""
    web_app = [] if parts.web_folder is None else [web_app_routes(parts.web_folder)]
    metrics = [get_metrics] if parts.public_metrics else []
    public = [SIGNING_IN, RESETTING, get_config]
    return Application(
        route_handlers=[
            _api(_NOUNS, security=[{"bearer": []}]),
            _api(public, opt={PUBLIC: True}),
            Router("/", route_handlers=[get_health, get_readiness, *metrics], opt={PUBLIC: True}),
            *parts.live_routes,
            *web_app,
        ],
        dependencies=dependencies(parts),
        exception_handlers=EXCEPTION_HANDLERS,
        request_class=StrictRequest,
        request_max_body_size=MAX_BODY_BYTES,
        middleware=[
            RequestMetrics(parts.registry),
            RequestStack(),
            NotModified(),
            PublicRequestLimit(parts.request_limits),
            AllowedMethods(),
            DefineMiddleware(
                BearerAuthentication,
                authenticator=parts.accounts.authenticator,
                limits=parts.request_limits,
            ),
        ],
        before_send=[add_headers(security_headers(parts.map_style_url))],
        compression_config=CompressionConfig(backend="brotli", brotli_quality=3),
        openapi_config=openapi_config(parts.version, public=parts.public_schema),
        logging_config=None,
        debug=False,
    )
