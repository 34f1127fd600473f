"""The only builder of long-lived objects: opened in order, closed in reverse."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import msgspec
import structlog
from prometheus_client import CollectorRegistry
from uuid_utils.compat import uuid7

from milepost import protocols
from milepost.api.app import create_app
from milepost.api.exposition import Exposition
from milepost.api.parts import AppParts, DemoCredentials, Ping
from milepost.api.request_limits import RequestLimits
from milepost.compose.edges import serve_http, serve_operations
from milepost.compose.engines import (
    Engines,
    open_engines,
    take_folder,
    wall_clock_ms,
)
from milepost.compose.processing import open_processing
from milepost.errors import Unavailable
from milepost.features.account.opening import AccountNeeds, Accounts, open_accounts
from milepost.features.commands.service import LineSighting
from milepost.features.confirmation import Confirmations
from milepost.features.devices.known_protocols import KnownProtocols
from milepost.features.frames.log import FrameLog
from milepost.features.passwords import Passwords
from milepost.features.second_factor.resealing import take_signing_keys
from milepost.features.sign_in.authenticator import Authenticator
from milepost.features.sign_in.bounded_store import BoundedStore
from milepost.features.sign_in.guards import make_guards
from milepost.features.sign_in.sessions import session_limits
from milepost.gateway.listeners import Gateway, open_gateway
from milepost.gateway.metrics import GatewayMetrics
from milepost.gateway.mqtt import Broker, parse_broker
from milepost.gateway.presence import Presence
from milepost.live.directory import PostgresDirectory
from milepost.live.hub import Hub
from milepost.live.routes import live_route
from milepost.live.service import Caller, LiveService
from milepost.protocols.contract import DeviceProtocol
from milepost.registry import discover
from milepost.settings import Settings
from milepost.stores.postgres.database import Database
from milepost.workers.auto_registration import auto_registration
from milepost.workers.changes import Changes
from milepost.workers.command_news import CommandNews
from milepost.workers.command_queue import CommandQueue
from milepost.workers.dispatcher import Dispatcher, DispatcherOptions, running
from milepost.workers.health import Health
from milepost.workers.processor import (
    Processor,
)
from milepost.workers.supervision import Faults

log = structlog.get_logger(__name__)


class Platform(msgspec.Struct, frozen=True):
    """A running server: what its process watches over."""

    engines: Engines
    processor: Processor
    gateway: Gateway

    async def hear_engines(self) -> None:
        """Return once both engines have answered or failed; a hung one does neither."""
        try:
            await self.engines.ping()
        except Exception as error:  # noqa: BLE001 - whatever it says, it has answered
            log.warning("engine.silent", error=str(error))


@asynccontextmanager
async def open_platform(
    settings: Settings,
    demo: DemoCredentials | None = None,
    prepare: Callable[[Database], Awaitable[None]] | None = None,
) -> AsyncIterator[Platform]:
    """Everything that serves, in the order of dependence; closed in reverse.

    `prepare` is run on the migrated database before anything listens.

    Raises:
        DataFolderInUse: another process has the data folder.
        Unavailable: an engine does not start, or a port is taken.
        InvalidInput: a setting cannot be used.
    """
    registry = CollectorRegistry()
    bounds = (settings.auto_register_per_hour, settings.auto_register_most)
    registration = auto_registration(settings.auto_register, *bounds, registry)
    async with AsyncExitStack() as stack:
        folder = await take_folder(stack, settings.data)
        engines = await open_engines(stack, settings, folder)
        if prepare is not None:
            await prepare(engines.database)
        faults = Faults(registry)
        store, hub, processor = await open_processing(
            stack, settings, engines, registration, registry, faults
        )
        known = discover(protocols, "PROTOCOL", DeviceProtocol)
        presence = Presence()
        news = CommandNews(hub, registry)
        dispatcher = _dispatcher(settings, engines, processor, presence, news)
        await stack.enter_async_context(running(dispatcher, faults))
        changes = Changes(processor.shards, hub, store, dispatcher, presence)
        said = presence.sighting
        accounts = await _accounts(settings, engines.database, changes)
        stack.push_async_callback(accounts.journal.close)
        parts = _app_parts(
            settings, engines, processor, changes, hub, registry, known, said, accounts
        )
        listening = asyncio.Event()
        health = Health(
            processor.shards, processor.agreement, settings.data, wall_clock_ms, registry
        )
        pings = {
            **parts.pings,
            "gateway": _listens(listening),
            "positions": health.positions,
            "conclusions": health.conclusions,
        }
        parts = msgspec.structs.replace(parts, demo=demo, pings=pings)
        await serve_operations(stack, settings, parts)
        await serve_http(stack, settings, create_app(parts), hub)
        gateway = await stack.enter_async_context(
            open_gateway(
                processor.ingest,
                known,
                host=settings.host,
                port_offset=settings.port_offset,
                clock_ms=wall_clock_ms,
                metrics=GatewayMetrics(registry),
                broker=_broker(settings),
                presence=presence,
                frame_log=parts.frame_log,
            )
        )
        listening.set()
        yield Platform(engines, processor, gateway)


def _dispatcher(
    settings: Settings,
    engines: Engines,
    processor: Processor,
    presence: Presence,
    news: CommandNews,
) -> Dispatcher:
    return Dispatcher(
        CommandQueue(engines.database),
        presence,
        processor.shards,
        news,
        wall_clock_ms,
        DispatcherOptions(answer_within_s=settings.command_answer_s),
    )


def _listens(listening: asyncio.Event) -> Ping:
    """The server is ready once devices reach it, too."""

    async def ping() -> None:
        if not listening.is_set():
            raise Unavailable("the gateway", "its ports are not open yet")

    return ping


def _app_parts(  # noqa: PLR0913, PLR0917 - each is one thing that composition knows
    settings: Settings,
    engines: Engines,
    processor: Processor,
    changes: Changes,
    hub: Hub,
    registry: CollectorRegistry,
    known: Mapping[str, DeviceProtocol],
    line_sighting: LineSighting,
    accounts: Accounts,
) -> AppParts:
    database = engines.database
    return AppParts(
        database=database,
        telemetry=engines.telemetry,
        accounts=accounts,
        protocols=KnownProtocols(known),
        frame_log=FrameLog(),
        line_sighting=line_sighting,
        confirmations=Confirmations(accounts.keys.current, utc_now),
        notice=changes,
        durable_up_to=processor.durable_up_to,
        newest_state=hub.newest,
        live_routes=[live_route(_live_service(hub, database, accounts.authenticator))],
        pings={"postgresql": database.ping, "clickhouse": engines.telemetry.ping},
        registry=registry,
        exposition=Exposition(registry, time.monotonic),
        public_metrics=settings.public_metrics,
        public_schema=settings.public_schema,
        request_limits=RequestLimits(
            settings.requests_per_s, settings.request_burst, time.monotonic
        ),
        clock=utc_now,
        make_id=uuid7,
        offline_after_s=settings.offline_after_s,
        web_folder=_web_folder(),
        map_style_url=settings.map_style_url,
        demo=None,
        version=version("milepost"),
    )


async def _accounts(settings: Settings, database: Database, changes: Changes) -> Accounts:
    limits = session_limits(settings.session_idle_days, settings.session_lifetime_days)
    keys = await take_signing_keys(settings.data, database)
    guards = make_guards(database, BoundedStore(utc_now), keys.current, utc_now, uuid7)
    attempts = BoundedStore(utc_now)
    needs = AccountNeeds(database, keys, limits, attempts, guards, changes, utc_now, uuid7)
    return open_accounts(needs, Passwords())


def _live_service(hub: Hub, database: Database, authenticator: Authenticator) -> LiveService:
    async def authenticate(token: str, address: str) -> Caller:
        identity = await authenticator.authenticate(token, address)
        return Caller(identity.scope, identity.expires_in_s, identity.credential)

    return LiveService(hub, PostgresDirectory(database), authenticate, uuid7)


def _broker(settings: Settings) -> Broker | None:
    if settings.mqtt_url is None:
        return None
    return parse_broker(settings.mqtt_url, "milepost")


def _web_folder() -> Path | None:
    folder = Path(str(files("milepost"))) / "web_dist"
    return folder if (folder / "index.html").is_file() else None


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)
