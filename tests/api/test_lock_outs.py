"""Passwords are tried on an account: the owner gets in all the same, and can read about it."""

import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert
from structlog.testing import capture_logs

from milepost.errors import RateLimited, Unauthenticated
from milepost.features.audit.tables import audit_entries
from milepost.features.sign_in.bounded_store import BoundedStore
from milepost.features.sign_in.journal import SignInJournal
from milepost.features.sign_in.limits import LoginLimits
from milepost.features.sign_in.schemas import Login
from milepost.features.sign_in.service import SignIn
from milepost.features.sign_in.sessions import Client
from tests.api.conftest import NewMember
from tests.api.platform import PASSWORD, Caller, Platform, new_id, utc_now

HOME = "192.0.2.1"


@asynccontextmanager
async def signing_in(platform: Platform, **limits: int) -> AsyncIterator[SignIn]:
    """A sign-in whose journal is written when the block ends."""
    sign_in = platform.accounts(LoginLimits(BoundedStore(utc_now), utc_now, **limits)).sign_in
    try:
        yield sign_in
    finally:
        await platform.journal.close()


async def refusal(
    sign_in: SignIn, email: str, address: str, password: str = "wrong"
) -> type[Exception] | None:
    try:
        await sign_in.login(Login(email=email, password=password), Client(address))
    except (Unauthenticated, RateLimited) as error:
        return type(error)
    return None


async def entries(caller: Caller, **query: str) -> list[dict[str, Any]]:
    found = await caller._client.get("/api/v1/audit", params=query, headers=caller.headers)
    assert found.status_code == 200, found.text
    items: list[dict[str, Any]] = found.json()["items"]
    return items


async def test_wrong_passwords_from_elsewhere_do_not_lock_the_owner_out(
    platform: Platform, admin: Caller
) -> None:
    async with signing_in(platform, per_place=3, per_account=12) as sign_in:
        good = Login(email=admin.email, password=PASSWORD)
        first = await sign_in.login(good, Client(HOME))
        tried = [
            await refusal(sign_in, admin.email, f"198.51.100.{n}") for n in range(6) for _ in "1234"
        ]
        # The very first sign-in came from an unfamiliar place, too.
        assert tried.count(RateLimited) == 24 - 12 + 1
        # A familiar address, a new address with the device's token, and a new one without.
        await sign_in.login(good, Client(HOME))
        with_token = Login(email=admin.email, password=PASSWORD, device_token=first.device_token)
        await sign_in.login(with_token, Client("203.0.113.7"))
        assert await refusal(sign_in, admin.email, "203.0.113.8", PASSWORD) is RateLimited


async def test_known_and_unknown_accounts_are_refused_in_the_same_words(
    platform: Platform, admin: Caller
) -> None:
    said: dict[str, list[str]] = {admin.email: [], f"{new_id()}@example.com": []}
    async with signing_in(platform, per_place=3) as sign_in:
        for email, words in said.items():
            for _ in range(5):
                with pytest.raises((Unauthenticated, RateLimited)) as caught:
                    await sign_in.login(Login(email=email, password="wrong"), Client(HOME))
                words.append(str(caught.value))
    known, unknown = said.values()
    assert known == unknown


async def test_a_refusal_takes_as_long_for_an_unknown_account(
    platform: Platform, admin: Caller
) -> None:
    """Medians of interleaved tries; the bound is wide, a missing hash would be far outside."""
    took_s: dict[str, list[float]] = {admin.email: [], "nobody@example.com": []}
    async with signing_in(platform, per_address=10**6, per_place=10**6) as sign_in:
        for number in range(60):
            for email, times in took_s.items():
                begun = time.perf_counter()
                await refusal(sign_in, email, f"198.51.100.{number}")
                times.append(time.perf_counter() - begun)
    known, unknown = (statistics.median(times) for times in took_s.values())
    assert 0.5 < known / unknown < 2


async def test_sign_ins_and_refusals_are_in_the_audit(platform: Platform, admin: Caller) -> None:
    async with signing_in(platform, per_place=2) as sign_in:
        await sign_in.login(Login(email=admin.email, password=PASSWORD), Client(HOME))
        for _ in range(3):
            await refusal(sign_in, admin.email.upper(), "198.51.100.1")
    assert (await admin.post("/auth/logout")).status_code == 204
    body = {"email": admin.email, "password": PASSWORD}
    again = await admin._client.post("/api/v1/auth/login", json=body)
    admin.headers["Authorization"] = f"Bearer {again.json()['accessToken']}"

    found = await entries(admin, kind="sign_in", entityId=str(admin.user_id))
    assert [each["action"] for each in found].count("signed in") == 3
    signed_out = next(each for each in found if each["action"] == "signed out")
    assert signed_out["who"] == f"user:{admin.user_id}"
    assert UUID(signed_out["detail"]["session"])
    refused = [each for each in found if each["action"] == "refused"]
    assert [each["detail"] for each in refused] == [
        {
            "account": admin.email.upper(),
            "address": "198.51.100.1",
            "reason": "wrong password",
        }
    ] * 2
    (locked,) = (each for each in found if each["action"] == "locked out")
    assert locked["detail"]["address"] == "198.51.100.1"
    assert locked["who"] == "system:sign_in"
    assert await entries(admin, kind="sign_in", action="locked out") == [locked]
    assert await entries(admin, who=f"user:{new_id()}") == []


