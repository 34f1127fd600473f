"""The processor on its engines, for a server and for commands that work without one."""

import time
from contextlib import AsyncExitStack

import msgspec
from prometheus_client import CollectorRegistry
from uuid_utils.compat import uuid7

from milepost.compose.engines import (
    Engines,
    cancelled,
    open_engines,
    steady_ms,
    take_folder,
    wall_clock_ms,
)
from milepost.domain.scope import Scope
from milepost.live.hub import Hub
from milepost.settings import Settings
from milepost.workers.auto_registration import AutoRegistration
from milepost.workers.processor import (
    Processor,
    ProcessorOptions,
    ProcessorParts,
    open_processor,
)
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.server_clock import ServerClock
from milepost.workers.set_aside import SetAsidePositions
from milepost.workers.supervision import Faults, supervised


async def open_processing(
    stack: AsyncExitStack,
    settings: Settings,
    engines: Engines,
    registration: AutoRegistration | None,
    registry: CollectorRegistry,
    faults: Faults,
) -> tuple[ProcessorStore, Hub, Processor]:
    """Everything between a gateway and viewers: what the store has is shown at once.

    Raises:
        Unavailable: an engine does not answer.
    """
    store = ProcessorStore(engines.database, registration, uuid7)
    hub = await _open_hub(stack, engines, store, faults)
    parts = _parts(engines, store, hub, registry, faults, _options(settings))
    processor = await stack.enter_async_context(open_processor(parts, engines.logs))
    engines.telemetry.read_after(processor.shards.catch_up)
    return store, hub, processor


async def open_offline_processor(
    stack: AsyncExitStack, settings: Settings
) -> tuple[Engines, Processor]:
    """A processor that has a data folder to itself, without devices and viewers; it never rests.

    Raises:
        DataFolderInUse: a server runs on the folder.
        Unavailable: an engine does not start or answer.
    """
    engines = await open_engines(stack, settings, await take_folder(stack, settings.data))
    registry = CollectorRegistry()
    store, faults = ProcessorStore(engines.database, None, uuid7), Faults(registry)
    options = msgspec.structs.replace(_options(settings), folding_rest_per_work=0.0)
    parts = _parts(engines, store, Hub(time.monotonic), registry, faults, options)
    return engines, await stack.enter_async_context(open_processor(parts, engines.logs))


def _options(settings: Settings) -> ProcessorOptions:
    return ProcessorOptions(
        gathering_s=settings.gathering_ms / 1000,
        block_interval_s=settings.block_interval_s,
        block_rows=settings.block_rows,
        flush_interval_s=settings.flush_interval_s,
    )


def _parts(
    engines: Engines,
    store: ProcessorStore,
    hub: Hub,
    registry: CollectorRegistry,
    faults: Faults,
    options: ProcessorOptions,
) -> ProcessorParts:
    return ProcessorParts(
        store=store,
        telemetry=engines.telemetry,
        set_aside=SetAsidePositions(engines.database, uuid7, registry),
        hub=hub,
        clock=ServerClock(wall_clock_ms, steady_ms),
        faults=faults,
        options=options,
    )


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
    stack.push_async_callback(cancelled, flushing)
    return hub
