"""Nobody sees what isn't theirs: other tenants, other fleets, other drivers' vehicles."""

from typing import Any
from uuid import UUID

import pytest

from tests.api.conftest import NewMember
from tests.api.platform import Caller, Platform, problem, straight_track


async def estate(owner: Caller) -> dict[str, Any]:
    """One of everything."""
    fleet = await owner.make("/fleets", {"name": "North"})
    vehicle = await owner.make("/vehicles", {"name": "Van", "fleetId": fleet["id"]})
    device = await owner.make(
        "/devices",
        {"uniqueId": vehicle["id"], "protocol": "osmand", "vehicleId": vehicle["id"]},
    )
    driver = await owner.make("/drivers", {"firstName": "Ada", "lastName": "Driver"})
    assignment = await owner.make(
        "/assignments", {"driverId": driver["id"], "vehicleId": vehicle["id"]}
    )
    user = await owner.make(
        "/users",
        {
            "email": f"{vehicle['id']}@example.com",
            "name": "Some One",
            "password": "a good password",
            "role": "viewer",
        },
    )
    key = await owner.make("/api-keys", {"name": "Key", "role": "viewer"})
    return {
        "fleets": fleet,
        "vehicles": vehicle,
        "devices": device,
        "drivers": driver,
        "assignments": assignment,
        "users": user,
        "api-keys": key,
    }


async def test_foreign_ids_do_not_exist(admin: Caller, stranger: Caller) -> None:
    theirs = await estate(stranger)
    ids = {noun: each["id"] for noun, each in theirs.items()}
    calls: list[tuple[str, str, Any]] = [
        *(("GET", f"/{noun}/{ids[noun]}", None) for noun in NOUNS),
        *(("PATCH", f"/{noun}/{ids[noun]}", {}) for noun in NOUNS),
        *(("DELETE", f"/{noun}/{ids[noun]}", None) for noun in (*NOUNS, "api-keys")),
        *(("GET", f"/vehicles/{ids['vehicles']}/{part}", None) for part in PARTS),
        ("GET", f"/fleets/{ids['fleets']}/totals", None),
        ("POST", f"/assignments/{ids['assignments']}/end", {}),
        ("GET", f"/devices/{ids['devices']}/frames", None),
        ("DELETE", f"/devices/{ids['devices']}/frames", None),
        ("GET", f"/devices/{ids['devices']}/commands", None),
        ("GET", f"/devices/{ids['devices']}/commands/supported", None),
        ("POST", f"/devices/{ids['devices']}/commands", {"command": {"kind": "reboot"}}),
    ]
    for method, path, body in calls:
        response = await admin.send(method, path, body)
        assert response.status_code == 404, f"{method} {path}: {response.text}"
        assert problem(response)["code"] == "not_found"
    for noun, each in theirs.items():
        listed = (await stranger.get(f"/{noun}")).json()["items"]
        assert each["id"] in {item["id"] for item in listed}


NOUNS = ("fleets", "vehicles", "devices", "drivers", "users")
PARTS = (
    "positions",
    "trips",
    "stops",
    "events",
    "totals",
    "track.gpx",
    "track.geojson",
    "track.csv",
)


@pytest.mark.parametrize(
    ("path", "field", "noun"),
    [
        ("/vehicles", "fleetId", "fleets"),
        ("/devices", "vehicleId", "vehicles"),
        ("/drivers", "userId", "users"),
        ("/assignments", "vehicleId", "vehicles"),
        ("/assignments", "driverId", "drivers"),
        ("/users", "driverId", "drivers"),
        ("/users", "fleetIds", "fleets"),
        ("/api-keys", "fleetIds", "fleets"),
    ],
)
async def test_foreign_ids_cannot_be_pointed_at(
    admin: Caller, stranger: Caller, path: str, field: str, noun: str
) -> None:
    mine, theirs = await estate(admin), await estate(stranger)
    foreign = theirs[noun]["id"]
    good: dict[str, Any] = {
        "/vehicles": {},
        "/devices": {"uniqueId": "x" + foreign, "protocol": "osmand"},
        "/drivers": {"firstName": "A", "lastName": "B"},
        "/assignments": {"vehicleId": mine["vehicles"]["id"], "driverId": mine["drivers"]["id"]},
        "/users": {
            "email": f"x{foreign}@example.com",
            "name": "N",
            "password": "a good password",
            "role": "viewer",
        },
        "/api-keys": {"name": "N", "role": "viewer"},
    }[path]
    body = good | {field: [foreign] if field.endswith("s") else foreign}
    assert problem(await admin.post(path, body))["code"] == "not_found"


