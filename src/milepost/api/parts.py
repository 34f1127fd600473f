"""What the HTTP application is made of: long-lived objects and values, given by the composition."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from litestar.handlers import WebsocketRouteHandler
from prometheus_client import CollectorRegistry

from milepost.api.exposition import Exposition
from milepost.api.request_limits import RequestLimits
from milepost.features.account.opening import Accounts
from milepost.features.commands.service import LineSighting
from milepost.features.confirmation import Confirmations
from milepost.features.devices.known_protocols import KnownProtocols
from milepost.features.frames.log import FrameLog
from milepost.features.positions.feed import DurableUpTo
from milepost.features.vehicles.last_states import NewestState
from milepost.features.work import ChangeNotice, Clock, MakeId
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry

Ping = Callable[[], Awaitable[None]]


class DemoCredentials(msgspec.Struct, frozen=True):
    """The sign-in that a demo shows to everyone who can reach it."""

    email: str
    password: str


class AppParts(msgspec.Struct, frozen=True, kw_only=True):
    """The long-lived objects and settings of the HTTP application.

    Attributes:
        database: PostgreSQL.
        telemetry: ClickHouse.
        accounts: who a bearer token speaks for, signing in, passwords.
        protocols: what devices may speak.
        frame_log: what watched devices and the gateway said to each other.
        line_sighting: what a device's open line has said of its vehicle's speed.
        confirmations: issues and checks what confirms an engine stop.
        notice: is told of changes after they are committed.
        durable_up_to: brings what is acknowledged to ClickHouse; up to which received time (Unix
            ms) it is there.
        newest_state: what a vehicle is doing now, as live viewers see it.
        live_routes: the WebSocket routes.
        pings: what must answer before the server counts as ready, by name.
        registry: where the metrics are registered.
        exposition: the metrics as text.
        public_metrics: whether `/metrics` is on the web port, too, open to everyone.
        public_schema: whether `/schema` is open to everyone; else one has to be signed in.
        request_limits: how many requests a caller may make.
        clock: the time, aware.
        make_id: where new ids come from.
        offline_after_s: silence after which a vehicle counts as offline.
        web_folder: the built web app; None serves the API alone.
        map_style_url: the MapLibre style that replaces the built-in base map.
        demo: what a demo signs in with; None otherwise.
        version: of Milepost.
    """

    database: Database
    telemetry: Telemetry
    accounts: Accounts
    protocols: KnownProtocols
    frame_log: FrameLog
    line_sighting: LineSighting
    confirmations: Confirmations
    notice: ChangeNotice
    durable_up_to: DurableUpTo
    newest_state: NewestState
    live_routes: Sequence[WebsocketRouteHandler]
    pings: Mapping[str, Ping]
    registry: CollectorRegistry
    exposition: Exposition
    public_metrics: bool
    public_schema: bool
    request_limits: RequestLimits
    clock: Clock
    make_id: MakeId
    offline_after_s: float
    web_folder: Path | None
    map_style_url: str | None
    demo: DemoCredentials | None
    version: str
