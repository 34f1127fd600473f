"""Trips as the API shows them and as the pure stream concludes them, in one comparable form."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Trip
from milepost.stream.pipeline import advance, initial_state
from tests.system.server import items, milliseconds

Ended = tuple[int, int, float]


def expected_trips(positions: Sequence[Position]) -> list[Ended]:
    """Start, end and metres of every ended trip."""
    _, outputs = advance(initial_state(), positions, Thresholds())
    trips = {each.start_time: each for each in outputs if isinstance(each, Trip)}
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


async def stored_fixes(client: httpx.AsyncClient, path: str, span: dict[str, str]) -> list[int]:
    found: list[dict[str, Any]] = await items(client, f"{path}/positions", **span)
    return [milliseconds(each["fixTime"]) for each in found]


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
