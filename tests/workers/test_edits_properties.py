"""Edits, moves, removals, flushes and crashes between data change no conclusion."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import delete, insert, select, update

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Event, Rollup, Stop, Trip
from milepost.errors import NotFound
from milepost.features.devices.tables import devices
from milepost.features.events.tables import events
from milepost.features.stops.tables import stops
from milepost.features.tenants.tables import tenants
from milepost.features.trips.tables import trips
from milepost.features.vehicles.tables import vehicles
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.stream.ordering import in_order
from milepost.stream.pipeline import initial_state, open_outputs
from milepost.workers.ingest import DeviceSession
from milepost.workers.processor import Processor
from tests.folding import advance

from .rig import FAR_MS, NOW_MS, Rig, make_rig

START_MS = NOW_MS - 6 * 3_600_000
STEPS = 60


def journey(seed: int, count: int = 360) -> list[Position]:
    """Drives and halts, ignition on and off."""
    chance = random.Random(seed)
    positions, longitude_deg = [], 7.0
    for step in range(count):
        driving = step % 40 < 25
        longitude_deg += 0.004 if driving else chance.uniform(-2e-5, 2e-5)
        positions.append(
            Position(
                START_MS + step * 30_000,
                50.0,
                round(longitude_deg, 7),
                speed_kmh=34.0 if driving else 0.0,
                ignition=step % 40 < 30,
                fuel_used_l=step * 0.25,
            )
        )
    return positions


class Tracker:
    """A device that drives on whatever is done to it, and what was acknowledged where."""

    def __init__(self, rig: Rig, seed: int) -> None:
        self.rig = rig
        self.vehicles = [rig.vehicle_id]
        self.place = rig.vehicle_id
        self.rest = journey(seed)
        self.held_back: list[Position] = []
        self.session: DeviceSession | None = None
        self.acknowledged: dict[UUID, list[Position]] = {}
        self.device_ids: set[UUID] = set()

    async def send(self, processor: Processor, positions: Sequence[Position]) -> None:
        """One packet; what is not acknowledged at once is sent again on a new session."""
        for _ in range(10):
            if self.session is None or self.session.is_stale:
                try:
                    self.session = await processor.ingest.open(
                        self.rig.unique_id, "test", "192.0.2.1"
                    )
                except NotFound:
                    return
            vehicle_id = self.session.installation.vehicle_id
            answers: list[Exception | None] = []
            processor.ingest.accept(self.session, positions, NOW_MS, answers.append)
            if answers and answers[0] is not None:
                continue
            device_id = self.session.device_id
            self.device_ids.add(device_id)
            assert vehicle_id == self.place
            self.acknowledged.setdefault(vehicle_id, []).extend(positions)
            return
        raise AssertionError("the device is never let in")


class World:
    """What is done to two devices and their tenant while they drive."""

    def __init__(self, trackers: list[Tracker], chance: random.Random) -> None:
        self.trackers = trackers
        self.chance = chance
        self.flushes: list[asyncio.Task[None]] = []

    @property
    def rig(self) -> Rig:
        return self.trackers[0].rig

    def any_tracker(self) -> Tracker:
        return self.chance.choice(self.trackers)

    async def drive(self, processor: Processor) -> None:
        tracker = self.any_tracker()
        size = self.chance.randint(1, 25)
        packet, tracker.rest = tracker.rest[:size], tracker.rest[size:]
        if packet:
            await tracker.send(processor, packet)

    async def drive_late(self, processor: Processor) -> None:
        """Hold some back, or send what was held back while the device was in this vehicle."""
        tracker = self.any_tracker()
        if tracker.held_back:
            late, tracker.held_back = tracker.held_back, []
            await tracker.send(processor, late)
        else:
            tracker.held_back, tracker.rest = tracker.rest[:4], tracker.rest[4:]

    async def move(self, processor: Processor) -> None:
        tracker = self.any_tracker()
        tracker.held_back = []  # late data of before a move is another matter
        tracker.place = self.chance.choice(tracker.vehicles)
        await self._change_device(processor, tracker, vehicle_id=tracker.place)

    async def edit_device(self, processor: Processor) -> None:
        tracker = self.any_tracker()
        await self._change_device(processor, tracker, name=str(self.chance.random()))

    async def _change_device(
        self, processor: Processor, tracker: Tracker, **values: object
    ) -> None:
        device_id = await device_id_of(tracker.rig)
        async with self.rig.database.operator_transaction() as connection:
            change = update(devices).where(devices.c.id == device_id)
            await connection.execute(change.values(**values))
        processor.shards.device_changed(device_id)

    async def replace_device(self, processor: Processor) -> None:
        """The device is removed and registered again: it has another id from then on."""
        tracker = self.any_tracker()
        device_id = await device_id_of(tracker.rig)
        now = datetime.now(UTC)
        async with self.rig.database.operator_transaction() as connection:
            await connection.execute(delete(devices).where(devices.c.id == device_id))
            tracker.place = add_vehicle(tracker)
            await connection.execute(insert(vehicles).values(**new_vehicle(tracker)))
            await connection.execute(
                insert(devices).values(
                    id=uuid4(),
                    tenant_id=tracker.rig.scope.tenant_id,
                    unique_id=tracker.rig.unique_id,
                    protocol="test",
                    vehicle_id=tracker.place,
                    created_at=now,
                    updated_at=now,
                    version=1,
                )
            )
        tracker.held_back = []
        # Its former vehicles stay with the device that it was.
        tracker.vehicles = [tracker.place]
        processor.shards.device_changed(device_id)

    async def edit_vehicle(self, processor: Processor) -> None:
        tracker = self.any_tracker()
        async with self.rig.database.operator_transaction() as connection:
            await connection.execute(
                update(vehicles)
                .where(vehicles.c.id == tracker.place)
                .values(thresholds={"future_max_s": self.chance.uniform(1e5, 1e6)})
            )
        processor.shards.vehicle_changed(tracker.place)

    async def edit_tenant(self, processor: Processor) -> None:
        async with self.rig.database.operator_transaction() as connection:
            await connection.execute(
                update(tenants)
                .where(tenants.c.id == self.rig.scope.tenant_id)
                .values(thresholds={"future_max_s": self.chance.uniform(1e5, 1e6)})
            )
        processor.shards.tenant_changed(self.rig.scope.tenant_id)

    async def flush(self, processor: Processor) -> None:
        for shard in processor.shards:
            await shard.flusher.turn()

    async def flush_meanwhile(self, processor: Processor) -> None:
        self.flushes += [asyncio.create_task(shard.flusher.turn()) for shard in processor.shards]
        for _ in range(self.chance.randint(0, 3)):
            await asyncio.sleep(0)

    async def lose_a_write(self, processor: Processor) -> None:
        """As after a write of positions that failed, and whose devices sent them again."""
        session = self.any_tracker().session
        if session is not None:
            await processor.shards.barrier()
            session.shard.units.distrust(session.unit)

    async def end(self) -> None:
        await asyncio.gather(*self.flushes)
        self.flushes = []


def add_vehicle(tracker: Tracker) -> UUID:
    vehicle_id = uuid4()
    tracker.vehicles.append(vehicle_id)
    return vehicle_id


def new_vehicle(tracker: Tracker) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "id": tracker.vehicles[-1],
        "name": "another",
        "tenant_id": tracker.rig.scope.tenant_id,
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }


async def device_id_of(rig: Rig) -> UUID:
    async with rig.database.operator_transaction() as connection:
        found = await connection.scalar(
            select(devices.c.id).where(devices.c.unique_id == rig.unique_id)
        )
    assert isinstance(found, UUID)
    return found


@pytest.fixture
async def trackers(
    database: Database, telemetry: Telemetry, scope: Scope
) -> AsyncIterator[list[Tracker]]:
    made = [Tracker(await make_rig(database, telemetry, scope), seed) for seed in (1, 2)]
    async with database.operator_transaction() as connection:
        for tracker in made:
            for _ in range(2):
                add_vehicle(tracker)
                await connection.execute(insert(vehicles).values(**new_vehicle(tracker)))
    yield made


def truth(positions: Sequence[Position]) -> dict[str, list[Any]]:
    """What the pure fold concludes from these, by hand of `tests/stream`."""
    ordered, _ = in_order(-1, positions)
    state, outputs = advance(initial_state(), ordered, Thresholds())
    last: dict[Any, Any] = {}
    for output in [*outputs, *open_outputs(state)]:
        match output:
            case Trip() | Stop():
                last[type(output), output.start_time] = output
            case Rollup():
                last[Rollup, output.bucket_start_ms] = output
            case Event():
                last[Event, output.fix_time, output.kind] = output
    found = list(last.values())
    return {
        "trips": sorted(
            (t.start_time, t.end_time, t.distance_m) for t in found if isinstance(t, Trip)
        ),
        "stops": sorted(
            (s.start_time, s.end_time, s.position_count) for s in found if isinstance(s, Stop)
        ),
        "events": sorted((e.fix_time, e.kind) for e in found if isinstance(e, Event)),
        "totals": sorted(msgspec.structs.astuple(r) for r in found if isinstance(r, Rollup)),
    }


async def stored(rig: Rig, vehicle_id: UUID) -> dict[str, list[Any]]:
    queries = {
        "trips": select(trips.c.start_time, trips.c.end_time, trips.c.distance_m),
        "stops": select(stops.c.start_time, stops.c.end_time, stops.c.position_count),
        "events": select(events.c.fix_time, events.c.kind),
    }
    found: dict[str, list[Any]] = {}
    async with rig.database.transaction(rig.scope) as connection:
        for name, query in queries.items():
            table = query.selected_columns[0].table
            rows = await connection.execute(query.where(table.c.vehicle_id == vehicle_id))
            found[name] = sorted(tuple(row) for row in rows)
    totals = await rig.telemetry.totals(rig.scope, [vehicle_id], 0, FAR_MS, "10min")
    found["totals"] = [msgspec.structs.astuple(total)[1:] for total in totals]
    return found


def steps_of(world: World) -> Callable[[], Callable[[Processor], Awaitable[None]]]:
    weighed = {
        world.drive: 14,
        world.drive_late: 4,
        world.move: 3,
        world.edit_device: 2,
        world.replace_device: 1,
        world.edit_vehicle: 3,
        world.edit_tenant: 1,
        world.flush: 2,
        world.flush_meanwhile: 4,
        world.lose_a_write: 2,
    }
    return lambda: world.chance.choices(list(weighed), list(weighed.values()))[0]


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_is_done_to_devices_nothing_is_lost(
    trackers: list[Tracker], seed: int
) -> None:
    world = World(trackers, random.Random(seed))
    next_step = steps_of(world)
    for _ in range(3):
        async with AsyncExitStack() as stack:
            processor = await stack.enter_async_context(world.rig.processor())
            for tracker in trackers:
                tracker.session = None
            for _ in range(STEPS // 3):
                await next_step()(processor)
            await world.end()
            await processor.shards.barrier()
            if world.chance.random() < 0.6:
                for shard in processor.shards:
                    shard.units.dirty.clear()  # as if the process had died
    async with world.rig.processor() as processor:
        await processor.settle()
        for shard in processor.shards:
            assert shard.flusher.oldest_unwritten_ms is None
            assert shard.units.unwritten_since_ms() is None
    for tracker in trackers:
        assert tracker.acknowledged
        for vehicle_id, positions in tracker.acknowledged.items():
            assert await stored(tracker.rig, vehicle_id) == truth(positions), vehicle_id
