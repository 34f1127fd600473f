"""One's own password: changed with the old one, or set with a code of an administrator."""

import pytest
from sqlalchemy import select

from milepost.domain.revocation import Revocation
from milepost.features.audit.tables import audit_entries
from tests.api.platform import PASSWORD, Caller, problem
from tests.api.timed import Timed, timed

__all__ = ["timed"]

NEW = "a wholly other sentence"


async def change(caller: Caller, current: str, new: str):  # type: ignore[no-untyped-def]
    body = {"currentPassword": current, "newPassword": new}
    return await caller.post("/account/password", body)


async def two(timed: Timed) -> tuple[Caller, Caller]:
    """An administrator and a viewer of one tenant."""
    admin = await timed.admin()
    return admin, await timed.platform.new_member(admin, "viewer", None, None)


async def code_for(admin: Caller, member: Caller) -> str:
    made = await admin.post(f"/users/{member.user_id}/password-reset")
    assert made.status_code == 201, made.text
    return str(made.json()["code"])


async def actions(timed: Timed, caller: Caller) -> list[str]:
    query = select(audit_entries.c.action).where(audit_entries.c.tenant_id == caller.tenant_id)
    async with timed.platform.database.operator_transaction() as connection:
        return list((await connection.execute(query)).scalars())


async def test_the_present_session_goes_on_and_the_others_end(timed: Timed) -> None:
    admin = await timed.admin()
    other = await timed.another(admin)
    ended = Revocation("session", await timed.session_of(other))
    timed.platform.notes.revocations.clear()
    timed.clock.move(seconds=1)
    assert (await change(admin, PASSWORD, NEW)).status_code == 204
    # What the other session watches closes; what the present one watches goes on.
    assert timed.platform.notes.revocations == [ended]
    assert (await admin.get("/auth/me")).status_code == 200
    assert (await timed.refresh(admin.session["refreshToken"])).status_code == 200
    assert (await other.get("/auth/me")).status_code == 401
    assert (await timed.refresh(other.session["refreshToken"])).status_code == 401
    assert (await timed.login(admin.email)).status_code == 401
    assert (await timed.login(admin.email, NEW)).status_code == 200
    assert "changed own password of" in await actions(timed, admin)


async def test_it_takes_the_old_password_and_ten_tries_at_most(timed: Timed) -> None:
    admin = await timed.admin()
    for _ in range(10):
        refused = await change(admin, "not my password", NEW)
        assert problem(refused)["code"] == "wrong_password"
        assert refused.status_code == 403
    assert (await change(admin, PASSWORD, NEW)).status_code == 429
    refused_rows = await timed.audited(admin, "refused")
    assert len(refused_rows) == 10
    assert refused_rows[0]["detail"] == {
        "account": admin.email,
        "address": "127.0.0.1",
        "reason": "wrong password of somebody who is signed in",
    }
    assert len(await timed.audited(admin, "locked out")) == 1
    timed.clock.move(minutes=6)
    assert (await change(admin, PASSWORD, NEW)).status_code == 204


@pytest.mark.parametrize(
    ("password", "because"),
    [
        ("password", "known passwords"),
        ("12345678", "known passwords"),
        ("        ", "blank"),
        ("aaaaaaaaaaaa", "different characters"),
    ],
)
async def test_an_unsafe_password_is_refused_wherever_one_is_set(
    timed: Timed, password: str, because: str
) -> None:
    admin, viewer = await two(timed)
    new = {"email": f"x-{admin.email}", "name": "Some", "role": "viewer", "password": password}
    code = await code_for(admin, viewer)
    reset = {"email": viewer.email, "code": code, "password": password}
    for refused in (
        await change(viewer, PASSWORD, password),
        await admin.post("/users", new),
        await admin.patch(f"/users/{viewer.user_id}", {"password": password}),
        await timed.post("/auth/reset-password", reset),
    ):
        assert refused.status_code == 422, refused.text
        assert problem(refused)["code"] == "unsafe_password"
        assert because in problem(refused)["detail"]
    # What was refused has used up nothing.
    assert (await timed.post("/auth/reset-password", reset | {"password": NEW})).status_code == 204


