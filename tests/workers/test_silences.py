"""A silent device ends its trip by the server's clock; what comes later puts it right."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.features.trips.tables import trips
from milepost.features.vehicles.tables import vehicles
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.silences import Silences

from .rig import Rig, make_rig

BEGIN_MS = 1_780_000_000_000
MINUTE_MS = 60_000


def minutes(first: int, last: int, *, from_km: float = 0.0) -> list[Position]:
    """50 km/h eastward from minute to minute: 833.9 m each, and 0.01167 degrees at 50° north."""
    return [
        Position(
            BEGIN_MS + minute * MINUTE_MS,
            50.0,
            7.0 + (from_km / 71.5) + 0.01167 * (minute - first),
            speed_kmh=50.0,
            ignition=True,
        )
        for minute in range(first, last + 1)
    ]


def moment(minute: float) -> datetime:
    return datetime.fromtimestamp((BEGIN_MS + minute * MINUTE_MS) / 1000, UTC)


class Scene:
    """A rig whose clock is set by hand."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.now_ms = BEGIN_MS

    async def drive(self, *packets: Sequence[Position]) -> None:
        async with self.rig.processor(clock_ms=lambda: self.now_ms) as processor:
            for packet in packets:
                await self.rig.send(processor, packet, received_ms=self.now_ms)
            await processor.settle()

    async def look(self, minute: float) -> list[datetime | None]:
        """When the trips have ended, once somebody has looked at that minute."""
        self.now_ms = round(BEGIN_MS + minute * MINUTE_MS)
        store = ProcessorStore(self.rig.database, None, lambda: self.rig.vehicle_id)
        await Silences(store, lambda: self.now_ms).look()
        return [trip.end_time for trip in await self.trips()]

    async def trips(self) -> list[Any]:
        query = select(trips).order_by(trips.c.start_time)
        async with self.rig.database.transaction(self.rig.scope) as connection:
            return list(await connection.execute(query))


@pytest.fixture
async def scene(database: Database, telemetry: Telemetry, scope: Scope) -> Scene:
    return Scene(await make_rig(database, telemetry, scope))


async def test_it_ends_where_it_was_heard_of_last_once_the_gap_has_passed(scene: Scene) -> None:
    await scene.drive(minutes(0, 15))
    assert await scene.look(15 + 30) == [None]  # exactly the threshold is not longer than it
    assert await scene.look(15 + 30.1) == [moment(15)]
    (trip,) = await scene.trips()
    assert trip.start_time == moment(0)
    assert trip.distance_m == pytest.approx(15 * 833.9, rel=1e-3)
    assert trip.end_reason == "data_gap"
    assert trip.has_gap
    assert trip.end_explanation["measured"] == {"unheard_s": pytest.approx(30.1 * 60)}
    assert trip.end_explanation["thresholds"] == {"gap_min_duration_s": 1800.0}
    await scene.look(15 + 40)
    assert await scene.trips() == [trip]


async def test_what_the_device_had_kept_puts_it_right(scene: Scene) -> None:
    await scene.drive(minutes(0, 15))
    assert await scene.look(60) == [moment(15)]
    kept = minutes(16, 40, from_km=16 * 0.8339)
    stays = [
        Position(BEGIN_MS + m * MINUTE_MS, 50.0, kept[-1].longitude_deg, speed_kmh=0.0)
        for m in range(41, 50)
    ]
    await scene.drive(kept, stays)
    (trip,) = await scene.trips()
    assert trip.start_time == moment(0)
    assert moment(40) <= trip.end_time <= moment(41)
    assert (trip.end_reason, trip.has_gap) == ("motion_ended", False)


async def test_a_trip_that_is_written_while_it_is_looked_at_stays_open(scene: Scene) -> None:
    """What was read of a silent trip is not written if the device has reported since."""
    await scene.drive(minutes(0, 15))
    store = ProcessorStore(scene.rig.database, None, lambda: scene.rig.vehicle_id)

    class Late(ProcessorStore):
        async def find_units(self, wanted: Any) -> Any:
            found = await store.find_units(wanted)
            await scene.drive(minutes(16, 17, from_km=16 * 0.8339))
            return found

    scene.now_ms = BEGIN_MS + 60 * MINUTE_MS
    late = Late(scene.rig.database, None, lambda: scene.rig.vehicle_id)
    await Silences(late, lambda: scene.now_ms).look()
    (trip,) = await scene.trips()
    assert trip.end_time is None


async def test_each_vehicle_has_its_own_patience(scene: Scene) -> None:
    await scene.drive(minutes(0, 15))
    async with scene.rig.database.transaction(scene.rig.scope) as connection:
        patient = update(vehicles).where(vehicles.c.id == scene.rig.vehicle_id)
        await connection.execute(patient.values(thresholds={"gap_min_duration_s": 7200.0}))
    assert await scene.look(15 + 119) == [None]
    assert await scene.look(15 + 121) == [moment(15)]
