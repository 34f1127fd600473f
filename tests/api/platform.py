"""What the API's tests build: the application's parts, tenants, members, positions."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
from prometheus_client import CollectorRegistry
from sqlalchemy import insert, update

from milepost import protocols
from milepost.api.exposition import Exposition
from milepost.api.parts import AppParts
from milepost.api.request_limits import RequestLimits
from milepost.domain.command_run import CommandChange
from milepost.domain.position import Position
from milepost.domain.revocation import Revocation
from milepost.domain.scope import Role
from milepost.features.account.opening import AccountNeeds, Accounts, open_accounts
from milepost.features.confirmation import Confirmations
from milepost.features.devices.known_protocols import KnownProtocols
from milepost.features.devices.tables import unknown_devices
from milepost.features.frames.log import FrameLog
from milepost.features.passwords import Passwords
from milepost.features.sessions.tables import sessions
from milepost.features.sign_in.bounded_store import BoundedStore
from milepost.features.sign_in.guards import make_guards
from milepost.features.sign_in.limits import LoginLimits
from milepost.features.sign_in.sessions import SessionLimits
from milepost.features.signing_keys import SigningKeys
from milepost.features.tenants.service import create_tenant
from milepost.features.tenants.tables import tenants
from milepost.features.users.schemas import NewUser
from milepost.features.users.service import create_user
from milepost.features.work import Clock, system_work
from milepost.protocols.contract import DeviceProtocol
from milepost.registry import discover
from milepost.stores.positions_arrow import RowContext, build_table
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from tests.gateway.tiny import TINY

PROTOCOLS = {**discover(protocols, "PROTOCOL", DeviceProtocol), TINY.name: TINY}
PASSWORD = "correct horse battery"
SIGNING_KEY = b"k" * 32
START_MS = 1_750_000_000_000


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> UUID:
    return uuid4()


class Notes:
    """Writes down what it is told, as the processor would act on it."""

    def __init__(self) -> None:
        self.devices: list[UUID] = []
        self.vehicles: list[UUID] = []
        self.tenants: list[UUID] = []
        self.revocations: list[Revocation] = []
        self.commands: list[CommandChange] = []

    def device_changed(self, device_id: UUID) -> None:
        self.devices.append(device_id)

    def vehicle_changed(self, tenant_id: UUID, vehicle_id: UUID) -> None:
        self.vehicles.append(vehicle_id)

    def tenant_changed(self, tenant_id: UUID) -> None:
        self.tenants.append(tenant_id)

    def access_ended(self, revocation: Revocation) -> None:
        self.revocations.append(revocation)

    def command_changed(self, change: CommandChange) -> None:
        self.commands.append(change)


class Caller:
    """A signed-in account, as a client of the application."""

    def __init__(
        self, client: httpx.AsyncClient, session: dict[str, Any], email: str, tenant_id: UUID
    ) -> None:
        self._client = client
        self.session = session
        self.email = email
        self.tenant_id = tenant_id
        self.user_id = UUID(session["user"]["id"])
        self.headers = {"Authorization": f"Bearer {session['accessToken']}"}

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self._client.get(f"/api/v1{path}", params=params, headers=self.headers)

    async def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        return await self._client.request(
            method, f"/api/v1{path}", json=body, headers=self.headers | (headers or {})
        )

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.send("POST", path, body or {}, headers)

    async def patch(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.send("PATCH", path, body, headers)

    async def delete(self, path: str) -> httpx.Response:
        return await self.send("DELETE", path)

    async def make(self, path: str, body: Any) -> dict[str, Any]:
        """Post and expect that it was created."""
        response = await self.post(path, body)
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.json()
        return made


class Platform:
    """The long-lived objects that the application is made of."""

    def __init__(self, database: Database, telemetry: Telemetry, clock: Clock = utc_now) -> None:
        self.database = database
        self.clock = clock
        self.telemetry = telemetry
        self.notes = Notes()
        self.frame_log = FrameLog()
        self.confirmations = Confirmations(SIGNING_KEY, utc_now)
        self.passwords = Passwords(memory_kib=8, passes=1)
        self.attempts = BoundedStore(clock)
        strangers = BoundedStore(clock)
        # Tests sign in more often than a person does.
        often = LoginLimits(strangers, clock, per_address=10**9)
        self.guards = make_guards(database, strangers, SIGNING_KEY, clock, new_id, limits=often)
        self.journal = self.guards.journal
        self.authenticator = self.accounts().authenticator
        self.registry = CollectorRegistry()
        self._client: httpx.AsyncClient | None = None

    def parts(self, web_folder: Path | None = None) -> AppParts:
        registry = CollectorRegistry()
        return AppParts(
            database=self.database,
            telemetry=self.telemetry,
            accounts=self.accounts(),
            protocols=KnownProtocols(PROTOCOLS),
            frame_log=self.frame_log,
            line_sighting=lambda _unique_id: None,
            confirmations=self.confirmations,
            notice=self.notes,
            durable_up_to=_now_ms,
            newest_state=lambda _vehicle_id: None,
            live_routes=[],
            pings={"postgresql": self.database.ping, "clickhouse": self.telemetry.ping},
            registry=registry,
            exposition=Exposition(registry, time.monotonic),
            public_metrics=False,
            public_schema=True,
            request_limits=RequestLimits(1e6, 1e6, time.monotonic),
            clock=self.clock,
            make_id=new_id,
            offline_after_s=600.0,
            web_folder=web_folder,
            map_style_url=None,
            demo=None,
            version="0.0.0",
        )

    def accounts(self, limits: LoginLimits | None = None) -> Accounts:
        guards = self.guards
        if limits is not None:
            guards = msgspec.structs.replace(guards, limits=limits)
        return open_accounts(
            AccountNeeds(
                database=self.database,
                keys=SigningKeys(SIGNING_KEY),
                session_limits=SessionLimits(timedelta(days=7), timedelta(days=30)),
                attempts=self.attempts,
                guards=guards,
                notice=self.notes,
                clock=self.clock,
                make_id=new_id,
            ),
            self.passwords,
        )

    async def new_admin(self, client: httpx.AsyncClient) -> Caller:
        """A fresh tenant with its administrator, signed in."""
        tenant_id = new_id()
        await self._add_user(tenant_id, f"{tenant_id}@example.com", "admin", new_tenant=True)
        return await sign_in(client, f"{tenant_id}@example.com", tenant_id)

    async def new_member(
        self,
        admin: Caller,
        role: Role,
        fleet_ids: tuple[UUID, ...] | None,
        driver_id: UUID | None,
    ) -> Caller:
        email = f"{role}-{new_id()}@example.com"
        await self._add_user(admin.tenant_id, email, role, fleet_ids, driver_id)
        return await sign_in(admin._client, email, admin.tenant_id)

    async def _add_user(
        self,
        tenant_id: UUID,
        email: str,
        role: Role,
        fleet_ids: tuple[UUID, ...] | None = None,
        driver_id: UUID | None = None,
        *,
        new_tenant: bool = False,
    ) -> None:
        async with self.database.operator_transaction() as connection:
            work = system_work(connection, tenant_id, "test", self.clock, new_id)
            if new_tenant:
                await create_tenant(work, f"Tenant {tenant_id}")
            new = NewUser(
                email=email,
                name="Some One",
                password=PASSWORD,
                role=role,
                fleet_ids=fleet_ids,
                driver_id=driver_id,
            )
            await create_user(work, self.passwords, new)

    async def begin_earlier(self, caller: Caller, days: float) -> None:
        """As if the caller's sessions had begun earlier, under a longer lifetime."""
        async with self.database.operator_transaction() as connection:
            await connection.execute(
                update(sessions)
                .where(sessions.c.user_id == caller.user_id)
                .values(created_at=self.clock() - timedelta(days=days))
            )

    async def note_unknown(self, unique_id: str) -> None:
        """As the gateway notes a device that nobody registered."""
        async with self.database.ingest_transaction() as connection:
            await connection.execute(
                insert(unknown_devices).values(
                    unique_id=unique_id,
                    protocol="osmand",
                    source="192.0.2.9:5055",
                    first_seen_time=utc_now(),
                    last_seen_time=utc_now(),
                    attempts=1,
                )
            )

    async def let_adopt(self, caller: Caller) -> None:
        async with self.database.operator_transaction() as connection:
            await connection.execute(
                update(tenants)
                .where(tenants.c.id == caller.tenant_id)
                .values(adopts_unknown_devices=True)
            )

    async def store_track(
        self,
        caller: Caller,
        vehicle_id: str,
        device_id: str,
        positions: Sequence[Position],
        received_ms: int | None = None,
    ) -> None:
        """Make the positions durable, each received a second after its fix, or at a time."""
        contexts = [
            RowContext(
                tenant_id=caller.tenant_id.bytes,
                device_id=UUID(device_id).bytes,
                vehicle_id=UUID(vehicle_id).bytes,
                driver_id=bytes(16),
                protocol="osmand",
                received_time_ms=received_ms or position.fix_time_ms + 1000,
            )
            for position in positions
        ]
        await self.telemetry.insert_positions(build_table(contexts, positions))


def straight_track(count: int, step_s: int = 10) -> list[Position]:
    """A vehicle that drives east along the equator."""
    return [
        Position(
            fix_time_ms=START_MS + index * step_s * 1000,
            latitude_deg=0.0,
            longitude_deg=10.0 + index * 0.001,
            speed_kmh=40.0,
            ignition=True,
        )
        for index in range(count)
    ]


async def sign_in(client: httpx.AsyncClient, email: str, tenant_id: UUID) -> Caller:
    response = await client.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})
    assert response.status_code == 200, response.text
    return Caller(client, response.json(), email, tenant_id)


def problem(response: httpx.Response) -> dict[str, Any]:
    """The problem details of an error, checked for what every one of them must have."""
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = msgspec.json.decode(response.content)
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:milepost:problem:{body['code']}"
    assert body["title"]
    assert body["detail"]
    return body


async def _now_ms() -> int:
    return int(utc_now().timestamp() * 1000)
