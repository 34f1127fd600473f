"""Sessions: seen, ended, and their ends that no use puts off."""

import asyncio
from uuid import UUID

import httpx

from milepost.domain.revocation import Revocation
from tests.api.platform import PASSWORD, Caller, problem
from tests.api.timed import AGENT, Timed, timed

__all__ = ["timed"]


async def end(
    caller: Caller, session_id: str | None = None, password: str = PASSWORD
) -> httpx.Response:
    body = {"password": password, "sessionId": session_id}
    return await caller.post("/account/sessions/end", body)


async def test_own_sessions_are_listed_and_ended(timed: Timed) -> None:
    admin = await timed.admin()
    other, third = await timed.another(admin), await timed.another(admin)
    items = (await admin.get("/account/sessions")).json()["items"]
    assert len(items) == 3
    assert [each["present"] for each in items].count(True) == 1
    assert {each["address"] for each in items} == {"127.0.0.1"}
    assert [each["userAgent"] for each in items].count(AGENT) == 2
    theirs = (await other.get("/account/sessions")).json()["items"]
    (present,) = [each["id"] for each in theirs if each["present"]]

    told = timed.platform.notes.revocations
    told.clear()
    last = Revocation("session", await timed.session_of(third))
    wrong = await end(admin, present, "not my password")
    assert problem(wrong)["code"] == "wrong_password"
    assert (await other.get("/auth/me")).status_code == 200
    assert (await end(admin, present)).status_code == 204
    assert told == [Revocation("session", UUID(present))]
    assert (await other.get("/auth/me")).status_code == 401
    assert (await timed.refresh(other.session["refreshToken"])).status_code == 401
    assert (await end(admin, present)).status_code == 404
    assert (await end(admin)).status_code == 204
    assert (await third.get("/auth/me")).status_code == 401
    assert (await admin.get("/auth/me")).status_code == 200
    assert len((await admin.get("/account/sessions")).json()["items"]) == 1
    assert told[1:] == [last]


async def test_the_list_comes_in_pages(timed: Timed) -> None:
    admin = await timed.admin()
    await timed.another(admin)
    first = (await admin.get("/account/sessions", limit=1)).json()
    second = (await admin.get("/account/sessions", limit=1, after=first["next"])).json()
    assert second["next"] is None
    assert first["items"][0]["id"] != second["items"][0]["id"]


async def test_nobody_sees_or_ends_the_session_of_another(timed: Timed) -> None:
    admin, stranger = await timed.admin(), await timed.admin()
    viewer = await timed.platform.new_member(admin, "viewer", None, None)
    (own,) = (await viewer.get("/account/sessions")).json()["items"]
    for other in (admin, stranger):
        assert (await end(other, own["id"])).status_code == 404
    path = f"/users/{viewer.user_id}/sessions"
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.delete(path)).status_code == 404
    assert (await viewer.get(path)).status_code == 403
    (seen,) = (await admin.get(path)).json()["items"]
    assert seen["id"] == own["id"]
    assert seen["present"] is False
    assert (await admin.delete(path)).status_code == 204
    assert (await viewer.get("/auth/me")).status_code == 401
    assert (await admin.get("/auth/me")).status_code == 200


async def test_an_api_key_has_no_account(timed: Timed) -> None:
    admin = await timed.admin()
    key = await admin.make("/api-keys", {"name": "Program", "role": "admin"})
    program = Caller(timed.client, admin.session, admin.email, admin.tenant_id)
    program.headers = {"Authorization": f"Bearer {key['key']}"}
    body = {"currentPassword": "x", "newPassword": "a wholly other sentence"}
    assert (await program.get("/account/sessions")).status_code == 403
    assert (await end(program)).status_code == 403
    assert (await program.post("/account/password", body)).status_code == 403
    assert (await program.post("/auth/logout")).status_code == 403


async def test_a_session_that_is_used_ends_after_thirty_days(timed: Timed) -> None:
    admin = await timed.admin()
    token = admin.session["refreshToken"]
    for _ in range(5):
        timed.clock.move(days=5, hours=23)
        answer = await timed.refresh(token)
        assert answer.status_code == 200
        token = answer.json()["refreshToken"]
    # 29 d 19 h; the next access token lives no longer than the session.
    timed.clock.move(hours=4, minutes=55)
    last = (await timed.refresh(token)).json()
    assert last["expiresInS"] == 300
    timed.clock.move(seconds=301)
    assert (await timed.refresh(last["refreshToken"])).status_code == 401
    headers = {"Authorization": f"Bearer {last['accessToken']}"}
    assert (await timed.client.get("/api/v1/auth/me", headers=headers)).status_code == 401


