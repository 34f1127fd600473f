"""A processor on the real engines, with a tenant, a vehicle and a device of its own."""

import atexit
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from uuid import UUID, uuid4

import msgspec
from prometheus_client import CollectorRegistry
from sqlalchemy import insert, select

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.domain.trip import Rollup, Stop, Trip
from milepost.features.devices.tables import devices
from milepost.features.stops.tables import stops
from milepost.features.trips.tables import trips
from milepost.features.vehicles.tables import vehicles
from milepost.live.hub import Hub
from milepost.stores.log.contract import Log
from milepost.stores.log.opening import OpenedLogs
from milepost.stores.log.segments import SegmentLog, open_segments
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.stream.contract import Output
from milepost.workers.processor import (
    Processor,
    ProcessorOptions,
    ProcessorParts,
    open_processor,
)
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.server_clock import ServerClock
from milepost.workers.set_aside import SetAsidePositions
from milepost.workers.shard import Shard
from milepost.workers.supervision import Faults

NOW_MS = 1_780_000_000_000
SHARDS = int(os.environ.get("TEST_SHARDS", "1"))
FAR_MS = 4_000_000_000_000


def only(processor: Processor) -> Shard:
    """The shard that owns the only device of a test; any while there is none."""
    shards = list(processor.shards)
    return next((each for each in shards if len(each.units)), shards[0])


class Rig(msgspec.Struct, frozen=True):
    """Who the positions are of, and where they go."""

    database: Database
    telemetry: Telemetry
    scope: Scope
    vehicle_id: UUID
    unique_id: str
    folder: Path
    shards: int = 1
    block_interval_s: float = 0.05

    @asynccontextmanager
    async def processor(
        self,
        *,
        now_ms: int = NOW_MS,
        clock_ms: Callable[[], int] | None = None,
        steady_ms: Callable[[], int] | None = None,
        hub: Hub | None = None,
        wrap_store: Callable[[str, Any], Any] = lambda _name, store: store,
        wrap_log: Callable[[SegmentLog], Any] = lambda entries: entries,
        left_over: Sequence[Log] = (),
    ) -> AsyncIterator[Processor]:
        """A processor as the composition root makes it; by default its clock stands still."""
        store = wrap_store("store", ProcessorStore(self.database, None, uuid4))
        options = ProcessorOptions(
            gathering_s=0.001, block_interval_s=self.block_interval_s, flush_interval_s=0.05
        )
        hub = hub or Hub(lambda: 0.0)
        clock_ms = clock_ms or (lambda: now_ms)
        registry = CollectorRegistry()
        parts = ProcessorParts(
            store=store,
            telemetry=self.telemetry,
            set_aside=SetAsidePositions(self.database, uuid4, registry),
            hub=hub,
            clock=ServerClock(clock_ms, steady_ms or clock_ms),
            faults=Faults(registry),
            options=options,
        )
        async with AsyncExitStack() as stack:
            own, others = await open_segments(stack, self.folder / "log", self.shards)
            logs = OpenedLogs([wrap_log(each) for each in own], [*others, *left_over])
            processor = await stack.enter_async_context(open_processor(parts, logs))
            self.telemetry.read_after(processor.shards.catch_up)
            yield processor

    async def send(
        self, processor: Processor, *packets: Sequence[Position], received_ms: int = NOW_MS
    ) -> list[Any]:
        """Hand packets over as a gateway does; the answers, in the order in which they came."""
        session = await processor.ingest.open(self.unique_id, "test", "127.0.0.1")
        answers: list[Any] = []
        for packet in packets:
            processor.ingest.accept(session, packet, received_ms, answers.append)
        await processor.shards.barrier()
        return answers

    async def conclusions(self) -> dict[str, list[tuple[Any, ...]]]:
        """Trips, stops and totals as stored."""
        async with self.database.transaction(self.scope) as connection:
            trip_rows = await connection.execute(
                select(
                    trips.c.start_time, trips.c.end_time, trips.c.distance_m, trips.c.driving_s,
                    trips.c.idling_s, trips.c.position_count, trips.c.has_gap, trips.c.start_reason,
                    trips.c.end_reason,
                ).order_by(trips.c.start_time)
            )  # fmt: skip
            stop_rows = await connection.execute(
                select(stops.c.start_time, stops.c.end_time, stops.c.idling_s).order_by(
                    stops.c.start_time
                )
            )
        totals = await self.telemetry.totals(self.scope, [self.vehicle_id], 0, FAR_MS, "10min")
        return {
            "trips": [tuple(row) for row in trip_rows],
            "stops": [tuple(row) for row in stop_rows],
            "totals": [msgspec.structs.astuple(total)[1:] for total in totals],
        }


async def make_rig(
    database: Database,
    telemetry: Telemetry,
    scope: Scope,
    *,
    proven: bool = True,
    shards: int = SHARDS,
) -> Rig:
    """A fresh vehicle with a fresh device, which has called before: a mere claim would expire."""
    vehicle_id, unique_id = uuid4(), f"rig-{uuid4().hex[:12]}"
    folder = Path(mkdtemp(prefix="milepost-rig-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    now = datetime.now(UTC)
    owned = {"tenant_id": scope.tenant_id, "created_at": now, "updated_at": now, "version": 1}
    async with database.operator_transaction() as connection:
        await connection.execute(insert(vehicles).values(id=vehicle_id, name=unique_id, **owned))
        await connection.execute(
            insert(devices).values(
                id=uuid4(),
                unique_id=unique_id,
                protocol="test",
                vehicle_id=vehicle_id,
                proven_time=now if proven else None,
                **owned,
            )
        )
    return Rig(database, telemetry, scope, vehicle_id, unique_id, folder, shards)


def expected(outputs: Sequence[Output]) -> dict[str, list[tuple[Any, ...]]]:
    """What `conclusions` must give for these outputs of the pure stream."""
    journeys: dict[tuple[type, Any], Any] = {}
    for output in outputs:
        if isinstance(output, Trip | Stop):
            journeys[type(output), output.start_time] = output
        elif isinstance(output, Rollup):
            journeys[Rollup, output.bucket_start_ms] = output
    ordered = sorted(journeys.values(), key=_start)
    return {
        "trips": [
            (t.start_time, t.end_time, t.distance_m, t.driving_s, t.idling_s, t.position_count,
             t.has_gap, t.start_explanation.reason, t.end_explanation and t.end_explanation.reason)
            for t in ordered if isinstance(t, Trip)
        ],
        "stops": [(s.start_time, s.end_time, s.idling_s) for s in ordered if isinstance(s, Stop)],
        "totals": [msgspec.structs.astuple(r) for r in ordered if isinstance(r, Rollup)],
    }  # fmt: skip


def _start(journey: Trip | Stop | Rollup) -> float:
    if isinstance(journey, Rollup):
        return journey.bucket_start_ms / 1000
    return journey.start_time.timestamp()
