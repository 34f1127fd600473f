"""People edit, move and delete what streams; the conclusions must be those without the edits."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from random import Random

import msgspec

from milepost.domain.position import Position
from tests.attack import history, tracks
from tests.attack.judging import account, clean_run, judged
from tests.attack.office import Office, Registered
from tests.attack.part import Part, Plan, Report, Row
from tests.attack.stand import Stand, stand
from tests.attack.witness import Witness, deliver, finish

PATCHED = 4
SECONDS = 60.0
MOVES = 12
RECORDS = 400
PATIENCE_S = 20.0
HISTORY_MS = 4 * 86_400_000
PROMISE = "Editing, moving and deleting costs no conclusion, and the checkpoint goes on."


async def run(plan: Plan, report: Report) -> None:
    shrunk = min(1.0, plan.minutes / 10 * 2)
    start_ms = (int(time.time()) - HISTORY_MS // 1000) * 1000
    async with stand(plan) as attacked:
        if plan.wants("patches"):
            report.add(await patched(plan, attacked, start_ms, SECONDS * shrunk))
        if plan.wants("moves"):
            report.add(await moved(attacked, start_ms, max(3, round(MOVES * shrunk))))
        if plan.wants("deletions"):
            report.add(await deleted(attacked, start_ms, max(3, round(MOVES * shrunk))))
        if plan.wants("late after a move"):
            report.add(await late_after_a_move(attacked, start_ms))
        if plan.wants("checkpoint"):
            report.add(await checkpoint(attacked))


async def patched(plan: Plan, attacked: Stand, start_ms: int, seconds: float) -> Row:
    """Edits that change no conclusion, as fast as they are answered, while devices stream."""
    devices = await attacked.office.register_all([f"3500004{n:08d}" for n in range(PATCHED)])
    count = HISTORY_MS // 1000 // tracks.STEP_S
    witnesses = [
        Witness(
            device,
            attacked.port_offset,
            tracks.Disorder(tracks.Shuttle(start_ms, count, lane), Random(plan.seed + lane)),
            pause_s=0.1,
        )
        for lane, device in enumerate(devices)
    ]
    running = asyncio.gather(*[each.run() for each in witnesses])
    tries = await edit(attacked.office, devices, time.monotonic() + seconds, Random(plan.seed))
    await finish(witnesses, running)
    clean = await clean_run(plan, witnesses, start_ms)
    row = Row(
        name="patches",
        promise="Edits of vehicles, devices and drivers that change no conclusion change none.",
        tries=tries.total(),
        note=", ".join(f"{name} {number}" for name, number in tries.items()),
    )
    row = await judged(row, attacked.office, witnesses, start_ms, clean)
    return msgspec.structs.replace(row, restarts=attacked.restarts)


async def edit(
    office: Office, devices: Sequence[Registered], until_s: float, chance: Random
) -> Counter[str]:
    driver = await office.post("/drivers", {"firstName": "Ada", "lastName": "Byron"})
    fleet = await office.post("/fleets", {"name": "Edited"})
    tries: Counter[str] = Counter()
    while time.monotonic() < until_s:
        device = chance.choice(devices)
        vehicle = f"/vehicles/{device.vehicle_id}"
        # The longest time that a clock may run ahead, and the speed for an engine stop: neither
        # decides anything about a track of the past.
        number = tries.total()
        edits = {
            "futureMaxS": (vehicle, {"thresholds": {"futureMaxS": 86_400 + number % 7}}),
            "engineStop": (vehicle, {"thresholds": {"engineStopMaxSpeedKmh": 10 + number % 7}}),
            "name": (vehicle, {"make": f"Make {number}"}),
            "fleet": (vehicle, {"fleetId": chance.choice((fleet["id"], None))}),
            "device": (f"/devices/{device.device_id}", {"name": f"Box {number}"}),
            "lenient": (f"/devices/{device.device_id}", {"lenient": number % 2 == 0}),
            "driver": (f"/drivers/{driver['id']}", {"licenseNumber": f"L{number}"}),
        }
        name = chance.choice(list(edits))
        await office.patch(*edits[name])
        tries[name] += 1
        await asyncio.sleep(0.05)
    return tries


async def compared(
    attacked: Stand,
    devices: Sequence[Registered],
    positions: Sequence[Position],
    start_ms: int,
) -> tuple[int, list[str]]:
    """Records that are missing in the vehicles that drove, and what contradicts their track."""
    times = [position.fix_time_ms for position in positions]
    found = await asyncio.gather(
        *[
            account(attacked.office, each.vehicle_id, times, start_ms, PATIENCE_S)
            for each in devices
        ]
    )
    lost = sum(each.missing for each in found)
    hurt = sum(bool(each.contradictions) for each in found)
    words = [word for each in found for word in each.contradictions]
    return lost, [f"{hurt} of {len(devices)} vehicles: {word}" for word in sorted(set(words))]


async def moved(attacked: Stand, start_ms: int, count: int) -> Row:
    """A device leaves its vehicle right after its last acknowledgement, as in finding 10."""
    office, positions = attacked.office, tracks.shuttle(start_ms, RECORDS)
    other = await office.post("/vehicles", {"name": "where they are moved to"})
    devices = []
    for number in range(count):
        device = await office.register(f"3500005{number:08d}")
        await deliver(device, attacked.port_offset, tracks.orderly(positions))
        await office.patch(f"/devices/{device.device_id}", {"vehicleId": other["id"]})
        devices.append(device)
    lost, words = await compared(attacked, devices, positions, start_ms)
    return Row(
        name="moves",
        promise="A device that is moved right after its last acknowledgement leaves every trip and "
        "total with the vehicle that drove.",
        tries=count,
        acknowledged=count * RECORDS,
        lost=lost,
        differences=len(words),
        broken=tuple(words[:4]),
    )


async def deleted(attacked: Stand, start_ms: int, count: int) -> Row:
    office, positions = attacked.office, tracks.shuttle(start_ms, RECORDS)
    devices = []
    for number in range(count):
        device = await office.register(f"3500006{number:08d}")
        await deliver(device, attacked.port_offset, tracks.orderly(positions))
        await office.delete(f"/devices/{device.device_id}")
        devices.append(device)
    lost, words = await compared(attacked, devices, positions, start_ms)
    return Row(
        name="deletions",
        promise="A device that is deleted right after its last acknowledgement leaves every trip "
        "and total with its vehicle.",
        tries=count,
        acknowledged=count * RECORDS,
        lost=lost,
        differences=len(words),
        broken=tuple(words[:4]),
    )


async def late_after_a_move(attacked: Stand, start_ms: int) -> Row:
    """A move in the middle of a drive; then half of what came before the move arrives.

    When the move takes effect is the server's business, as long as it is one moment: each record
    belongs to one vehicle, those before it to the first, those after it to the second.
    """
    office = attacked.office
    device = await office.register("350000700000001")
    other = await office.post("/vehicles", {"name": "second of two"})
    # The past must be of before the move and the rest of after it, by the clock.
    now_ms = int(time.time()) * 1000
    before = tracks.shuttle(now_ms - 3_600_000, 300)
    late, early = before[1:300:2], before[0:300:2]
    await deliver(device, attacked.port_offset, tracks.orderly(early))
    await office.patch(f"/devices/{device.device_id}", {"vehicleId": other["id"]})
    await deliver(device, attacked.port_offset, tracks.orderly(late))
    period = history.span(now_ms - 3_600_000, now_ms)
    with suppress(TimeoutError):
        await history.settled(office, device.vehicle_id, period, len(before), 30.0)
    mine = await history.fixes(office, device.vehicle_id, period)
    theirs = await history.fixes(office, other["id"], period)
    trips = [
        len(await office.items(f"/vehicles/{vehicle}/trips", **period))
        for vehicle in (device.vehicle_id, other["id"])
    ]
    expected = tracks.known(now_ms - 3_600_000, len(before)).legs
    broken = []
    if theirs:
        broken.append(f"{len(theirs)} of {len(late)} late records count for the new vehicle")
    if trips[1] or trips[0] < expected:
        broken.append(f"{trips[0]} trips stand with the first vehicle, {trips[1]} with the second")
    return Row(
        name="late after a move",
        promise="Late records of before a move count for the vehicle that drove then.",
        acknowledged=len(before),
        lost=len({p.fix_time_ms for p in before} - {*mine, *theirs}),
        differences=len(broken),
        broken=tuple(broken),
    )


async def checkpoint(attacked: Stand) -> Row:
    """At the second of two clean restarts nothing is folded again.

    The log says what a start folds again. That it does is tried at the end with a SIGKILL right
    after an acknowledgement, for a log that says nothing would prove nothing.
    """
    await asyncio.sleep(5)
    codes = [await attacked.restart()]
    told_before = len(attacked.server.log())
    codes.append(await attacked.restart())
    again = folded_again(attacked, told_before)
    broken = [f"the exit code of a clean stop is {code}" for code in codes if code]
    broken += [f"a clean start folded again: {line}" for line in again]
    device = await attacked.office.register("350000800000001")
    positions = tracks.shuttle(int(time.time()) * 1000 - 5_000_000, RECORDS)
    await deliver(device, attacked.port_offset, tracks.orderly(positions))
    attacked.server.kill()
    told_before = len(attacked.server.log())
    attacked.server.start()
    await attacked.ready()
    told = bool(folded_again(attacked, told_before))
    return Row(
        name="checkpoint",
        promise="After all these edits a clean restart folds nothing again.",
        tries=2,
        differences=len(again),
        broken=tuple(broken),
        note="" if told else "the log does not say what a start folds again, not even after a kill",
    )


def folded_again(attacked: Stand, after_line: int) -> list[str]:
    """What a start said that it folds again."""
    return [
        str({name: value for name, value in line.items() if name != "timestamp"})
        for line in attacked.server.log()[after_line:]
        if "recovering" in str(line["event"])
    ]


PART = Part("edits", PROMISE, run)
