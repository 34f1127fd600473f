"""Finding 4: a number that no total can take, of one device; trips and totals of all others."""

import time

import httpx

from tests.attack import tracks
from tests.attack.judging import account
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.reproductions.identity_with_nul import port_of
from tests.attack.stand import Stand
from tests.attack.witness import deliver

POISON = ("fuelUsed=1", "fuelUsed=1e20", "odometer=1e300", "hours=1e300", "fuelUsed=9.3e12")


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=len(POISON))
    poisoner = await attacked.office.register("350000900000041", "osmand")
    url = f"http://127.0.0.1:{port_of('osmand', attacked)}"
    async with httpx.AsyncClient(timeout=20) as client:
        for each in POISON:
            await client.get(f"{url}/?id={poisoner.unique_id}&lat=52&lon=13&{each}")
    await _others_go_on(attacked, tried, "350000900000042")
    code = await attacked.restart()
    tried.unless(code == 0, f"SIGTERM ends with exit code {code}")
    await _others_go_on(attacked, tried, "350000900000043")
    return tried


async def _others_go_on(attacked: Stand, tried: Tried, unique_id: str) -> None:
    start_ms = int(time.time()) * 1000 - 5_000_000
    device = await attacked.office.register(unique_id)
    sent = tracks.shuttle(start_ms, 300)
    tried.acknowledged += await deliver(device, attacked.port_offset, tracks.orderly(sent))
    times = [position.fix_time_ms for position in sent]
    found = await account(attacked.office, device.vehicle_id, times, start_ms, 30.0)
    tried.lost += found.missing
    tried.differences += len(found.contradictions)
    tried.broken += found.contradictions


FINDING = Finding(
    number=4,
    promise="A counter of 1e20 of one device takes trips and totals from nobody else, also after a "
    "restart.",
    run=run,
    own_restarts=1,
)
