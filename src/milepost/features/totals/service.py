"""Totals of vehicles, bucket by bucket."""

from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from milepost.domain.scope import Scope
from milepost.errors import InvalidInput
from milepost.features.periods import Period
from milepost.features.slices import chunks, in_slices
from milepost.features.totals.schemas import TotalsPage, TotalsView
from milepost.stores.fleet_queries import totals_together
from milepost.stores.telemetry import Telemetry
from milepost.stores.totals_read import SharedTotal

Bucket = Literal["10min", "day"]

IDS_A_QUERY = 2000
"""A ClickHouse server takes 128 KiB of one parameter; an id has 39 characters with its quotes."""

MAX_LENGTH = {"10min": timedelta(days=31), "day": timedelta(days=1100)}


async def read_totals(
    telemetry: Telemetry, scope: Scope, vehicle_ids: list[UUID], period: Period, bucket: Bucket
) -> TotalsPage:
    """The totals of the vehicles together.

    Raises:
        InvalidInput: the period is longer than what one answer may hold.
        Unavailable: ClickHouse does not answer.
    """
    longest = MAX_LENGTH[bucket]
    if period.length_s > longest.total_seconds():
        raise InvalidInput("from", f"{period.length_s:.0f} s before `to`", f"{longest.days} days")
    buckets: dict[int, SharedTotal] = {}
    for ids in chunks(vehicle_ids, IDS_A_QUERY):
        found = await totals_together(telemetry, scope, ids, period.from_ms, period.to_ms, bucket)
        for total in found:
            add_to(buckets, total)
    return TotalsPage(items=await in_slices(_ordered(buckets), _view), next=None)


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
