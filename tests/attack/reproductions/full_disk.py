"""Finding 20: the disk is full; nothing is acknowledged, and /readyz must say so."""

import asyncio
import os
import time
from pathlib import Path

from tests.attack import tracks
from tests.attack.judging import judged
from tests.attack.part import Plan, Row
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.stand import Stand, stand
from tests.attack.witness import Witness, finish

SIZE = "500M"
FULL_S = 20.0
BACK_WITHIN_S = 60.0


async def run(attacked: Stand, plan: Plan) -> Tried:
    """On a small file system of its own; the fresh server beside it is not needed."""
    del attacked
    tried = Tried()
    if os.geteuid() != 0:
        tried.skipped = "only root can mount a small file system"
        return tried
    place = plan.folder / "small"
    place.mkdir(exist_ok=True)
    if not await _done("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0711", "tmpfs", str(place)):
        tried.skipped = "no file system can be mounted here"
        return tried
    try:
        async with stand(plan, place) as small:
            await _filled(small, tried, place)
            tried.unless(small.restarts == 0, "the server ended while the disk was full")
    finally:
        await _done("umount", "-l", str(place))
    return tried


async def _done(*words: str) -> bool:
    process = await asyncio.create_subprocess_exec(*words)
    return await process.wait() == 0


async def _filled(small: Stand, tried: Tried, place: Path) -> None:
    device = await small.office.register("350000900000201")
    start_ms = int(time.time()) * 1000 - 86_400_000
    witness = Witness(
        device, small.port_offset, tracks.orderly(tracks.shuttle(start_ms, 8_000), 10), pause_s=0.2
    )
    running = asyncio.gather(witness.run())
    await asyncio.sleep(5)
    ballast = place / "ballast"
    await asyncio.to_thread(_fill, ballast)
    await asyncio.sleep(3)
    stuck = witness.packets_acknowledged
    told = []
    until_s = time.monotonic() + FULL_S
    while time.monotonic() < until_s:
        told.append(await small.server.readiness())
        await asyncio.to_thread(_fill, ballast)
        await asyncio.sleep(1)
    went_on = witness.packets_acknowledged > stuck
    tried.unless(went_on or any(each != 200 for each in told), "/readyz says 200 on a full disk")
    ballast.unlink()
    freed_s, before = time.monotonic(), witness.packets_acknowledged
    while witness.packets_acknowledged == before and time.monotonic() < freed_s + BACK_WITHIN_S:
        await asyncio.sleep(0.1)
    took_s = time.monotonic() - freed_s
    tried.unless(took_s < BACK_WITHIN_S, "no acknowledgement comes after the space is back")
    await small.ready()
    await finish([witness], running)
    row = Row(name="", promise="")
    row = await judged(row, small.office, [witness], start_ms)
    tried.acknowledged, tried.lost = row.acknowledged, row.lost
    tried.differences = row.differences
    tried.broken += row.broken
    tried.note = f"acknowledgements {took_s:.1f} s after the space"


def _fill(ballast: Path) -> None:
    """Until there is no room for another byte."""
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\xff" * size)
            except OSError:
                continue


FINDING = Finding(
    number=20,
    promise="On a full disk /readyz says so, nothing that was acknowledged is lost, and it goes on "
    "by itself once there is room.",
    run=run,
)
