"""Who speaks for a device, against the whole server: strangers, browsers, other tenants."""

import asyncio
import struct
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from milepost.domain.position import Position
from milepost.protocols import osmand, teltonika
from tests.system import waiting
from tests.system.devices import Tracker, codec12_answer, connection
from tests.system.server import PASSWORD, Server, items, span, vehicle_path

ENCODER = teltonika.PROTOCOL.encoder() if teltonika.PROTOCOL.encoder else None
ANSWER_WITHIN_S = 60.0
MOZILLA = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0"


def place(speed_kmh: float, *, ago_s: float = 0.0) -> Position:
    time = datetime.now(UTC) - timedelta(seconds=ago_s)
    return Position(int(time.timestamp() * 1000), 52.0, 13.0, 30.0, speed_kmh, 90.0, satellites=9)


class Line:
    """A tracker's connection: what it sends, and what it is told."""

    def __init__(
        self, imei: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._imei = imei
        self._reader = reader
        self._writer = writer

    async def send(self, *positions: Position) -> None:
        assert ENCODER is not None
        self._writer.write(ENCODER.positions(self._imei, positions))

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    async def text(self) -> str:
        """The text of the next command; acknowledgements are passed over."""
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while await self._reader.readexactly(4) != bytes(4):
                pass
            (length,) = struct.unpack(">I", await self._reader.readexactly(4))
            return (await self._reader.readexactly(length + 4))[7:-5].decode()

    async def acknowledged(self) -> int:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return int.from_bytes(await self._reader.readexactly(4), "big")


@asynccontextmanager
async def line_of(server: Server, imei: str) -> AsyncIterator[Line]:
    assert ENCODER is not None
    assert teltonika.PROTOCOL.port is not None
    async with connection(teltonika.PROTOCOL.port + server.port_offset) as (reader, writer):
        writer.write(ENCODER.login(imei))
        assert await reader.readexactly(1) == b"\x01"
        yield Line(imei, reader, writer)


async def get(server: Server, query: str, *, source: str = "127.0.0.1", **headers: str) -> int:
    """What a stranger's request is answered."""
    assert osmand.PROTOCOL.port is not None
    url = f"http://127.0.0.1:{osmand.PROTOCOL.port + server.port_offset}/?{query}"
    transport = httpx.AsyncHTTPTransport(local_address=source)
    async with httpx.AsyncClient(transport=transport, timeout=30) as client:
        return (await client.get(url, headers=headers)).status_code


async def device_of(client: httpx.AsyncClient, imei: str) -> dict[str, Any]:
    (device,) = [each for each in await items(client, "/devices") if each["uniqueId"] == imei]
    return device


async def stop_engine(client: httpx.AsyncClient, path: str) -> str:
    """Ask for an engine stop and confirm it."""
    body: dict[str, Any] = {"command": {"kind": "engine_stop"}}
    asked = await client.post(path, json=body)
    assert asked.status_code == httpx.codes.PRECONDITION_REQUIRED, asked.text
    made = await client.post(path, json={**body, "confirm": asked.json()["confirmation"]["token"]})
    assert made.status_code == httpx.codes.CREATED, made.text
    identity: str = made.json()["id"]
    return identity


async def test_a_strangers_request_does_not_release_an_engine_stop(shared: Server) -> None:
    imei = "350000000000831"
    async with line_of(shared, imei) as line, shared.client() as client:
        await line.send(place(90, ago_s=301))
        assert await line.acknowledged() == 1
        path = f"/devices/{(await device_of(client, imei))['id']}/commands"
        stop = await stop_engine(client, path)
        now = int(datetime.now(UTC).timestamp())
        query = f"id={imei}&lat=52.03&lon=13&speed=0&timestamp={now}"
        assert await get(shared, query) == httpx.codes.OK
        where = await client.post(path, json={"command": {"kind": "position_now"}})
        assert where.status_code == httpx.codes.CREATED
        # Had the stop been let go, it would come first: it was asked for first.
        assert await line.text() == "getgps"
        shown = (await client.get(f"{path}/{stop}")).json()
        assert shown["state"] == "pending"
        assert "own connection" in shown["reason"]
        line.write(codec12_answer("GPS:1"))
        await line.send(place(0))
        assert await line.text() == "setdigout 1"


async def test_a_request_beside_a_living_connection_is_a_clash(shared: Server) -> None:
    imei = "350000000000832"
    start = datetime.now(UTC) - timedelta(minutes=1)
    async with line_of(shared, imei) as line, shared.client() as client:
        await line.send(place(50))
        assert await line.acknowledged() == 1
        assert await get(shared, f"id={imei}&lat=52&lon=13", source="127.0.0.2") == httpx.codes.OK
        path = await vehicle_path(client, imei)

        async def clashes() -> list[tuple[str, str]]:
            period = span(start, datetime.now(UTC) + timedelta(minutes=1))
            found = await items(client, "/events", vehicleId=path.rsplit("/", 1)[1], **period)
            return [
                (each["detail"]["formerAddress"], each["detail"]["address"])
                for each in found
                if each["kind"] == "identity_clash"
            ]

        await waiting.equals(clashes, [("127.0.0.1", "127.0.0.2")])
        await line.send(place(50))
        assert await line.acknowledged() == 1, "the connection goes on"


async def test_a_browsers_request_stores_nothing(shared: Server) -> None:
    imei = "350000000000833"
    for headers in ({"User-Agent": MOZILLA}, {"Sec-Fetch-Mode": "no-cors"}, {"Origin": "null"}):
        status = await get(shared, f"id={imei}&lat=52&lon=13", **headers)
        assert status == httpx.codes.FORBIDDEN
    async with shared.client() as client:
        assert imei not in {each["uniqueId"] for each in await items(client, "/devices")}
    assert shared.logged("gateway.browser", protocol="osmand")


@asynccontextmanager
async def other_tenant(server: Server) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """Another tenant's administrator, made while the server runs; and the tenant's short name."""
    email, name = f"{uuid.uuid4()}@example.com", f"other-{uuid.uuid4()}"
    words = ["user", "add", "--email", email, "--name", "Other", "--role", "admin"]
    words += ["--new-tenant", name, "--password-stdin"]
    run(server, words, PASSWORD)
    async with httpx.AsyncClient(base_url=f"{server.url}/api/v1", timeout=30) as client:
        answer = await client.post("/auth/login", json={"email": email, "password": PASSWORD})
        assert answer.is_success, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        yield client, name


def run(server: Server, words: list[str], typed: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "milepost.cli.main", *words, "--data", str(server.data)],
        input=typed,
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_identities_registered_in_advance_block_nobody_and_are_transferred_by_the_operator(
    shared: Server,
) -> None:
    wanted = [f"86{uuid.uuid4().int % 10**13:013d}" for _ in range(20)]
    async with shared.client() as client, other_tenant(shared) as (squatter, slug):
        for owner in (squatter, client):
            for imei in wanted:
                body = {"uniqueId": imei, "protocol": "teltonika"}
                answer = await owner.post("/devices", json=body)
                assert answer.status_code == httpx.codes.CREATED, answer.text
        for imei in wanted[:3]:
            tracker = Tracker(imei, teltonika.PROTOCOL, shared.port_offset)
            tracker.unsent = [[place(0)]]
            await tracker.deliver()
            assert (await device_of(client, imei))["claim"]["state"] == "proven"
            assert (await device_of(squatter, imei))["claim"]["state"] == "lost"
        imei = wanted[0]
        async with line_of(shared, imei) as line:
            run(shared, ["device", "transfer", imei, "--to", slug])
            assert (await device_of(client, imei))["claim"]["state"] == "lost"

            async def seen() -> bool:
                await line.send(place(0))
                assert await line.acknowledged() == 1
                return (await device_of(squatter, imei))["lastSeenTime"] is not None

            await waiting.equals(seen, expected=True)
