"""A vehicle's numbers over time, as a chart asks for them."""

from typing import Any, get_args

import msgspec
import pytest

from milepost.domain.position import Position
from milepost.features.position_view import PositionView
from milepost.features.positions.charts import SeriesField
from milepost.features.wire import camel
from tests.api.conftest import NewMember
from tests.api.platform import START_MS, Caller, Platform, problem

# 2025-06-15T15:06:40Z is START_MS.
PERIOD = {"from": "2025-06-15T15:06:40Z", "to": "2025-06-15T15:07:40Z"}
READINGS = [(50.0, 12.5), (10.0, None), (90.5, 12.25), (20.0, 14.0), (30.0, None), (70.0, 13.0)]


@pytest.fixture
async def vehicle(admin: Caller, platform: Platform) -> str:
    made = await admin.make("/vehicles", {"name": "Van"})
    new = {"uniqueId": made["id"], "protocol": "osmand", "vehicleId": made["id"]}
    device = await admin.make("/devices", new)
    track = [
        Position(START_MS + step * 10_000, speed_kmh=speed, battery_v=battery, gear=step - 2)
        for step, (speed, battery) in enumerate(READINGS)
    ]
    await platform.store_track(admin, made["id"], device["id"], track)
    vehicle_id: str = made["id"]
    return vehicle_id


async def series(caller: Caller, vehicle: str, **query: Any) -> Any:
    answer = await caller.get(f"/vehicles/{vehicle}/series", **(PERIOD | query))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_period_is_cut_into_so_many_points(admin: Caller, vehicle: str) -> None:
    assert await series(admin, vehicle, field="speedKmh", points=2) == {
        "field": "speedKmh",
        "stretchS": 30.0,
        "points": [
            {"time": "2025-06-15T15:06:40Z", "min": 10.0, "max": 90.5},
            {"time": "2025-06-15T15:07:10Z", "min": 20.0, "max": 70.0},
        ],
    }


async def test_a_stretch_without_a_measurement_has_no_point(admin: Caller, vehicle: str) -> None:
    found = await series(admin, vehicle, field="batteryV", points=6)
    assert [(each["time"][14:19], each["min"], each["max"]) for each in found["points"]] == [
        ("06:40", 12.5, 12.5),
        ("07:00", 12.25, 12.25),
        ("07:10", 14.0, 14.0),
        ("07:30", 13.0, 13.0),
    ]
    assert (await series(admin, vehicle, field="altitudeM"))["points"] == []


async def test_more_points_than_milliseconds_are_milliseconds(admin: Caller, vehicle: str) -> None:
    short = {"from": PERIOD["from"], "to": "2025-06-15T15:06:40.005Z"}
    found = await series(admin, vehicle, field="gear", points=1000, **short)
    assert found["stretchS"] == 0.001
    assert found["points"] == [{"time": "2025-06-15T15:06:40Z", "min": -2.0, "max": -2.0}]


async def test_a_field_is_one_of_a_positions_numbers(admin: Caller, vehicle: str) -> None:
    for field in ("speed_kmh", "fixTime", "valid", "alarm", "tenantId", "1; DROP TABLE positions"):
        answer = await admin.get(f"/vehicles/{vehicle}/series", field=field, **PERIOD)
        assert problem(answer)["code"] == "invalid_input", field
    numbers = {float | None, int | None}
    fields = msgspec.structs.fields(PositionView)
    assert get_args(SeriesField) == tuple(
        camel(each.name) for each in fields if each.type in numbers
    )


async def test_points_are_one_to_ten_thousand(admin: Caller, vehicle: str) -> None:
    for points in (0, 10_001):
        answer = await admin.get(
            f"/vehicles/{vehicle}/series", field="speedKmh", points=points, **PERIOD
        )
        assert answer.status_code == 422, points


async def test_a_vehicle_of_others_is_not_there(
    admin: Caller, stranger: Caller, member: NewMember, vehicle: str
) -> None:
    nobody = await member("viewer", ())
    for caller in (stranger, nobody):
        answer = await caller.get(f"/vehicles/{vehicle}/series", field="speedKmh", **PERIOD)
        assert answer.status_code == 404
