"""Signing in with a second factor: set up, asked for, lost, demanded by the tenant."""

import httpx
import pyotp
from sqlalchemy import select

from milepost.domain.revocation import Revocation
from milepost.features.second_factor.tables import recovery_codes, second_factors
from tests.api.platform import PASSWORD, Caller, problem
from tests.api.timed import Timed, timed

__all__ = ["timed"]

PROOFS = "/account/second-factor"


async def test_two_steps_begin_a_session(timed: Timed) -> None:
    admin = await timed.admin()
    authenticator, _ = await timed.enrol(admin)
    assert (await admin.get(PROOFS)).json() == {"enabled": True, "recoveryCodesLeft": 10}
    challenge = await timed.challenge(admin.email)
    session = await timed.second_step(challenge, timed.code(authenticator))
    assert session.status_code == 200
    assert session.json()["user"]["email"] == admin.email
    assert (await admin.get(f"/users/{admin.user_id}")).json()["hasSecondFactor"] is True


async def test_the_journal_tells_of_both_steps(timed: Timed) -> None:
    admin = await timed.admin()
    authenticator, recovery = await timed.enrol(admin)
    assert len(await timed.audited(admin, "signed in")) == 1
    challenge = await timed.challenge(admin.email)
    right = timed.code(authenticator)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for status in (401, 401, 401, 401, 401, 429):
        assert (await timed.second_step(challenge, wrong)).status_code == status
    # The password alone has begun no session.
    assert len(await timed.audited(admin, "signed in")) == 1
    refused = await timed.audited(admin, "refused")
    assert len(refused) == 5
    assert refused[0]["who"] == "system:sign_in"
    assert refused[0]["detail"] == {
        "account": admin.email,
        "address": "127.0.0.1",
        "reason": "wrong code of the second factor",
    }
    assert len(await timed.audited(admin, "locked out")) == 1
    assert (await timed.second_step(challenge, recovery[0])).status_code == 200
    (newest, _) = await timed.audited(admin, "signed in")
    assert newest["who"] == f"user:{admin.user_id}"


async def test_a_device_stays_known_over_both_steps(timed: Timed) -> None:
    admin = await timed.admin()
    authenticator, _ = await timed.enrol(admin)
    body = {
        "email": admin.email,
        "password": PASSWORD,
        "deviceToken": admin.session["deviceToken"],
    }
    challenge = (await timed.post("/auth/login", body)).json()["challenge"]["token"]
    session = (await timed.second_step(challenge, timed.code(authenticator))).json()
    # The second part of a token names the device.
    assert session["deviceToken"].split("_")[1] == admin.session["deviceToken"].split("_")[1]
    timed.clock.move(seconds=30)
    challenge = await timed.challenge(admin.email)
    another = (await timed.second_step(challenge, timed.code(authenticator))).json()
    assert another["deviceToken"].split("_")[1] != session["deviceToken"].split("_")[1]


async def test_what_an_authenticator_reads_is_the_same_secret(timed: Timed) -> None:
    admin = await timed.admin()
    begun = (await admin.post(PROOFS, {"password": PASSWORD})).json()
    read = pyotp.parse_uri(begun["uri"])
    assert isinstance(read, pyotp.TOTP)
    assert read.secret == begun["secret"]
    assert (read.issuer, read.name) == ("Milepost", admin.email)
    assert begun["qrSvg"].startswith("<svg ")


async def test_a_code_is_good_once_and_older_ones_no_more(timed: Timed) -> None:
    admin = await timed.admin()
    authenticator, _ = await timed.enrol(admin)
    earlier, code = authenticator.at(timed.clock.now, counter_offset=-1), timed.code(authenticator)
    challenge = await timed.challenge(admin.email)
    assert (await timed.second_step(challenge, code)).status_code == 200
    again = await timed.second_step(await timed.challenge(admin.email), code)
    assert problem(again)["code"] == "unauthenticated"
    assert (await timed.second_step(challenge, earlier)).status_code == 401
    timed.clock.move(seconds=30)
    assert (await timed.second_step(challenge, timed.code(authenticator))).status_code == 200


