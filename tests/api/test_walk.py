"""The way of a first day: sign in, register, see positions."""

from tests.api.platform import Caller, Platform, straight_track


async def test_a_vehicle_and_its_device_are_registered_and_its_positions_read(
    admin: Caller, platform: Platform
) -> None:
    vehicle = await admin.make("/vehicles", {"registrationNumber": "M-AB 123"})
    assert vehicle["name"] == "M-AB 123"
    assert vehicle["state"] == "offline"
    device = await admin.make(
        "/devices",
        {"uniqueId": vehicle["id"], "protocol": "osmand", "vehicleId": vehicle["id"]},
    )
    await platform.store_track(admin, vehicle["id"], device["id"], straight_track(5))

    listed = (await admin.get("/vehicles")).json()
    assert [item["id"] for item in listed["items"]] == [vehicle["id"]]
    assert listed["next"] is None

    positions = (await admin.get(f"/vehicles/{vehicle['id']}/positions")).json()
    assert len(positions["items"]) == 5
    assert positions["items"][0]["speedKmh"] == 40.0
    assert positions["items"][0]["fixTime"] == "2025-06-15T15:06:40Z"
    assert "altitudeM" not in positions["items"][0]
    trips = (await admin.get(f"/vehicles/{vehicle['id']}/trips")).json()
    assert trips == {"items": [], "next": None}
