"""Days of totals begin when they begin for people: in the time zone that is asked for."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import insert

from milepost.domain.position import Position
from milepost.features.assignments.tables import driver_assignments
from tests.api.conftest import NewMember
from tests.api.platform import Caller, Platform, new_id, problem

TEN_MINUTES_S = 600
# On the equator, in kilometres.
DEGREES_A_KM = 1 / 111.195


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


class Van(msgspec.Struct):
    """A vehicle whose totals are written as the processor writes them."""

    admin: Caller
    platform: Platform
    id: str
    device: str

    def total(self, start: str, **values: float) -> dict[str, Any]:
        return {
            "tenant_id": self.admin.tenant_id.bytes,
            "vehicle_id": UUID(self.id).bytes,
            "device_id": UUID(self.device).bytes,
            "bucket_start_ms": ms(start),
            "position_count": 10,
            "distance_m": 0.0,
            "driving_s": 0.0,
            "idling_s": 0.0,
            "max_speed_kmh": 0.0,
            "fuel_used_l": 0.0,
            **values,
        }

    async def keep(self, rows: Iterable[dict[str, Any]]) -> None:
        await self.platform.telemetry.insert_rollups(list(rows), 1)

    async def report(self, positions: list[Position]) -> None:
        await self.platform.store_track(self.admin, self.id, self.device, positions)

    async def page(self, caller: Caller | None = None, **params: str) -> Any:
        response = await (caller or self.admin).get(f"/vehicles/{self.id}/totals", **params)
        assert response.status_code == 200, response.text
        return response.json()

    async def days(self, **params: str) -> list[tuple[str, float]]:
        items = (await self.page(**params))["items"]
        return [(item["day"], round(item["distanceM"], 6)) for item in items]


@pytest.fixture
async def van(admin: Caller, platform: Platform) -> Van:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    new = {"uniqueId": vehicle["id"], "protocol": "osmand", "vehicleId": vehicle["id"]}
    device = await admin.make("/devices", new)
    return Van(admin, platform, vehicle["id"], device["id"])


def period(start: str, end: str) -> dict[str, str]:
    return {"from": start, "to": end}


NOVEMBER_8 = period("2026-11-08T00:00:00+13:00", "2026-11-09T00:00:00+13:00")


async def over_midnight(van: Van) -> None:
    """60 km from 23:31 to 00:32 UTC, a kilometre a minute: 28.8 km before midnight."""
    before = [(f"2026-11-07T23:{minute}:00Z", 9600.0) for minute in (30, 40, 50)]
    after = [(f"2026-11-08T00:{minute}:00Z", 7800.0) for minute in ("00", 10, 20, 30)]
    await van.keep(van.total(start, distance_m=way_m) for start, way_m in before + after)


async def test_a_trip_over_midnight_of_utc_is_of_one_day_in_auckland(van: Van) -> None:
    await over_midnight(van)
    page = await van.page(**NOVEMBER_8, timeZone="Pacific/Auckland")
    (day,) = page["items"]
    assert (page["timeZone"], page["hasDividedBuckets"]) == ("Pacific/Auckland", False)
    assert (day["day"], day["distanceM"], day["positionCount"]) == ("2026-11-08", 60_000.0, 70)
    assert (day["bucketStart"], day["bucketEnd"]) == (
        "2026-11-07T11:00:00Z",
        "2026-11-08T11:00:00Z",
    )


async def test_days_of_utc_are_cut_to_the_period_and_say_so(van: Van) -> None:
    """Nobody names a zone: none of the 60 km is left out, and each day says which it is."""
    await over_midnight(van)
    page = await van.page(**NOVEMBER_8)
    assert page["timeZone"] == "UTC"
    found = [
        (item["day"], item["bucketStart"], item["bucketEnd"], item["distanceM"])
        for item in page["items"]
    ]
    assert found == [
        ("2026-11-07", "2026-11-07T11:00:00Z", "2026-11-08T00:00:00Z", 28_800.0),
        ("2026-11-08", "2026-11-08T00:00:00Z", "2026-11-08T11:00:00Z", 31_200.0),
    ]


async def test_the_tenants_time_zone_is_the_default(van: Van) -> None:
    await over_midnight(van)
    assert (await van.admin.get("/tenant")).json()["timeZone"] == "UTC"
    changed = await van.admin.patch("/tenant", {"timeZone": "Pacific/Auckland"})
    assert changed.json()["timeZone"] == "Pacific/Auckland"
    assert await van.days(**NOVEMBER_8) == [("2026-11-08", 60_000.0)]
    whole = period("2026-11-07T00:00:00Z", "2026-11-09T00:00:00Z")
    utc_days = [("2026-11-07", 28_800.0), ("2026-11-08", 31_200.0)]
    assert await van.days(**whole, timeZone="UTC") == utc_days


@pytest.mark.parametrize("name", ["Mars/Olympus", "+13:00", "../etc/passwd", "", "pacific"])
async def test_a_time_zone_that_is_none(van: Van, name: str) -> None:
    asked = await van.admin.get(f"/vehicles/{van.id}/totals", timeZone=name)
    kept = await van.admin.patch("/tenant", {"timeZone": name})
    for response in (asked, kept):
        assert response.status_code == 422
        assert [error["field"] for error in problem(response)["errors"]] == ["timeZone"]


@pytest.mark.parametrize(
    ("zone", "start", "hours"),
    [
        ("Europe/Berlin", "2026-03-29T00:00:00+01:00", 23),
        ("Europe/Berlin", "2026-10-25T00:00:00+02:00", 25),
        ("Pacific/Auckland", "2026-09-27T00:00:00+12:00", 23),
        # Half an hour of summer time.
        ("Australia/Lord_Howe", "2026-04-05T00:00:00+11:00", 24.5),
        # The clock shows no midnight: the day begins at one.
        ("Africa/Cairo", "2026-04-23T22:00:00+00:00", 23),
        # 30 December 2011 did not take place.
        ("Pacific/Apia", "2011-12-29T00:00:00-10:00", 24),
    ],
)
async def test_a_day_has_as_many_hours_as_the_clock_gives_it(
    van: Van, zone: str, start: str, hours: float
) -> None:
    """A metre every ten minutes, for two days before and after."""
    first_s = ms(start) // 1000 - 2 * 86_400
    rows = []
    for number in range(5 * 144):
        row = van.total(start, distance_m=1.0)
        rows.append(row | {"bucket_start_ms": (first_s + number * TEN_MINUTES_S) * 1000})
    await van.keep(rows)
    begin, end = (
        datetime.fromtimestamp(first_s + seconds).astimezone().isoformat()
        for seconds in (0, 5 * 86_400)
    )
    items = (await van.page(**period(begin, end), timeZone=zone))["items"]
    (day,) = (item for item in items if ms(item["bucketStart"]) == ms(start))
    assert ms(day["bucketEnd"]) - ms(start) == hours * 3_600_000
    assert day["distanceM"] == hours * 6
    assert sum(item["distanceM"] for item in items) == 720.0


async def test_ten_minutes_are_divided_where_a_day_of_kathmandu_begins(van: Van) -> None:
    """Midnight is 18:15 UTC: 2 km were driven from 18:10 on, then 6 km, at 24 and 72 km/h."""
    start_ms = ms("2026-06-01T18:10:00Z")
    fixes = [(0.0, 0, 0.0), (1.0, 150, 24.0), (2.0, 299, 24.0), (5.0, 450, 72.0), (8.0, 599, 72.0)]
    await van.report(
        [
            Position(
                fix_time_ms=start_ms + seconds * 1000,
                latitude_deg=0.0,
                longitude_deg=round(10.0 + km * DEGREES_A_KM, 7),
                speed_kmh=kmh,
                ignition=True,
                fuel_used_l=100.0 + km / 10,
            )
            for km, seconds, kmh in fixes
        ]
    )
    await van.keep(
        [
            van.total("2026-06-01T12:00:00Z", distance_m=100.0, position_count=1),
            van.total(
                "2026-06-01T18:10:00Z",
                distance_m=8000.0,
                driving_s=599.0,
                max_speed_kmh=72.0,
                fuel_used_l=0.8,
                position_count=5,
            ),
            van.total("2026-06-01T18:20:00Z", distance_m=1000.0, position_count=1),
        ]
    )
    asked = period("2026-06-01T00:00:00+05:45", "2026-06-03T00:00:00+05:45")
    page = await van.page(**asked, timeZone="Asia/Kathmandu")
    assert page["hasDividedBuckets"] is True
    first, second = page["items"]
    assert (first["day"], second["day"]) == ("2026-06-01", "2026-06-02")
    assert first["distanceM"] == pytest.approx(2100.0, abs=0.1)
    assert second["distanceM"] == pytest.approx(7000.0, abs=0.1)
    assert (first["drivingS"], second["drivingS"]) == (299.0, 300.0)
    assert (first["positionCount"], second["positionCount"]) == (4, 3)
    assert (first["maxSpeedKmh"], second["maxSpeedKmh"]) == (24.0, 72.0)
    assert first["fuelUsedL"] == pytest.approx(0.2)
    assert second["fuelUsedL"] == pytest.approx(0.6)
    ten = (await van.page(**asked, bucket="10min"))["items"]
    for name in ("distanceM", "drivingS", "positionCount", "fuelUsedL"):
        assert first[name] + second[name] == pytest.approx(sum(item[name] for item in ten))


async def test_days_of_chatham_add_up_to_the_period(van: Van) -> None:
    """12:45 east of Greenwich, 13:45 in summer: every midnight goes through ten minutes."""
    rows, positions = [], []
    first_ms = ms("2026-09-25T00:00:00Z")
    for number in range(4 * 144):
        start_ms = first_ms + number * 600_000
        way_m = float(1 + number % 7)
        row = van.total("2026-09-25T00:00:00Z", distance_m=way_m, position_count=4, idling_s=3.0)
        rows.append(row | {"bucket_start_ms": start_ms})
        positions += [
            Position(
                fix_time_ms=start_ms + step * 150_000,
                latitude_deg=0.0,
                longitude_deg=(number * 4 + step) / 10_000,
                ignition=True,
            )
            for step in range(4)
        ]
    await van.keep(rows)
    await van.report(positions)
    asked = period("2026-09-25T00:00:00Z", "2026-09-29T00:00:00Z")
    items = (await van.page(**asked, timeZone="Pacific/Chatham"))["items"]
    starts = [item["bucketStart"] for item in items]
    # Summer time begins on 27 September: that day has 23 hours.
    assert starts == [
        "2026-09-25T00:00:00Z",
        "2026-09-25T11:15:00Z",
        "2026-09-26T11:15:00Z",
        "2026-09-27T10:15:00Z",
        "2026-09-28T10:15:00Z",
    ]
    assert sum(item["positionCount"] for item in items) == 4 * 144 * 4
    whole_m = sum(row["distance_m"] for row in rows)
    assert sum(item["distanceM"] for item in items) == pytest.approx(whole_m, abs=1e-9)
    assert sum(item["idlingS"] for item in items) == pytest.approx(4 * 144 * 3.0, abs=1e-9)
    # The legs are alike, so that half of the ten minutes goes to either day: 67½ of them are
    # before the first midnight, and two fixes of the 68th.
    assert items[0]["positionCount"] == 67 * 4 + 2
    assert items[0]["distanceM"] == pytest.approx(
        sum(row["distance_m"] for row in rows[:67]) + rows[67]["distance_m"] / 2
    )


async def test_ten_minutes_without_positions_go_to_where_they_begin(van: Van) -> None:
    await van.keep([van.total("2026-06-01T18:10:00Z", distance_m=8000.0)])
    asked = period("2026-06-01T00:00:00+05:45", "2026-06-03T00:00:00+05:45")
    found = await van.days(**asked, timeZone="Asia/Kathmandu")
    assert found == [("2026-06-01", 8000.0)]


async def test_a_fleets_days_count_each_vehicle_once(van: Van) -> None:
    fleet = await van.admin.make("/fleets", {"name": "North"})
    await van.admin.patch(f"/vehicles/{van.id}", {"fleetId": fleet["id"]})
    second = await van.admin.make("/vehicles", {"name": "Bus", "fleetId": fleet["id"]})
    bus = Van(van.admin, van.platform, second["id"], str(new_id()))
    for each in (van, bus):
        starts = ("2026-06-01T18:10:00Z", "2026-06-01T19:00:00Z")
        await each.keep(each.total(start, distance_m=10.0) for start in starts)
    positions = [Position(fix_time_ms=ms(f"2026-06-01T18:1{minute}:00Z")) for minute in (2, 7)]
    await van.report(positions)
    response = await van.admin.get(
        f"/fleets/{fleet['id']}/totals",
        **period("2026-06-01T00:00:00+05:45", "2026-06-03T00:00:00+05:45"),
        timeZone="Asia/Kathmandu",
    )
    found = [
        (item["vehicleCount"], item["distanceM"], item["positionCount"])
        for item in response.json()["items"]
    ]
    # The van's ten minutes are halved, the bus's go to the first day: nothing tells of its fixes.
    assert found == [(2, 15.0, 15), (2, 25.0, 25)]


async def test_a_drivers_days_are_of_whole_ten_minutes_of_their_own(
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
                start_time=datetime.fromisoformat("2026-11-07T23:45:00Z"),
                created_at=datetime.fromisoformat("2026-11-07T23:45:00Z"),
            )
        )
    await over_midnight(van)
    own = await van.page(driver, **NOVEMBER_8, timeZone="Pacific/Auckland")
    # What was driven from 23:50 on: ten minutes of 9.6 km and four of 7.8 km.
    assert [item["distanceM"] for item in own["items"]] == [9600.0 + 4 * 7800.0]


async def test_today_is_among_the_days_that_are_shown_by_default(van: Van) -> None:
    now_ms = round(van.platform.clock().timestamp() * 1000)
    row = van.total("2026-01-01T00:00:00Z", distance_m=5.0)
    await van.keep([row | {"bucket_start_ms": now_ms - now_ms % 600_000}])
    page = await van.page(timeZone="Asia/Kathmandu")
    assert [item["distanceM"] for item in page["items"]] == [5.0]
    assert len((await van.page(bucket="10min"))["items"]) == 1
