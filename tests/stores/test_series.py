"""The least and the greatest of a number in each stretch of time."""

from uuid import UUID, uuid4

from milepost.domain.position import Position
from milepost.stores.data_folder import DataFolder
from milepost.stores.position_objects import read_position_objects
from milepost.stores.positions_arrow import build_table
from milepost.stores.series import Extremes, read_series
from milepost.stores.telemetry import Telemetry
from milepost.stores.vehicle_history import VehicleHistory
from tests.conftest import admin_of
from tests.stores.samples import START_MS, context

SPEEDS_KMH = [50.0, 10.5, 90.0, None, 20.0, 30.0, None, None, 70.0]


async def test_each_stretch_has_its_least_and_its_greatest(telemetry: Telemetry) -> None:
    tenant, vehicle = uuid4(), uuid4()
    reports = [
        Position(START_MS + step * 1000, speed_kmh=speed) for step, speed in enumerate(SPEEDS_KMH)
    ]
    row = context(tenant, vehicle, vehicle)
    twice = [*reports, *reports[:4]]
    await telemetry.insert_positions(build_table([row] * len(twice), twice))

    async def series(from_s: int, to_s: int, *spans_s: tuple[int, int]) -> list[Extremes]:
        spans = [(START_MS + a * 1000, START_MS + b * 1000) for a, b in spans_s] or None
        history = VehicleHistory(vehicle, START_MS + from_s * 1000, START_MS + to_s * 1000, spans)
        return await read_series(telemetry, admin_of(tenant), history, "speed_kmh", 3000)

    assert await series(0, 9) == [
        Extremes(START_MS, 10.5, 90.0),
        Extremes(START_MS + 3000, 20.0, 30.0),
        Extremes(START_MS + 6000, 70.0, 70.0),
    ]
    # Stretches begin where the period does, and its end is outside.
    assert await series(1, 8) == [
        Extremes(START_MS + 1000, 10.5, 90.0),
        Extremes(START_MS + 4000, 20.0, 30.0),
    ]
    assert await series(0, 9, (0, 2), (5, 6)) == [
        Extremes(START_MS, 10.5, 50.0),
        Extremes(START_MS + 3000, 30.0, 30.0),
    ]
    assert (
        await read_series(
            telemetry, admin_of(uuid4()), VehicleHistory(vehicle, 0, 2 * START_MS), "speed_kmh", 9
        )
        == []
    )


async def test_what_waits_to_be_stored_is_waited_for(
    data_folder: DataFolder, telemetry: Telemetry
) -> None:
    """`telemetry` has migrated; positions of the vehicle may wait in a block."""
    asked: list[UUID] = []

    async def catch_up(vehicle_id: UUID) -> None:
        asked.append(vehicle_id)

    own, vehicle = Telemetry(data_folder.clickhouse), uuid4()
    await own.open()
    own.read_after(catch_up)
    history, scope = VehicleHistory(vehicle, 0, START_MS), admin_of(uuid4())
    await read_series(own, scope, history, "speed_kmh", 1000)
    await read_position_objects(own, scope, history, 5)
    await own.close()
    assert asked == [vehicle, vehicle]
