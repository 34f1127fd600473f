"""A change that reaches into the past is asked for twice, and says how much is drawn anew."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from milepost.domain.policy import Policy
from milepost.features.former_thresholds.store import read_policies
from tests.api.conftest import NewMember
from tests.api.platform import START_MS, Caller, Platform, problem, straight_track

# 60 positions, one each 10 s; the sixth is 50 s after the first.
SINCE = datetime.fromtimestamp(START_MS / 1000 + 50, UTC).isoformat()
TRACK = straight_track(60)


@pytest.fixture
async def vehicle(admin: Caller, platform: Platform) -> dict[str, Any]:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    for name in ("a", "b"):
        new = {"uniqueId": f"{vehicle['id']}-{name}", "protocol": "osmand"}
        device = await admin.make("/devices", new | {"vehicleId": vehicle["id"]})
        await platform.store_track(admin, vehicle["id"], device["id"], TRACK)
    return vehicle


def token(answer: httpx.Response) -> str:
    refused = problem(answer)
    assert (answer.status_code, refused["code"]) == (428, "confirmation_required")
    confirm: str = refused["confirmation"]["token"]
    return confirm


async def thresholds_over_time(platform: Platform, caller: Caller, vehicle_id: str) -> Policy:
    owner = (caller.tenant_id, UUID(vehicle_id))
    now = (await caller.get(f"/vehicles/{vehicle_id}")).json()["thresholds"]
    snake = {"stop_min_duration_s": now["stopMinDurationS"]} if now else {}
    async with platform.database.operator_transaction() as connection:
        return (await read_policies(connection, {owner: (None, snake)}))[owner]


async def test_it_says_how_much_and_is_carried_out_when_it_is_confirmed(
    admin: Caller, platform: Platform, vehicle: dict[str, Any]
) -> None:
    body = {
        "vehicleId": vehicle["id"],
        "since": SINCE,
        "thresholds": {"stopMinDurationS": 120},
    }
    asked = await admin.post("/reprocessings", body)
    # 55 of the 60 positions are at or after 50 s; two devices sent them.
    assert "110 positions (devices: 2, vehicles: 1)" in problem(asked)["detail"]
    assert (await admin.get("/reprocessings")).json()["items"] == []
    assert (await admin.get(f"/vehicles/{vehicle['id']}")).json()["thresholds"] == {}
    made = await admin.make("/reprocessings", body | {"confirm": token(asked)})
    assert (made["positions"], made["devices"], made["devicesDone"]) == (110, 2, 0)
    assert made["finishedTime"] is None
    assert made["thresholds"] == {"stop_min_duration_s": 120.0}
    assert made["requestedBy"] == f"user:{admin.user_id}"
    (listed,) = (await admin.get("/reprocessings")).json()["items"]
    assert listed == made == (await admin.get(f"/reprocessings/{made['id']}")).json()
    assert UUID(vehicle["id"]) in platform.notes.vehicles
    policy = await thresholds_over_time(platform, admin, vehicle["id"])
    since_ms = START_MS + 50_000
    held = [policy.at(each).stop_min_duration_s for each in (since_ms - 1, since_ms)]
    assert held == [300.0, 120.0]


async def test_what_was_changed_in_between_keeps_its_other_thresholds(
    admin: Caller, platform: Platform, vehicle: dict[str, Any]
) -> None:
    path = f"/vehicles/{vehicle['id']}"
    patch = {"thresholds": {"gapMinDurationS": 900, "stopMinDurationS": 60}}
    assert (await admin.patch(path, patch)).status_code == 200
    body = {"vehicleId": vehicle["id"], "since": SINCE, "thresholds": {"stopMinDurationS": 120}}
    confirm = token(await admin.post("/reprocessings", body))
    await admin.make("/reprocessings", body | {"confirm": confirm})
    assert (await admin.get(path)).json()["thresholds"] == {
        "gapMinDurationS": 900.0,
        "stopMinDurationS": 120.0,
    }
    policy = await thresholds_over_time(platform, admin, vehicle["id"])
    assert policy.at(START_MS).stop_min_duration_s == 300.0
    assert policy.at(START_MS + 60_000).stop_min_duration_s == 120.0


async def test_a_token_is_good_for_one_such_call(admin: Caller, vehicle: dict[str, Any]) -> None:
    body = {"vehicleId": vehicle["id"], "since": SINCE}
    confirm = token(await admin.post("/reprocessings", body))
    later = (datetime.fromisoformat(SINCE) + timedelta(seconds=1)).isoformat()
    other = await admin.post("/reprocessings", body | {"since": later, "confirm": confirm})
    assert (other.status_code, problem(other)["errors"][0]["field"]) == (422, "confirm")
    await admin.make("/reprocessings", body | {"confirm": confirm})
    again = await admin.post("/reprocessings", body | {"confirm": confirm})
    assert (again.status_code, problem(again)["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"since": "2999-01-01T00:00:00Z"}, "since"),
        ({"primaryDeviceId": "00000000-0000-0000-0000-000000000001"}, "primaryDeviceId"),
        ({"vehicleId": None, "primaryDeviceId": str(UUID(int=1))}, "vehicleId"),
        ({"confirm": "forged"}, "confirm"),
    ],
)
async def test_what_makes_no_sense_is_said(
    admin: Caller, vehicle: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    body = {"vehicleId": vehicle["id"], "since": SINCE}
    refused = await admin.post("/reprocessings", body | change)
    if refused.status_code == 428:
        confirm = {"confirm": token(refused)}
        refused = await admin.post("/reprocessings", body | change | confirm)
    assert (refused.status_code, problem(refused)["errors"][0]["field"]) == (422, field)


async def test_all_vehicles_are_the_administrators_matter(
    admin: Caller, stranger: Caller, member: NewMember, vehicle: dict[str, Any]
) -> None:
    manager = await member("fleet_manager")
    body = {"since": SINCE, "thresholds": {"stopMinDurationS": 120}}
    assert (await manager.post("/reprocessings", body)).status_code == 403
    confirm = token(await admin.post("/reprocessings", body))
    made = await admin.make("/reprocessings", body | {"confirm": confirm})
    assert (made["vehicleId"], made["positions"]) == (None, 110)
    tenant = (await admin.get("/tenant")).json()
    assert tenant["thresholds"] == {"stopMinDurationS": 120.0}
    assert (await stranger.get("/reprocessings")).json()["items"] == []
    assert (await stranger.get(f"/reprocessings/{made['id']}")).status_code == 404
    own = {"vehicleId": vehicle["id"], "since": SINCE}
    assert (await stranger.post("/reprocessings", own)).status_code == 404
