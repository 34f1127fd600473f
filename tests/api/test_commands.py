"""Commands over the API: checked at once, confirmed where an engine stops, seen to the end."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update

from milepost.domain.command import EngineStop
from milepost.domain.vehicle_state import VehicleState
from milepost.features.audit.tables import audit_entries
from milepost.features.commands.service import Intent
from milepost.features.commands.tables import commands
from milepost.features.confirmation import LIFETIME_S, Confirmations
from milepost.stores.derived_arrow import LastState
from tests.api.conftest import NewMember
from tests.api.platform import Caller, Platform, problem, utc_now

STOP = {"command": {"kind": "engine_stop"}}
WHERE = {"command": {"kind": "position_now"}}


@pytest.fixture
async def device(admin: Caller) -> dict[str, Any]:
    return await make_device(admin)


async def make_device(owner: Caller, protocol: str = "tiny") -> dict[str, Any]:
    vehicle = await owner.make("/vehicles", {"name": "Van"})
    body = {"uniqueId": vehicle["id"], "protocol": protocol, "vehicleId": vehicle["id"]}
    return await owner.make("/devices", body)


def path(device: dict[str, Any], *parts: str) -> str:
    return "/".join(["/devices", device["id"], "commands", *parts])


def token(response: httpx.Response) -> str:
    refused = problem(response)
    assert (response.status_code, refused["code"]) == (428, "confirmation_required")
    assert refused["confirmation"]["expiresInS"] == LIFETIME_S
    confirm: str = refused["confirmation"]["token"]
    return confirm


async def test_a_command_is_queued_and_can_be_followed(
    admin: Caller, platform: Platform, device: dict[str, Any]
) -> None:
    response = await admin.post(path(device), WHERE)
    assert response.status_code == 201
    made = response.json()
    assert response.headers["location"] == f"/api/v1{path(device, made['id'])}"
    assert made["kind"] == "position_now"
    assert made["command"] == {"kind": "position_now"}
    assert (made["state"], made["attempts"], made["number"]) == ("pending", 0, 1)
    assert (made["deviceId"], made["vehicleId"]) == (device["id"], device["vehicleId"])
    assert made["initiatorUserId"] == str(admin.user_id)
    assert made["who"] == f"user:{admin.user_id}"
    created = datetime.fromisoformat(made["createdAt"])
    assert datetime.fromisoformat(made["expiresAt"]) - created == timedelta(hours=24)
    change = platform.notes.commands[-1]
    assert (change.run.id, change.unique_id) == (UUID(made["id"]), device["uniqueId"])

    shown = (await admin.get(path(device, made["id"]))).json()
    history = shown.pop("history")
    assert shown == made
    assert [(step["state"], step["who"]) for step in history] == [("pending", made["who"])]


async def test_a_list_has_the_newest_first_in_pages(admin: Caller, device: dict[str, Any]) -> None:
    ids = [(await admin.make(path(device), WHERE))["id"] for _ in range(5)]
    found: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await admin.get(path(device), **query)).json()
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert found == ids[::-1]
    numbers = [item["number"] for item in (await admin.get(path(device))).json()["items"]]
    assert numbers == [5, 4, 3, 2, 1]


async def test_what_is_supported_is_told_with_its_limits(
    admin: Caller, member: NewMember, device: dict[str, Any]
) -> None:
    shown = (await admin.get(path(device, "supported"))).json()
    kinds = {item["kind"]: item for item in shown["items"]}
    assert shown["protocol"] == "tiny"
    assert list(kinds) == [
        "engine_stop",
        "engine_resume",
        "output_on",
        "position_now",
        "reboot",
        "custom_text",
    ]
    assert kinds["output_on"]["parameters"] == [
        {
            "name": "output",
            "type": "integer",
            "required": False,
            "default": 1,
            "minimum": 1,
            "maximum": 8,
        }
    ]
    assert (
        kinds["custom_text"]["parameters"][0] | {"minLength": 1, "maxLength": 900}
        == (kinds["custom_text"]["parameters"][0])
    )
    assert kinds["engine_stop"]["needsConfirmation"]
    assert kinds["engine_stop"]["expiresInS"] == 600
    assert all(item["permitted"] for item in shown["items"])
    dispatcher = await member("dispatcher")
    theirs = (await dispatcher.get(path(device, "supported"))).json()["items"]
    assert [each["kind"] for each in theirs if each["permitted"]] == ["position_now", "reboot"]


async def test_what_the_protocol_does_not_support_is_refused_at_once(admin: Caller) -> None:
    device = await make_device(admin, "nothing_known")
    refused = problem(await admin.post(path(device), WHERE))
    assert refused["code"] == "invalid_input"
    assert "no command" in refused["detail"]
    assert (await admin.get(path(device, "supported"))).json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"command": {"kind": "explode"}},
        {"command": {"kind": "output_on", "output": 9}},
        {"command": {"kind": "interval"}},
        {"command": {"kind": "custom_text", "text": ""}},
        {"command": {"kind": "custom_text", "text": "a\0b"}},
        {"command": {"kind": "position_now"}, "expiresInS": 5},
        {"command": {"kind": "position_now"}, "expiresInS": 10**6},
    ],
)
async def test_wrong_values_are_refused(
    body: dict[str, Any], admin: Caller, device: dict[str, Any]
) -> None:
    assert (await admin.post(path(device), body)).status_code == 422
    assert (await admin.get(path(device))).json()["items"] == []


async def test_the_same_key_asks_once(admin: Caller, device: dict[str, Any]) -> None:
    key = {"Idempotency-Key": f"k-{device['id']}"}
    first = await admin.post(path(device), WHERE, **key)
    again = await admin.post(path(device), WHERE, **key)
    assert first.json() == again.json()
    assert len((await admin.get(path(device))).json()["items"]) == 1


async def test_a_pending_command_can_be_taken_back(
    admin: Caller, platform: Platform, device: dict[str, Any]
) -> None:
    made = await admin.make(path(device), WHERE)
    cancelled = await admin.post(path(device, made["id"], "cancel"))
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert platform.notes.commands[-1].run.state == "cancelled"
    again = await admin.post(path(device, made["id"], "cancel"))
    assert problem(again)["code"] == "conflict"
    shown = (await admin.get(path(device, made["id"]))).json()
    assert [step["state"] for step in shown["history"]] == ["pending", "cancelled"]


async def test_what_was_sent_cannot_be_taken_back(
    admin: Caller, platform: Platform, device: dict[str, Any]
) -> None:
    made = await admin.make(path(device), WHERE)
    async with platform.database.ingest_transaction() as connection:
        await connection.execute(
            update(commands).where(commands.c.id == UUID(made["id"])).values(state="sent")
        )
    refused = problem(await admin.post(path(device, made["id"], "cancel")))
    assert "it is sent" in refused["detail"]


async def test_an_engine_stop_is_carried_out_after_a_second_look(
    admin: Caller, platform: Platform, device: dict[str, Any]
) -> None:
    confirm = token(await admin.post(path(device), STOP))
    assert (await admin.get(path(device))).json()["items"] == []
    made = await admin.make(path(device), STOP | {"confirm": confirm})
    assert (made["kind"], made["state"]) == ("engine_stop", "pending")
    expires = datetime.fromisoformat(made["expiresAt"])
    assert expires - datetime.fromisoformat(made["createdAt"]) == timedelta(minutes=10)
    again = await admin.post(path(device), STOP | {"confirm": confirm})
    assert problem(again)["code"] == "conflict"
    query = select(audit_entries.c.who, audit_entries.c.action, audit_entries.c.after).where(
        audit_entries.c.entity_id == UUID(made["id"])
    )
    async with platform.database.operator_transaction() as connection:
        ((who, action, after),) = (await connection.execute(query)).all()
    assert (who, action, after["kind"]) == (f"user:{admin.user_id}", "created", "engine_stop")


async def test_a_confirmation_is_for_one_caller_device_and_command(
    admin: Caller, member: NewMember, device: dict[str, Any]
) -> None:
    confirm = token(await admin.post(path(device), STOP))
    body = STOP | {"confirm": confirm}
    other_device = await make_device(admin)
    other_user = await member("fleet_manager")
    text = {"command": {"kind": "custom_text", "text": "stop"}, "confirm": confirm}
    for response in (
        await other_user.post(path(device), body),
        await admin.post(path(other_device), body),
        await admin.post(path(device), text),
        await admin.post(path(device), body | {"expiresInS": 604_800}),
        await admin.post(path(device), STOP | {"confirm": confirm[:-2]}),
        await admin.post(path(device), STOP | {"confirm": admin.session["accessToken"]}),
    ):
        assert problem(response)["errors"][0]["field"] == "confirm"
    assert (await other_user.post(path(device), STOP)).status_code == 428
    vehicle = await admin.make("/vehicles", {"name": "Another"})
    await admin.patch(f"/devices/{device['id']}", {"vehicleId": vehicle["id"]})
    moved = await admin.post(path(device), body)
    assert problem(moved)["errors"][0]["field"] == "confirm"


async def test_a_confirmation_has_an_end(admin: Caller, device: dict[str, Any]) -> None:
    before = Confirmations(b"k" * 32, lambda: utc_now() - timedelta(seconds=LIFETIME_S + 1))
    intent = Intent(UUID(device["id"]), UUID(device["vehicleId"]), EngineStop(), None)
    old = before.issue(f"user:{admin.user_id}", intent, UUID(int=1))
    assert problem(await admin.post(path(device), STOP | {"confirm": old}))["code"] == (
        "invalid_input"
    )


@pytest.mark.parametrize("text", ["stop", "STOP", " stop\t", "status; Stop", "x#\r\nstop"])
async def test_a_text_that_stops_the_engine_is_an_engine_stop(
    text: str, admin: Caller, device: dict[str, Any]
) -> None:
    token(await admin.post(path(device), {"command": {"kind": "custom_text", "text": text}}))
    other = {"command": {"kind": "custom_text", "text": "status"}}
    assert (await admin.post(path(device), other)).status_code == 201


@pytest.mark.parametrize(
    ("role", "permitted"),
    [
        ("dispatcher", {"position_now"}),
        ("fleet_manager", {"position_now", "engine_resume", "output_on", "custom_text"}),
        ("viewer", set()),
        ("maintenance", set()),
        ("driver", set()),
    ],
)
async def test_roles_may_tell_what_they_may(
    role: Any,
    permitted: set[str],
    admin: Caller,
    member: NewMember,
    device: dict[str, Any],
) -> None:
    caller = await member(role)
    fields = {"custom_text": {"text": "x"}}
    allowed = set()
    for kind in ("position_now", "engine_resume", "output_on", "custom_text", "engine_stop"):
        body = {"command": {"kind": kind} | fields.get(kind, {})}
        response = await caller.post(path(device), body)
        if response.status_code == 201:
            allowed.add(kind)
        else:
            assert response.status_code in (403, 404, 428)
            assert (response.status_code == 428) == (
                role == "fleet_manager" and kind == "engine_stop"
            )
    assert allowed == permitted


async def test_an_engine_is_not_stopped_while_the_vehicle_is_fast(
    admin: Caller, platform: Platform, device: dict[str, Any]
) -> None:
    await show(platform, admin, device, speed_kmh=50.0)
    refused = await admin.post(path(device), STOP)
    assert (refused.status_code, problem(refused)["code"]) == (409, "vehicle_moving")
    vehicle = f"/vehicles/{device['vehicleId']}"
    await admin.patch(vehicle, {"thresholds": {"engineStopMaxSpeedKmh": 50}})
    confirm = token(await admin.post(path(device), STOP))
    await admin.patch(vehicle, {"thresholds": {"engineStopMaxSpeedKmh": None}})
    # Confirmed or not: it is looked at each time.
    refused = await admin.post(path(device), STOP | {"confirm": confirm})
    assert problem(refused)["code"] == "vehicle_moving"
    await admin.make(path(device), {"command": {"kind": "engine_resume"}})


async def test_the_limit_of_speed_has_a_limit(admin: Caller) -> None:
    refused = await admin.patch("/tenant", {"thresholds": {"engineStopMaxSpeedKmh": 120}})
    assert refused.status_code == 422


async def test_an_old_state_refuses_nothing(
    admin: Caller, platform: Platform, device: dict[str, Any]
) -> None:
    """It proves nothing either: the command waits for a fix that shows the vehicle slow."""
    await show(platform, admin, device, speed_kmh=50.0, age=timedelta(minutes=6))
    confirm = token(await admin.post(path(device), STOP))
    assert (await admin.post(path(device), STOP | {"confirm": confirm})).status_code == 201


async def test_a_resume_withdraws_what_waits(admin: Caller, device: dict[str, Any]) -> None:
    confirm = token(await admin.post(path(device), STOP))
    stop = await admin.make(path(device), STOP | {"confirm": confirm})
    await admin.make(path(device), {"command": {"kind": "engine_resume"}})
    shown = (await admin.get(path(device, stop["id"]))).json()
    assert (shown["state"], shown["reason"]) == (
        "cancelled",
        "the engine was told to run again",
    )


async def test_foreign_commands_do_not_exist(admin: Caller, stranger: Caller) -> None:
    theirs = await make_device(stranger)
    command = await stranger.make(path(theirs), WHERE)
    mine = await make_device(admin)
    for device in (theirs, mine):
        assert (await admin.get(path(device, command["id"]))).status_code == 404
        cancel = await admin.post(path(device, command["id"], "cancel"))
        assert cancel.status_code == 404
    assert (await admin.post(path(theirs), WHERE)).status_code == 404


async def show(
    platform: Platform,
    caller: Caller,
    device: dict[str, Any],
    speed_kmh: float,
    age: timedelta = timedelta(0),
) -> None:
    """Let the vehicle have been seen at this speed."""
    now = datetime.now(UTC)
    seen_ms = int((now - age).timestamp() * 1000)
    state = VehicleState(
        UUID(device["vehicleId"]), None, "moving", seen_ms, seen_ms, seen_ms, 52.5, 13.4, speed_kmh
    )
    last = LastState(caller.tenant_id, UUID(device["id"]), state)
    await platform.telemetry.insert_last_states([last], int(now.timestamp() * 1000))
