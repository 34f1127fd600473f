"""Finding 18: late reports of one device with a long history, and the others beside it."""

import asyncio
import time

from tests.attack import tracks
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.stand import Stand
from tests.attack.tracks import HOUR_MS
from tests.attack.witness import Witness, deliver, finish, percentile

RECORDS = 30_000
LATE = 12
ALLOWED_MS = 100.0
ALLOWED_FACTOR = 3.0


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=LATE)
    now_ms = int(time.time()) * 1000
    old = await attacked.office.register("350000900000181")
    start_ms = now_ms - 90 * 24 * HOUR_MS
    track = tracks.shuttle(start_ms, RECORDS)
    await deliver(old, attacked.port_offset, tracks.orderly(track, 200))
    beside = await attacked.office.register("350000900000182")
    witness = Witness(
        beside,
        attacked.port_offset,
        tracks.orderly(tracks.shuttle(now_ms - 24 * HOUR_MS, 8_000), 2),
        pause_s=0.05,
    )
    running = asyncio.gather(witness.run())
    await asyncio.sleep(8)
    calm_s = time.monotonic()
    await asyncio.sleep(10)
    busy_s = time.monotonic()
    earlier = tracks.shuttle(start_ms - LATE * 10_000, LATE)
    sender = Witness(old, attacked.port_offset, tracks.orderly(earlier[::-1], 1), pause_s=1.0)
    await sender.run()
    await asyncio.sleep(2)
    calm, busy = witness.answered_ms(calm_s, busy_s), witness.answered_ms(busy_s)
    await finish([witness], running)
    before_ms, after_ms = percentile(calm, 99), percentile(busy, 99)
    tried.acknowledged = RECORDS + len(sender.acknowledged) + len(witness.acknowledged)
    tried.note = f"p99 beside it {before_ms:.0f} to {after_ms:.0f} ms"
    allowed_ms = max(ALLOWED_MS, ALLOWED_FACTOR * before_ms)
    tried.unless(after_ms <= allowed_ms, f"others' p99 is {after_ms:.0f} ms beside late reports")
    return tried


FINDING = Finding(
    number=18,
    promise="Late reports before 30,000 positions leave other devices' p99 under 100 ms, or three "
    "times what it is at rest.",
    run=run,
)
