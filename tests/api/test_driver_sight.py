"""What a driver sees: the vehicles of this moment, and their history of the driver's own times."""

import csv
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import insert

from milepost.features.assignments.tables import driver_assignments
from milepost.features.events.tables import events
from milepost.features.stops.tables import stops
from milepost.features.trips.tables import trips
from tests.api.conftest import NewMember
from tests.api.platform import START_MS, Caller, Platform, new_id, straight_track

# The driver's times in seconds after the start of the track; positions come every 10 s.
BEFORE, FIRST, BREAK, SECOND, AFTER = 100, 200, 300, 400, 500
TEN_MINUTES_S = 600
EXPLANATION = {"reason": "motion_began", "measured": {}, "thresholds": {}}


def instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(START_MS / 1000 + seconds, UTC)


def seconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() - START_MS / 1000)


class Shift(msgspec.Struct):
    """A driver with a vehicle that they drove twice, and drive again."""

    admin: Caller
    driver: Caller
    platform: Platform
    vehicle: UUID
    device: UUID
    fleet: str
    driver_id: UUID

    async def was_driven(self, start_s: float, end_s: float | None) -> None:
        async with self.platform.database.operator_transaction() as connection:
            await connection.execute(
                insert(driver_assignments).values(
                    id=new_id(),
                    tenant_id=self.admin.tenant_id,
                    driver_id=self.driver_id,
                    vehicle_id=self.vehicle,
                    start_time=instant(start_s),
                    end_time=None if end_s is None else instant(end_s),
                    created_at=instant(0),
                )
            )

    async def get(self, path: str, caller: Caller | None = None, **query: Any) -> Any:
        answer = await (caller or self.driver).get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def row(self, start_s: float, end_s: float | None) -> dict[str, Any]:
        return {
            "id": new_id(),
            "tenant_id": self.admin.tenant_id,
            "vehicle_id": self.vehicle,
            "device_id": self.device,
            "start_time": instant(start_s),
            "end_time": None if end_s is None else instant(end_s),
            "start_reason": "motion_began",
            "end_reason": None if end_s is None else "motion_ended",
            "start_explanation": EXPLANATION,
            "end_explanation": None if end_s is None else EXPLANATION,
            "decided_fix_time_ms": START_MS,
        }


@pytest.fixture
async def shift(admin: Caller, member: NewMember, platform: Platform) -> Shift:
    fleet = await admin.make("/fleets", {"name": "North", "description": "for nobody's eyes"})
    await admin.make("/fleets", {"name": "South"})
    vehicle = await admin.make("/vehicles", {"name": "Van", "fleetId": fleet["id"]})
    await admin.make("/vehicles", {"name": "Other", "fleetId": fleet["id"]})
    new = {"uniqueId": vehicle["id"], "protocol": "osmand", "vehicleId": vehicle["id"]}
    device = await admin.make("/devices", new)
    driver = await admin.make("/drivers", {"firstName": "A", "lastName": "B"})
    caller = await member("driver", None, UUID(driver["id"]))
    shift = Shift(
        admin,
        caller,
        platform,
        UUID(vehicle["id"]),
        UUID(device["id"]),
        fleet["id"],
        UUID(driver["id"]),
    )
    await platform.store_track(admin, vehicle["id"], device["id"], straight_track(61))
    await shift.was_driven(FIRST, BREAK)
    await shift.was_driven(SECOND, None)
    return shift


OWN = [*range(FIRST, BREAK, 10), *range(SECOND, 601, 10)]


async def test_a_series_is_made_of_their_own_times(shift: Shift) -> None:
    path = f"/vehicles/{shift.vehicle}/series"
    period = {"from": instant(0).isoformat(), "to": instant(610).isoformat()}
    found = await shift.get(path, field="longitudeDeg", points=61, **period)
    assert [seconds(point["time"]) for point in found["points"]] == OWN
    whole = await shift.get(path, field="longitudeDeg", points=1, **period)
    # Positions lie 0.001 degrees apart: their first is the 20th of the track.
    [point] = whole["points"]
    assert (round(point["min"], 6), round(point["max"], 6)) == (10.02, 10.06)
    [point] = (await shift.get(path, shift.admin, field="longitudeDeg", points=1, **period))[
        "points"
    ]
    assert (round(point["min"], 6), round(point["max"], 6)) == (10.0, 10.06)


