"""A day that arrives backwards gives the same trips and totals as one that arrives in order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from milepost.domain.position import Position
from milepost.protocols.teltonika import PROTOCOL
from tests.system import waiting
from tests.system.conclusions import expected_trips, stored_fixes, stored_trips
from tests.system.devices import Tracker, drive, packets_of
from tests.system.server import Server, items, vehicle_path, whole_days

ORDERED, REVERSED = "350000000000701", "350000000000702"
STEP_S = 20
POSITIONS = 1440
HALT_AFTER = 120


async def send(server: Server, unique_id: str, packets: list[list[Position]]) -> None:
    tracker = Tracker(unique_id, PROTOCOL, server.port_offset)
    tracker.unsent = list(packets)
    await tracker.send()


async def totals(client: httpx.AsyncClient, path: str, **query: str) -> list[dict[str, Any]]:
    answer = await client.get(f"{path}/totals", params=query)
    assert answer.status_code == httpx.codes.OK, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def counted(client: httpx.AsyncClient, path: str, **query: str) -> int:
    return sum(each["positionCount"] for each in await totals(client, path, **query))


async def test_a_day_in_reverse_equals_the_day_in_order(shared: Server) -> None:
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=10)
    positions = drive(start, POSITIONS, step_s=STEP_S, halt_after=HALT_AFTER)
    packets = packets_of(positions, 24)
    await send(shared, ORDERED, packets)
    await send(shared, REVERSED, packets[::-1])
    period = whole_days(start, start + timedelta(hours=10))
    expected = expected_trips(positions)
    assert len(expected) == POSITIONS // (2 * HALT_AFTER)
    async with shared.client() as client:
        ordered, backwards = [
            await vehicle_path(client, unique_id) for unique_id in (ORDERED, REVERSED)
        ]
        for path in (ordered, backwards):
            await waiting.equals(lambda path=path: stored_trips(client, path, period), expected)
            fixes = await stored_fixes(client, path, period)
            assert fixes == [position.fix_time_ms for position in positions]
        for bucket in ("10min", "day"):
            await waiting.equals(
                lambda bucket=bucket: counted(client, ordered, bucket=bucket, **period), POSITIONS
            )
            in_order = await totals(client, ordered, bucket=bucket, **period)
            await waiting.equals(
                lambda bucket=bucket: totals(client, backwards, bucket=bucket, **period), in_order
            )
            await assert_sums(client, ordered, in_order, period)


async def assert_sums(
    client: httpx.AsyncClient, path: str, found: list[dict[str, Any]], period: dict[str, str]
) -> None:
    trips = await items(client, f"{path}/trips", **period)
    for name in ("distanceM", "drivingS"):
        driven = sum(trip[name] for trip in trips)
        assert sum(each[name] for each in found) == pytest.approx(driven, rel=1e-6)
