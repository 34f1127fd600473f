"""Finding 12: two devices in one vehicle, a driver, a threshold: the order of arrival decides."""

import asyncio
import time
from typing import Any

from tests.attack import history, tracks
from tests.attack.office import Registered
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.stand import Stand
from tests.attack.witness import deliver
from tests.system.server import milliseconds

RECORDS = 200
OLDER_MS = 5_400_000
SETTLES_S = 4.0


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=5)
    now_ms = int(time.time()) * 1000
    for number, older_last in enumerate((False, True)):
        await _last_state(attacked, tried, now_ms, number, older_last=older_last)
    await _drivers(attacked, tried, now_ms)
    await _threshold(attacked, tried, now_ms)
    tried.differences = len(tried.broken)
    return tried


async def _last_state(
    attacked: Stand, tried: Tried, now_ms: int, number: int, *, older_last: bool
) -> None:
    """A vehicle with a device that reports now and one that reports of 1.5 h ago."""
    first = await attacked.office.register(f"35000090000012{number}")
    second = await attacked.office.install(f"35000090000013{number}", first.vehicle_id)
    newest_ms = now_ms - 60_000
    devices: list[tuple[Registered, int]] = [(first, newest_ms), (second, newest_ms - OLDER_MS)]
    for device, end_ms in devices if older_last else devices[::-1]:
        track = tracks.shuttle(end_ms - (RECORDS - 1) * 10_000, RECORDS, lane=number)
        tried.acknowledged += await deliver(device, attacked.port_offset, tracks.orderly(track))
        await asyncio.sleep(SETTLES_S)
    vehicle = await attacked.office.get(f"/vehicles/{first.vehicle_id}")
    shown_ms = milliseconds(vehicle["lastPosition"]["fixTime"])
    words = f"the vehicle shows a fix {(newest_ms - shown_ms) / 1000:.0f} s older than its newest"
    tried.unless(shown_ms == newest_ms, words)


async def _drivers(attacked: Stand, tried: Tried, now_ms: int) -> None:
    """The same drive and the same assignment, once made before the data and once after."""
    office, start_ms = attacked.office, now_ms - 3_600_000
    told: list[list[str | None]] = []
    for number, before in enumerate((True, False)):
        body = {"firstName": "Driver", "lastName": str(number)}
        driver = await office.post("/drivers", body)
        device = await office.register(f"35000090000014{number}")
        assignment = {
            "driverId": driver["id"],
            "vehicleId": device.vehicle_id,
            "startTime": history.span(start_ms, start_ms)["from"],
        }
        if before:
            await office.post("/assignments", assignment)
        track = tracks.shuttle(start_ms, 300)
        tried.acknowledged += await deliver(device, attacked.port_offset, tracks.orderly(track))
        await asyncio.sleep(SETTLES_S)
        if not before:
            await office.post("/assignments", assignment)
            await asyncio.sleep(SETTLES_S)
        period = history.span(start_ms, now_ms)
        trips = await office.items(f"/vehicles/{device.vehicle_id}/trips", **period)
        told.append(["driver" if trip["driverId"] == driver["id"] else None for trip in trips])
    same = len(told[0]) == len(told[1]) and told[0] == told[1]
    tried.unless(
        same, f"trips have {_known(told[0])} when assigned before, {_known(told[1])} after"
    )


def _known(drivers: list[Any]) -> str:
    return f"the driver {sum(each is not None for each in drivers)} of {len(drivers)} times"


async def _threshold(attacked: Stand, tried: Tried, now_ms: int) -> None:
    """A threshold changed today decides nothing about yesterday, late record or not."""
    office, start_ms = attacked.office, now_ms - 4 * 3_600_000
    device = await office.register("350000900000150")
    track = tracks.shuttle(start_ms, 1000)
    late = track.pop(333)
    tried.acknowledged += await deliver(device, attacked.port_offset, tracks.orderly(track))
    period = history.span(start_ms, now_ms)
    before = await history.read(office, device.vehicle_id, period, len(track))
    await office.patch(f"/vehicles/{device.vehicle_id}", {"thresholds": {"useIgnition": False}})
    tried.acknowledged += await deliver(device, attacked.port_offset, iter([[late]]))
    await asyncio.sleep(SETTLES_S)
    after = await history.read(office, device.vehicle_id, period, len(track) + 1)
    # The late record lies within the third drive: every other trip is as it was.
    mine, theirs = before.conclusions["trips"], after.conclusions["trips"]
    kept = len(set(mine) & set(theirs))
    words = f"{kept} of {len(mine)} trips are as they were after a threshold changed"
    tried.unless(kept >= len(mine) - 1, words)


FINDING = Finding(
    number=12,
    promise="Two devices in a vehicle, an assignment and a changed threshold give the same, "
    "whatever arrives or is entered first.",
    run=run,
)
