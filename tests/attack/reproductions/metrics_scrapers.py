"""Finding 11: ten scrapers of /metrics, and a device beside them."""

import asyncio
import time
from contextlib import suppress

import httpx

from tests.attack import tracks
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.stand import Stand
from tests.attack.witness import Witness, finish, percentile

SCRAPERS = 10
SECONDS = 10.0
# A port of its own may have them, that much above the web port.
OPERATIONS = 1000
ALLOWED_FACTOR = 4.0
ALLOWED_MS = 250.0


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=SCRAPERS)
    device = await attacked.office.register("350000900000111")
    start_ms = int(time.time()) * 1000 - 86_400_000
    witness = Witness(
        device,
        attacked.port_offset,
        tracks.orderly(tracks.shuttle(start_ms, 8_000), 2),
        pause_s=0.05,
    )
    running = asyncio.gather(witness.run())
    await asyncio.sleep(3)
    calm_s = time.monotonic()
    await asyncio.sleep(SECONDS)
    busy_s = time.monotonic()
    scraped = await asyncio.gather(*[_scrape(attacked, busy_s + SECONDS) for _ in range(SCRAPERS)])
    calm = witness.answered_ms(calm_s, busy_s)
    busy = witness.answered_ms(busy_s) or [SECONDS * 1000]
    await finish([witness], running)
    p99s = percentile(calm, 99), percentile(busy, 99)
    tried.acknowledged = len(witness.acknowledged)
    tried.note = (
        f"p50 {percentile(calm, 50):.0f} to {percentile(busy, 50):.0f} ms, p99 {p99s[0]:.0f} to "
        f"{p99s[1]:.0f} ms; {sum(scraped)} answers"
    )
    allowed_ms = max(ALLOWED_MS, ALLOWED_FACTOR * p99s[0])
    tried.unless(p99s[1] <= allowed_ms, f"p99 of a device {p99s[1]:.0f} ms beside the scrapers")
    return tried


async def _scrape(attacked: Stand, until_s: float) -> int:
    answers = 0
    async with httpx.AsyncClient(timeout=20) as client:
        while time.monotonic() < until_s:
            for port in (attacked.server.port, attacked.server.port + OPERATIONS):
                with suppress(httpx.TransportError):
                    answer = await client.get(f"http://127.0.0.1:{port}/metrics")
                    answers += answer.status_code == httpx.codes.OK
            await asyncio.sleep(0.01)
    return answers


FINDING = Finding(
    number=11,
    promise="Ten scrapers of /metrics leave a device's acknowledgements within four times their "
    "p99 at rest (or 250 ms).",
    run=run,
)
