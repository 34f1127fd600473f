"""Of several devices in a vehicle one counts at a time, and everybody can see which."""

from typing import Any

from tests.api.platform import START_MS, Caller, Platform, problem, straight_track


async def make_device(admin: Caller, name: str, vehicle: dict[str, Any]) -> str:
    body = {"uniqueId": f"{vehicle['id']}-{name}", "protocol": "osmand"}
    device_id: str = (await admin.make("/devices", body | {"vehicleId": vehicle["id"]}))["id"]
    return device_id


async def primaries(caller: Caller, vehicle: dict[str, Any]) -> list[tuple[str, str]]:
    """The devices that count, the newest first, and why."""
    answer = await caller.get(f"/vehicles/{vehicle['id']}/primary-devices")
    assert answer.status_code == 200, answer.text
    return [(each["deviceId"], each["reason"]) for each in answer.json()["items"]]


async def test_the_first_one_counts_until_it_leaves(admin: Caller, platform: Platform) -> None:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    first = await make_device(admin, "a", vehicle)
    assert await primaries(admin, vehicle) == []
    second = await make_device(admin, "b", vehicle)
    assert await primaries(admin, vehicle) == [(first, "first_installed")]
    third = await make_device(admin, "c", vehicle)
    assert await primaries(admin, vehicle) == [(first, "first_installed")]
    platform.notes.vehicles.clear()
    assert (await admin.patch(f"/devices/{first}", {"vehicleId": None})).status_code == 200
    assert [each for each, _ in await primaries(admin, vehicle)] == [second, first]
    assert str(platform.notes.vehicles[-1]) == vehicle["id"]
    assert (await admin.delete(f"/devices/{second}")).status_code == 204
    assert [each for each, _ in await primaries(admin, vehicle)] == [third, second, first]


async def test_somebody_chooses_another(admin: Caller, stranger: Caller) -> None:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    first, second = [await make_device(admin, name, vehicle) for name in "ab"]
    path = f"/vehicles/{vehicle['id']}/primary-devices"
    chosen = await admin.send("PUT", path, {"primaryDeviceId": second})
    assert chosen.status_code == 200
    assert await primaries(admin, vehicle) == [(second, "chosen"), (first, "first_installed")]
    other = await admin.make("/vehicles", {"name": "Lorry"})
    elsewhere = await make_device(admin, "c", other)
    refused = await admin.send("PUT", path, {"primaryDeviceId": elsewhere})
    assert (refused.status_code, problem(refused)["errors"][0]["field"]) == (422, "primaryDeviceId")
    assert (await stranger.send("PUT", path, {"primaryDeviceId": second})).status_code == 404
    assert (await stranger.get(path)).status_code == 404


async def test_a_choice_reaches_into_the_past_with_what_it_draws_anew(
    admin: Caller, platform: Platform
) -> None:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    _, second = [await make_device(admin, name, vehicle) for name in "ab"]
    await platform.store_track(admin, vehicle["id"], second, straight_track(7))
    since = "2025-06-15T15:06:40Z"  # START_MS
    assert START_MS == 1_750_000_000_000
    body = {"vehicleId": vehicle["id"], "since": since, "primaryDeviceId": second}
    asked = problem(await admin.post("/reprocessings", body))
    confirm = {"confirm": asked["confirmation"]["token"]}
    made = await admin.make("/reprocessings", body | confirm)
    assert (made["positions"], made["primaryDeviceId"]) == (7, second)
    # What the first one was to count for after that time is void.
    assert await primaries(admin, vehicle) == [(second, "chosen")]
