"""Totals of vehicles, bucket by bucket."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Literal
from uuid import UUID

from milepost.domain.scope import Scope
from milepost.errors import InvalidInput
from milepost.features.periods import Period
from milepost.features.totals.schemas import TotalsPage, TotalsView
from milepost.stores.telemetry import Telemetry, Total

Bucket = Literal["10min", "day"]

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
    if not vehicle_ids:
        return TotalsPage(items=[], next=None)
    found = await telemetry.totals(scope, vehicle_ids, period.from_ms, period.to_ms, bucket)
    return TotalsPage(items=summed(found), next=None)


def summed(totals: Iterable[Total]) -> list[TotalsView]:
    """One total per bucket, in the order of time."""
    ordered = sorted(totals, key=_bucket_start_ms)
    return [
        _sum(start_ms, list(of_bucket))
        for start_ms, of_bucket in groupby(ordered, _bucket_start_ms)
    ]


def _sum(bucket_start_ms: int, totals: list[Total]) -> TotalsView:
    return TotalsView(
        bucket_start=datetime.fromtimestamp(bucket_start_ms / 1000, UTC),
        vehicle_count=len(totals),
        position_count=sum(total.position_count for total in totals),
        distance_m=sum(total.distance_m for total in totals),
        driving_s=sum(total.driving_s for total in totals),
        idling_s=sum(total.idling_s for total in totals),
        max_speed_kmh=max(total.max_speed_kmh for total in totals),
        fuel_used_l=sum(total.fuel_used_l for total in totals),
    )


def _bucket_start_ms(total: Total) -> int:
    return total.bucket_start_ms
