"""Totals of vehicles, bucket by bucket."""

from collections.abc import Iterable, Mapping
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
    if not vehicle_ids:
        return TotalsPage(items=[], next=None)
    found = await telemetry.totals(scope, vehicle_ids, period.from_ms, period.to_ms, bucket)
    return TotalsPage(items=summed(found), next=None)


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
    own: list[Total] = []
    for vehicle_id, part in parts.items():
        found = await telemetry.totals(scope, [vehicle_id], part.from_ms, part.to_ms, "10min")
        own += [total for total in found if _lies_in(total, part)]
    return TotalsPage(items=summed(_by_day(own) if bucket == "day" else own), next=None)


def _check_length(period: Period, bucket: Bucket) -> None:
    longest = MAX_LENGTH[bucket]
    if period.length_s > longest.total_seconds():
        raise InvalidInput("from", f"{period.length_s:.0f} s before `to`", f"{longest.days} days")


def _lies_in(total: Total, part: Period) -> bool:
    start_ms, end_ms = total.bucket_start_ms, total.bucket_start_ms + _TEN_MINUTES_MS
    return any(from_ms <= start_ms and end_ms <= to_ms for from_ms, to_ms in part.spans or ())


def _by_day(totals: Iterable[Total]) -> list[Total]:
    """Totals of 10 minutes as totals of days, for each vehicle."""

    def day_of(total: Total) -> tuple[UUID, int]:
        return total.vehicle_id, total.bucket_start_ms // _DAY_MS * _DAY_MS

    grouped = groupby(sorted(totals, key=day_of), day_of)
    return [_together(*day, list(of_day)) for day, of_day in grouped]


def _together(vehicle_id: UUID, start_ms: int, totals: list[Total]) -> Total:
    return Total(
        vehicle_id=vehicle_id,
        bucket_start_ms=start_ms,
        position_count=sum(total.position_count for total in totals),
        distance_m=sum(total.distance_m for total in totals),
        driving_s=sum(total.driving_s for total in totals),
        idling_s=sum(total.idling_s for total in totals),
        max_speed_kmh=max(total.max_speed_kmh for total in totals),
        fuel_used_l=sum(total.fuel_used_l for total in totals),
    )


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
