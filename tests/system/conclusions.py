"""Trips as the API shows them and as the pure stream concludes them, in one comparable form."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Rollup, Trip
from milepost.stream.pipeline import end_unheard, initial_state, open_outputs
from tests.folding import advance
from tests.system.server import items, milliseconds

Ended = tuple[int, int, float]
DAY_MS = 86_400_000
# Start of a bucket, positions, metres, seconds of driving and of idling, the fastest.
Summed = tuple[int, int, float, float, float, float]


def expected_trips(positions: Sequence[Position]) -> list[Ended]:
    """Start, end and metres of every ended trip.

    The last one has ended, if not before, where nobody has heard of the vehicle for so long.
    """
    state, outputs = advance(initial_state(), positions, Thresholds())
    trips = {each.start_time: each for each in outputs if isinstance(each, Trip)}
    unheard = end_unheard(state, round(time.time() * 1000), Thresholds())
    if unheard is not None:
        trips[unheard.start_time] = unheard
    return sorted(
        (_ms(trip.start_time), _ms(trip.end_time), round(trip.distance_m, 3))
        for trip in trips.values()
        if trip.end_time is not None
    )


async def stored_trips(client: httpx.AsyncClient, path: str, span: dict[str, str]) -> list[Ended]:
    return sorted(
        (
            milliseconds(trip["startTime"]),
            milliseconds(trip["endTime"]),
            round(trip["distanceM"], 3),
        )
        for trip in await items(client, f"{path}/trips", **span)
        if trip.get("endTime")
    )


def expected_totals(positions: Sequence[Position]) -> list[Summed]:
    """The totals of every 10 minutes, the open ones included."""
    state, outputs = advance(initial_state(), positions, Thresholds())
    totals = {
        each.bucket_start_ms: each
        for each in [*outputs, *open_outputs(state)]
        if isinstance(each, Rollup)
    }
    return [
        (
            start_ms,
            each.position_count,
            each.distance_m,
            each.driving_s,
            each.idling_s,
            each.max_speed_kmh,
        )
        for start_ms, each in sorted(totals.items())
    ]


def by_day(totals: Sequence[Summed]) -> list[Summed]:
    """Totals of 10 minutes added up by UTC days."""
    days: dict[int, list[Summed]] = {}
    for total in totals:
        days.setdefault(total[0] // DAY_MS * DAY_MS, []).append(total)
    return [
        (
            day_ms,
            sum(each[1] for each in found),
            sum(each[2] for each in found),
            sum(each[3] for each in found),
            sum(each[4] for each in found),
            max(each[5] for each in found),
        )
        for day_ms, found in sorted(days.items())
    ]


async def stored_totals(
    client: httpx.AsyncClient, path: str, span: dict[str, str], bucket: str
) -> list[Summed]:
    answer = await client.get(f"{path}/totals", params={**span, "bucket": bucket})
    assert answer.status_code == httpx.codes.OK, answer.text
    return [
        (
            milliseconds(each["bucketStart"]),
            each["positionCount"],
            each["distanceM"],
            each["drivingS"],
            each["idlingS"],
            each["maxSpeedKmh"],
        )
        for each in answer.json()["items"]
    ]


async def stored_fixes(client: httpx.AsyncClient, path: str, span: dict[str, str]) -> list[int]:
    found: list[dict[str, Any]] = await items(client, f"{path}/positions", **span)
    return [milliseconds(each["fixTime"]) for each in found]


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
