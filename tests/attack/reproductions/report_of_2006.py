"""Finding 2: more than 32,767 conclusions after one anchor, then one report with a wrong date."""

import asyncio
import time

import msgspec

from milepost.domain.position import Position
from tests.attack import history, tracks
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried, still_serves
from tests.attack.stand import Stand
from tests.attack.witness import deliver

RECORDS = 33_200
OF_2006_MS = 1_150_000_000_000


def records(now_ms: int) -> list[Position]:
    """One each 600 s up to now, the ignition off."""
    first_ms = now_ms - RECORDS * 600_000
    return [
        Position(first_ms + n * 600_000, 50.0, 7.0, speed_kmh=0.0, satellites=9, ignition=False)
        for n in range(RECORDS)
    ]


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    device = await attacked.office.register("350000900000001")
    sent = records(int(time.time()) * 1000)
    tried = Tried()
    tried.acknowledged = await deliver(device, attacked.port_offset, tracks.orderly(sent, 200))
    recent = history.span(sent[0].fix_time_ms, sent[-1].fix_time_ms)
    await _counted(attacked, device.vehicle_id, recent, RECORDS)
    old = msgspec.structs.replace(sent[0], fix_time_ms=OF_2006_MS)
    tried.acknowledged += await deliver(device, attacked.port_offset, iter([[old]]))
    await still_serves(attacked, tried)
    await attacked.ready()
    for period, count in ((recent, RECORDS), (history.span(OF_2006_MS, OF_2006_MS), 1)):
        found = len(await history.fixes(attacked.office, device.vehicle_id, period))
        tried.lost += max(0, count - found)
    await _counted(attacked, device.vehicle_id, history.span(OF_2006_MS, OF_2006_MS), 1)
    counted = await _counted(attacked, device.vehicle_id, recent, RECORDS)
    tried.unless(counted == RECORDS, f"the totals count {counted} reports of {RECORDS}")
    return tried


async def _counted(attacked: Stand, vehicle_id: str, period: dict[str, str], count: int) -> int:
    """Reports in the day totals, once there are so many or a minute is over."""
    until_s = time.monotonic() + 60
    while True:
        totals = await attacked.office.get(f"/vehicles/{vehicle_id}/totals", bucket="day", **period)
        found = sum(each["positionCount"] for each in totals["items"])
        if found == count or time.monotonic() > until_s:
            return int(found)
        await asyncio.sleep(1)


FINDING = Finding(
    number=2,
    promise="One report dated 2006 after 33,200 others is stored and counted, and ends nothing.",
    run=run,
)
