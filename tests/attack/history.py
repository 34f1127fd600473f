"""What a server says of a vehicle's past, in a form that can be compared."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from tests.attack.office import Office
from tests.attack.tracks import STEP_M, Known
from tests.system.server import milliseconds

PATIENCE_S = 60.0
LOOK_EVERY_S = 1.0
# Names that differ between two servers, or with the moment of arrival.
_OWN = {"id", "vehicleId", "deviceId", "driverId", "receivedTime", "late", "vehicleCount"}
DAY_MS = 86_400_000


class History(msgspec.Struct, frozen=True):
    """Conclusions as canonical texts, and fix times as the server has them."""

    fixes: list[int]
    conclusions: dict[str, list[str]]

    def differences(self, other: "History") -> dict[str, int]:
        """How many conclusions of each kind only one of the two has."""
        found = {}
        for kind, mine in self.conclusions.items():
            ours, theirs = Counter(mine), Counter(other.conclusions[kind])
            found[kind] = ((ours - theirs) + (theirs - ours)).total()
        return {kind: count for kind, count in found.items() if count}


def span(start_ms: int, end_ms: int) -> dict[str, str]:
    """Whole days around both, so that day totals are whole."""
    first, last = start_ms // DAY_MS * DAY_MS, (end_ms // DAY_MS + 1) * DAY_MS
    return {"from": _text(first), "to": _text(last)}


def _text(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat()


async def fixes(office: Office, vehicle_id: str, period: dict[str, str]) -> list[int]:
    found = await office.items(f"/vehicles/{vehicle_id}/positions", **period)
    return [milliseconds(each["fixTime"]) for each in found]


async def conclusions(
    office: Office, vehicle_id: str, period: dict[str, str]
) -> dict[str, list[str]]:
    path = f"/vehicles/{vehicle_id}"
    found = {
        kind: _canonical(await office.items(f"{path}/{kind}", **period))
        for kind in ("trips", "stops", "events")
    }
    for bucket in ("10min", "day"):
        totals = await office.get(f"{path}/totals", bucket=bucket, **period)
        found[f"totals {bucket}"] = _canonical(totals["items"])
    return found


def _canonical(items: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(_plain(item), sort_keys=True) for item in items)


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    kept = {name: _rounded(value) for name, value in item.items() if name not in _OWN}
    if item.get("endTime", "") is None:
        # It grows with the clock until it ends.
        kept.pop("durationS", None)
        kept.pop("averageSpeedKmh", None)
    return kept


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return value


async def counted(office: Office, vehicle_id: str, period: dict[str, str]) -> int:
    """How many reports are in the 10-minute totals."""
    totals = await office.get(f"/vehicles/{vehicle_id}/totals", bucket="10min", **period)
    return sum(each["positionCount"] for each in totals["items"])


async def settled(
    office: Office, vehicle_id: str, period: dict[str, str], count: int, patience_s: float
) -> None:
    """Wait until the totals have so many reports, or patience ends."""
    deadline_s = time.monotonic() + patience_s
    while await counted(office, vehicle_id, period) != count and time.monotonic() < deadline_s:
        await asyncio.sleep(LOOK_EVERY_S)


async def read(
    office: Office,
    vehicle_id: str,
    period: dict[str, str],
    count: int,
    patience_s: float = PATIENCE_S,
) -> History:
    """The history once its totals have so many reports, or patience has ended."""
    await settled(office, vehicle_id, period, count, patience_s)
    found = await conclusions(office, vehicle_id, period)
    return History(await fixes(office, vehicle_id, period), found)


def missing_and_doubled(found: History, acknowledged: Iterable[int]) -> tuple[int, int]:
    """How many acknowledged records are not there, and how many are there twice."""
    counts = Counter(found.fixes)
    missing = sum(fix not in counts for fix in acknowledged)
    return missing, sum(count - 1 for count in counts.values())


def against_arithmetic(found: History, known: Known) -> list[str]:
    """What contradicts the track itself, in words."""
    trips = [json.loads(text) for text in found.conclusions["trips"]]
    ended = [trip for trip in trips if trip["endTime"] is not None]
    wrong = []
    if len(ended) != known.legs:
        wrong.append(f"{len(ended)} ended trips instead of {known.legs}")
    off = [trip for trip in ended if abs(trip["distanceM"] - known.last_leg_m) > 1.1 * STEP_M]
    if off:
        wrong.append(f"{len(off)} trips are not {known.last_leg_m / 1000:.1f} km long")
    counts = {
        milliseconds(total["bucketStart"]): total["positionCount"]
        for total in map(json.loads, found.conclusions["totals 10min"])
    }
    buckets = counts.keys() | known.counts.keys()
    off_counts = sum(counts.get(each) != known.counts.get(each) for each in buckets)
    if off_counts:
        told, true = sum(counts.values()), sum(known.counts.values())
        wrong.append(
            f"{off_counts} of {len(known.counts)} ten-minute totals miscount the reports "
            f"({told} of {true})"
        )
    return wrong
