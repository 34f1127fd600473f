"""What is revoked stops watching at once, and nothing else does."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pyotp
import pytest
import websockets
from websockets.exceptions import ConnectionClosed

from tests.system.server import Server

# It takes milliseconds; the machine of a test may be busy.
GONE_WITHIN_S = 10.0
STAYS_S = 1.0
PASSWORD = "another horse battery"

Revoke = Callable[[httpx.AsyncClient, "Member"], Awaitable[httpx.Response]]


class Member:
    """An administrator with two sessions and an API key."""

    def __init__(self, user_id: str, sessions: list[dict[str, Any]], key: dict[str, Any]) -> None:
        self.user_id = user_id
        self.sessions = sessions
        self.key = key

    @property
    def tokens(self) -> dict[str, str]:
        first, second = (session["accessToken"] for session in self.sessions)
        return {"session": first, "other session": second, "key": self.key["key"]}


@asynccontextmanager
async def watching(server: Server, token: str) -> AsyncIterator[websockets.ClientConnection]:
    """A viewer that has begun to watch the whole fleet."""
    offered = [websockets.Subprotocol("json"), websockets.Subprotocol(f"Bearer.{token}")]
    url = f"ws://127.0.0.1:{server.port}/ws"
    async with websockets.connect(url, subprotocols=offered, proxy=None) as socket:
        await socket.send('{"type":"subscribe","requestId":"1","data":{"channel":"fleet:all"}}')
        async with asyncio.timeout(GONE_WITHIN_S):
            while json.loads(await socket.recv())["type"] != "initial_data":
                pass
        yield socket


async def closed(socket: websockets.ClientConnection) -> tuple[int, float]:
    """The close code, and when it came."""
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            await socket.recv()
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, time.monotonic()


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def new_member(client: httpx.AsyncClient) -> Member:
    email = f"{uuid4()}@example.com"
    new = {"email": email, "name": "Member", "password": PASSWORD, "role": "admin"}
    user = (await client.post("/users", json=new)).json()
    login = {"email": email, "password": PASSWORD}
    sessions = [(await client.post("/auth/login", json=login)).json() for _ in range(2)]
    made = await client.post(
        "/api-keys",
        json={"name": "Program", "role": "viewer"},
        headers=_bearer(sessions[0]["accessToken"]),
    )
    assert made.status_code == httpx.codes.CREATED, made.text
    return Member(user["id"], sessions, made.json())


async def revoke_key(client: httpx.AsyncClient, member: Member) -> httpx.Response:
    return await client.delete(f"/api-keys/{member.key['id']}")


async def sign_out(client: httpx.AsyncClient, member: Member) -> httpx.Response:
    headers = _bearer(member.tokens["session"])
    return await client.post("/auth/logout", headers=headers)


async def use_a_refresh_token_twice(client: httpx.AsyncClient, member: Member) -> httpx.Response:
    first = {"refreshToken": member.sessions[0]["refreshToken"]}
    second = (await client.post("/auth/refresh", json=first)).json()["refreshToken"]
    # As long as nobody has used the second token, the first one may come again.
    assert (await client.post("/auth/refresh", json={"refreshToken": second})).is_success
    refused = await client.post("/auth/refresh", json=first)
    return httpx.Response(200 if refused.status_code == 401 else 500)


async def end_in_the_list(client: httpx.AsyncClient, member: Member) -> httpx.Response:
    headers = _bearer(member.tokens["session"])
    found = (await client.get("/account/sessions", headers=headers)).json()["items"]
    (present,) = (each["id"] for each in found if each["present"])
    body = {"password": PASSWORD, "sessionId": present}
    other = _bearer(member.tokens["other session"])
    return await client.post("/account/sessions/end", json=body, headers=other)


async def end_all_others(client: httpx.AsyncClient, member: Member) -> httpx.Response:
    other = _bearer(member.tokens["other session"])
    return await client.post("/account/sessions/end", json={"password": PASSWORD}, headers=other)


async def change_own_password(client: httpx.AsyncClient, member: Member) -> httpx.Response:
    body = {"currentPassword": PASSWORD, "newPassword": "yet another horse battery"}
    other = _bearer(member.tokens["other session"])
    return await client.post("/account/password", json=body, headers=other)


async def turn_on_a_second_factor(client: httpx.AsyncClient, member: Member) -> httpx.Response:
    other, path = _bearer(member.tokens["other session"]), "/account/second-factor"
    begun = await client.post(path, json={"password": PASSWORD}, headers=other)
    body = {"code": pyotp.TOTP(begun.json()["secret"]).now()}
    return await client.post(f"{path}/confirm", json=body, headers=other)


async def reset_the_second_factor(client: httpx.AsyncClient, member: Member) -> httpx.Response:
    # The session of `client` has no part in it: the factor is turned on by the member.
    await turn_on_a_second_factor(client, member)
    return await client.delete(f"/users/{member.user_id}/second-factor")


async def use_a_code_for_a_new_password(
    client: httpx.AsyncClient, member: Member
) -> httpx.Response:
    made = await client.post(f"/users/{member.user_id}/password-reset")
    body = {
        "email": member.sessions[0]["user"]["email"],
        "code": made.json()["code"],
        "password": "yet another horse battery",
    }
    return await client.post("/auth/reset-password", json=body)


async def end_sessions_of_a_user(client: httpx.AsyncClient, member: Member) -> httpx.Response:
    return await client.delete(f"/users/{member.user_id}/sessions")


def _change(**change: object) -> Revoke:
    async def revoke(client: httpx.AsyncClient, member: Member) -> httpx.Response:
        return await client.patch(f"/users/{member.user_id}", json=change)

    return revoke


async def delete_user(client: httpx.AsyncClient, member: Member) -> httpx.Response:
    return await client.delete(f"/users/{member.user_id}")


ALL = {"session", "other session", "key"}
BOTH = {"session", "other session"}


@pytest.mark.parametrize(
    ("revoke", "ended"),
    [
        pytest.param(revoke_key, {"key"}, id="revoked key"),
        pytest.param(sign_out, {"session"}, id="sign-out"),
        pytest.param(use_a_refresh_token_twice, {"session"}, id="stolen refresh token"),
        pytest.param(end_in_the_list, {"session"}, id="ended in the list"),
        pytest.param(end_all_others, {"session"}, id="all others ended"),
        pytest.param(change_own_password, {"session"}, id="own password changed"),
        pytest.param(turn_on_a_second_factor, {"session"}, id="second factor turned on"),
        pytest.param(reset_the_second_factor, ALL, id="second factor reset"),
        pytest.param(use_a_code_for_a_new_password, ALL, id="code for a new password used"),
        pytest.param(end_sessions_of_a_user, BOTH, id="sessions ended by an administrator"),
        pytest.param(_change(password="set by somebody else"), ALL, id="password set by another"),
        pytest.param(_change(enabled=False), ALL, id="disabled account"),
        pytest.param(_change(role="viewer"), ALL, id="demoted"),
        pytest.param(delete_user, ALL, id="deleted account"),
    ],
)
async def test_what_is_revoked_stops_watching_and_the_rest_goes_on(
    shared: Server, revoke: Revoke, ended: set[str]
) -> None:
    async with shared.client() as client:
        member = await new_member(client)
        async with (
            watching(shared, member.tokens["session"]) as session,
            watching(shared, member.tokens["other session"]) as other,
            watching(shared, member.tokens["key"]) as key,
        ):
            sockets = {"session": session, "other session": other, "key": key}
            ends = {name: asyncio.create_task(closed(each)) for name, each in sockets.items()}
            begun_s = time.monotonic()
            answer = await revoke(client, member)
            assert answer.is_success, answer.text
            async with asyncio.timeout(GONE_WITHIN_S):
                found = {name: await ends[name] for name in ended}
            gone_s = max(at_s for _, at_s in found.values()) - begun_s
            print(f"gone after {gone_s * 1000:.0f} ms")
            assert {code for code, _ in found.values()} == {4401}
            stay = [task for name, task in ends.items() if name not in ended]
            if stay:
                done, _ = await asyncio.wait(stay, timeout=STAYS_S)
                assert not done
        for task in stay:
            task.cancel()
        await asyncio.gather(*stay, return_exceptions=True)


async def test_a_key_that_expires_stops_watching(shared: Server) -> None:
    async with shared.client() as client:
        soon = datetime.now(UTC) + timedelta(seconds=4)
        body = {"name": "P", "role": "viewer", "expiresAt": soon.isoformat()}
        key = (await client.post("/api-keys", json=body)).json()
        async with watching(shared, key["key"]) as socket, asyncio.timeout(GONE_WITHIN_S + 4):
            code, _ = await closed(socket)
            assert code == 4401
            assert datetime.now(UTC) >= soon
