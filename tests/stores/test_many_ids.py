"""No statement to ClickHouse grows with the data: a hundred thousand of everything."""

from uuid import uuid4

import pytest

from milepost.domain.scope import Scope
from milepost.domain.vehicle_state import VehicleState
from milepost.stores.derived_arrow import LastState
from milepost.stores.telemetry import Telemetry
from tests.conftest import admin_of
from tests.stores.samples import START_MS, context, drive
from tests.stores.test_telemetry import store

MANY = 100_000
FAR_MS = 4_000_000_000_000
DAY_MS = 86_400_000


@pytest.fixture
def scope() -> Scope:
    return admin_of(uuid4())


def row(scope: Scope, unit: bytes, start_ms: int, fuel_used_l: float = 0.25) -> dict:
    return {
        "tenant_id": scope.tenant_id.bytes,
        "vehicle_id": unit,
        "device_id": unit,
        "bucket_start_ms": start_ms,
        "position_count": 1,
        "distance_m": 10.5,
        "driving_s": 60.0,
        "idling_s": 0.0,
        "max_speed_kmh": 40.0,
        "fuel_used_l": fuel_used_l,
    }


async def test_totals_of_many_devices_and_of_many_days(telemetry: Telemetry, scope: Scope) -> None:
    many_units = [row(scope, uuid4().bytes, START_MS // DAY_MS * DAY_MS) for _ in range(20_000)]
    veteran = uuid4()
    # Before 2000: all of these are one partition.
    many_days = [row(scope, veteran.bytes, day * DAY_MS) for day in range(10_000)]
    await telemetry.insert_rollups(many_units + many_days, 1)
    days = await telemetry.totals(scope, None, 0, FAR_MS, "day")
    assert len(days) == 30_000
    assert sum(day.distance_m for day in days) == 30_000 * 10.5


async def test_a_hundred_thousand_vehicles_can_be_asked_for(
    telemetry: Telemetry, scope: Scope
) -> None:
    vehicle, other, strangers = uuid4(), uuid4(), [uuid4() for _ in range(MANY)]
    state = VehicleState(vehicle, None, "moving", START_MS, START_MS, START_MS, 52.0, 13.0)
    for each in (vehicle, other):
        own = VehicleState(each, *(getattr(state, name) for name in state.__struct_fields__[1:]))
        await telemetry.insert_last_states([LastState(scope.tenant_id, uuid4(), own)], 1)
        await telemetry.insert_rollups([row(scope, each.bytes, START_MS // DAY_MS * DAY_MS)], 1)
        await store(telemetry, context(scope.tenant_id, uuid4(), each, START_MS), drive(30))
    ids = [vehicle, *strangers]
    states = await telemetry.last_states(scope, ids)
    assert [each.state.vehicle_id for each in states] == [vehicle]
    for bucket in ("10min", "day"):
        totals = await telemetry.totals(scope, ids, 0, FAR_MS, bucket)
        assert [total.vehicle_id for total in totals] == [vehicle]


async def test_a_feed_of_many_vehicles_comes_in_pages_and_whole(
    telemetry: Telemetry, scope: Scope
) -> None:
    wanted, other = uuid4(), uuid4()
    for number in range(6):
        vehicle = wanted if number % 3 == 2 else other
        await store(
            telemetry, context(scope.tenant_id, uuid4(), vehicle, START_MS + number), drive(10)
        )
    ids = [wanted, *(uuid4() for _ in range(MANY))]
    seen, cursor, more = [], None, True
    while more:
        page = await telemetry.feed(scope, cursor, 7, up_to_ms=START_MS + 1_000, vehicle_ids=ids)
        assert page.positions or not page.has_more
        seen += page.positions
        cursor, more = page.next, page.has_more
    assert {each.vehicle_id for each in seen} == {wanted}
    assert len(seen) == 20


@pytest.mark.parametrize("litres", [1e20, 1e300, -1e300, float("inf"), float("nan")])
async def test_whatever_a_device_says_has_a_sum(
    telemetry: Telemetry, scope: Scope, litres: float
) -> None:
    start_ms, vehicle, neighbour = START_MS // DAY_MS * DAY_MS, uuid4(), uuid4()
    await telemetry.insert_rollups(
        [
            row(scope, vehicle.bytes, start_ms, litres),
            row(scope, vehicle.bytes, start_ms + 600_000, 1.5),
            row(scope, neighbour.bytes, start_ms, 1.5),
            row(scope, neighbour.bytes, start_ms + 600_000, 1.25),
        ],
        1,
    )
    days = await telemetry.totals(scope, [vehicle, neighbour], 0, FAR_MS, "day")
    found = {day.vehicle_id: day for day in days}
    assert found[neighbour].fuel_used_l == 2.75
    assert found[vehicle].distance_m == 21.0
    if litres == 1e20:
        assert found[vehicle].fuel_used_l == pytest.approx(1e20)