async def test_a_session_that_nobody_uses_ends_after_seven_days(timed: Timed) -> None:
    admin = await timed.admin()
    timed.clock.move(days=6, hours=23)
    kept = await timed.refresh(admin.session["refreshToken"])
    assert kept.status_code == 200
    timed.clock.move(days=7)
    assert (await timed.refresh(kept.json()["refreshToken"])).status_code == 401


async def test_two_tabs_that_refresh_at_once_both_go_on(timed: Timed) -> None:
    admin = await timed.admin()
    token = admin.session["refreshToken"]
    answers = await asyncio.gather(*(timed.refresh(token) for _ in range(4)))
    assert [each.status_code for each in answers] == [200] * 4
    (same,) = {each.json()["refreshToken"] for each in answers}
    for each in answers:
        headers = {"Authorization": f"Bearer {each.json()['accessToken']}"}
        assert (await timed.client.get("/api/v1/auth/me", headers=headers)).status_code == 200
    timed.clock.move(seconds=15)
    assert (await timed.refresh(token)).json()["refreshToken"] == same
    assert (await timed.refresh(same)).status_code == 200


async def test_a_token_that_comes_late_ends_the_session(timed: Timed) -> None:
    admin = await timed.admin()
    token = admin.session["refreshToken"]
    session_id = await timed.session_of(admin)
    timed.platform.notes.revocations.clear()
    renewed = (await timed.refresh(token)).json()
    timed.clock.move(seconds=16)
    stolen = await timed.refresh(token)
    assert problem(stolen)["code"] == "unauthenticated"
    assert (await timed.refresh(renewed["refreshToken"])).status_code == 401
    assert (await admin.get("/auth/me")).status_code == 401
    assert timed.platform.notes.revocations == [Revocation("session", session_id)]
    (entry,) = await timed.audited(admin, "ended for a reused token")
    assert entry["who"] == "system:sign_in"
    assert entry["detail"] == {"session": str(session_id), "address": "127.0.0.1"}


async def test_a_token_whose_successor_was_used_ends_the_session_at_once(timed: Timed) -> None:
    admin = await timed.admin()
    token = admin.session["refreshToken"]
    renewed = (await timed.refresh(token)).json()["refreshToken"]
    newest = (await timed.refresh(renewed)).json()["refreshToken"]
    assert (await timed.refresh(token)).status_code == 401
    assert (await timed.refresh(newest)).status_code == 401


async def test_a_thief_within_the_grace_is_found_at_the_next_refresh(timed: Timed) -> None:
    admin = await timed.admin()
    owners = (await timed.refresh(admin.session["refreshToken"])).json()["refreshToken"]
    thiefs = (await timed.refresh(admin.session["refreshToken"])).json()["refreshToken"]
    timed.clock.move(minutes=14)
    assert (await timed.refresh(owners)).status_code == 200
    timed.clock.move(seconds=16)
    assert (await timed.refresh(thiefs)).status_code == 401
    assert (await admin.get("/auth/me")).status_code == 401


async def test_a_password_set_by_an_administrator_ends_every_session(timed: Timed) -> None:
    admin = await timed.admin()
    viewer = await timed.platform.new_member(admin, "viewer", None, None)
    timed.clock.move(seconds=1)
    body = {"password": "a wholly other sentence"}
    assert (await admin.patch(f"/users/{viewer.user_id}", body)).status_code == 200
    assert (await viewer.get("/auth/me")).status_code == 401
    timed.clock.move(seconds=1)
    again = await timed.login(viewer.email, body["password"])
    assert again.status_code == 200


async def test_a_lifetime_that_was_made_shorter_holds_for_sessions_that_are_open(
    timed: Timed,
) -> None:
    admin = await timed.admin()
    await timed.platform.begin_earlier(admin, days=31)
    refused = await timed.refresh(admin.session["refreshToken"])
    assert refused.status_code == 401
    assert "as long as it may" in problem(refused)["detail"]
