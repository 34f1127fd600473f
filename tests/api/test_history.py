"""Positions, tracks, the feed, trips, stops, events, states and totals."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import msgspec
import pytest
from sqlalchemy import insert

from milepost.domain.position import Position
from milepost.domain.vehicle_state import VehicleState
from milepost.features.events.tables import events
from milepost.features.stops.tables import stops
from milepost.features.trips.tables import trips
from milepost.stores.derived_arrow import LastState
from tests.api.platform import START_MS, Caller, Platform, new_id, straight_track, utc_now

GPX = {"gpx": "http://www.topografix.com/GPX/1/1"}


class Driven(msgspec.Struct):
    """A vehicle with a device that has reported."""

    caller: Caller
    platform: Platform
    vehicle: str
    device: str

    async def get(self, part: str, **params: Any) -> Any:
        response = await self.caller.get(f"/vehicles/{self.vehicle}/{part}", **params)
        assert response.status_code == 200, response.text
        return response.json()

    async def report(self, positions: list[Position], received_ms: int | None = None) -> None:
        await self.platform.store_track(
            self.caller, self.vehicle, self.device, positions, received_ms
        )


@pytest.fixture
async def driven(admin: Caller, platform: Platform) -> Driven:
    vehicle = await admin.make("/vehicles", {"name": "Van <1> & co"})
    device = await admin.make(
        "/devices", {"uniqueId": vehicle["id"], "protocol": "osmand", "vehicleId": vehicle["id"]}
    )
    return Driven(admin, platform, vehicle["id"], device["id"])


def at(seconds: float) -> str:
    moment = datetime.fromtimestamp(START_MS / 1000 + seconds, UTC)
    return moment.isoformat().replace("+00:00", "Z")


async def test_positions_come_in_pages_of_the_period(driven: Driven) -> None:
    await driven.report(straight_track(25))
    params: dict[str, Any] = {"from": at(10), "to": at(200), "limit": 8}
    times: list[str] = []
    while True:
        page = await driven.get("positions", **params)
        times += [item["fixTime"] for item in page["items"]]
        if page["next"] is None:
            break
        params["after"] = page["next"]
    assert times == [at(10 * step) for step in range(1, 20)]


async def test_a_straight_line_is_drawn_with_two_positions(driven: Driven) -> None:
    await driven.report(straight_track(50))
    page = await driven.get("positions", simplifyM=5)
    assert [item["fixTime"] for item in page["items"]] == [at(0), at(490)]
    assert page["next"] is None


async def test_a_track_as_gpx(driven: Driven) -> None:
    await driven.report([*straight_track(3), Position(fix_time_ms=START_MS + 99_000)])
    response = await driven.caller.get(f"/vehicles/{driven.vehicle}/track.gpx")
    assert response.headers["content-type"] == "application/gpx+xml"
    root = ElementTree.fromstring(response.content)
    assert root.findtext("gpx:trk/gpx:name", namespaces=GPX) == "Van <1> & co"
    points = root.findall("gpx:trk/gpx:trkseg/gpx:trkpt", GPX)
    assert [point.get("lon") for point in points] == ["10.0000000", "10.0010000", "10.0020000"]
    assert points[0].findtext("gpx:time", namespaces=GPX) == "2025-06-15T15:06:40.000Z"


@pytest.mark.parametrize(("count", "geometry"), [(0, None), (1, "Point"), (3, "LineString")])
async def test_a_track_as_geojson(driven: Driven, count: int, geometry: str | None) -> None:
    if count:
        await driven.report(straight_track(count))
    response = await driven.caller.get(f"/vehicles/{driven.vehicle}/track.geojson")
    features = response.json()["features"]
    assert [feature["geometry"]["type"] for feature in features] == [geometry] * bool(count)
    if count > 1:
        assert features[0]["geometry"]["coordinates"][1] == [10.001, 0.0]
        assert len(features[0]["properties"]["coordTimes"]) == count


async def test_a_long_track_as_geojson_is_one_line(driven: Driven) -> None:
    await driven.report(straight_track(4500, step_s=1))
    response = await driven.caller.get(f"/vehicles/{driven.vehicle}/track.geojson")
    (feature,) = json.loads(response.content)["features"]
    assert len(feature["geometry"]["coordinates"]) == 4500


async def test_a_track_as_csv(driven: Driven) -> None:
    alarm = Position(fix_time_ms=START_MS + 60_000, alarm="=1+1")
    await driven.report([*straight_track(2), alarm])
    response = await driven.caller.get(f"/vehicles/{driven.vehicle}/track.csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [row["speedKmh"] for row in rows] == ["40.0", "40.0", ""]
    assert rows[0]["ignition"] == "true"
    assert rows[2]["alarm"] == "'=1+1"
    assert rows[2]["latitudeDeg"] == ""


async def test_the_feed_goes_on_where_it_stopped_and_holds_late_data(driven: Driven) -> None:
    async def read(after: str | None) -> tuple[list[str], str]:
        """Everything after the cursor, four at a time."""
        times: list[str] = []
        while True:
            params = {"limit": 4} | ({"after": after} if after else {})
            page = (await driven.caller.get("/feeds/positions", **params)).json()
            assert len(page["items"]) <= 4
            times += [item["fixTime"] for item in page["items"]]
            after = str(page["next"])
            if not page["hasMore"]:
                return times, after

    await driven.report(straight_track(6))
    times, cursor = await read(None)
    assert times == [at(10 * step) for step in range(6)]
    assert await read(cursor) == ([], cursor)
    late, now_ms = straight_track(7)[6:], int(utc_now().timestamp() * 1000)
    await driven.report(late, received_ms=now_ms)
    assert (await read(cursor))[0] == [at(60)]


def explanation(reason: str) -> dict[str, Any]:
    return {
        "reason": reason,
        "decided_fix_time_ms": START_MS,
        "measured": {"halt_s": 310.0},
        "thresholds": {"stop_min_duration_s": 300.0},
    }


async def conclude(driven: Driven, start_s: float, end_s: float | None) -> str:
    """A trip as the processor writes it."""
    trip_id = new_id()
    start = datetime.fromtimestamp(START_MS / 1000 + start_s, UTC)
    values = {
        "id": trip_id,
        "tenant_id": driven.caller.tenant_id,
        "vehicle_id": UUID(driven.vehicle),
        "device_id": UUID(driven.device),
        "start_time": start,
        "end_time": None if end_s is None else start + timedelta(seconds=end_s - start_s),
        "start_latitude_deg": 0.0,
        "start_longitude_deg": 10.0,
        "end_latitude_deg": 0.0,
        "end_longitude_deg": 10.1,
        "distance_m": 1000.0,
        "driving_s": 80.0,
        "idling_s": 20.0,
        "max_speed_kmh": 50.0,
        "fuel_used_l": None,
        "position_count": 11,
        "has_gap": False,
        "start_reason": "motion_began",
        "end_reason": None if end_s is None else "motion_ended",
        "start_explanation": explanation("motion_began"),
        "end_explanation": None if end_s is None else explanation("motion_ended"),
        "decided_fix_time_ms": START_MS,
    }
    async with driven.platform.database.ingest_transaction() as connection:
        await connection.execute(insert(trips).values(values))
    return str(trip_id)


async def test_trips_overlap_the_period_and_say_why_they_ended(driven: Driven) -> None:
    done = await conclude(driven, 0, 100)
    going_on = await conclude(driven, 500, None)
    (trip,) = (await driven.get("trips", **{"from": at(50), "to": at(200)}))["items"]
    assert trip["id"] == done
    assert trip["durationS"] == 100.0
    assert trip["averageSpeedKmh"] == 36.0
    assert trip["endLocation"] == {"lat": 0.0, "lng": 10.1}
    assert trip["endExplanation"] == {
        "reason": "motion_ended",
        "measured": {"haltS": 310.0},
        "thresholds": {"stopMinDurationS": 300.0},
    }
    newest = (await driven.caller.get("/trips", order="desc", limit=1)).json()
    assert [item["id"] for item in newest["items"]] == [going_on]
    assert newest["items"][0]["endTime"] is None
    rest = (await driven.caller.get("/trips", order="desc", after=newest["next"])).json()
    assert [item["id"] for item in rest["items"]] == [done]
    none = await driven.get("trips", **{"from": at(100), "to": at(200)})
    assert none["items"] == []


async def test_stops_and_events_of_a_vehicle(driven: Driven) -> None:
    start = datetime.fromtimestamp(START_MS / 1000, UTC)
    common = {
        "tenant_id": driven.caller.tenant_id,
        "vehicle_id": UUID(driven.vehicle),
        "device_id": UUID(driven.device),
        "latitude_deg": 1.0,
        "longitude_deg": 2.0,
        "decided_fix_time_ms": START_MS,
    }
    stop = {
        "id": new_id(),
        "start_time": start,
        "end_time": start + timedelta(seconds=60),
        "idling_s": 5.0,
        "position_count": 3,
        "has_gap": False,
        "start_reason": "motion_ended",
        "start_explanation": explanation("motion_ended"),
    }
    event = {
        "id": new_id(),
        "kind": "ignition_on",
        "fix_time": start,
        "received_time": start,
        "late": False,
        "detail": {"halt_s": 310.0},
    }
    async with driven.platform.database.ingest_transaction() as connection:
        await connection.execute(insert(stops).values(common | stop))
        await connection.execute(insert(events).values(common | event))
    (found,) = (await driven.get("stops"))["items"]
    assert (found["durationS"], found["location"]) == (60.0, {"lat": 1.0, "lng": 2.0})
    (found,) = (await driven.get("events", kind="ignition_on"))["items"]
    assert found["detail"] == {"haltS": 310.0}
    assert (await driven.get("events", kind="alarm"))["items"] == []


async def test_states_are_those_of_the_last_report_and_silence_is_offline(driven: Driven) -> None:
    async def store(state: str, seconds_ago: int, version: int) -> None:
        then_ms = int(utc_now().timestamp() * 1000) - seconds_ago * 1000
        last = VehicleState(
            vehicle_id=UUID(driven.vehicle),
            fleet_id=None,
            state="moving" if state == "moving" else "stopped",
            state_since_ms=then_ms,
            fix_time_ms=then_ms,
            received_time_ms=then_ms,
            latitude_deg=48.1,
            longitude_deg=11.5,
            odometer_m=12_345.0,
        )
        row = LastState(driven.caller.tenant_id, UUID(driven.device), last)
        await driven.platform.telemetry.insert_last_states([row], version)

    async def listed(state: str) -> list[dict[str, Any]]:
        found = (await driven.caller.get("/vehicles", state=state)).json()["items"]
        assert all(item["state"] == state for item in found)
        return list(found)

    assert len(await listed("offline")) == 1
    await store("moving", 5, 1)
    (vehicle,) = await listed("moving")
    assert vehicle["lastLocation"] == {"lat": 48.1, "lng": 11.5}
    assert vehicle["lastPosition"]["latitudeDeg"] == 48.1
    assert vehicle["odometerM"] == 12_345.0
    path = f"/vehicles/{driven.vehicle}"
    changed = (await driven.caller.patch(path, {"odometerM": 99_000})).json()
    assert (changed["odometerM"], changed["lastPosition"]["odometerM"]) == (99_000.0, 99_000.0)
    (state,) = (await driven.caller.get("/vehicles/states")).json()["items"]
    assert state["odometerM"] == 99_000.0
    assert await listed("offline") == []
    (state,) = (await driven.caller.get("/vehicles/states")).json()["items"]
    assert (state["state"], state["vehicleId"]) == ("moving", driven.vehicle)
    await store("stopped", 3600, 2)
    assert len(await listed("offline")) == 1
    assert await listed("stopped") == []


async def test_totals_of_a_fleet_are_those_of_its_vehicles(driven: Driven) -> None:
    fleet = await driven.caller.make("/fleets", {"name": "North"})
    second = await driven.caller.make("/vehicles", {"name": "Second"})
    for vehicle in (driven.vehicle, second["id"]):
        await driven.caller.patch(f"/vehicles/{vehicle}", {"fleetId": fleet["id"]})
    day_ms = START_MS // 86_400_000 * 86_400_000
    rows = [
        {
            "tenant_id": driven.caller.tenant_id.bytes,
            "vehicle_id": UUID(vehicle).bytes,
            "device_id": UUID(driven.device).bytes,
            "bucket_start_ms": day_ms + bucket * 600_000,
            "position_count": 10,
            "distance_m": 100.0,
            "driving_s": 60.0,
            "idling_s": 6.0,
            "max_speed_kmh": 50.0 + bucket,
            "fuel_used_l": 1.0,
        }
        for vehicle in (driven.vehicle, second["id"])
        for bucket in range(3)
    ]
    await driven.platform.telemetry.insert_rollups(rows, 1)
    period = {"from": at(-86_400), "to": at(86_400)}
    (day,) = (await driven.get("totals", **period))["items"]
    assert (day["distanceM"], day["positionCount"], day["vehicleCount"]) == (300.0, 30, 1)
    response = await driven.caller.get(f"/fleets/{fleet['id']}/totals", **period)
    (day,) = response.json()["items"]
    assert (day["distanceM"], day["maxSpeedKmh"], day["vehicleCount"]) == (600.0, 52.0, 2)
    assert len((await driven.get("totals", bucket="10min", **period))["items"]) == 3
    too_long = await driven.caller.get(
        f"/vehicles/{driven.vehicle}/totals", bucket="10min", **{"from": at(-86_400 * 40)}
    )
    assert too_long.status_code == 422


async def test_the_days_before_the_beginning_of_time_are_none(driven: Driven) -> None:
    assert (await driven.get("totals", to="0001-01-01T00:00:00Z"))["items"] == []