async def test_codes_of_the_neighbouring_steps_pass_and_others_do_not(timed: Timed) -> None:
    admin = await timed.admin()
    authenticator, _ = await timed.enrol(admin)
    timed.clock.move(minutes=5)
    challenge = await timed.challenge(admin.email)
    for offset, status in ((-2, 401), (2, 401), (-1, 200), (1, 200)):
        code = authenticator.at(timed.clock.now, counter_offset=offset)
        assert (await timed.second_step(challenge, code)).status_code == status, offset


async def test_five_wrong_codes_are_too_many_and_a_recovery_code_still_opens(
    timed: Timed,
) -> None:
    admin = await timed.admin()
    authenticator, recovery = await timed.enrol(admin)
    challenge = await timed.challenge(admin.email)
    right = timed.code(authenticator)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert (await timed.second_step(challenge, wrong)).status_code == 401
    # A new first step gives no new tries.
    challenge = await timed.challenge(admin.email)
    assert (await timed.second_step(challenge, right)).status_code == 429
    assert (await timed.second_step(challenge, recovery[0])).status_code == 200
    assert (await timed.second_step(challenge, recovery[0])).status_code == 401
    assert (await admin.get(PROOFS)).json()["recoveryCodesLeft"] == 9
    timed.clock.move(minutes=16)
    challenge = await timed.challenge(admin.email)
    assert (await timed.second_step(challenge, timed.code(authenticator))).status_code == 200


async def test_a_first_step_is_good_for_five_minutes_and_for_its_password(timed: Timed) -> None:
    admin = await timed.admin()
    authenticator, _ = await timed.enrol(admin)
    challenge = await timed.challenge(admin.email)
    timed.clock.move(seconds=301)
    assert (await timed.second_step(challenge, timed.code(authenticator))).status_code == 401

    challenge = await timed.challenge(admin.email)
    again = await timed.second_step(challenge, timed.code(authenticator))
    caller = Caller(timed.client, again.json(), admin.email, admin.tenant_id)
    body = {"currentPassword": PASSWORD, "newPassword": "a wholly other sentence"}
    assert (await caller.post("/account/password", body)).status_code == 204
    timed.clock.move(seconds=30)
    assert (await timed.second_step(challenge, timed.code(authenticator))).status_code == 401


async def test_a_challenge_is_no_access_token_and_the_reverse(timed: Timed) -> None:
    admin = await timed.admin()
    authenticator, _ = await timed.enrol(admin)
    challenge = await timed.challenge(admin.email)
    headers = {"Authorization": f"Bearer {challenge}"}
    assert (await timed.client.get("/api/v1/auth/me", headers=headers)).status_code == 401
    access = admin.session["accessToken"]
    assert (await timed.second_step(access, timed.code(authenticator))).status_code == 401


async def test_a_factor_counts_once_a_code_has_confirmed_it(timed: Timed) -> None:
    admin = await timed.admin()
    begun = (await admin.post(PROOFS, {"password": PASSWORD})).json()
    assert (await timed.login(admin.email)).status_code == 200
    wrong = await admin.post(f"{PROOFS}/confirm", {"code": "ABCDEF"})
    assert problem(wrong)["code"] == "wrong_code"
    # Who begins again gets another secret, and the first one is good no more.
    await admin.post(PROOFS, {"password": PASSWORD})
    old = {"code": timed.code(pyotp.TOTP(begun["secret"]))}
    assert problem(await admin.post(f"{PROOFS}/confirm", old))["code"] == "wrong_code"
    assert (await timed.login(admin.email)).status_code == 200
    refused = await admin.post(PROOFS, {"password": "not my password"})
    assert problem(refused)["code"] == "wrong_password"


async def test_turning_it_on_ends_the_sessions_that_began_without_it(timed: Timed) -> None:
    admin = await timed.admin()
    other = await timed.another(admin)
    await timed.enrol(admin)
    assert (await admin.get("/auth/me")).status_code == 200
    assert (await other.get("/auth/me")).status_code == 401
    again = await admin.post(PROOFS, {"password": PASSWORD})
    assert problem(again)["code"] == "conflict"