async def test_positions_are_those_of_their_own_times(shift: Shift) -> None:
    path = f"/vehicles/{shift.vehicle}/positions"
    found: list[int] = []
    after: dict[str, str] = {}
    while True:
        page = await shift.get(path, limit=7, **after)
        found += [seconds(item["fixTime"]) for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert found == OWN
    everything = await shift.get(path, shift.admin)
    assert len(everything["items"]) == 61
    drawn = await shift.get(path, simplifyM=1)
    assert {seconds(item["fixTime"]) for item in drawn["items"]} <= set(OWN)
    assert drawn["items"]
    period = {"from": instant(0).isoformat(), "to": instant(FIRST).isoformat()}
    assert (await shift.get(path, **period))["items"] == []


async def test_tracks_are_those_of_their_own_times(shift: Shift) -> None:
    text = (await shift.driver.get(f"/vehicles/{shift.vehicle}/track.csv")).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [seconds(row["fixTime"]) for row in rows] == OWN
    for extension in ("gpx", "geojson"):
        answer = await shift.driver.get(f"/vehicles/{shift.vehicle}/track.{extension}")
        assert instant(FIRST).strftime("%H:%M:%S") in answer.text
        assert instant(BEFORE).strftime("%H:%M:%S") not in answer.text
        assert instant(BREAK + 10).strftime("%H:%M:%S") not in answer.text


TIMES = [
    (BEFORE, BEFORE + 50),
    (BEFORE, FIRST + 50),
    (FIRST, BREAK - 10),
    (FIRST + 50, SECOND + 50),
    (BREAK + 10, SECOND - 10),
    (SECOND, AFTER),
    (BREAK - 50, None),
    (AFTER, None),
]
SEEN = [(FIRST, BREAK - 10), (SECOND, AFTER), (AFTER, None)]
Keep = Callable[[Shift], Awaitable[None]]


async def keep_trips(shift: Shift) -> None:
    values = {
        "start_latitude_deg": 0.0,
        "start_longitude_deg": 10.0,
        "end_latitude_deg": 0.0,
        "end_longitude_deg": 10.1,
        "distance_m": 1.0,
        "driving_s": 1.0,
        "idling_s": 0.0,
        "max_speed_kmh": 1.0,
        "position_count": 2,
        "has_gap": False,
    }
    rows = [{**shift.row(*times), **values} for times in TIMES]
    async with shift.platform.database.ingest_transaction() as connection:
        await connection.execute(insert(trips).values(rows))


async def keep_stops(shift: Shift) -> None:
    values = {
        "latitude_deg": 0.0,
        "longitude_deg": 10.0,
        "idling_s": 0.0,
        "position_count": 2,
        "has_gap": False,
    }
    rows = [{**shift.row(*times), **values} for times in TIMES]
    async with shift.platform.database.ingest_transaction() as connection:
        await connection.execute(insert(stops).values(rows))


@pytest.mark.parametrize(("noun", "keep"), [("trips", keep_trips), ("stops", keep_stops)])
async def test_conclusions_are_those_that_lie_in_their_own_times(
    shift: Shift, noun: str, keep: Keep
) -> None:
    await keep(shift)
    for path in (f"/{noun}", f"/vehicles/{shift.vehicle}/{noun}"):
        items = (await shift.get(path))["items"]
        found = [
            (seconds(item["startTime"]), item["endTime"] and seconds(item["endTime"]))
            for item in items
        ]
        assert found == SEEN
        assert len((await shift.get(path, shift.admin))["items"]) == len(TIMES)
    # A second assignment that follows without a break makes one time of both.
    await shift.was_driven(BREAK, SECOND)
    assert len((await shift.get(f"/{noun}"))["items"]) == 6


async def test_events_are_those_of_their_own_times(shift: Shift) -> None:
    moments = [BEFORE, FIRST - 1, FIRST, BREAK - 1, BREAK, SECOND - 1, SECOND, AFTER]
    rows = [
        {
            "id": new_id(),
            "tenant_id": shift.admin.tenant_id,
            "vehicle_id": shift.vehicle,
            "device_id": shift.device,
            "fix_time": instant(moment),
            "received_time": instant(moment),
            "kind": "ignition_on",
            "detail": {},
            "decided_fix_time_ms": START_MS,
        }
        for moment in moments
    ]
    async with shift.platform.database.ingest_transaction() as connection:
        await connection.execute(insert(events).values(rows))
    for path in ("/events", f"/vehicles/{shift.vehicle}/events"):
        items = (await shift.get(path))["items"]
        assert [seconds(item["fixTime"]) for item in items] == [FIRST, BREAK - 1, SECOND, AFTER]


async def test_totals_are_those_of_whole_ten_minutes_of_their_own_times(shift: Shift) -> None:
    begin_s = -(START_MS // 1000 % TEN_MINUTES_S)
    rows = [
        {
            "tenant_id": shift.admin.tenant_id.bytes,
            "vehicle_id": shift.vehicle.bytes,
            "device_id": shift.device.bytes,
            "bucket_start_ms": START_MS + (begin_s + number * TEN_MINUTES_S) * 1000,
            "position_count": 10,
            "distance_m": 10.0**number,
            "driving_s": 60.0,
            "idling_s": 6.0,
            "max_speed_kmh": 50.0 + number,
            "fuel_used_l": 1.0,
        }
        for number in range(5)
    ]
    await shift.platform.telemetry.insert_rollups(rows, 1)
    period = {"from": instant(-86_400).isoformat(), "to": instant(86_400).isoformat()}
    # They drive since second 400, within the first or the second bucket.
    own = sum(10.0**n for n in range(5) if begin_s + n * TEN_MINUTES_S >= SECOND)
    for path in (f"/vehicles/{shift.vehicle}/totals", f"/fleets/{shift.fleet}/totals"):
        for bucket in ("10min", "day"):
            items = (await shift.get(path, bucket=bucket, **period))["items"]
            assert sum(item["distanceM"] for item in items) == own
            assert {item["vehicleCount"] for item in items} == {1}
        all_of_it = (await shift.get(path, shift.admin, **period))["items"]
        assert sum(item["distanceM"] for item in all_of_it) == 11111.0


async def test_fleets_are_those_of_their_vehicles_by_name(shift: Shift) -> None:
    (fleet,) = (await shift.get("/fleets"))["items"]
    assert (fleet["name"], fleet["description"], fleet["vehicleCount"]) == ("North", None, 1)
    assert (await shift.get(f"/fleets/{shift.fleet}"))["description"] is None
    (south,) = (
        each
        for each in (await shift.get("/fleets", shift.admin))["items"]
        if each["name"] == "South"
    )
    for path in (f"/fleets/{south['id']}", f"/fleets/{south['id']}/totals"):
        assert (await shift.driver.get(path)).status_code == 404
    (seen,) = (await shift.get("/vehicles"))["items"]
    assert seen["vehicleId"] == str(shift.vehicle)


async def test_the_tenants_thresholds_are_not_theirs(shift: Shift) -> None:
    assert (await shift.get("/tenant"))["effectiveThresholds"] == {}
    assert (await shift.get("/tenant"))["thresholds"] == {}
    assert (await shift.get("/tenant", shift.admin))["effectiveThresholds"]["stopMinDurationS"] > 0


async def test_a_vehicle_that_is_no_longer_theirs_is_gone_with_its_history(shift: Shift) -> None:
    (current,) = (
        each
        for each in (await shift.get("/assignments", shift.admin))["items"]
        if each["endTime"] is None
    )
    await keep_trips(shift)
    await shift.admin.post(f"/assignments/{current['id']}/end")
    assert (await shift.get("/vehicles"))["items"] == []
    assert (await shift.get("/fleets"))["items"] == []
    assert (await shift.get("/trips"))["items"] == []
    for part in ("positions", "trips", "stops", "events", "totals", "track.csv"):
        answer = await shift.driver.get(f"/vehicles/{shift.vehicle}/{part}")
        assert answer.status_code == 404, part
