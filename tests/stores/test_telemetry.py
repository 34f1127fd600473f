"""Positions, totals and last states in a real ClickHouse."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.domain.vehicle_state import VehicleState
from milepost.errors import Unavailable
from milepost.stores.clickhouse.handles import chdb_client
from milepost.stores.data_folder import DataFolder
from milepost.stores.fleet_queries import totals_together, vehicles_in_state
from milepost.stores.positions_arrow import POSITIONS_SCHEMA, RowContext, build_table
from milepost.stores.telemetry import (
    FeedCursor,
    LastState,
    PositionCursor,
    StoredPosition,
    Telemetry,
)
from tests.conftest import admin_of
from tests.stores.forgetting import drop_partitions_of
from tests.stores.samples import FULL, START_MS, context, drive, positions

FAR_MS = 4_000_000_000_000
DAY_MS = 86_400_000


@pytest.fixture
def scope() -> Scope:
    """ClickHouse knows no tenants: any id will do."""
    return admin_of(uuid4())


async def store(
    telemetry: Telemetry, row: RowContext, reports: Sequence[Position], **changed: Any
) -> None:
    row = msgspec.structs.replace(row, **changed)
    await telemetry.insert_positions(build_table([row] * len(reports), reports))


async def history(
    telemetry: Telemetry, scope: Scope, vehicle_id: UUID, limit: int = 10_000
) -> list[StoredPosition]:
    return await telemetry.vehicle_positions(scope, vehicle_id, 0, FAR_MS, limit)


async def test_a_report_comes_back_as_it_was_stored(telemetry: Telemetry, scope: Scope) -> None:
    device, vehicle, driver = uuid4(), uuid4(), uuid4()
    row = context(scope.tenant_id, device, vehicle, START_MS + 5)
    await store(telemetry, row, [FULL], driver_id=driver.bytes)
    (found,) = await history(telemetry, scope, vehicle)
    assert found.position == FULL
    assert (found.device_id, found.vehicle_id, found.driver_id) == (device, vehicle, driver)
    assert (found.protocol, found.received_time_ms) == ("teltonika", START_MS + 5)
    refolded = await telemetry.device_positions(device, vehicle, 0, 100, tenant_id=scope.tenant_id)
    assert refolded == [FULL]


@settings(max_examples=30)
@given(reports=st.lists(positions(), min_size=1, max_size=8))
async def test_any_report_comes_back_as_it_was_stored(
    telemetry: Telemetry, reports: list[Position]
) -> None:
    tenant, device = uuid4(), uuid4()
    await store(telemetry, context(tenant, device, device), reports)
    found = await telemetry.device_positions(device, device, 0, 100, tenant_id=tenant)
    distinct = [report for i, report in enumerate(reports) if report not in reports[:i]]
    assert sorted(found, key=repr) == sorted(distinct, key=repr)


async def test_the_same_report_twice_is_one_row(telemetry: Telemetry, scope: Scope) -> None:
    vehicle = uuid4()
    row = context(scope.tenant_id, vehicle, vehicle)
    reports = drive(20)
    await store(telemetry, row, reports + reports[:7])
    await store(telemetry, row, reports[5:], received_time_ms=START_MS + 60_000)
    found = await history(telemetry, scope, vehicle)
    assert [each.position for each in found] == reports


async def test_two_reports_of_one_instant_are_two_rows(telemetry: Telemetry, scope: Scope) -> None:
    vehicle = uuid4()
    other = msgspec.structs.replace(FULL, speed_kmh=52.0)
    unknown = msgspec.structs.replace(FULL, speed_kmh=None)
    await store(telemetry, context(scope.tenant_id, vehicle, vehicle), [FULL, other, unknown])
    found = [each.position for each in await history(telemetry, scope, vehicle)]
    assert len(found) == 3 and all(each in found for each in (FULL, other, unknown))


async def test_pages_join_without_gap_or_overlap(telemetry: Telemetry, scope: Scope) -> None:
    vehicle, reports = uuid4(), drive(50)
    twin = [msgspec.structs.replace(each, speed_kmh=1.0) for each in reports]
    for device in (uuid4(), uuid4()):
        await store(telemetry, context(scope.tenant_id, device, vehicle), reports + twin)
    seen: list[StoredPosition] = []
    after = None
    while page := await telemetry.vehicle_positions(scope, vehicle, 0, FAR_MS, 7, after):
        seen += page
        last = page[-1]
        after = PositionCursor(last.position.fix_time_ms, last.device_id, last.fingerprint)
    assert seen == await history(telemetry, scope, vehicle)
    assert len(seen) == 200
    times = [each.position.fix_time_ms for each in seen]
    assert times == sorted(times)


async def test_the_end_of_a_period_is_outside(telemetry: Telemetry, scope: Scope) -> None:
    vehicle = uuid4()
    await store(telemetry, context(scope.tenant_id, vehicle, vehicle), drive(3))
    found = await telemetry.vehicle_positions(scope, vehicle, START_MS, START_MS + 20_000, 9)
    assert [each.position for each in found] == drive(2)


async def test_rejected_reports_are_kept_and_not_read(telemetry: Telemetry, scope: Scope) -> None:
    vehicle = uuid4()
    row = context(scope.tenant_id, vehicle, vehicle)
    await store(telemetry, row, drive(1), rejected="future")
    assert await history(telemetry, scope, vehicle) == []
    assert not await telemetry.device_positions(vehicle, vehicle, 0, 100, tenant_id=scope.tenant_id)
    page = await telemetry.feed(scope, None, 10, up_to_ms=FAR_MS)
    assert page.positions == [] and not page.has_more


async def test_broken_clocks_do_not_stop_a_commit(
    telemetry: Telemetry, scope: Scope, data_folder: DataFolder
) -> None:
    vehicle, month_ms = uuid4(), 31 * DAY_MS
    reports = [Position(i * month_ms, 1.0, 2.0) for i in range(1, 900, 2)]
    reports += [Position(-2_000_000_000_000, 1.0, 2.0), Position(9_000_000_000_000, 1.0, 2.0)]
    await store(telemetry, context(scope.tenant_id, vehicle, vehicle), reports)
    found = await telemetry.device_positions(
        vehicle, vehicle, -(10**15), 1000, tenant_id=scope.tenant_id
    )
    assert len(found) == len(reports)
    # 275 months would make every deletion of a later test a long one.
    client = chdb_client(data_folder.clickhouse)
    drop_partitions_of(client, "positions", scope.tenant_id)
    client.close()


async def test_another_tenants_vehicle_is_not_there(telemetry: Telemetry, scope: Scope) -> None:
    vehicle, stranger = uuid4(), admin_of(uuid4())
    await store(telemetry, context(scope.tenant_id, vehicle, vehicle), drive(3))
    await telemetry.insert_last_states([last_state(scope, vehicle)], 1)
    await telemetry.insert_rollups([rollup(scope, vehicle, START_MS)], 1)
    assert await history(telemetry, stranger, vehicle) == []
    assert await telemetry.last_states(stranger, [vehicle]) == []
    assert await telemetry.totals(stranger, [vehicle], 0, FAR_MS, "day") == []
    assert await totals_together(telemetry, stranger, [vehicle], 0, FAR_MS, "day") == []
    assert len(await totals_together(telemetry, scope, [vehicle], 0, FAR_MS, "day")) == 1
    for included in (True, False):
        ids = await vehicles_in_state(telemetry, stranger, "moving", 0, included=included)
        assert ids == ""
    assert (await telemetry.feed(stranger, None, 9, up_to_ms=FAR_MS)).positions == []


READ = re.compile(
    r"FROM (?:positions|rollups|day_totals|last_states|\{totals:Identifier\})(?: AS held)?"
    r"(?: FINAL)? (?:PRE)?WHERE (.*?)(?= ORDER BY | GROUP BY | SETTINGS | LIMIT | \) , | \)|$)"
)


def test_no_read_lacks_the_tenant(telemetry: Telemetry) -> None:
    """Each read of a table begins with the tenant, and no OR widens it again."""
    assert len(telemetry._sql) == 14
    for name, sql in telemetry._sql.items():
        reads = READ.findall(re.sub(r"\s+", " ", sql))
        stored = re.findall(r"FROM (?:positions|rollups|day_totals|last_states|\{totals)", sql)
        assert len(reads) == len(stored) > 0, name
        for conditions in reads:
            assert conditions.startswith("tenant_id = {tenant_id:UUID}"), name
            widened = conditions
            for narrowing in (
                "(1 = {all_vehicles:UInt8} OR vehicle",
                "(1 = {all_times:UInt8} OR array",
            ):
                widened = widened.replace(narrowing, "")
            assert " OR " not in widened, name


async def read_feed(
    telemetry: Telemetry, scope: Scope, limit: int, up_to_ms: int = FAR_MS, **more: Any
) -> list[StoredPosition]:
    seen: list[StoredPosition] = []
    after: FeedCursor | None = None
    while True:
        page = await telemetry.feed(scope, after, limit, up_to_ms=up_to_ms, **more)
        seen += page.positions
        after = page.next
        if not page.has_more:
            return seen


@pytest.mark.parametrize("limit", [1, 7, 1000])
async def test_the_feed_gives_all_in_the_order_of_arrival(
    telemetry: Telemetry, scope: Scope, limit: int
) -> None:
    late, vehicle, reports = uuid4(), uuid4(), drive(30)
    for i, report in enumerate(reports):
        # Some minutes, then days, then months between arrivals; some at the same instant.
        row = context(scope.tenant_id, vehicle, vehicle, START_MS + (i // 3) ** 4 * 500_000)
        await store(telemetry, row, [report])
    row = context(scope.tenant_id, late, late, START_MS + 9**4 * 500_000 + 1)
    await store(telemetry, row, drive(2, start_ms=START_MS - DAY_MS))
    seen = await read_feed(telemetry, scope, limit)
    assert [each.position for each in seen[:30]] == reports
    assert [each.device_id for each in seen[30:]] == [late, late]
    mine = await read_feed(telemetry, scope, limit, vehicle_ids=[late])
    assert [each.device_id for each in mine] == [late, late]


async def test_the_feed_withholds_what_may_be_incomplete(
    telemetry: Telemetry, scope: Scope
) -> None:
    vehicle = uuid4()
    for offset_ms in (0, 10, 20):
        row = context(scope.tenant_id, vehicle, vehicle, START_MS + offset_ms)
        await store(telemetry, row, drive(1, start_ms=START_MS + offset_ms))
    page = await telemetry.feed(scope, None, 10, up_to_ms=START_MS + 10)
    assert len(page.positions) == 2 and not page.has_more
    page = await telemetry.feed(scope, page.next, 10, up_to_ms=START_MS + 20)
    assert [each.received_time_ms for each in page.positions] == [START_MS + 20]
    again = await telemetry.feed(scope, page.next, 10, up_to_ms=FAR_MS)
    assert again.positions == [] and again.next == page.next


async def test_recovery_finds_what_came_since(telemetry: Telemetry, scope: Scope) -> None:
    old, new, vehicle = uuid4(), uuid4(), uuid4()
    # Later than all that other tests store.
    since_ms = 3_900_000_000_000
    await store(telemetry, context(scope.tenant_id, old, vehicle), drive(3))
    await store(telemetry, context(scope.tenant_id, new, vehicle, since_ms), drive(3))
    await store(telemetry, context(scope.tenant_id, new, vehicle, since_ms + 7), drive(2))
    (found,) = [
        each
        for each in await telemetry.received_since(since_ms)
        if each.tenant_id == scope.tenant_id
    ]
    assert (found.vehicle_id, found.device_id) == (vehicle, new)
    assert (found.min_fix_time_ms, found.max_received_time_ms) == (START_MS, since_ms + 7)


def last_state(scope: Scope, vehicle_id: UUID, **more: Any) -> LastState:
    state = {"state": "moving", "state_since_ms": START_MS, "fix_time_ms": START_MS + 1}
    known = {"vehicle_id": vehicle_id, "fleet_id": None, **state, **more}
    return LastState(scope.tenant_id, vehicle_id, msgspec.convert(known, VehicleState))


async def test_the_newest_version_of_a_state_counts(telemetry: Telemetry, scope: Scope) -> None:
    vehicle, other = uuid4(), uuid4()
    full = {"latitude_deg": 1.5, "longitude_deg": -2.5, "ignition": True, "alarm": "sos"}
    newer = last_state(scope, vehicle, fleet_id=uuid4(), received_time_ms=START_MS, **full)
    await telemetry.insert_last_states([newer, last_state(scope, other)], 2)
    await telemetry.insert_last_states([last_state(scope, vehicle)], 1)
    assert await telemetry.last_states(scope, [vehicle]) == [newer]
    assert await telemetry.last_states(scope, []) == []
    both = await telemetry.last_states(scope)
    assert {each.state.vehicle_id for each in both} == {vehicle, other}


@pytest.mark.parametrize("newest_first", [True, False])
async def test_of_two_devices_the_one_with_the_newest_fix_counts(
    telemetry: Telemetry, scope: Scope, newest_first: bool
) -> None:
    vehicle = uuid4()
    newest = last_state(scope, vehicle, fix_time_ms=START_MS + 60_000)
    older = last_state(scope, vehicle, state="stopped", fix_time_ms=START_MS)
    older = msgspec.structs.replace(older, device_id=uuid4())
    told = [newest, older] if newest_first else [older, newest]
    for version, each in enumerate(told, start=1):
        await telemetry.insert_last_states([each], version)
    assert await telemetry.last_states(scope, [vehicle]) == [newest]
    for state, ids in (("moving", str(vehicle)), ("stopped", "")):
        assert await vehicles_in_state(telemetry, scope, state, 0, included=True) == ids


def rollup(scope: Scope, vehicle: UUID, start_ms: int, **more: Any) -> dict[str, Any]:
    row = {
        "tenant_id": scope.tenant_id.bytes,
        "vehicle_id": vehicle.bytes,
        "device_id": vehicle.bytes,
        "bucket_start_ms": start_ms // 600_000 * 600_000,
        "position_count": 10,
        "distance_m": 1000.5,
        "driving_s": 300.0,
        "idling_s": 60.0,
        "max_speed_kmh": 50.0,
        "fuel_used_l": 0.25,
    }
    return row | more


@settings(max_examples=25)
@given(
    flushes=st.lists(
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(0, 400), st.integers(1, 1000)),
            min_size=1,
            max_size=6,
            unique_by=lambda each: each[:2],
        ),
        min_size=1,
        max_size=4,
    )
)
async def test_days_equal_their_ten_minutes(
    telemetry: Telemetry, flushes: list[list[tuple[int, int, int]]]
) -> None:
    scope, vehicles = admin_of(uuid4()), [UUID(int=i + 1) for i in range(3)]
    for version, flush in enumerate(flushes, start=1):
        rows = [
            rollup(scope, vehicles[v], START_MS + bucket * 600_000, position_count=count)
            for v, bucket, count in flush
        ]
        await telemetry.insert_rollups(rows, version)
    fine = await telemetry.totals(scope, None, 0, FAR_MS, "10min")
    days = await telemetry.totals(scope, None, 0, FAR_MS, "day")
    expected: dict[tuple[UUID, int], int] = {}
    for each in fine:
        key = (each.vehicle_id, each.bucket_start_ms // DAY_MS * DAY_MS)
        expected[key] = expected.get(key, 0) + each.position_count
    assert {(d.vehicle_id, d.bucket_start_ms): d.position_count for d in days} == expected
    assert sum(day.distance_m for day in days) == pytest.approx(1000.5 * len(fine))


async def test_reads_and_writes_go_on_side_by_side(telemetry: Telemetry, scope: Scope) -> None:
    vehicle = uuid4()
    row = context(scope.tenant_id, vehicle, vehicle)
    writes = [
        store(telemetry, row, drive(100, start_ms=START_MS + i * 10_000_000)) for i in range(8)
    ]
    reads = [history(telemetry, scope, vehicle) for _ in range(12)]
    results = await asyncio.gather(*writes, *reads)
    assert all(len(found or ()) % 100 == 0 for found in results)
    assert len(await history(telemetry, scope, vehicle)) == 800


async def test_a_cancelled_read_gives_its_client_back(telemetry: Telemetry, scope: Scope) -> None:
    for _ in range(10):
        reading = asyncio.create_task(history(telemetry, scope, uuid4()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait([reading])
    assert await history(telemetry, scope, uuid4()) == []


async def test_what_cannot_be_stored_is_unavailable(telemetry: Telemetry) -> None:
    damaged = POSITIONS_SCHEMA.empty_table().append_column("no_such_column", [[]])
    with pytest.raises(Unavailable, match="no_such_column"):
        await telemetry.insert_positions(damaged)
    await telemetry.ping()


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="ClickHouse is not available"):
        await Telemetry("http://127.0.0.1:1/default").open()
