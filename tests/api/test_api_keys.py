"""Keys of programs: they give what their owner may do, and end with them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from milepost.domain.revocation import Credential, Revocation
from tests.api.conftest import NewMember
from tests.api.platform import Caller, Platform, new_id, problem, utc_now


class Program:
    """A program with a key."""

    def __init__(self, client: httpx.AsyncClient, key: dict[str, Any]) -> None:
        self._client = client
        self.key = key

    async def get(self, path: str = "/vehicles") -> httpx.Response:
        return await self._client.get(f"/api/v1{path}", headers=self._headers())

    async def post(self, path: str, body: object) -> httpx.Response:
        return await self._client.post(f"/api/v1{path}", json=body, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key['key']}"}


async def program(caller: Caller, **body: Any) -> Program:
    return Program(caller._client, await caller.make("/api-keys", {"name": "P", **body}))


async def listed(caller: Caller, key_id: str) -> dict[str, Any]:
    items = (await caller.get("/api-keys")).json()["items"]
    (found,) = (item for item in items if item["id"] == key_id)
    return dict(found)


async def test_a_key_says_whose_it_is(admin: Caller) -> None:
    key = await admin.make("/api-keys", {"name": "P", "role": "viewer"})
    assert (key["ownerId"], key["ownerName"]) == (str(admin.user_id), "Some One")
    assert key["createdBy"] == str(admin.user_id)
    assert key["status"] == "active"


@pytest.mark.parametrize("end", ["disabled", "deleted"])
async def test_a_key_ends_with_its_owner_until_it_is_taken_over(
    admin: Caller, member: NewMember, end: str
) -> None:
    other = await member("admin")
    made = await program(other, role="viewer")
    assert (await made.get()).status_code == 200
    if end == "disabled":
        await admin.patch(f"/users/{other.user_id}", {"enabled": False})
    else:
        await admin.delete(f"/users/{other.user_id}")

    refused = problem(await made.get())
    assert refused["status"] == 401
    assert "owner of the API key is gone" in refused["detail"]
    assert (await listed(admin, made.key["id"]))["status"] == "owner_gone"

    taken = await admin.post(f"/api-keys/{made.key['id']}/take-over")
    assert taken.status_code == 200
    assert (taken.json()["ownerId"], taken.json()["status"]) == (str(admin.user_id), "active")
    assert (await made.get()).status_code == 200
    assert (await admin.delete(f"/api-keys/{made.key['id']}")).status_code == 204
    assert (await made.get()).status_code == 401


async def test_a_key_never_gives_more_than_its_owner_may_do_now(
    admin: Caller, member: NewMember
) -> None:
    other = await member("admin")
    administering = await program(other, role="admin")
    viewing = await program(other, role="viewer")
    north, south = [
        (await admin.make("/fleets", {"name": name}))["id"] for name in ("North", "South")
    ]
    for name, fleet in (("N", north), ("S", south)):
        await admin.make("/vehicles", {"name": name, "fleetId": fleet})
    both = await program(other, role="viewer", fleetIds=[north, south])

    change = {"role": "dispatcher", "fleetIds": [north]}
    assert (await admin.patch(f"/users/{other.user_id}", change)).status_code == 200

    refused = problem(await administering.get())
    assert (refused["status"], refused["code"]) == (401, "unauthenticated")
    assert (await listed(admin, administering.key["id"]))["status"] == "owner_may_less"
    for each in (viewing, both):
        seen = (await each.get()).json()["items"]
        assert [vehicle["name"] for vehicle in seen] == ["N"]


async def test_a_key_that_a_key_made_has_the_same_owner(admin: Caller, member: NewMember) -> None:
    other = await member("admin")
    first = await program(other, role="admin")
    second = (await first.post("/api-keys", {"name": "Q", "role": "viewer"})).json()
    assert second["ownerId"] == str(other.user_id)
    assert second["createdBy"] is None
    await admin.patch(f"/users/{other.user_id}", {"enabled": False})
    assert (await Program(admin._client, second).get()).status_code == 401


async def test_a_key_may_expire(admin: Caller, platform: Platform) -> None:
    past = (utc_now() - timedelta(seconds=1)).isoformat()
    refused = await admin.post("/api-keys", {"name": "P", "role": "viewer", "expiresAt": past})
    assert problem(refused)["errors"][0]["field"] == "expiresAt"
    soon = (utc_now() + timedelta(hours=1)).isoformat()
    made = await program(admin, role="viewer", expiresAt=soon)
    identity = await platform.authenticator.authenticate(made.key["key"], "192.0.2.1")
    assert identity.expires_in_s is not None
    assert 3500 < identity.expires_in_s <= 3600
    assert identity.credential == Credential(
        tenant_id=admin.tenant_id, user_id=admin.user_id, api_key_id=UUID(made.key["id"])
    )


async def test_revoking_and_taking_over_are_told(
    admin: Caller, member: NewMember, platform: Platform
) -> None:
    key = await (await member("admin")).make("/api-keys", {"name": "P", "role": "viewer"})
    told = Revocation("api_key", UUID(key["id"]))
    platform.notes.revocations.clear()
    await admin.post(f"/api-keys/{key['id']}/take-over")
    assert platform.notes.revocations == [told]
    await admin.delete(f"/api-keys/{key['id']}")
    assert platform.notes.revocations == [told, told]
    for gone in (key["id"], new_id()):
        assert (await admin.post(f"/api-keys/{gone}/take-over")).status_code == 404


async def test_another_tenants_key_is_not_taken_over(admin: Caller, stranger: Caller) -> None:
    key = await admin.make("/api-keys", {"name": "P", "role": "viewer"})
    taken = await stranger.post(f"/api-keys/{key['id']}/take-over")
    assert taken.status_code == 404
    assert (await listed(admin, key["id"]))["ownerId"] == str(admin.user_id)
