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
import psutil
import structlog
from prometheus_client import CollectorRegistry
from uuid_utils.compat import uuid7

from milepost import protocols
from milepost.api.app import create_app
from milepost.api.exposition import Exposition
from milepost.api.parts import AppParts, DemoCredentials, Ping
from milepost.api.request_limits import RequestLimits
from milepost.domain.scope import Scope
from milepost.edges import serve_http, serve_operations
from milepost.errors import DataFolderInUse, Unavailable
from milepost.features.account.opening import AccountNeeds, Accounts, open_accounts
from milepost.features.commands.confirmation import Confirmations
from milepost.features.commands.service import LineSighting
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
from milepost.stores.data_folder import DataFolder
from milepost.stores.embedded_postgres import EmbeddedPostgres
from milepost.stores.log.opening import OpenedLogs, open_logs
from milepost.stores.postgres.database import Database
from milepost.stores.postgres.migrate import let_roles_log_in
from milepost.stores.postgres.migrate import migrate as migrate_postgres
from milepost.stores.telemetry import Telemetry
from milepost.workers.auto_registration import auto_registration
from milepost.workers.changes import Changes
from milepost.workers.command_news import CommandNews
from milepost.workers.command_queue import CommandQueue
from milepost.workers.dispatcher import Dispatcher, DispatcherOptions, running
from milepost.workers.health import Health
from milepost.workers.processor import Processor, ProcessorOptions, open_processor
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.server_clock import ServerClock
from milepost.workers.set_aside import SetAsidePositions
from milepost.workers.supervision import Faults, supervised

log = structlog.get_logger(__name__)

ORPHAN_ENDS_WITHIN_S = 20.0
LOOK_AT_ORPHAN_EVERY_S = 0.1


def wall_clock_ms() -> int:
    """Now, in milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000


def steady_ms() -> int:
    """Milliseconds since the machine started; nobody sets this clock, and sleep counts."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


async def take_folder(stack: AsyncExitStack, path: Path) -> DataFolder:
    """Own the data folder; a server that is ending because its supervisor died gets time to.

    Raises:
        DataFolderInUse: another process has it and keeps it.
    """
    deadline_s = time.monotonic() + ORPHAN_ENDS_WITHIN_S
    told = False
    while True:
        try:
            return stack.enter_context(DataFolder(path))
        except DataFolderInUse as error:
            if time.monotonic() > deadline_s or not _is_orphan(error.owner_pid):
                raise
            if not told:
                log.warning("data_folder.waiting", folder=str(path), owner=error.owner_pid)
            told = True
        await asyncio.sleep(LOOK_AT_ORPHAN_EVERY_S)


def _is_orphan(pid: int | None) -> bool:
    """Whether no process of ours is the parent: nobody keeps that one running."""
    if pid is None:
        return True
    try:
        parent = psutil.Process(pid).parent()
        return parent is None or not any("milepost" in word for word in parent.cmdline())
    except psutil.Error:
        return True  # it has just ended


class Engines(msgspec.Struct, frozen=True):
    """PostgreSQL, ClickHouse and the log, embedded or not."""

    database: Database
    telemetry: Telemetry
    logs: OpenedLogs

    async def ping(self) -> None:
        """Ask both for a sign of life.

        Raises:
            Unavailable: one gives none.
        """
        await self.database.ping()
        await self.telemetry.ping()


async def open_engines(stack: AsyncExitStack, settings: Settings, folder: DataFolder) -> Engines:
    """Start or connect to the engines and bring their schemas to this version.

    Raises:
        Unavailable: an engine does not start or answer.
        InvalidInput: a URL is none, or an engine has a setting with which it loses data.
    """
    if settings.database_url is None:
        database = await _embedded_postgres(stack, folder)
    else:
        await migrate_postgres(settings.database_url)
        database = Database(settings.database_url, login_as_role=False)
    stack.push_async_callback(database.close)
    telemetry = Telemetry(settings.clickhouse_url or folder.clickhouse)
    await telemetry.open()
    stack.push_async_callback(telemetry.close)
    await telemetry.migrate()
    await telemetry.warm_up()
    logs = await open_logs(stack, settings.log_url, folder.log)
    return Engines(database, telemetry, logs)


async def _embedded_postgres(stack: AsyncExitStack, folder: DataFolder) -> Database:
    postgres = EmbeddedPostgres(folder.postgres)
    await asyncio.to_thread(postgres.start)
    stack.push_async_callback(asyncio.to_thread, postgres.stop)
    await migrate_postgres(postgres.url)
    await let_roles_log_in(postgres.url)
    watching = asyncio.create_task(postgres.keep_running())
    stack.push_async_callback(_cancelled, watching)
    return Database(postgres.url, login_as_role=True)


async def _cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


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
        store = ProcessorStore(engines.database, registration, uuid7)
        faults = Faults(registry)
        hub = await _open_hub(stack, engines, store, faults)
        options = ProcessorOptions(
            gathering_s=settings.gathering_ms / 1000,
            block_interval_s=settings.block_interval_s,
            block_rows=settings.block_rows,
            flush_interval_s=settings.flush_interval_s,
        )
        processor = await stack.enter_async_context(
            open_processor(
                store,
                engines.telemetry,
                engines.logs.current,
                SetAsidePositions(engines.database, uuid7, registry),
                hub,
                ServerClock(wall_clock_ms, steady_ms),
                faults,
                options,
                engines.logs.leftover,
            )
        )
        engines.telemetry.read_after(processor.blocks.catch_up)
        known = discover(protocols, "PROTOCOL", DeviceProtocol)
        presence = Presence()
        news = CommandNews(hub, registry)
        dispatcher = _dispatcher(settings, engines, processor, presence, news)
        await stack.enter_async_context(running(dispatcher, faults))
        changes = Changes(processor.units, hub, store, dispatcher, presence)
        said = presence.sighting
        accounts = await _accounts(settings, engines.database, changes)
        stack.push_async_callback(accounts.journal.close)
        parts = _app_parts(
            settings, engines, processor, changes, hub, registry, known, said, accounts
        )
        listening = asyncio.Event()
        health = Health(processor, settings.data, wall_clock_ms, registry)
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
        processor.units,
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


async def _open_hub(
    stack: AsyncExitStack, engines: Engines, store: ProcessorStore, faults: Faults
) -> Hub:
    hub = Hub(time.monotonic)
    fleets = await store.vehicle_fleets()
    for tenant_id in {tenant_id for tenant_id, _ in fleets.values()}:
        scope = Scope(tenant_id, None, "admin")
        for each in await engines.telemetry.last_states(scope):
            if each.state.vehicle_id in fleets:
                _, fleet_id = fleets[each.state.vehicle_id]
                state = msgspec.structs.replace(each.state, fleet_id=fleet_id)
                hub.seed([(tenant_id, state)])
    flushing = supervised(hub.run, "live", faults)
    stack.push_async_callback(_cancelled, flushing)
    return hub


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
