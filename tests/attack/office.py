"""The people's side: a caller of the API who registers vehicles and reads what was concluded."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec

from tests.system.server import EMAIL, PASSWORD, Server

# An access token is good for 15 minutes.
RENEW_AFTER_S = 600.0
PAGE = 1000
TOO_MANY_TIMES = 30
# How long a database may recover while somebody reads.
AWAY_WITHIN_S = 60.0


class Registered(msgspec.Struct, frozen=True):
    """A device in its vehicle."""

    unique_id: str
    device_id: str
    vehicle_id: str


class Office:
    """One account. `local_address` is where its calls come from."""

    def __init__(
        self,
        server: Server,
        email: str = EMAIL,
        password: str = PASSWORD,
        *,
        local_address: str = "127.0.0.1",
        timeout_s: float = 60.0,
    ) -> None:
        self._login = {"email": email, "password": password}
        self._signed_in_s = 0.0
        self.http = httpx.AsyncClient(
            base_url=f"{server.url}/api/v1",
            timeout=timeout_s,
            transport=httpx.AsyncHTTPTransport(local_address=local_address),
        )

    async def close(self) -> None:
        await self.http.aclose()

    async def sign_in(self) -> httpx.Response:
        answer = await self.http.post("/auth/login", json=self._login)
        if answer.is_success:
            self.http.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
            self._signed_in_s = time.monotonic()
        return answer

    async def token(self) -> str:
        if time.monotonic() - self._signed_in_s > RENEW_AFTER_S or not self._signed_in_s:
            answer = await self.sign_in()
            assert answer.is_success, f"sign-in: {answer.status_code} {answer.text[:200]}"
        return self.http.headers["Authorization"].removeprefix("Bearer ")

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Wait out the limits of a caller; they are for others to test."""
        await self.token()
        answer = await self.http.request(method, path, **more)
        for _ in range(TOO_MANY_TIMES):
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))
            answer = await self.http.request(method, path, **more)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            # The server's clock may have run ahead of the token.
            await self.sign_in()
            answer = await self.http.request(method, path, **more)
        return answer

    async def get(self, path: str, **query: str) -> Any:
        """Read, and ask again while the server says that an engine is away."""
        deadline_s = time.monotonic() + AWAY_WITHIN_S
        answer = await self.call("GET", path, params=query)
        while answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            if time.monotonic() > deadline_s:
                break
            await asyncio.sleep(1)
            answer = await self.call("GET", path, params=query)
        assert answer.status_code == httpx.codes.OK, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def post(self, path: str, body: Mapping[str, Any], **headers: str) -> Any:
        answer = await self.call("POST", path, json=body, headers=headers)
        assert answer.is_success, f"POST {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        answer = await self.call("PATCH", path, json=body)
        assert answer.is_success, f"PATCH {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def delete(self, path: str) -> None:
        answer = await self.call("DELETE", path)
        assert answer.is_success, f"DELETE {path}: {answer.status_code} {answer.text}"

    async def items(self, path: str, **query: str) -> list[dict[str, Any]]:
        """All pages of a list."""
        found: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            page = await self.get(path, limit=str(PAGE), **query, **after)
            found += page["items"]
            if page.get("next") is None:
                return found
            after = {"after": page["next"]}

    async def register(
        self, unique_id: str, protocol: str = "teltonika", *, lenient: bool = False
    ) -> Registered:
        """A new vehicle of the device's name, with the device in it."""
        vehicle = await self.post("/vehicles", {"name": unique_id})
        return await self.install(unique_id, vehicle["id"], protocol, lenient=lenient)

    async def install(
        self, unique_id: str, vehicle_id: str, protocol: str = "teltonika", *, lenient: bool = False
    ) -> Registered:
        body = {
            "uniqueId": unique_id,
            "protocol": protocol,
            "vehicleId": vehicle_id,
            "lenient": lenient,
        }
        device = await self.post("/devices", body)
        return Registered(unique_id, device["id"], vehicle_id)

    async def register_all(self, unique_ids: list[str]) -> list[Registered]:
        return list(await asyncio.gather(*[self.register(each) for each in unique_ids]))
