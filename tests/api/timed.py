"""The application with a clock that the test moves, and people who use it."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pyotp
import pytest
from sqlalchemy import select

from milepost.api.app import create_app
from milepost.features.audit.tables import audit_entries
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from tests.api.conftest import served
from tests.api.platform import PASSWORD, Caller, Platform

AGENT = "Firefox on a test"


class MovingClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class Timed:
    """A served application, its clock, and what a person does there."""

    def __init__(self, platform: Platform, clock: MovingClock, client: httpx.AsyncClient) -> None:
        self.platform = platform
        self.clock = clock
        self.client = client

    async def admin(self) -> Caller:
        return await self.platform.new_admin(self.client)

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.client.post(f"/api/v1{path}", json=body, headers={"User-Agent": AGENT})

    async def login(self, email: str, password: str = PASSWORD) -> httpx.Response:
        return await self.post("/auth/login", {"email": email, "password": password})

    async def another(self, caller: Caller) -> Caller:
        """One more session of the same account."""
        answer = await self.login(caller.email)
        assert answer.status_code == 200, answer.text
        return Caller(self.client, answer.json(), caller.email, caller.tenant_id)

    async def session_of(self, caller: Caller) -> UUID:
        """The id of the session that the caller is signed in with."""
        token = caller.session["accessToken"]
        authenticator = self.platform.authenticator
        identity = await authenticator.authenticate(token, "", without_factor=True)
        assert identity.family_id is not None
        return identity.family_id

    async def audited(self, caller: Caller, action: str) -> list[dict[str, Any]]:
        """What the tenant's audit says of the caller's sign-ins, the newest entry first."""
        await self.platform.journal.close()
        table = audit_entries
        query = (
            select(table.c.who, table.c.detail)
            .where(table.c.kind == "sign_in", table.c.action == action)
            .where(table.c.entity_id == caller.user_id, table.c.tenant_id == caller.tenant_id)
            .order_by(table.c.time.desc(), table.c.id)
        )
        async with self.platform.database.operator_transaction() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def refresh(self, token: str) -> httpx.Response:
        return await self.post("/auth/refresh", {"refreshToken": token})

    async def enrol(self, caller: Caller) -> tuple[pyotp.TOTP, list[str]]:
        """Turn the second factor on: the authenticator and the recovery codes."""
        begun = await caller.post("/account/second-factor", {"password": PASSWORD})
        assert begun.status_code == 200, begun.text
        authenticator = pyotp.TOTP(begun.json()["secret"])
        done = await caller.post(
            "/account/second-factor/confirm", {"code": self.code(authenticator)}
        )
        assert done.status_code == 200, done.text
        # The code of this step is used up.
        self.clock.move(seconds=30)
        codes: list[str] = done.json()["codes"]
        return authenticator, codes

    def code(self, authenticator: pyotp.TOTP) -> str:
        return authenticator.at(self.clock.now)

    async def challenge(self, email: str, password: str = PASSWORD) -> str:
        """The first step of a sign-in with a second factor."""
        answer = await self.login(email, password)
        assert answer.status_code == 401, answer.text
        body = answer.json()
        assert body["code"] == "second_step_required"
        assert body["challenge"]["expiresInS"] == 300
        token: str = body["challenge"]["token"]
        return token

    async def second_step(self, challenge: str, code: str) -> httpx.Response:
        return await self.post("/auth/second-step", {"challenge": challenge, "code": code})


@pytest.fixture(scope="session")
async def timed(
    database: Database, telemetry: Telemetry, free_port: Callable[[], int]
) -> AsyncIterator[Timed]:
    clock = MovingClock()
    platform = Platform(database, telemetry, clock)
    async with (
        served(create_app(platform.parts()), free_port()) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as client,
    ):
        yield Timed(platform, clock, client)
