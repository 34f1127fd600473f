"""What a caller meant by mistake is said, not passed over; and what HTTP promises beside bodies."""

from uuid import UUID

import httpx
import pytest
from litestar.routes import HTTPRoute
from msgspec.inspect import StructType, Type, UnionType, type_info

from milepost.api.app import create_app
from milepost.domain.vehicle_state import VehicleState
from milepost.stores.derived_arrow import LastState
from tests.api.platform import START_MS, Caller, Platform, new_id, problem, straight_track


def fields(response: httpx.Response) -> dict[str, str]:
    return {error["field"]: error["detail"] for error in problem(response)["errors"]}


async def test_an_unknown_parameter_is_refused_with_the_one_that_was_meant(admin: Caller) -> None:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    response = await admin.get(f"/vehicles/{vehicle['id']}/trips", fromm="2026-01-01T00:00:00Z")
    assert response.status_code == 422
    assert fields(response) == {
        "fromm": "`fromm` is not a parameter of this call; did you mean `from`?"
    }


async def test_every_unknown_parameter_is_named(admin: Caller) -> None:
    response = await admin.get("/vehicles", page=2, fleet_id=str(new_id()), limit=5)
    known = "`after`, `fleetId`, `limit`, `search`, `state`"
    assert fields(response) == {
        "page": f"`page` is not a parameter of this call; known are: {known}",
        "fleet_id": "`fleet_id` is not a parameter of this call; did you mean `fleetId`?",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/auth/me"), ("GET", "/config"), ("POST", "/fleets"), ("PATCH", "/tenant")],
)
async def test_calls_without_parameters_take_none(admin: Caller, method: str, path: str) -> None:
    response = await admin.send(method, f"{path}?verbose=1", {"name": "Any"})
    assert response.status_code == 422
    assert fields(response) == {
        "verbose": "`verbose` is not a parameter of this call; known are: none"
    }


async def test_pages_of_the_web_app_take_any_parameter(client: httpx.AsyncClient) -> None:
    assert (await client.get("/?utm_source=mail")).status_code == 200


