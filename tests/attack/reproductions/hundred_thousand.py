"""Finding 21: 100,000 vehicles; the lists, the filters and a device beside their readers."""

import asyncio
import time

import asyncpg
import httpx
import psutil

from milepost.domain.position import Position
from milepost.protocols import h02
from tests.attack import tracks
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.reproductions.identity_with_nul import port_of
from tests.attack.stand import Stand
from tests.attack.witness import Witness, finish, percentile
from tests.system.devices import connection as connection_to

VEHICLES = 100_000
READERS = 2
SECONDS = 10.0
ALLOWED_MS = 500.0
ALLOWED_FACTOR = 5.0
COPY = """
INSERT INTO {table}
SELECT (jsonb_populate_record(original, jsonb_build_object({changed}))).*
FROM {table} AS original, generate_series(1, $2::int) AS number
WHERE original.id = $1
"""
VEHICLE_CHANGES = "'id', md5(number::text)::uuid, 'name', 'many-' || number"
DEVICE_CHANGES = (
    "'id', md5('device' || number)::uuid, 'vehicle_id', md5(number::text)::uuid, "
    "'unique_id', '35001' || lpad(number::text, 10, '0')"
)
# More than the 32,767 arguments that a statement of PostgreSQL takes.
REPORTING = 35_000
PER_CONNECTION = 1000
REPORTED_WITHIN_S = 180.0


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=VEHICLES)
    device = await attacked.office.register("350000900000211")
    of_h02 = await attacked.office.register("350000900000212", "h02")
    connection = await asyncpg.connect(user="postgres", host=_socket_folder(attacked))
    try:
        words = COPY.format(table="vehicles", changed=VEHICLE_CHANGES)
        await connection.execute(words, device.vehicle_id, VEHICLES)
        words = COPY.format(table="devices", changed=DEVICE_CHANGES)
        await connection.execute(words, of_h02.device_id, VEHICLES)
    finally:
        await connection.close()
    await _report(attacked, tried)
    for path in ("stopped", "offline", "moving", "idling"):
        await _page(attacked, tried, "/vehicles", state=path)
    await _page(attacked, tried, "/vehicles")
    await _page(attacked, tried, "/vehicles", search="many-77777")
    await _beside_readers(attacked, tried, device)
    return tried


async def _report(attacked: Stand, tried: Tried) -> None:
    """Let many devices report once, a thousand over one connection as a relay does."""
    encoder = h02.PROTOCOL.encoder
    assert encoder is not None
    at_ms = int(time.time()) * 1000 - 60_000
    standing = Position(at_ms, 50.0, 7.0, speed_kmh=0.0, course_deg=0.0, ignition=False)
    for first in range(1, REPORTING + 1, PER_CONNECTION):
        frames = [
            encoder().positions(f"35001{number:010d}", [standing])
            for number in range(first, first + PER_CONNECTION)
        ]
        async with connection_to(port_of("h02", attacked)) as (_, writer):
            writer.write(b"".join(frames))
            await writer.drain()
            await asyncio.sleep(1)
    until_s = time.monotonic() + REPORTED_WITHIN_S
    known = 0
    while known < REPORTING and time.monotonic() < until_s:
        await asyncio.sleep(3)
        known = len(await attacked.office.items("/vehicles/states"))
    enough = "" if known >= REPORTING else f", not {REPORTING} as was meant"
    tried.note = f"{known} vehicles have a state{enough}; "


async def _page(attacked: Stand, tried: Tried, path: str, **query: str) -> None:
    begin_s = time.monotonic()
    answer = await attacked.office.call("GET", path, params={"limit": "1000", **query})
    took_s = time.monotonic() - begin_s
    name = f"{path}?{'&'.join(f'{k}={v}' for k, v in query.items())}"
    tried.unless(answer.status_code in {200, 422}, f"{name} answers {answer.status_code}")
    tried.note += f"{name} {took_s:.1f} s; "


async def _beside_readers(attacked: Stand, tried: Tried, device: object) -> None:
    start_ms = int(time.time()) * 1000 - 86_400_000
    witness = Witness(
        device,  # type: ignore[arg-type]
        attacked.port_offset,
        tracks.orderly(tracks.shuttle(start_ms, 8_000), 2),
        pause_s=0.05,
    )
    running = asyncio.gather(witness.run())
    await asyncio.sleep(2)
    calm_s = time.monotonic()
    await asyncio.sleep(5)
    busy_s = time.monotonic()
    await asyncio.gather(*[_read(attacked, busy_s + SECONDS) for _ in range(READERS)])
    calm, busy = witness.answered_ms(calm_s, busy_s), witness.answered_ms(busy_s)
    longest_ms = max(busy, default=SECONDS * 1000)
    await finish([witness], running)
    allowed_ms = max(ALLOWED_MS, ALLOWED_FACTOR * percentile(calm, 99))
    tried.acknowledged = len(witness.acknowledged)
    tried.note += f"a device beside two readers of all states waits {longest_ms:.0f} ms at most"
    tried.unless(longest_ms < allowed_ms, f"a device waits {longest_ms:.0f} ms beside two readers")


async def _read(attacked: Stand, until_s: float) -> None:
    """All states again and again, in as many pages as there are."""
    after: dict[str, str] = {}
    while time.monotonic() < until_s:
        try:
            answer = await attacked.office.call("GET", "/vehicles/states", params=after)
        except httpx.TransportError:
            continue
        following = answer.json().get("next") if answer.is_success else None
        after = {"after": following} if following else {}


def _socket_folder(attacked: Stand) -> str:
    """Where the embedded PostgreSQL listens, by its own command line."""
    postgres: psutil.Process = attacked.server.postgres_process()
    (told,) = [each for each in postgres.cmdline() if "unix_socket_directories=" in each]
    return told.partition("=")[2]


FINDING = Finding(
    number=21,
    promise="With 100,000 vehicles every list and filter answers, and a device beside its readers "
    "is acknowledged within five times its p99 at rest (or 500 ms).",
    run=run,
)
