"""100,000 vehicles: no statement grows with them, and every answer comes in pages."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import text

from milepost.domain.scope import Scope
from milepost.domain.vehicle import MotionState
from milepost.domain.vehicle_state import VehicleState
from milepost.features.drivers.store import DRIVERS
from milepost.features.fleets.store import FLEETS, vehicle_counts
from milepost.features.vehicles.store import page_ids, visible_among, visible_in_fleet
from milepost.stores.derived_arrow import LastState
from tests.api.platform import Caller, Platform, straight_track

COUNT = 100_000
# Of ten vehicles in a row: five stand, two drive, one has gone silent, two never reported.
STATES: dict[int, MotionState] = {
    **dict.fromkeys(range(5), "stopped"),
    5: "moving",
    6: "moving",
    7: "idling",
}
SILENT = 7
DAY_MS = 86_400_000
INSERT = text(
    "INSERT INTO vehicles (id, tenant_id, name, fleet_id, version, created_at, updated_at) "
    "SELECT (lpad(to_hex(i), 8, '0') || substr(:tenant, 9))::uuid, cast(:tenant AS uuid), "
    "'Vehicle ' || i, cast(CASE WHEN i < :in_one THEN :one ELSE :other END AS uuid), "
    "'1', now(), now() FROM generate_series(0, :count - 1) AS i"
)
IN_ONE = 60_000


class Fleet(msgspec.Struct):
    """A tenant with its vehicles, 60,000 of which are in the fleet `one`."""

    admin: Caller
    one: str
    other: str

    def vehicle_id(self, number: int) -> UUID:
        return UUID(f"{number:08x}{str(self.admin.tenant_id)[8:]}")


@pytest.fixture(scope="module")
async def fleet(platform: Platform, client: Any) -> AsyncIterator[Fleet]:
    admin = await platform.new_admin(client)
    one, other = [(await admin.make("/fleets", {"name": name}))["id"] for name in ("One", "Two")]
    made = Fleet(admin, one, other)
    tenant = {"tenant": str(admin.tenant_id)}
    async with platform.database.operator_transaction() as connection:
        size = {"count": COUNT, "in_one": IN_ONE, "one": one, "other": other}
        await connection.execute(INSERT, {**tenant, **size})
        await connection.execute(text("ANALYZE vehicles"))
    await platform.telemetry.insert_last_states(_states(made), 1)
    yield made
    async with platform.database.operator_transaction() as connection:
        gone = "DELETE FROM vehicles WHERE tenant_id = cast(:tenant AS uuid)"
        await connection.execute(text(gone), tenant)


def _states(fleet: Fleet) -> list[LastState]:
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    device_id = uuid4()
    return [
        LastState(
            fleet.admin.tenant_id,
            device_id,
            VehicleState(
                vehicle_id=fleet.vehicle_id(number),
                fleet_id=None,
                state=STATES[number % 10],
                state_since_ms=now_ms - DAY_MS,
                fix_time_ms=now_ms - DAY_MS if number % 10 == SILENT else now_ms,
                latitude_deg=1.0,
                longitude_deg=2.0,
            ),
        )
        for number in range(COUNT)
        if number % 10 in STATES
    ]


async def all_items(caller: Caller, path: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        answer = await caller.get(path, limit=1000, **params, **after)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= 1000
        found += page["items"]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


@pytest.mark.parametrize(
    ("state", "digits"), [("stopped", {0, 1, 2, 3, 4}), ("offline", {7, 8, 9}), ("moving", {5, 6})]
)
async def test_vehicles_are_found_by_their_state(
    fleet: Fleet, state: str, digits: set[int]
) -> None:
    first = await fleet.admin.get("/vehicles", state=state, limit=1000)
    assert first.status_code == 200, first.text
    second = await fleet.admin.get("/vehicles", state=state, limit=1000, after=first.json()["next"])
    items = [*first.json()["items"], *second.json()["items"]]
    assert len({each["id"] for each in items}) == 2000
    assert {each["state"] for each in items} == {state}
    assert {int(each["name"].split()[1]) % 10 for each in items} == digits


async def test_the_states_of_a_restricted_callers_vehicles_come_in_pages(
    fleet: Fleet, platform: Platform
) -> None:
    viewer = await platform.new_member(fleet.admin, "viewer", (UUID(fleet.one),), None)
    items = await all_items(viewer, "/vehicles/states")
    reported = {str(fleet.vehicle_id(number)) for number in range(IN_ONE) if number % 10 in STATES}
    assert len(items) == len(reported) == IN_ONE * 8 // 10
    assert {each["vehicleId"] for each in items} == reported
    assert sum(each["state"] == "stopped" for each in items) == IN_ONE // 2
    assert sum(each["state"] == "offline" for each in items) == IN_ONE // 10


async def test_the_totals_of_a_large_fleet_are_summed(fleet: Fleet, platform: Platform) -> None:
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start_ms = int(start.timestamp() * 1000)
    # One vehicle in each 20,000, two of them in the other fleet.
    rows = [
        {
            "tenant_id": fleet.admin.tenant_id.bytes,
            "vehicle_id": fleet.vehicle_id(number).bytes,
            "device_id": uuid4().bytes,
            "bucket_start_ms": start_ms,
            "position_count": 3,
            "distance_m": 100.0 + number,
            "driving_s": 60.0,
            "idling_s": 5.0,
            "max_speed_kmh": 40.0 + number / 1000,
            "fuel_used_l": 0.5,
        }
        for number in range(0, COUNT, 20_000)
    ]
    await platform.telemetry.insert_rollups(rows, 1)
    period = {"from": start.isoformat(), "to": (start + timedelta(days=1)).isoformat()}
    for bucket in ("10min", "day"):
        answer = await fleet.admin.get(f"/fleets/{fleet.one}/totals", bucket=bucket, **period)
        (total,) = answer.json()["items"]
        assert total["vehicleCount"] == 3
        assert total["positionCount"] == 9
        assert total["distanceM"] == pytest.approx(300 + 20_000 + 40_000)
        assert total["drivingS"] == pytest.approx(180)
        assert total["idlingS"] == pytest.approx(15)
        assert total["maxSpeedKmh"] == pytest.approx(80)
        assert total["fuelUsedL"] == pytest.approx(1.5)


async def test_a_restricted_readers_feed_holds_their_vehicles_positions(
    fleet: Fleet, platform: Platform
) -> None:
    for number in (0, IN_ONE):
        vehicle_id, device_id = str(fleet.vehicle_id(number)), str(uuid4())
        await platform.store_track(fleet.admin, vehicle_id, device_id, straight_track(4))
    body = {"name": "feed", "role": "fleet_manager", "fleetIds": [fleet.one]}
    key = await fleet.admin.make("/api-keys", body)
    reader = {"Authorization": f"Bearer {key['key']}"}
    seen, query = [], {"limit": "3"}
    while True:
        answer = await fleet.admin._client.get(
            "/api/v1/feeds/positions", params=query, headers=reader
        )
        page = answer.json()
        seen += [each["vehicleId"] for each in page["items"]]
        if not page["hasMore"]:
            break
        query["after"] = page["next"]
    assert seen == [str(fleet.vehicle_id(0))] * 4


async def test_a_caller_may_be_restricted_to_any_number_of_fleets(
    fleet: Fleet, platform: Platform
) -> None:
    many = (*(uuid4() for _ in range(COUNT - 1)), UUID(fleet.other))
    scope = Scope(fleet.admin.tenant_id, None, "viewer", fleet_ids=many)
    async with platform.database.transaction(scope) as connection:
        page = await page_ids(connection, scope, after=None, limit=1000)
        assert page.items[0] == fleet.vehicle_id(IN_ONE)
        fleets = await FLEETS.page(connection, scope, after=None, limit=1000)
        assert [str(each.id) for each in fleets.items] == [fleet.other]
        assert (await DRIVERS.page(connection, scope, after=None, limit=10)).items == []
        counts = await vehicle_counts(connection, scope, many)
        assert counts == {UUID(fleet.other): COUNT - IN_ONE}
        ids = await visible_in_fleet(connection, scope, UUID(fleet.other))
        assert len(ids) == COUNT - IN_ONE
        everything = [fleet.vehicle_id(number) for number in range(COUNT)]
        assert await visible_among(connection, scope, everything) == set(ids)