async def test_who_may_not_call_learns_no_names(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/vehicles?fromm=1")).status_code == 401


async def test_an_unknown_field_is_refused_with_the_one_that_was_meant(admin: Caller) -> None:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    response = await admin.patch(f"/vehicles/{vehicle['id']}", {"foo": 1, "Name": "Bus"})
    assert response.status_code == 422
    found = fields(response)
    assert found["Name"] == "`Name` is not a field of this call; did you mean `name`?"
    assert "`registrationNumber`" in found["foo"]
    assert (await admin.get(f"/vehicles/{vehicle['id']}")).json()["name"] == "Van"


async def test_an_unknown_field_is_found_at_every_depth(admin: Caller) -> None:
    inner = {"stopMinDurations": 60}
    response = await admin.send("POST", "/vehicles", {"name": "Van", "thresholds": inner})
    name = "thresholds.stopMinDurations"
    assert fields(response) == {
        name: f"`{name}` is not a field of this call; did you mean `stopMinDurationS`?"
    }


async def test_an_unknown_field_of_a_command_is_refused(admin: Caller) -> None:
    device = await admin.make("/devices", {"uniqueId": str(new_id()), "protocol": "osmand"})
    body = {"command": {"kind": "interval", "intervalS": 30, "interval": 30}}
    response = await admin.send("POST", f"/devices/{device['id']}/commands", body)
    assert list(fields(response)) == ["command.interval"]


async def test_a_nested_mountain_beside_an_unknown_field(
    admin: Caller, client: httpx.AsyncClient
) -> None:
    body = b'{"foo": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    response = await client.post("/api/v1/fleets", content=body, headers=admin.headers)
    assert problem(response)["code"] in {"malformed_request", "invalid_input"}


def test_every_body_refuses_what_it_does_not_know(platform: Platform) -> None:
    app = create_app(platform.parts())
    bodies = {
        handler.parsed_data_field.annotation
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.parsed_data_field is not None
    }
    lenient = [
        each.cls.__name__
        for body in bodies
        for each in structs_in(type_info(body))
        if not each.cls.__struct_config__.forbid_unknown_fields
    ]
    assert len(bodies) > 20
    assert lenient == []


def structs_in(kind: Type) -> list[StructType]:
    if isinstance(kind, UnionType):
        return [each for inner in kind.types for each in structs_in(inner)]
    if not isinstance(kind, StructType):
        return []
    return [kind, *(each for field in kind.fields for each in structs_in(field.type))]


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("/positions", {"simplifyM": "-1"}, "simplifyM"),
        ("/positions", {"simplifyM": "far"}, "simplifyM"),
        ("/trips", {"from": "2" * 50}, "from"),
        ("/trips", {"to": "2" * 50}, "to"),
        ("/series", {}, "field"),
        ("/series", {"field": "speed"}, "field"),
        ("/totals", {"bucket": "week"}, "bucket"),
    ],
)
async def test_errors_name_parameters_as_they_are_sent(
    admin: Caller, path: str, params: dict[str, str], field: str
) -> None:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    response = await admin.get(f"/vehicles/{vehicle['id']}{path}", **params)
    assert response.status_code == 422
    assert list(fields(response)) == [field]
    assert "_" not in problem(response)["detail"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/vehicles/42", "vehicleId"),
        ("/vehicles/42/trips", "vehicleId"),
        ("/devices/tracker/commands", "deviceId"),
        ("/fleets/north/totals", "fleetId"),
    ],
)
async def test_a_malformed_id_is_told_from_an_unknown_one(
    admin: Caller, path: str, name: str
) -> None:
    malformed = await admin.get(path)
    assert malformed.status_code == 404
    assert problem(malformed)["detail"].startswith(f"{name} must be a UUID such as ")
    assert list(fields(malformed)) == [name]
    unknown = await admin.get(f"/vehicles/{new_id()}")
    assert unknown.status_code == 404
    assert "errors" not in problem(unknown)


async def test_head_gives_the_headers_of_get(admin: Caller, client: httpx.AsyncClient) -> None:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    for path in (f"/vehicles/{vehicle['id']}", "/vehicles", "/auth/me"):
        got = await admin.get(path)
        headers = await admin.send("HEAD", path)
        assert headers.status_code == 200
        assert headers.content == b""
        for name in ("content-type", "etag", "content-length"):
            assert headers.headers.get(name) == got.headers.get(name)
    for path in ("/healthz", "/readyz", "/schema/openapi.json", "/", "/vehicles/of-the-app"):
        assert (await client.head(path)).status_code == 200
    assert (await client.head("/api/v1/vehicles")).status_code == 401
    assert (await admin.send("HEAD", "/vehicles/42")).status_code == 404
    assert (await admin.send("HEAD", "/auth/login")).status_code == 405


async def test_head_of_a_file_that_is_written_while_it_is_read(
    admin: Caller, platform: Platform
) -> None:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    device = await admin.make("/devices", {"uniqueId": str(new_id()), "protocol": "osmand"})
    await platform.store_track(admin, vehicle["id"], device["id"], straight_track(5000))
    path = f"/vehicles/{vehicle['id']}/track.csv"
    headers = await admin.send("HEAD", path)
    assert headers.status_code == 200
    assert headers.content == b""
    assert headers.headers["content-type"].startswith("text/csv")
    assert len((await admin.get(path)).text.splitlines()) == 5001


