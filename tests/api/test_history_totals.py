"""One trip, stop or event by its id, and what a whole period holds beside the page."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import Table, insert

from milepost.features.assignments.tables import driver_assignments
from milepost.features.events.tables import events
from milepost.features.stops.tables import stops
from milepost.features.trips.tables import trips
from tests.api.conftest import NewMember
from tests.api.platform import START_MS, Caller, Platform, new_id, problem, utc_now

WHY = {"reason": "motion_began", "measured": {}, "thresholds": {}}
LASTING = {"position_count": 2, "has_gap": False, "start_reason": "x", "start_explanation": WHY}
TRIP = {
    **LASTING,
    "start_latitude_deg": 0.0,
    "start_longitude_deg": 10.0,
    "end_latitude_deg": 0.0,
    "end_longitude_deg": 10.1,
    "max_speed_kmh": 50.0,
}
STOP = {**LASTING, "latitude_deg": 0.0, "longitude_deg": 10.0}
EVENT = {"latitude_deg": 0.0, "longitude_deg": 10.0, "detail": {}, "late": False}


def instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(START_MS / 1000 + seconds, UTC)


class Van(msgspec.Struct):
    """A vehicle whose history is written as the processor writes it."""

    admin: Caller
    platform: Platform
    id: str
    fleet: str

    async def keep(self, table: Table, **values: Any) -> str:
        row = {
            "id": new_id(),
            "tenant_id": self.admin.tenant_id,
            "vehicle_id": UUID(self.id),
            "device_id": new_id(),
            "decided_fix_time_ms": START_MS,
            **values,
        }
        async with self.platform.database.ingest_transaction() as connection:
            await connection.execute(insert(table).values(row))
        return str(row["id"])

    async def trip(self, start_s: float, end_s: float | None = None, **values: Any) -> str:
        end = None if end_s is None else instant(end_s)
        figures = {"distance_m": 0.0, "driving_s": 0.0, "idling_s": 0.0, **values}
        return await self.keep(trips, **TRIP, start_time=instant(start_s), end_time=end, **figures)

    async def stop(self, start: datetime, end: datetime | None, idling_s: float = 0.0) -> str:
        return await self.keep(stops, **STOP, start_time=start, end_time=end, idling_s=idling_s)

    async def event(self, seconds: float, kind: str) -> str:
        at = instant(seconds)
        return await self.keep(events, **EVENT, kind=kind, fix_time=at, received_time=at)


@pytest.fixture
async def van(admin: Caller, platform: Platform) -> Van:
    fleet = await admin.make("/fleets", {"name": "North"})
    vehicle = await admin.make("/vehicles", {"name": "Van", "fleetId": fleet["id"]})
    return Van(admin, platform, vehicle["id"], fleet["id"])


async def total(caller: Caller, path: str, **params: Any) -> Any:
    response = await caller.get(path, totals="true", **params)
    assert response.status_code == 200, response.text
    return response.json()["total"]


async def test_each_is_fetched_by_its_id(van: Van) -> None:
    ids = {
        "trips": await van.trip(0, 100),
        "stops": await van.stop(instant(0), instant(60)),
        "events": await van.event(0, "towed"),
    }
    for noun, row_id in ids.items():
        one = await van.admin.get(f"/{noun}/{row_id}")
        (listed,) = (await van.admin.get(f"/{noun}")).json()["items"]
        assert one.status_code == 200
        assert one.json() == listed
        assert listed["id"] == row_id
        unknown = await van.admin.get(f"/{noun}/{new_id()}")
        assert problem(unknown)["detail"].startswith(f"there is no {noun[:-1]} ")
        malformed = problem(await van.admin.get(f"/{noun}/7"))
        assert malformed["errors"][0]["field"] == f"{noun[:-1]}Id"


async def test_nobody_fetches_what_the_lists_do_not_show(
    van: Van, stranger: Caller, member: NewMember
) -> None:
    south = await van.admin.make("/fleets", {"name": "South"})
    outsider = await member("viewer", (UUID(south["id"]),))
    insider = await member("viewer", (UUID(van.fleet),))
    for noun, row_id in (
        ("trips", await van.trip(0, 100)),
        ("stops", await van.stop(instant(0), instant(60))),
        ("events", await van.event(0, "towed")),
    ):
        assert (await insider.get(f"/{noun}/{row_id}")).status_code == 200
        assert (await total(insider, f"/{noun}"))["count"] == 1
        for caller in (stranger, outsider):
            assert (await caller.get(f"/{noun}/{row_id}")).status_code == 404
            assert (await total(caller, f"/{noun}"))["count"] == 0


async def test_a_driver_fetches_and_counts_what_lies_in_their_own_times(
    van: Van, member: NewMember
) -> None:
    person = await van.admin.make("/drivers", {"firstName": "A", "lastName": "B"})
    driver = await member("driver", None, UUID(person["id"]))
    async with van.platform.database.operator_transaction() as connection:
        await connection.execute(
            insert(driver_assignments).values(
                id=new_id(),
                tenant_id=van.admin.tenant_id,
                driver_id=UUID(person["id"]),
                vehicle_id=UUID(van.id),
                start_time=instant(100),
                created_at=instant(0),
            )
        )
    before = await van.trip(50, 150, distance_m=1.0)
    own = await van.trip(100, 200, distance_m=10.0)
    assert (await driver.get(f"/trips/{before}")).status_code == 404
    assert (await driver.get(f"/trips/{own}")).status_code == 200
    assert (await total(driver, "/trips"))["distanceM"] == 10.0
    assert (await total(van.admin, "/trips"))["distanceM"] == 11.0


async def test_trips_are_counted_and_summed_up_beyond_the_page(van: Van) -> None:
    for number in range(5):
        fuel_l = 0.5 if number < 2 else None
        await van.trip(
            number * 100,
            number * 100 + 90,
            distance_m=1000.0 * number,
            driving_s=80.0,
            idling_s=10.0,
            fuel_used_l=fuel_l,
        )
    whole = {
        "count": 5,
        "distanceM": 10_000.0,
        "drivingS": 400.0,
        "idlingS": 50.0,
        "fuelUsedL": 1.0,
    }
    path = f"/vehicles/{van.id}/trips"
    first = (await van.admin.get(path, limit=2, totals="true")).json()
    assert (len(first["items"]), first["total"]) == (2, whole)
    assert await total(van.admin, path, limit=2, after=first["next"]) == whole
    assert await total(van.admin, "/trips", fleetId=van.fleet, order="desc") == whole
    assert await total(van.admin, "/trips", vehicleId=str(new_id())) == {
        "count": 0,
        "distanceM": 0.0,
        "drivingS": 0.0,
        "idlingS": 0.0,
        "fuelUsedL": None,
    }
    # The third and the fourth: one that lies in the period in part counts whole.
    period = {"from": instant(250).isoformat(), "to": instant(400).isoformat()}
    part = await total(van.admin, path, **period)
    assert (part["count"], part["distanceM"], part["fuelUsedL"]) == (2, 5000.0, None)
    assert "total" not in (await van.admin.get(path)).json()


async def test_stops_are_counted_and_summed_up(van: Van) -> None:
    now = utc_now()
    await van.stop(now - timedelta(seconds=7200), now - timedelta(seconds=7000), 20.0)
    await van.stop(now - timedelta(seconds=1000), None, 30.0)
    found = await total(van.admin, f"/vehicles/{van.id}/stops", limit=1)
    assert (found["count"], found["idlingS"]) == (2, 50.0)
    # 200 s and 1,000 s, and what the test took since it read the clock.
    assert 1200.0 <= found["durationS"] < 1300.0


async def test_events_are_counted_by_kind(van: Van) -> None:
    for seconds, kind in ((0, "towed"), (1, "alarm"), (2, "alarm")):
        await van.event(seconds, kind)
    path = f"/vehicles/{van.id}/events"
    assert await total(van.admin, path, limit=1) == {"count": 3}
    assert await total(van.admin, path, kind="alarm") == {"count": 2}
    assert await total(van.admin, "/events", to=instant(1).isoformat()) == {"count": 1}