async def test_lists_states_feed_and_filters_hold_nothing_foreign(
    admin: Caller, stranger: Caller, platform: Platform
) -> None:
    theirs = await estate(stranger)
    vehicle, device = theirs["vehicles"]["id"], theirs["devices"]["id"]
    await platform.store_track(stranger, vehicle, device, straight_track(3))
    nouns = ("fleets", "vehicles", "devices", "drivers", "assignments", "api-keys")
    for path in (*nouns, "vehicles/states", "trips", "stops", "events", "feeds/positions"):
        assert (await admin.get(f"/{path}")).json()["items"] == [], path
    for path in ("vehicles", "trips", "stops", "events"):
        found = await admin.get(f"/{path}", fleetId=theirs["fleets"]["id"])
        assert found.json()["items"] == []
    assert len((await stranger.get("/feeds/positions")).json()["items"]) == 3
    assert len((await admin.get("/users")).json()["items"]) == 1


async def test_a_unique_id_that_another_tenant_only_claims_can_be_registered(
    admin: Caller, stranger: Caller
) -> None:
    """Once its device has called, it cannot: see test_device_settings."""
    theirs = (await estate(stranger))["devices"]
    body = {"uniqueId": theirs["uniqueId"], "protocol": "osmand"}
    mine = await admin.make("/devices", body)
    assert problem(await admin.post("/devices", body))["code"] == "conflict"
    assert (await admin.get(f"/devices/{theirs['id']}")).status_code == 404
    assert (await stranger.get(f"/devices/{mine['id']}")).status_code == 404


async def test_a_caller_restricted_to_fleets_sees_those_alone(
    admin: Caller, member: NewMember, platform: Platform
) -> None:
    mine = await estate(admin)
    other_fleet = await admin.make("/fleets", {"name": "South"})
    other = await admin.make("/vehicles", {"name": "Truck", "fleetId": other_fleet["id"]})
    device = await admin.make(
        "/devices", {"uniqueId": other["id"], "protocol": "osmand", "vehicleId": other["id"]}
    )
    await platform.store_track(admin, other["id"], device["id"], straight_track(2))
    manager = await member("fleet_manager", (UUID(mine["fleets"]["id"]),))

    def ids(response: Any) -> set[str]:
        return {item["id"] for item in response.json()["items"]}

    assert ids(await manager.get("/vehicles")) == {mine["vehicles"]["id"]}
    assert ids(await manager.get("/devices")) == {mine["devices"]["id"]}
    assert ids(await manager.get("/fleets")) == {mine["fleets"]["id"]}
    assert (await manager.get(f"/vehicles/{other['id']}/positions")).status_code == 404
    assert (await manager.get("/feeds/positions")).json()["items"] == []
    assert (await manager.patch(f"/devices/{device['id']}", {"name": "x"})).status_code == 404
    moved = await manager.patch(
        f"/vehicles/{mine['vehicles']['id']}", {"fleetId": other_fleet["id"]}
    )
    assert moved.status_code == 404
    assert (await manager.post("/vehicles", {"name": "Nowhere"})).status_code == 422
    assert (await manager.post("/fleets", {"name": "More"})).status_code == 403


async def test_a_driver_sees_the_vehicle_assigned_now_and_nothing_else(
    admin: Caller, member: NewMember
) -> None:
    mine = await estate(admin)
    other = await admin.make("/vehicles", {"name": "Truck"})
    driver = await member("driver", None, UUID(mine["drivers"]["id"]))
    seen = (await driver.get("/vehicles")).json()["items"]
    assert [item["id"] for item in seen] == [mine["vehicles"]["id"]]
    assert seen[0]["driverFirstName"] == "Ada"
    assert (await driver.get(f"/vehicles/{other['id']}")).status_code == 404
    assert (await driver.get(f"/drivers/{mine['drivers']['id']}")).status_code == 200

    ended = await admin.post(f"/assignments/{mine['assignments']['id']}/end")
    assert ended.json()["endTime"] is not None
    assert (await driver.get("/vehicles")).json()["items"] == []
    assert (await driver.get(f"/vehicles/{mine['vehicles']['id']}")).status_code == 404


async def test_a_driver_account_without_a_driver_sees_nothing(
    admin: Caller, member: NewMember
) -> None:
    await estate(admin)
    driver = await member("driver")
    assert (await driver.get("/vehicles")).json()["items"] == []


async def test_unknown_devices_are_shown_to_the_tenant_that_adopts_alone(
    admin: Caller, platform: Platform
) -> None:
    unique_id = f"unknown-{admin.tenant_id}"
    await platform.note_unknown(unique_id)
    assert (await admin.get("/devices/unknown")).json()["items"] == []
    refused = await admin.post(f"/devices/unknown/{unique_id}/adopt", {"vehicleName": "Mine"})
    assert refused.status_code == 404
    await platform.let_adopt(admin)
    listed = (await admin.get("/devices/unknown", limit=1000)).json()["items"]
    assert unique_id in {item["uniqueId"] for item in listed}
    adopted = await admin.make(f"/devices/unknown/{unique_id}/adopt", {"vehicleName": "Found"})
    assert adopted["protocol"] == "osmand"
    vehicle = (await admin.get(f"/vehicles/{adopted['vehicleId']}")).json()
    assert vehicle["name"] == "Found"
    assert UUID(adopted["id"]) in platform.notes.devices
    listed = (await admin.get("/devices/unknown", limit=1000)).json()["items"]
    assert unique_id not in {item["uniqueId"] for item in listed}