async def test_a_change_may_name_several_versions(admin: Caller) -> None:
    fleet = await admin.make("/fleets", {"name": "North"})
    path = f"/fleets/{fleet['id']}"
    tag = (await admin.get(path)).headers["etag"]
    several = f'"7-00", {tag} , W/"9-00"'
    assert (await admin.patch(path, {"name": "South"}, **{"If-Match": several})).status_code == 200
    stale = await admin.patch(path, {"name": "East"}, **{"If-Match": several})
    assert problem(stale)["code"] == "stale_version"
    weak = f"W/{(await admin.get(path)).headers['etag']}"
    assert (await admin.patch(path, {"name": "East"}, **{"If-Match": weak})).status_code == 412
    assert (await admin.patch(path, {"name": "East"}, **{"If-Match": "*"})).status_code == 200
    for nonsense in ('abc"', '"1" "2"', "3", '*, "1"'):
        refused = await admin.patch(path, {"name": "West"}, **{"If-Match": nonsense})
        assert list(fields(refused)) == ["If-Match"]
    assert (await admin.get(path)).json()["name"] == "East"


async def test_what_a_client_has_already_is_not_sent_again(admin: Caller) -> None:
    fleet = await admin.make("/fleets", {"name": "North"})
    path = f"/fleets/{fleet['id']}"
    tag = (await admin.get(path)).headers["etag"]
    for known in (tag, f"W/{tag}", f'"0-0", {tag}', "*"):
        response = await admin.send("GET", path, headers={"If-None-Match": known})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == tag
        assert "content-type" not in response.headers
    assert (await admin.send("HEAD", path, headers={"If-None-Match": tag})).status_code == 304
    await admin.patch(path, {"name": "South"})
    changed = await admin.send("GET", path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["name"]) == (200, "South")
    unknown = await admin.send("GET", f"/fleets/{new_id()}", headers={"If-None-Match": "*"})
    assert unknown.status_code == 404


async def test_a_vehicle_that_moved_is_sent_again_and_may_still_be_changed(
    admin: Caller, platform: Platform
) -> None:
    """Its version is the same: nobody changed the entity."""
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    path = f"/vehicles/{vehicle['id']}"
    tag = (await admin.get(path)).headers["etag"]
    await platform.telemetry.insert_last_states([last_state(admin, vehicle["id"])], 1)
    moved = await admin.send("GET", path, headers={"If-None-Match": tag})
    assert moved.status_code == 200
    assert moved.json()["lastLocation"] == {"lat": 1.0, "lng": 2.0}
    assert (await admin.patch(path, {"make": "MAN"}, **{"If-Match": tag})).status_code == 200


def last_state(caller: Caller, vehicle_id: str) -> LastState:
    state = VehicleState(
        vehicle_id=UUID(vehicle_id),
        fleet_id=None,
        state="moving",
        state_since_ms=START_MS,
        fix_time_ms=START_MS,
        latitude_deg=1.0,
        longitude_deg=2.0,
    )
    return LastState(caller.tenant_id, new_id(), state)


async def test_a_change_asks_in_vain_for_nothing_to_be_there(admin: Caller) -> None:
    vehicle = await admin.make("/vehicles", {"name": "Van"})
    path = f"/vehicles/{vehicle['id']}"
    for method, at in (("PATCH", path), ("DELETE", path), ("PUT", f"{path}/primary-devices")):
        there = await admin.send(method, at, {}, {"If-None-Match": "*"})
        assert there.status_code == 412
        assert problem(there)["code"] == "already_there"
        tags = await admin.send(method, at, {}, {"If-None-Match": '"1-0"'})
        assert list(fields(tags)) == ["If-None-Match"]
    made = await admin.post("/fleets", {"name": "New"}, **{"If-None-Match": "*"})
    assert made.status_code == 201


async def test_the_schema_says_that_bodies_are_closed(client: httpx.AsyncClient) -> None:
    kinds = (await client.get("/schema")).json()["components"]["schemas"]
    closed = {name for name, each in kinds.items() if each.get("additionalProperties") is False}
    assert {"VehiclePatch", "ThresholdPatch", "NewCommand", "Interval"} <= closed
    assert "kind" in kinds["Interval"]["properties"]
    assert not {"VehicleView", "Problem", "ThresholdValues"} & closed
