"""What people change while devices drive takes no conclusion away: against the running server."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from milepost.domain.position import Position
from milepost.protocols.teltonika import PROTOCOL
from tests.system import waiting
from tests.system.conclusions import expected_trips, stored_trips
from tests.system.devices import Tracker, drive, packets_of
from tests.system.server import Server, items, vehicle_path, whole_days

STEP_S = 10
RECORDS = 400
MOVES = 4


# A drive begins five to six hours ago: so much later, its copy begins within the next hour.
AFTER_THE_MOVE_MS = 6 * 3_600_000


def a_drive(lane: int) -> tuple[list[Position], dict[str, str]]:
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    positions = drive(start, RECORDS, lane=lane, step_s=STEP_S, halt_after=50)
    return positions, whole_days(start, start + timedelta(hours=4))


def period_of(positions: list[Position]) -> dict[str, str]:
    first, last = (
        datetime.fromtimestamp(each.fix_time_ms / 1000, UTC)
        for each in (positions[0], positions[-1])
    )
    return whole_days(first, last + timedelta(seconds=STEP_S))


def tracker_of(server: Server, unique_id: str, positions: list[Position]) -> Tracker:
    tracker = Tracker(unique_id, PROTOCOL, server.port_offset)
    tracker.unsent = list(packets_of(positions, 40))
    return tracker


async def device_of(client: httpx.AsyncClient, unique_id: str) -> dict[str, Any]:
    (found,) = [each for each in await items(client, "/devices") if each["uniqueId"] == unique_id]
    return found


async def add_vehicle(client: httpx.AsyncClient, name: str) -> str:
    """A vehicle that believes the fixes of the next hours: what follows a move is recorded then."""
    new = {"name": name, "thresholds": {"futureMaxS": 6 * 3600}}
    answer = await client.post("/vehicles", json=new)
    assert answer.status_code == httpx.codes.CREATED, answer.text
    return str(answer.json()["id"])


async def counted(client: httpx.AsyncClient, path: str, period: dict[str, str]) -> int:
    answer = await client.get(f"{path}/totals", params={"bucket": "day", **period})
    assert answer.status_code == httpx.codes.OK, answer.text
    return sum(each["positionCount"] for each in answer.json()["items"])


async def assert_whole(
    client: httpx.AsyncClient, path: str, positions: list[Position], period: dict[str, str]
) -> None:
    trips = expected_trips(positions)
    assert trips
    await waiting.equals(lambda: stored_trips(client, path, period), trips)
    await waiting.equals(lambda: counted(client, path, period), len(positions))


async def test_moved_right_after_the_acknowledgement(shared: Server) -> None:
    async with shared.client() as client:
        for number in range(MOVES):
            unique_id = f"35000000000081{number}"
            positions, period = a_drive(number)
            await tracker_of(shared, unique_id, positions).send()
            path = await vehicle_path(client, unique_id)
            device = await device_of(client, unique_id)
            other = await add_vehicle(client, f"other of {unique_id}")
            moved = await client.patch(f"/devices/{device['id']}", json={"vehicleId": other})
            assert moved.is_success, moved.text
            await assert_whole(client, path, positions, period)
            # What is recorded from now on is the other vehicle's, from its own beginning.
            later = [
                Position(
                    p.fix_time_ms + AFTER_THE_MOVE_MS,
                    p.latitude_deg,
                    p.longitude_deg,
                    speed_kmh=p.speed_kmh,
                    ignition=p.ignition,
                )
                for p in positions[:200]
            ]
            await tracker_of(shared, unique_id, later).send()
            await assert_whole(client, f"/vehicles/{other}", later, period_of(later))
            await assert_whole(client, path, positions, period)


async def test_deleted_right_after_the_acknowledgement(shared: Server) -> None:
    async with shared.client() as client:
        for number in range(MOVES):
            unique_id = f"35000000000082{number}"
            positions, period = a_drive(number)
            await tracker_of(shared, unique_id, positions).send()
            path = await vehicle_path(client, unique_id)
            device = await device_of(client, unique_id)
            deleted = await client.delete(f"/devices/{device['id']}")
            assert deleted.is_success, deleted.text
            await assert_whole(client, path, positions, period)


async def test_a_vehicle_is_edited_all_the_time_while_it_drives(shared: Server) -> None:
    unique_ids = [f"35000000000083{number}" for number in range(3)]
    drives = [a_drive(number) for number in range(3)]
    trackers = []
    for unique_id, (positions, _) in zip(unique_ids, drives, strict=True):
        tracker = Tracker(unique_id, PROTOCOL, shared.port_offset, pause_s=0.02)
        tracker.unsent = list(packets_of(positions, 5))
        trackers.append(tracker)
    async with shared.client() as client:
        first = [asyncio.create_task(tracker.deliver()) for tracker in trackers]
        for tracker in trackers:
            await tracker.acknowledged_more(5)
        paths = [await vehicle_path(client, unique_id) for unique_id in unique_ids]
        patches = 0
        while not all(task.done() for task in first):
            change = {"thresholds": {"futureMaxS": 90_000 + patches}}
            answer = await client.patch(paths[patches % 3], json=change)
            assert answer.is_success, answer.text
            patches += 1
        await asyncio.gather(*first)
        assert patches > 10
        for path, (positions, period) in zip(paths, drives, strict=True):
            await assert_whole(client, path, positions, period)


async def test_the_checkpoint_goes_on_after_moves_and_removals(server: Server) -> None:
    """A restart folds nothing again that was written before it."""
    positions, period = a_drive(0)
    async with server.client() as client:
        for number, change in enumerate(("move", "delete")):
            unique_id = f"35000000000084{number}"
            await tracker_of(server, unique_id, positions).send()
            path = await vehicle_path(client, unique_id)
            device = await device_of(client, unique_id)
            if change == "move":
                other = await add_vehicle(client, "other")
                await client.patch(f"/devices/{device['id']}", json={"vehicleId": other})
            else:
                await client.delete(f"/devices/{device['id']}")
            await assert_whole(client, path, positions, period)
        # Whatever is written now takes the checkpoint along.
        await tracker_of(server, "350000000000849", positions).send()
        path = await vehicle_path(client, "350000000000849")
        await assert_whole(client, path, positions, period)
    assert server.stop() == 0
    server.start()
    await server.ready()
    recovered = [line for line in server.log() if line["event"] == "processor.recovering"]
    assert sum(line["devices"] for line in recovered) == 0