async def test_removing_it_takes_the_password_and_a_code(timed: Timed) -> None:
    admin = await timed.admin()
    authenticator, recovery = await timed.enrol(admin)

    async def remove(password: str, code: str) -> httpx.Response:
        return await admin.post(f"{PROOFS}/remove", {"password": password, "code": code})

    code = timed.code(authenticator)
    assert problem(await remove("not my password", code))["code"] == "wrong_password"
    assert problem(await remove(PASSWORD, "A" * 24))["code"] == "wrong_code"
    renewed = await admin.post(
        f"{PROOFS}/recovery-codes", {"password": PASSWORD, "code": recovery[0]}
    )
    assert len(renewed.json()["codes"]) == 10
    assert problem(await remove(PASSWORD, recovery[1]))["code"] == "wrong_code"
    reasons = {each["detail"]["reason"] for each in await timed.audited(admin, "refused")}
    assert reasons == {
        "wrong password of somebody who is signed in",
        "wrong code of somebody who is signed in",
    }
    assert (await remove(PASSWORD, renewed.json()["codes"][0])).status_code == 204
    assert (await admin.get(PROOFS)).json() == {"enabled": False, "recoveryCodesLeft": 0}
    assert (await timed.login(admin.email)).status_code == 200


async def test_a_tenant_may_demand_it_of_everybody_at_once(timed: Timed) -> None:
    admin = await timed.admin()
    viewer = await timed.platform.new_member(admin, "viewer", None, None)
    key = await admin.make("/api-keys", {"name": "Program", "role": "viewer"})
    changed = await admin.patch("/tenant", {"secondFactorRequired": True})
    assert changed.json()["secondFactorRequired"] is True
    # Live connections have to ask again, and are refused then.
    assert timed.platform.notes.revocations[-1] == Revocation("tenant", admin.tenant_id)
    for path in ("/vehicles", "/account/sessions", "/tenant"):
        refused = await viewer.get(path)
        assert refused.status_code == 403
        assert problem(refused)["code"] == "second_factor_missing"
    assert (await viewer.get("/auth/me")).json()["secondFactorMissing"] is True
    await timed.enrol(viewer)
    assert (await viewer.get("/vehicles")).status_code == 200
    assert (await viewer.get("/auth/me")).json()["secondFactorMissing"] is False
    # A program has no second factor.
    headers = {"Authorization": f"Bearer {key['key']}"}
    assert (await timed.client.get("/api/v1/vehicles", headers=headers)).status_code == 200


async def test_an_administrator_takes_a_lost_factor_away_at_home_only(timed: Timed) -> None:
    admin, stranger = await timed.admin(), await timed.admin()
    viewer = await timed.platform.new_member(admin, "viewer", None, None)
    await timed.enrol(viewer)
    path = f"/users/{viewer.user_id}/second-factor"
    assert (await stranger.delete(path)).status_code == 404
    assert (await viewer.delete(path)).status_code == 403
    timed.clock.move(seconds=1)
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.delete(path)).status_code == 404
    assert (await viewer.get("/auth/me")).status_code == 401
    assert (await timed.login(viewer.email)).status_code == 200


async def test_what_is_kept_is_neither_the_secret_nor_the_codes(timed: Timed) -> None:
    admin = await timed.admin()
    authenticator, recovery = await timed.enrol(admin)
    async with timed.platform.database.operator_transaction() as connection:
        sealed = await connection.scalar(
            select(second_factors.c.sealed_secret).where(second_factors.c.user_id == admin.user_id)
        )
        hashes = (
            await connection.execute(
                select(recovery_codes.c.code_hash).where(recovery_codes.c.user_id == admin.user_id)
            )
        ).scalars()
    assert sealed is not None
    assert authenticator.secret.encode() not in sealed
    kept = list(hashes)
    assert len(set(kept)) == 10
    assert all(len(each) == 32 for each in kept)
    assert not any(code.encode() in each for each in kept for code in recovery)