async def test_the_own_address_and_names_are_no_password(timed: Timed) -> None:
    admin = await timed.admin()
    tenant = (await admin.get("/tenant")).json()["name"]
    for password in (admin.email, "Some One1", "Milepost-1", tenant):
        refused = await change(admin, PASSWORD, password)
        assert problem(refused)["code"] == "unsafe_password", password
        assert "others know" in problem(refused)["detail"]


async def test_a_code_of_an_administrator_sets_a_password_once(timed: Timed) -> None:
    admin, viewer = await two(timed)
    watching = await timed.another(viewer)
    code = await code_for(admin, viewer)
    timed.clock.move(seconds=1)
    body = {"email": viewer.email, "code": code, "password": NEW}
    assert (await timed.post("/auth/reset-password", body)).status_code == 204
    assert (await admin.get("/auth/me")).status_code == 200
    for ended in (viewer, watching):
        assert (await ended.get("/auth/me")).status_code == 401
        assert (await timed.refresh(ended.session["refreshToken"])).status_code == 401
    timed.clock.move(seconds=1)
    assert (await timed.login(viewer.email, NEW)).status_code == 200
    assert Revocation("user", viewer.user_id) in timed.platform.notes.revocations
    again = await timed.post("/auth/reset-password", body | {"password": PASSWORD})
    assert problem(again)["code"] == "unauthenticated"
    (refused,) = await timed.audited(viewer, "refused")
    assert refused["who"] == "system:sign_in"
    assert refused["detail"] == {
        "account": viewer.email,
        "address": "127.0.0.1",
        "reason": "wrong code for a new password",
    }


async def test_an_open_browser_of_an_administrator_gets_around_nothing(timed: Timed) -> None:
    admin = await timed.admin()
    path = f"/users/{admin.user_id}"
    for refused in (
        await admin.patch(path, {"password": NEW}),
        await admin.post(f"{path}/password-reset"),
        await admin.delete(f"{path}/second-factor"),
    ):
        assert refused.status_code == 403
        assert "one's own account" in problem(refused)["detail"]
    assert (await timed.login(admin.email)).status_code == 200


async def test_a_code_is_typed_as_people_type(timed: Timed) -> None:
    admin, viewer = await two(timed)
    code = await code_for(admin, viewer)
    typed = f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "
    body = {"email": viewer.email.upper(), "code": typed, "password": NEW}
    assert (await timed.post("/auth/reset-password", body)).status_code == 204


async def test_a_code_expires_is_replaced_and_belongs_to_one_account(timed: Timed) -> None:
    admin, viewer = await two(timed)
    stranger = await timed.admin()
    first, second = await code_for(admin, viewer), await code_for(admin, viewer)

    async def status(email: str, code: str) -> int:
        body = {"email": email, "code": code, "password": NEW}
        return (await timed.post("/auth/reset-password", body)).status_code

    assert await status(viewer.email, first) == 401
    assert await status(stranger.email, second) == 401
    assert await status("nobody@example.com", second) == 401
    path = f"/users/{viewer.user_id}/password-reset"
    assert (await stranger.post(path)).status_code == 404
    timed.clock.move(minutes=61)
    assert await status(viewer.email, second) == 401


async def test_tries_of_codes_are_limited_for_an_address(timed: Timed) -> None:
    admin = await timed.admin()
    timed.clock.move(minutes=10)
    body = {"email": admin.email, "code": "A" * 24, "password": NEW}
    statuses = [(await timed.post("/auth/reset-password", body)).status_code for _ in range(21)]
    assert statuses == [401] * 20 + [429]
    assert len(await timed.audited(admin, "refused")) == 20
    assert len(await timed.audited(admin, "locked out")) == 1
    timed.clock.move(minutes=10)