async def test_operators_read_of_refusals_whose_account_is_nobodys(platform: Platform) -> None:
    with capture_logs() as lines:
        async with signing_in(platform) as sign_in:
            await refusal(sign_in, "x" * 900, "198.51.100.7")
    (line,) = lines
    assert line["event"] == "sign_in.refused"
    assert line["account"] == "x" * 254
    assert line["address"] == "198.51.100.7"
    assert line["reason"] == "no such account that is enabled"


async def test_a_stranger_does_not_fill_the_audit(platform: Platform, admin: Caller) -> None:
    async with signing_in(platform, per_address=10**6) as sign_in:
        for number in range(50):
            await refusal(sign_in, admin.email, f"203.0.113.{number}")
    found = await entries(admin, kind="sign_in", action="refused")
    assert len(found) == 20


async def test_a_disabled_account_and_a_refused_key_are_in_the_audit(
    platform: Platform, admin: Caller, member: NewMember
) -> None:
    other = await member("admin")
    key = await other.make("/api-keys", {"name": "P", "role": "viewer"})
    await admin.patch(f"/users/{other.user_id}", {"enabled": False})
    async with signing_in(platform) as sign_in:
        assert await refusal(sign_in, other.email, HOME, PASSWORD) is Unauthenticated
        with pytest.raises(Unauthenticated):
            await platform.authenticator.authenticate(key["key"], "198.51.100.3")
    (account,) = await entries(admin, action="refused", entityId=str(other.user_id))
    assert account["detail"]["reason"] == "no such account that is enabled"
    (refused,) = await entries(admin, action="refused", entityId=key["id"])
    assert refused["detail"]["address"] == "198.51.100.3"
    assert refused["detail"]["apiKey"] == key["prefix"]


async def test_the_audit_is_read_in_pages_by_administrators_of_the_tenant(
    admin: Caller, stranger: Caller, member: NewMember
) -> None:
    for number in range(5):
        await admin.make("/fleets", {"name": f"Fleet {number}"})
    names: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (
            await admin._client.get(
                "/api/v1/audit",
                params={"kind": "fleet", "limit": "2", **after},
                headers=admin.headers,
            )
        ).json()
        names += [item["after"]["name"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert names == [f"Fleet {number}" for number in (4, 3, 2, 1, 0)]
    assert await entries(stranger, kind="fleet") == []
    assert await entries(admin, **{"from": "2099-01-01T00:00:00Z"}) == []
    viewer = await member("viewer")
    assert (await viewer.get("/audit")).status_code == 403


async def test_secrets_of_devices_are_not_in_the_audit(admin: Caller) -> None:
    new = {
        "uniqueId": str(new_id()),
        "protocol": "topflytech",
        "options": {"password": "271828"},
    }
    made = await admin.make("/devices", new)
    await admin.patch(f"/devices/{made['id']}", {"options": {"password": "314159"}})
    found = await entries(admin, kind="device")
    assert [each["after"]["options"] for each in found] == [{"password": "(hidden)"}] * 2
    assert found[0]["before"]["options"] == {"password": "(hidden)"}
    assert found[1]["after"]["uniqueId"] == new["uniqueId"]


async def test_old_entries_about_signing_in_go_and_all_others_stay(
    platform: Platform, admin: Caller
) -> None:
    old = utc_now() - timedelta(days=91)
    rows = [
        {
            "id": new_id(),
            "tenant_id": admin.tenant_id,
            "time": old,
            "who": "system:test",
            "action": "refused",
            "kind": kind,
        }
        for kind in ("sign_in", "vehicle")
    ]
    async with platform.database.operator_transaction() as connection:
        await connection.execute(insert(audit_entries).values(rows))
    journal = SignInJournal(platform.database, BoundedStore(utc_now), utc_now, new_id)
    journal.refused("refused", admin.email, HOME, "wrong password")
    await journal.close()
    left = await entries(admin, who="system:test", action="refused")
    assert [each["kind"] for each in left] == ["vehicle"]
