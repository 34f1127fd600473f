"""A device's settings over the API: what its protocol lets be set, and whose an identity is."""

from typing import Any

import pytest

from milepost.domain.scope import ROLES, Role
from tests.api.conftest import NewMember
from tests.api.platform import PROTOCOLS, Caller, new_id, problem

WITH_OPTIONS = next(each for each in PROTOCOLS.values() if each.options)
OPTION = next(iter(WITH_OPTIONS.options))


async def device_of(owner: Caller, **more: Any) -> dict[str, Any]:
    vehicle = await owner.make("/vehicles", {"name": "Van"})
    body = {"uniqueId": vehicle["id"], "protocol": WITH_OPTIONS.name, "vehicleId": vehicle["id"]}
    return await owner.make("/devices", body | more)


async def test_options_and_frames_are_set_and_shown(admin: Caller) -> None:
    made = await device_of(admin)
    assert (made["options"], made["keepFrames"], made["lastProtocol"]) == ({}, False, None)
    path = f"/devices/{made['id']}"
    changed = await admin.patch(path, {"options": {OPTION: "1"}, "keepFrames": True})
    assert changed.status_code == 200
    shown = (await admin.get(path)).json()
    assert (shown["options"], shown["keepFrames"]) == ({OPTION: "1"}, True)
    cleared = await admin.patch(path, {"options": {}})
    assert cleared.json()["options"] == {}
    again = await device_of(admin, options={OPTION: "1"}, keepFrames=True)
    assert (again["options"], again["keepFrames"]) == ({OPTION: "1"}, True)


async def test_an_unknown_option_is_refused_with_those_that_are_allowed(admin: Caller) -> None:
    made = await device_of(admin, options={OPTION: "1"})
    path = f"/devices/{made['id']}"
    for body in ({"options": {"colour": "red"}}, {"protocol": "nothing_known"}):
        refused = await admin.patch(path, body)
        assert refused.status_code == 422
        assert problem(refused)["errors"][0]["field"] == "options"
    assert OPTION in problem(await admin.patch(path, {"options": {"colour": "red"}}))["detail"]
    body = {"uniqueId": "no-such-option", "protocol": "gt06_", "options": {"x": "y"}}
    assert problem(await admin.post("/devices", body))["code"] == "invalid_input"


@pytest.mark.parametrize("role", ROLES)
async def test_options_are_shown_to_those_who_may_set_them(
    role: Role, admin: Caller, member: NewMember
) -> None:
    """They may be the passwords of a device's commands."""
    made = await device_of(admin, options={OPTION: "secret"})
    caller = await member(role)
    may_set = role in ("admin", "fleet_manager")
    shown = await caller.get(f"/devices/{made['id']}")
    if role == "driver":
        assert shown.status_code == 404
        return
    listed = await caller.get(f"/devices/?vehicleId={made['vehicleId']}")
    for device in (shown.json(), listed.json()["items"][0]):
        assert device["options"] == ({OPTION: "secret"} if may_set else {})


async def test_an_identity_of_another_tenant_cannot_be_taken(
    admin: Caller, stranger: Caller
) -> None:
    theirs = await device_of(stranger)
    mine = await device_of(admin)
    body = {"uniqueId": theirs["uniqueId"], "protocol": "osmand"}
    taken = problem(await admin.post("/devices", body))
    renamed = problem(await admin.patch(f"/devices/{mine['id']}", {"uniqueId": body["uniqueId"]}))
    own = problem(await stranger.post("/devices", body))
    # The same words as for a device of one's own: they do not tell whose it is.
    assert taken == renamed == own
    assert taken["code"] == "conflict"
    assert (await stranger.get(f"/devices/{theirs['id']}")).json()["uniqueId"] == body["uniqueId"]


@pytest.mark.parametrize("unique_id", ("35\n", "\n", "a\tb", " a", "a ", "", "x" * 129, "\u202e1"))
async def test_an_identity_that_no_device_can_have_is_refused(
    admin: Caller, unique_id: str
) -> None:
    answer = await admin.post("/devices", {"uniqueId": unique_id, "protocol": "osmand"})
    assert answer.status_code == 422
    assert "uniqueId" in str(problem(answer))


@pytest.mark.parametrize("unique_id", ("CradlePoint {}", "Jörg {}", "фура-{}"))
async def test_whatever_a_device_may_call_itself_can_be_registered(
    admin: Caller, unique_id: str
) -> None:
    name = unique_id.format(new_id())
    device = await admin.make("/devices", {"uniqueId": name, "protocol": "osmand"})
    assert device["uniqueId"] == name
