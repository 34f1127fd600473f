"""(d), over HTTP: a vehicle's day as JSON and a year of one number, from request to last byte.

The server is the one of production, in this process, with sign-in, tenancy and permissions. The
baseline is PostgreSQL behind the same server: a bare route that fetches the rows and encodes them,
without any of these.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import httpx
import msgspec
from litestar import Litestar, Response, get

from milepost.api.app import create_app
from milepost.api.client_address import TrustedProxies
from milepost.api.connections import WebLimits
from milepost.api.web_server import listening_socket, serving
from milepost.domain.position import Position
from milepost.stores.clickhouse.handles import Handles
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from tests.api.platform import Caller, Platform
from tests.free_ports import free_port

YEAR_ROWS, YEAR_STEP_MS, POINTS = 3_000_000, 10_000, 1_000

_YEAR = """
INSERT INTO positions (tenant_id, vehicle_id, device_id, fix_time, received_time, protocol, valid,
  latitude_deg, longitude_deg, speed_kmh, course_deg, satellites, ignition, odometer_m)
SELECT {tenant_id:UUID}, {vehicle_id:UUID}, {vehicle_id:UUID},
  fromUnixTimestamp64Milli({start_ms:Int64} + number * 10000, 'UTC') AS fix_time, fix_time,
  'teltonika', true, 50 + intDiv(number, 9) % 1000 / 1e5, 7 + number % 1000 / 1e5,
  50 + round(50 * sin(number / 500), 1), number % 360, 8 + number % 5, true, number * 140
FROM numbers({rows:UInt64})
"""
_POSTGRES_YEAR = """
insert into positions select $1::uuid, $2::uuid, $2::uuid,
  $3::timestamptz + n * interval '10 s', 50 + (n / 9) % 1000 / 1e5, 7 + n % 1000 / 1e5, null,
  50 + round((50 * sin(n / 500.0))::numeric, 1), n % 360, 8 + n % 5, true, n * 140
from generate_series(0, $4::int - 1) n
"""
_POSTGRES_DAY = (
    "select * from positions where vehicle_id=$1 and fix_time>=$2 and fix_time<$3 order by 4"
)
_POSTGRES_SERIES = """
select floor(extract(epoch from fix_time - $2) / $4)::int as bucket, min(speed_kmh), max(speed_kmh)
from positions where vehicle_id=$1 and fix_time>=$2 and fix_time<$3 group by 1 order by 1
"""


class Reader:
    """Asks for one address over a connection of its own and reads to the last byte."""

    def __init__(self, port: int, path: str, token: str = "") -> None:
        self._port = port
        lines = (f"GET {path} HTTP/1.1", "Host: bench", "Connection: close")
        bearer = (f"Authorization: Bearer {token}",) if token else ()
        self._request = "\r\n".join([*lines, *bearer, "", ""]).encode()

    async def read(self) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**22)
        writer.write(self._request)
        answer = await reader.read()
        writer.close()
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer[:500].decode())
        return answer


class Tracked(msgspec.Struct):
    """A vehicle with a day of positions and one with a year, on both sides."""

    caller: Caller
    day_vehicle: UUID
    year_vehicle: UUID
    start_ms: int


async def tracked(
    platform: Platform, client: httpx.AsyncClient, day: list[Position], start_ms: int
) -> Tracked:
    """Makes them, with ClickHouse's rows."""
    caller = await platform.new_admin(client)
    ids = []
    for name in ("day", "year"):
        vehicle = await caller.make("/vehicles", {"name": name})
        new = {"uniqueId": vehicle["id"], "protocol": "osmand", "vehicleId": vehicle["id"]}
        await caller.make("/devices", new)
        ids.append(vehicle["id"])
    await platform.store_track(caller, ids[0], ids[0], day)
    return Tracked(caller, UUID(ids[0]), UUID(ids[1]), start_ms)


async def fill_year(handles: Handles, pool: asyncpg.Pool, of: Tracked) -> None:
    """A year of one vehicle in both stores, ClickHouse's merged as history is."""
    await handles.command(
        _YEAR,
        {
            "tenant_id": of.caller.tenant_id,
            "vehicle_id": of.year_vehicle,
            "start_ms": of.start_ms,
            "rows": YEAR_ROWS,
        },
    )
    await handles.command("OPTIMIZE TABLE positions FINAL")
    start = datetime.fromtimestamp(of.start_ms / 1000, UTC)
    await pool.execute(_POSTGRES_YEAR, of.caller.tenant_id, of.year_vehicle, start, YEAR_ROWS)
    await pool.execute("vacuum analyze positions")


def paths(of: Tracked, day_ms: int) -> tuple[str, str]:
    """What is asked for: the day, and the year."""
    day = {"from": _iso(of.start_ms), "to": _iso(of.start_ms + day_ms), "limit": 10_000}
    end_ms = of.start_ms + YEAR_ROWS * YEAR_STEP_MS
    year = {
        "from": _iso(of.start_ms),
        "to": _iso(end_ms),
        "field": "speedKmh",
        "points": POINTS,
    }
    base = "/api/v1/vehicles"
    return (
        f"{base}/{of.day_vehicle}/positions?{urlencode(day)}",
        f"{base}/{of.year_vehicle}/series?{urlencode(year)}",
    )


def postgres_app(pool: asyncpg.Pool, of: Tracked, day_ms: int) -> Litestar:
    """The baseline: two bare routes."""
    start = datetime.fromtimestamp(of.start_ms / 1000, UTC)
    day_end = datetime.fromtimestamp((of.start_ms + day_ms) / 1000, UTC)
    year_s = YEAR_ROWS * YEAR_STEP_MS / 1000
    year_end = datetime.fromtimestamp(of.start_ms / 1000 + year_s, UTC)

    @get("/day")
    async def day() -> Response[bytes]:
        rows = await pool.fetch(_POSTGRES_DAY, of.day_vehicle, start, day_end)
        return _json([dict(row) for row in rows])

    @get("/year")
    async def year() -> Response[bytes]:
        bucket_s = year_s / POINTS
        rows = await pool.fetch(_POSTGRES_SERIES, of.year_vehicle, start, year_end, bucket_s)
        return _json([tuple(row) for row in rows])

    return Litestar([day, year], openapi_config=None)


@asynccontextmanager
async def served(app: Litestar) -> AsyncIterator[int]:
    """The application behind the server of production; gives its port."""
    port = free_port()
    bound = listening_socket("127.0.0.1", port, "bench port")
    async with serving(app, bound, WebLimits(), TrustedProxies()):
        yield port


@asynccontextmanager
async def milepost_served(
    telemetry: Telemetry, url: str
) -> AsyncIterator[tuple[Platform, httpx.AsyncClient, int]]:
    """The whole application over the two engines."""
    database = Database(url, login_as_role=True)
    platform = Platform(database, telemetry)
    async with (
        served(create_app(platform.parts())) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        yield platform, client, port
    await database.close()


def _json(value: object) -> Response[bytes]:
    return Response(msgspec.json.encode(value), media_type="application/json")


def _iso(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat().replace("+00:00", "Z")
