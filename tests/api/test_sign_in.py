"""Sessions: begun, continued, ended, stolen."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from milepost.domain.revocation import Credential, Revocation
from milepost.features.tokens import AccessClaims, TokenSigner
from tests.api.conftest import NewMember
from tests.api.platform import PASSWORD, SIGNING_KEY, Caller, Platform, new_id, problem, utc_now


async def post(client: httpx.AsyncClient, path: str, body: object) -> httpx.Response:
    return await client.post(f"/api/v1/auth{path}", json=body)


async def me(client: httpx.AsyncClient, access_token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {access_token}"}
    return await client.get("/api/v1/auth/me", headers=headers)


async def test_a_session_says_who_and_where(admin: Caller) -> None:
    assert admin.session["user"]["email"] == admin.email
    assert admin.session["tenant"]["id"] == str(admin.tenant_id)
    assert admin.session["role"] == "admin"
    assert admin.session["expiresInS"] == 900
    caller = (await admin.get("/auth/me")).json()
    assert caller["user"]["id"] == str(admin.user_id)
    assert "administer" in caller["permissions"]


async def test_an_email_signs_in_in_any_case_of_letters(
    admin: Caller, client: httpx.AsyncClient
) -> None:
    body = {"email": admin.email.upper(), "password": PASSWORD}
    assert (await post(client, "/login", body)).status_code == 200


async def test_a_wrong_password_and_an_unknown_address_are_refused_alike(
    admin: Caller, client: httpx.AsyncClient
) -> None:
    wrong = await post(client, "/login", {"email": admin.email, "password": "wrong password"})
    unknown = await post(client, "/login", {"email": "no@example.com", "password": PASSWORD})
    assert wrong.status_code == unknown.status_code == 401
    assert problem(wrong) == problem(unknown)
    assert wrong.headers["www-authenticate"] == "Bearer"


async def test_another_tenant_cannot_be_chosen(
    admin: Caller, stranger: Caller, client: httpx.AsyncClient
) -> None:
    body = {"email": admin.email, "password": PASSWORD, "tenantId": str(stranger.tenant_id)}
    assert (await post(client, "/login", body)).status_code == 401


async def test_refreshing_gives_new_tokens_and_the_old_one_is_good_once(
    admin: Caller, client: httpx.AsyncClient, platform: Platform
) -> None:
    first = {"refreshToken": admin.session["refreshToken"]}
    renewed = (await post(client, "/refresh", first)).json()
    assert (await me(client, renewed["accessToken"])).status_code == 200
    second = {"refreshToken": renewed["refreshToken"]}
    newest = (await post(client, "/refresh", second)).json()

    stolen = await post(client, "/refresh", first)
    assert stolen.status_code == 401
    assert problem(stolen)["code"] == "unauthenticated"
    assert (await me(client, newest["accessToken"])).status_code == 401
    assert platform.notes.revocations[-1].of == "session"
    last = await post(client, "/refresh", {"refreshToken": newest["refreshToken"]})
    assert last.status_code == 401


async def test_signing_out_ends_the_session_and_no_other(
    admin: Caller, client: httpx.AsyncClient, platform: Platform
) -> None:
    token = admin.headers["Authorization"].removeprefix("Bearer ")
    identity = await platform.authenticator.authenticate(token, "192.0.2.1")
    assert identity.family_id is not None
    body = {"email": admin.email, "password": PASSWORD}
    other = (await post(client, "/login", body)).json()
    assert (await admin.post("/auth/logout")).status_code == 204
    assert (await admin.get("/auth/me")).status_code == 401
    assert (await me(client, other["accessToken"])).status_code == 200
    assert Revocation("session", identity.family_id) in platform.notes.revocations


async def test_a_disabled_account_is_out_at_once(
    admin: Caller, member: NewMember, platform: Platform
) -> None:
    viewer = await member("viewer")
    changed = await admin.patch(f"/users/{viewer.user_id}", {"enabled": False})
    assert changed.status_code == 200
    assert (await viewer.get("/vehicles")).status_code == 401
    assert Revocation("user", viewer.user_id) in platform.notes.revocations


async def test_a_changed_role_holds_at_once(admin: Caller, member: NewMember) -> None:
    viewer = await member("viewer")
    await admin.patch(f"/users/{viewer.user_id}", {"role": "fleet_manager"})
    assert (await viewer.post("/vehicles", {"name": "Van"})).status_code == 201


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "mpk_", "mpk_aaaaaaaaaaaa_bbbb"])
async def test_what_is_no_token_is_refused(client: httpx.AsyncClient, token: str) -> None:
    assert problem(await me(client, token))["status"] == 401


async def test_a_token_of_another_key_or_time_is_refused(
    admin: Caller, client: httpx.AsyncClient
) -> None:
    claims = AccessClaims(admin.user_id, admin.tenant_id, new_id())
    forged = TokenSigner(b"x" * 32, utc_now).issue(claims)
    old = TokenSigner(SIGNING_KEY, lambda: utc_now() - timedelta(hours=1)).issue(claims)
    assert (await me(client, forged)).status_code == 401
    assert (await me(client, old)).status_code == 401


async def test_an_api_key_works_until_it_is_revoked(
    admin: Caller, client: httpx.AsyncClient
) -> None:
    key = await admin.make("/api-keys", {"name": "Integration", "role": "viewer"})
    assert key["key"].startswith(key["prefix"])
    headers = {"Authorization": f"Bearer {key['key']}"}
    assert (await client.get("/api/v1/vehicles", headers=headers)).status_code == 200
    refused = await client.post("/api/v1/vehicles", headers=headers, json={})
    assert refused.status_code == 403
    (listed,) = (await admin.get("/api-keys")).json()["items"]
    assert "key" not in listed
    assert listed["lastUsedTime"] is not None

    assert (await admin.delete(f"/api-keys/{key['id']}")).status_code == 204
    assert (await client.get("/api/v1/vehicles", headers=headers)).status_code == 401
    assert (await admin.get("/api-keys")).json()["items"] == []


async def test_a_key_with_another_secret_is_refused(
    admin: Caller, client: httpx.AsyncClient
) -> None:
    key = await admin.make("/api-keys", {"name": "Integration", "role": "viewer"})
    forged = key["prefix"] + "_" + "A" * 43
    headers = {"Authorization": f"Bearer {forged}"}
    assert (await client.get("/api/v1/vehicles", headers=headers)).status_code == 401


async def test_the_live_route_gets_the_scope_of_a_token(platform: Platform, admin: Caller) -> None:
    token = admin.headers["Authorization"].removeprefix("Bearer ")
    identity = await platform.authenticator.authenticate(token, "192.0.2.1")
    assert identity.scope.tenant_id == admin.tenant_id
    assert identity.scope.role == "admin"
    assert identity.who == f"user:{UUID(admin.session['user']['id'])}"
    assert identity.expires_in_s is not None
    assert 0 < identity.expires_in_s <= 900
    assert identity.credential == Credential(
        tenant_id=admin.tenant_id, user_id=admin.user_id, session_id=identity.family_id
    )
