"""Totals of vehicles, bucket by bucket."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from milepost.domain.scope import Scope
from milepost.errors import InvalidInput
from milepost.features.periods import Period
from milepost.features.slices import chunks, in_slices
from milepost.features.totals.schemas import TotalsPage, TotalsView
from milepost.stores.fleet_queries import totals_together
from milepost.stores.telemetry import Telemetry
from milepost.stores.totals_read import SharedTotal, Total

Bucket = Literal["10min", "day"]

IDS_A_QUERY = 2000
"""A ClickHouse server takes 128 KiB of one parameter; an id has 39 characters with its quotes."""

_TEN_MINUTES_MS = 600_000
_DAY_MS = 86_400_000
MAX_LENGTH = {"10min": timedelta(days=31), "day": timedelta(days=1100)}


async def read_totals(
    telemetry: Telemetry, scope: Scope, vehicle_ids: list[UUID], period: Period, bucket: Bucket
) -> TotalsPage:
    """The totals of the vehicles together.

    Raises:
        InvalidInput: the period is longer than what one answer may hold.
        Unavailable: ClickHouse does not answer.
    """
    _check_length(period, bucket)
    buckets: dict[int, SharedTotal] = {}
    for ids in chunks(vehicle_ids, IDS_A_QUERY):
        found = await totals_together(telemetry, scope, ids, period.from_ms, period.to_ms, bucket)
        for total in found:
            add_to(buckets, total)
    return TotalsPage(items=await in_slices(_ordered(buckets), _view), next=None)


async def read_own_totals(
    telemetry: Telemetry,
    scope: Scope,
    parts: Mapping[UUID, Period],
    period: Period,
    bucket: Bucket,
) -> TotalsPage:
    """The totals of vehicles, each within its part of the period, together.

    What lies only in part in such a part is left out: totals are of whole 10 minutes, and a day's
    are summed up from these.

    Raises:
        InvalidInput: the period is longer than what one answer may hold of 10 minutes each.
        Unavailable: ClickHouse does not answer.
    """
    _check_length(period, "10min")
    length_ms = _DAY_MS if bucket == "day" else _TEN_MINUTES_MS
    buckets: dict[int, SharedTotal] = {}
    for vehicle_id, part in parts.items():
        found = await telemetry.totals(scope, [vehicle_id], part.from_ms, part.to_ms, "10min")
        own = [total for total in found if _lies_in(total, part)]
        for total in _of_one_vehicle(own, length_ms):
            add_to(buckets, total)
    return TotalsPage(items=await in_slices(_ordered(buckets), _view), next=None)


def _check_length(period: Period, bucket: Bucket) -> None:
    longest = MAX_LENGTH[bucket]
    if period.length_s > longest.total_seconds():
        raise InvalidInput("from", f"{period.length_s:.0f} s before `to`", f"{longest.days} days")


def _lies_in(total: Total, part: Period) -> bool:
    start_ms, end_ms = total.bucket_start_ms, total.bucket_start_ms + _TEN_MINUTES_MS
    return any(from_ms <= start_ms and end_ms <= to_ms for from_ms, to_ms in part.spans or ())


def _of_one_vehicle(totals: list[Total], length_ms: int) -> list[SharedTotal]:
    """A vehicle's totals of 10 minutes in longer buckets; it is one vehicle in each."""
    buckets: dict[int, SharedTotal] = {}
    for each in totals:
        start_ms = each.bucket_start_ms // length_ms * length_ms
        fields = msgspec.structs.asdict(each) | {"bucket_start_ms": start_ms, "vehicle_count": 1}
        del fields["vehicle_id"]
        add_to(buckets, SharedTotal(**fields))
    return [msgspec.structs.replace(each, vehicle_count=1) for each in buckets.values()]


def add_to(buckets: dict[int, SharedTotal], total: SharedTotal) -> None:
    """Add the totals of further vehicles to those of the same bucket."""
    known = buckets.get(total.bucket_start_ms)
    buckets[total.bucket_start_ms] = total if known is None else _sum(known, total)


def _sum(one: SharedTotal, other: SharedTotal) -> SharedTotal:
    return SharedTotal(
        bucket_start_ms=one.bucket_start_ms,
        vehicle_count=one.vehicle_count + other.vehicle_count,
        position_count=one.position_count + other.position_count,
        distance_m=one.distance_m + other.distance_m,
        driving_s=one.driving_s + other.driving_s,
        idling_s=one.idling_s + other.idling_s,
        max_speed_kmh=max(one.max_speed_kmh, other.max_speed_kmh),
        fuel_used_l=one.fuel_used_l + other.fuel_used_l,
    )


def _ordered(buckets: dict[int, SharedTotal]) -> list[SharedTotal]:
    return [buckets[start_ms] for start_ms in sorted(buckets)]


def _view(total: SharedTotal) -> TotalsView:
    return TotalsView(
        bucket_start=datetime.fromtimestamp(total.bucket_start_ms / 1000, UTC),
        vehicle_count=total.vehicle_count,
        position_count=total.position_count,
        distance_m=total.distance_m,
        driving_s=total.driving_s,
        idling_s=total.idling_s,
        max_speed_kmh=total.max_speed_kmh,
        fuel_used_l=total.fuel_used_l,
    )
