"""A device's settings over the API: what its protocol lets be set, and whose an identity is."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from milepost.domain.device_access import Caller as DeviceCaller
from milepost.domain.scope import ROLES, Role
from milepost.features.audit.tables import audit_entries
from milepost.features.devices.tables import devices
from milepost.workers.identities import Identities
from tests.api.conftest import NewMember
from tests.api.platform import PROTOCOLS, Caller, Platform, new_id, problem

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


async def test_an_identity_that_has_called_cannot_be_taken(
    admin: Caller, stranger: Caller, platform: Platform
) -> None:
    theirs = await device_of(stranger)
    mine = await device_of(admin)
    await call(platform, theirs["uniqueId"])
    body = {"uniqueId": theirs["uniqueId"], "protocol": "osmand"}
    taken = problem(await admin.post("/devices", body))
    renamed = problem(await admin.patch(f"/devices/{mine['id']}", {"uniqueId": body["uniqueId"]}))
    own = problem(await stranger.post("/devices", body))
    # The same words as for a device of one's own: they do not tell whose it is.
    assert taken == renamed == own
    assert taken["code"] == "conflict"
    shown = (await stranger.get(f"/devices/{theirs['id']}")).json()
    assert (shown["uniqueId"], shown["claim"]["state"]) == (body["uniqueId"], "proven")


async def test_claims_of_strangers_block_nobody_and_the_newest_wins(
    admin: Caller, stranger: Caller, platform: Platform
) -> None:
    """Foreign identities, registered in advance."""
    early = [await device_of(stranger) for _ in range(20)]
    made = [
        await admin.make("/devices", {"uniqueId": each["uniqueId"], "protocol": "osmand"})
        for each in early
    ]
    assert {each["claim"]["state"] for each in early + made} == {"waiting"}
    for each in made:
        await call(platform, each["uniqueId"])
    for caller, devices_, state in ((admin, made, "proven"), (stranger, early, "lost")):
        listed = (await caller.get("/devices?limit=100")).json()["items"]
        assert {each["id"] for each in listed} == {each["id"] for each in devices_}
        assert {each["claim"]["state"] for each in listed} == {state}
    again = problem(await stranger.post(f"/devices/{early[0]['id']}/claim", {}))
    assert again["code"] == "conflict"
    own = problem(await admin.post(f"/devices/{made[0]['id']}/claim", {}))
    assert own["code"] == "conflict"
    assert (await admin.post(f"/devices/{early[0]['id']}/claim", {})).status_code == 404


async def test_a_claim_expires_and_can_be_renewed(admin: Caller, platform: Platform) -> None:
    made = await device_of(admin)
    path = f"/devices/{made['id']}"
    long_ago = datetime.now(UTC) - timedelta(days=31)
    async with platform.database.operator_transaction() as connection:
        await connection.execute(
            update(devices)
            .where(devices.c.unique_id == made["uniqueId"])
            .values(claimed_time=long_ago)
        )
    assert (await admin.get(path)).json()["claim"]["state"] == "expired"
    assert not await call(platform, made["uniqueId"])
    renewed = await admin.post(f"{path}/claim", {})
    assert (renewed.status_code, renewed.json()["claim"]["state"]) == (200, "waiting")
    assert await call(platform, made["uniqueId"])
    assert (await admin.get(path)).json()["claim"]["state"] == "proven"
    renamed = await admin.patch(path, {"uniqueId": f"x{made['uniqueId']}"})
    assert renamed.json()["claim"]["state"] == "waiting"


async def test_who_may_speak_is_set_and_the_secret_never_shown(
    admin: Caller, platform: Platform
) -> None:
    secret = "correct-horse-battery"
    wanted = {
        "protocol": "osmand",
        "allowedProtocols": ["osmand", "owntracks"],
        "allowedNetworks": ["192.0.2.0/24", "2001:DB8::/32", "198.51.100.7"],
        "secret": secret,
        "trustDatagrams": True,
    }
    made = await device_of(admin, **wanted)
    path = f"/devices/{made['id']}"
    assert made["allowedNetworks"] == ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32"]
    assert (made["hasSecret"], made["trustDatagrams"]) == (True, True)
    texts = [str(made), (await admin.get(path)).text, (await admin.get("/devices")).text]
    changed = await admin.patch(path, {"secret": "another-secret"})
    cleared = await admin.patch(
        path, {"secret": None, "allowedNetworks": [], "trustDatagrams": False}
    )
    assert (changed.json()["hasSecret"], cleared.json()["hasSecret"]) == (True, False)
    query = select(audit_entries.c.before, audit_entries.c.after).where(
        audit_entries.c.entity_id == UUID(made["id"])
    )
    async with platform.database.operator_transaction() as connection:
        rows = (await connection.execute(query.order_by(audit_entries.c.time))).all()
        seals = await connection.scalars(select(devices.c.secret_hash))
        assert not any(secret in (seal or "") for seal in seals)
    assert rows[0].after["secret_hash"] == "(hidden)"
    assert rows[1].before["secret_hash"] == rows[1].after["secret_hash"] == "(hidden)"
    assert rows[2].after["secret_hash"] is None
    for text in [*texts, changed.text, cleared.text, str(rows)]:
        assert secret not in text
        assert "another-secret" not in text
        assert "hmac" not in text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"allowedNetworks": ["192.0.2.1/24"]}, "allowedNetworks"),
        ({"allowedNetworks": ["everywhere"]}, "allowedNetworks"),
        ({"allowedProtocols": ["no_such"]}, "allowedProtocols"),
        ({"allowedProtocols": ["gt06"]}, "allowedProtocols"),
        ({"secret": "short"}, "secret"),
        ({"secret": "with a space"}, "secret"),
        ({"trustDatagrams": True}, "trustDatagrams"),
        ({"protocol": "gt06", "secret": "correct-horse"}, "secret"),
    ],
)
async def test_what_cannot_be_meant_is_refused_by_field(
    admin: Caller, body: dict[str, Any], field: str
) -> None:
    made = await device_of(admin, protocol="osmand")
    refused = await admin.patch(f"/devices/{made['id']}", body)
    assert refused.status_code in {400, 422}
    assert problem(refused)["errors"][0]["field"].split("[")[0] == field
    assert "correct-horse" not in refused.text


async def test_networks_are_shown_to_those_who_may_set_them(
    admin: Caller, member: NewMember
) -> None:
    made = await device_of(admin, allowedNetworks=["192.0.2.0/24"])
    viewer = await member("viewer")
    shown = (await viewer.get(f"/devices/{made['id']}")).json()
    assert shown["allowedNetworks"] == []


async def call(platform: Platform, unique_id: str) -> bool:
    """The device calls for the first time; whether somebody's claim was proven."""
    identities = Identities(platform.database, None, uuid4)
    caller = DeviceCaller("osmand", "192.0.2.7")
    return (await identities.meet(unique_id, caller, datetime.now(UTC))).is_proven


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
