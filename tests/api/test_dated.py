"""What is entered after the fact belongs to when it was: thresholds and drivers."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from milepost.features.former_thresholds.store import OF_THE_TENANT
from milepost.features.former_thresholds.tables import former_thresholds
from milepost.features.stops.tables import stops
from milepost.features.trips.tables import trips
from tests.api.platform import Caller, Platform, new_id

EXPLANATION = {"reason": "motion_began", "measured": {}, "thresholds": {}}
PLACES = {"start_latitude_deg": 1.0, "start_longitude_deg": 2.0, "end_latitude_deg": 3.0}
NUMBERS = {"distance_m": 1.0, "driving_s": 1.0, "idling_s": 0.0, "max_speed_kmh": 9.0}
OF_A_TRIP = {**PLACES, **NUMBERS, "end_longitude_deg": 4.0}
OF_A_STOP = {"latitude_deg": 1.0, "longitude_deg": 2.0, "idling_s": 0.0}


async def kept(platform: Platform, caller: Caller) -> list[tuple[UUID, Any]]:
    async with platform.database.operator_transaction() as connection:
        rows = await connection.execute(
            select(former_thresholds.c.vehicle_id, former_thresholds.c.thresholds)
            .where(former_thresholds.c.tenant_id == caller.tenant_id)
            .order_by(former_thresholds.c.until_time)
        )
        return [tuple(row) for row in rows]


async def test_what_thresholds_were_is_kept(admin: Caller, platform: Platform) -> None:
    body = {"name": "Van", "thresholds": {"gapMinDurationS": 60}}
    vehicle = await admin.make("/vehicles", body)
    path = f"/vehicles/{vehicle['id']}"
    for patch in (
        {"thresholds": {"stopMinDurationS": 120}},
        {"thresholds": {"stopMinDurationS": 120}},  # as it is
        {"name": "Lorry"},
    ):
        assert (await admin.patch(path, patch)).status_code == 200
    assert (await admin.patch("/tenant", {"thresholds": {"useIgnition": False}})).status_code == 200
    assert (await admin.delete(path)).status_code == 204
    own = UUID(vehicle["id"])
    assert await kept(platform, admin) == [
        (own, {"gap_min_duration_s": 60.0}),
        (OF_THE_TENANT, {}),
        (own, {"gap_min_duration_s": 60.0, "stop_min_duration_s": 120.0}),
    ]


@pytest.mark.parametrize("path", ["trips", "stops"])
async def test_a_driver_is_entered_after_the_drive(
    admin: Caller, stranger: Caller, platform: Platform, path: str
) -> None:
    """Drives of 5, 4, 3, 2 and 1 hours ago; one driver from 4.5 to 2.5 hours ago, one since 1.5."""
    now = datetime.now(UTC).replace(microsecond=0)
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    await store_journeys(platform, admin, vehicle["id"], now, path)
    drivers = [await admin.make("/drivers", {"firstName": "A", "lastName": each}) for each in "BC"]

    async def assign(driver: dict[str, Any], hours: float) -> dict[str, Any]:
        start = (now - timedelta(hours=hours)).isoformat()
        ids = {"vehicleId": vehicle["id"], "driverId": driver["id"]}
        return await admin.make("/assignments", {**ids, "startTime": start})

    first = await assign(drivers[0], 4.5)
    assert await told(admin, vehicle, path) == [None, *[drivers[0]["id"]] * 4]
    end = {"endTime": (now - timedelta(hours=2.5)).isoformat()}
    assert (await admin.post(f"/assignments/{first['id']}/end", end)).status_code == 200
    assert await told(admin, vehicle, path) == [None, *[drivers[0]["id"]] * 2, None, None]
    await assign(drivers[1], 1.5)
    one, other = (each["id"] for each in drivers)
    assert await told(admin, vehicle, path) == [None, one, one, None, other]


async def store_journeys(
    platform: Platform, caller: Caller, vehicle_id: str, now: datetime, path: str
) -> None:
    table, own = (trips, OF_A_TRIP) if path == "trips" else (stops, OF_A_STOP)
    rows = [
        {
            **own,
            "id": new_id(),
            "tenant_id": caller.tenant_id,
            "vehicle_id": UUID(vehicle_id),
            "device_id": new_id(),
            "start_time": now - timedelta(hours=hours),
            "end_time": now - timedelta(hours=hours - 0.2),
            "position_count": 2,
            "has_gap": False,
            "start_reason": "motion_began",
            "end_reason": "motion_ended",
            "start_explanation": EXPLANATION,
            "end_explanation": EXPLANATION,
            "decided_fix_time_ms": 0,
        }
        for hours in (5, 4, 3, 2, 1)
    ]
    async with platform.database.operator_transaction() as connection:
        await connection.execute(insert(table), rows)


async def told(caller: Caller, vehicle: dict[str, Any], path: str) -> list[str | None]:
    """Who drove, the oldest first."""
    answer = await caller.get(f"/vehicles/{vehicle['id']}/{path}")
    items = sorted(answer.json()["items"], key=lambda each: each["startTime"])
    return [each["driverId"] for each in items]
