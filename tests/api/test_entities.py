"""What all entities share: versions, partial changes, keys against repetition, pages, audit."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from milepost.features.audit.tables import audit_entries
from tests.api.conftest import NewMember
from tests.api.platform import Caller, Platform, new_id, problem


async def test_a_change_based_on_an_old_version_is_refused(admin: Caller) -> None:
    made = await admin.post("/fleets", {"name": "North"})
    path, tag = f"/fleets/{made.json()['id']}", made.headers["etag"]
    assert made.headers["location"] == f"/api/v1{path}"
    changed = await admin.patch(path, {"name": "South"}, **{"If-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    stale = await admin.patch(path, {"name": "West"}, **{"If-Match": tag})
    assert stale.status_code == 412
    assert problem(stale)["code"] == "stale_version"
    assert (await admin.patch(path, {"name": "West"}, **{"If-Match": "*"})).status_code == 200
    assert (await admin.patch(path, {}, **{"If-Match": "nonsense"})).status_code == 422
    deleted = await admin.send("DELETE", path, headers={"If-Match": tag})
    assert deleted.status_code == 412


async def test_absent_fields_stay_and_null_clears(admin: Caller) -> None:
    body = {"name": "Van", "vin": "WDB123", "make": "MB", "thresholds": {"useIgnition": False}}
    vehicle = await admin.make("/vehicles", body)
    path = f"/vehicles/{vehicle['id']}"
    changed = (await admin.patch(path, {"vin": None, "model": "Sprinter"})).json()
    assert (changed["vin"], changed["make"], changed["model"]) == (None, "MB", "Sprinter")
    thresholds = {"stopMinDurationS": 120, "useIgnition": None}
    changed = (await admin.patch(path, {"thresholds": thresholds})).json()
    assert changed["thresholds"] == {"stopMinDurationS": 120.0}


async def test_nothing_different_is_no_new_version(admin: Caller) -> None:
    made = await admin.post("/drivers", {"firstName": "A", "lastName": "B"})
    again = await admin.patch(f"/drivers/{made.json()['id']}", {"firstName": "A"})
    assert again.headers["etag"] == made.headers["etag"]


async def test_a_repeated_call_with_its_key_is_carried_out_once(admin: Caller) -> None:
    key = {"Idempotency-Key": "k1"}
    first = await admin.post("/vehicles", {"name": "Van"}, **key)
    again = await admin.post("/vehicles", {"name": "Van"}, **key)
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["etag"] == first.headers["etag"]
    assert len((await admin.get("/vehicles")).json()["items"]) == 1
    other = await admin.post("/vehicles", {"name": "Truck"}, **key)
    assert other.status_code == 422
    assert problem(other)["code"] == "idempotency_key_reused"


async def test_calls_at_once_with_one_key_are_carried_out_once(admin: Caller) -> None:
    calls = [admin.post("/fleets", {"name": "North"}, **{"Idempotency-Key": "k"}) for _ in range(4)]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_key_belongs_to_its_caller_and_a_failure_does_not_use_it_up(
    admin: Caller, member: NewMember
) -> None:
    key = {"Idempotency-Key": "k1"}
    manager = await member("fleet_manager")
    mine = await admin.post("/fleets", {"name": "Mine"}, **key)
    theirs = await manager.post("/fleets", {"name": "Theirs"}, **key)
    assert mine.json()["id"] != theirs.json()["id"]
    body = {"uniqueId": str(new_id()), "protocol": "osmand", "vehicleId": str(new_id())}
    for _ in range(2):
        missing = await admin.post("/devices", body, **{"Idempotency-Key": "k2"})
        assert missing.status_code == 404


async def pages(caller: Caller, path: str, limit: int, **params: Any) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    after: str | None = None
    while True:
        asked = params | {"limit": limit} | ({"after": after} if after else {})
        page = (await caller.get(path, **asked)).json()
        found.append(page["items"])
        after = page["next"]
        if after is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 4, 5])
async def test_pages_hold_everything_once_and_in_order(admin: Caller, limit: int) -> None:
    names = ["Ä", "a", "b", "b", "Z"]
    for name in names:
        await admin.make("/vehicles", {"name": name})
    found = await pages(admin, "/vehicles", limit)
    assert all(0 < len(page) <= limit for page in found)
    together = [item for page in found for item in page]
    assert sorted(item["name"] for item in together) == sorted(names)
    whole = (await admin.get("/vehicles")).json()["items"]
    assert [item["id"] for item in whole] == [item["id"] for item in together]


async def test_search_finds_parts_of_names_and_numbers_and_takes_them_literally(
    admin: Caller,
) -> None:
    await admin.make("/vehicles", {"name": "Van 100%", "registrationNumber": "M-XY 1"})
    await admin.make("/vehicles", {"name": "Truck"})

    async def found(words: str) -> list[str]:
        listed = (await admin.get("/vehicles", search=words)).json()["items"]
        return [item["name"] for item in listed]

    assert await found("xy") == ["Van 100%"]
    assert await found("100%") == ["Van 100%"]
    assert await found("%") == ["Van 100%"]
    assert await found("_") == []
    assert await found("null") == []


async def test_each_change_is_written_down(admin: Caller, platform: Platform) -> None:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    await admin.patch(f"/vehicles/{vehicle['id']}", {"name": "Truck"})
    await admin.delete(f"/vehicles/{vehicle['id']}")
    query = (
        select(audit_entries)
        .where(audit_entries.c.entity_id == UUID(vehicle["id"]))
        .order_by(audit_entries.c.time)
    )
    async with platform.database.operator_transaction() as connection:
        entries = (await connection.execute(query)).all()
    assert [entry.action for entry in entries] == ["created", "changed", "deleted"]
    assert {entry.who for entry in entries} == {f"user:{admin.user_id}"}
    assert (entries[1].before, entries[1].after) == ({"name": "Van"}, {"name": "Truck"})


async def test_the_processor_is_told_of_what_concerns_it(admin: Caller, platform: Platform) -> None:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    device = await admin.make(
        "/devices", {"uniqueId": vehicle["id"], "protocol": "osmand", "vehicleId": vehicle["id"]}
    )
    platform.notes.devices.clear()
    await admin.patch(f"/devices/{device['id']}", {"enabled": False})
    assert platform.notes.devices == [UUID(device["id"])]
    await admin.patch(f"/devices/{device['id']}", {"protocol": "NOT ALLOWED"})
    assert platform.notes.devices == [UUID(device["id"])]
    platform.notes.vehicles.clear()
    driver = await admin.make("/drivers", {"firstName": "A", "lastName": "B"})
    await admin.make("/assignments", {"driverId": driver["id"], "vehicleId": vehicle["id"]})
    assert platform.notes.vehicles == [UUID(vehicle["id"])]
    await admin.patch("/tenant", {"thresholds": {"stopMinDurationS": 60}})
    assert admin.tenant_id in platform.notes.tenants


async def test_the_tenant_shows_the_thresholds_that_apply(admin: Caller) -> None:
    changed = (await admin.patch("/tenant", {"thresholds": {"stopMinDurationS": 60}})).json()
    assert changed["thresholds"] == {"stopMinDurationS": 60.0}
    assert changed["effectiveThresholds"]["stopMinDurationS"] == 60.0
    assert changed["effectiveThresholds"]["gapMinDurationS"] == 1800.0
    back = (await admin.patch("/tenant", {"thresholds": {"stopMinDurationS": None}})).json()
    assert back["thresholds"] == {}


async def test_the_last_administrator_stays_one(admin: Caller, member: NewMember) -> None:
    path = f"/users/{admin.user_id}"
    assert problem(await admin.patch(path, {"role": "viewer"}))["code"] == "conflict"
    assert problem(await admin.patch(path, {"enabled": False}))["code"] == "conflict"
    assert problem(await admin.delete(path))["code"] == "conflict"
    await member("admin")
    assert (await admin.patch(path, {"role": "viewer"})).status_code == 200


async def test_a_new_assignment_ends_the_one_before(admin: Caller) -> None:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    drivers = [
        await admin.make("/drivers", {"firstName": name, "lastName": "D"}) for name in ("A", "B")
    ]
    for driver in drivers:
        await admin.make("/assignments", {"driverId": driver["id"], "vehicleId": vehicle["id"]})
    newest, oldest = (await admin.get("/assignments", vehicleId=vehicle["id"])).json()["items"]
    assert newest["driverId"] == drivers[1]["id"]
    assert newest["endTime"] is None
    assert oldest["endTime"] == newest["startTime"]
    of_first = await admin.get("/assignments", driverId=drivers[0]["id"])
    assert [item["id"] for item in of_first.json()["items"]] == [oldest["id"]]
    ended = await admin.post(f"/assignments/{oldest['id']}/end")
    assert problem(ended)["code"] == "conflict"
    late = {"driverId": drivers[0]["id"], "vehicleId": vehicle["id"]}
    future = await admin.post("/assignments", late | {"startTime": "2999-01-01T00:00:00Z"})
    assert future.status_code == 422
    past = await admin.post("/assignments", late | {"startTime": "2020-01-01T00:00:00Z"})
    assert problem(past)["code"] == "conflict"
