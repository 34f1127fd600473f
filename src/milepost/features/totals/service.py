"""Totals of vehicles, bucket by bucket."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from milepost.domain.scope import Scope
from milepost.errors import InvalidInput
from milepost.features.periods import Period
from milepost.features.slices import chunks, in_slices
from milepost.features.totals.days import TEN_MINUTES_MS, Day, Days, days_of
from milepost.features.totals.schemas import TotalsPage, TotalsView
from milepost.features.wire import time_of
from milepost.stores.fleet_queries import Cuts, totals_between, totals_together
from milepost.stores.telemetry import Telemetry
from milepost.stores.totals_read import SharedTotal, Total

Bucket = Literal["10min", "day"]

IDS_A_QUERY = 2000
"""A ClickHouse server takes 128 KiB of one parameter; an id has 39 characters with its quotes."""

# What takes 5 s and 15 s of two cores: ADR 0030 has the figures.
MOST_VEHICLE_DAYS = 500_000
MOST_DIVIDED_VEHICLE_DAYS = 20_000

MAX_LENGTH = {"10min": timedelta(days=31), "day": timedelta(days=1100)}


async def read_totals(
    telemetry: Telemetry, scope: Scope, vehicle_ids: list[UUID], period: Period, zone: ZoneInfo
) -> TotalsPage:
    """The totals of ten minutes each that begin in the period, of the vehicles together.

    Raises:
        InvalidInput: the period is longer than what one answer may hold.
        Unavailable: ClickHouse does not answer.
    """
    _check_length(period, "10min")
    buckets: dict[int, SharedTotal] = {}
    for ids in chunks(vehicle_ids, IDS_A_QUERY):
        for total in await totals_together(
            telemetry, scope, ids, period.from_ms, period.to_ms, "10min"
        ):
            add_to(buckets, total)
    return await _page_of_ten_minutes(buckets, zone)


async def read_own_totals(
    telemetry: Telemetry, scope: Scope, parts: Mapping[UUID, Period], period: Period, zone: ZoneInfo
) -> TotalsPage:
    """The totals of ten minutes each, of vehicles, each within its part of the period, together.

    Ten minutes that lie only in part in such a part are left out.

    Raises:
        InvalidInput: the period is longer than what one answer may hold.
        Unavailable: ClickHouse does not answer.
    """
    _check_length(period, "10min")
    buckets: dict[int, SharedTotal] = {}
    for vehicle_id, part in parts.items():
        found = await telemetry.totals(scope, [vehicle_id], part.from_ms, part.to_ms, "10min")
        for total in found:
            if _lies_in(total, part):
                add_to(buckets, _shared(total))
    return await _page_of_ten_minutes(buckets, zone)


async def read_days(
    telemetry: Telemetry, scope: Scope, vehicle_ids: list[UUID], period: Period, zone: ZoneInfo
) -> TotalsPage:
    """The totals of the zone's days in the period, of the vehicles together.

    Raises:
        InvalidInput: the period is longer than what one answer may hold, or than may be summed up.
        Unavailable: ClickHouse does not answer.
    """
    days = _checked_days(period, zone, len(vehicle_ids))
    buckets: dict[int, SharedTotal] = {}
    for ids in chunks(vehicle_ids, IDS_A_QUERY) if days.days else ():
        for total in await _days_together(telemetry, scope, ids, days):
            add_to(buckets, total)
    return await _page_of_days(buckets, days, zone)


async def read_own_days(
    telemetry: Telemetry, scope: Scope, parts: Mapping[UUID, Period], period: Period, zone: ZoneInfo
) -> TotalsPage:
    """The totals of the zone's days, of vehicles, each within its part of the period, together.

    Ten minutes that lie only in part in such a part are left out.

    Raises:
        InvalidInput: the period is longer than what one answer may hold, or than may be summed up.
        Unavailable: ClickHouse does not answer.
    """
    days = _checked_days(period, zone, len(parts))
    buckets: dict[int, SharedTotal] = {}
    for vehicle_id, part in parts.items() if days.days else ():
        cuts = Cuts(days.cuts_ms, days.divided_ms, part.spans)
        for total in await totals_between(telemetry, scope, [vehicle_id], cuts):
            add_to(buckets, total)
    return await _page_of_days(buckets, days, zone)


async def _days_together(
    telemetry: Telemetry, scope: Scope, ids: Sequence[UUID], days: Days
) -> list[SharedTotal]:
    """Days of UTC are kept; others are summed up from ten minutes each."""
    found: list[SharedTotal] = []
    for run in days.runs:
        first_ms, last_ms = run.days[0].start_ms, run.days[-1].end_ms
        if run.days[0].is_of_utc:
            found += await totals_together(telemetry, scope, ids, first_ms, last_ms, "day")
        else:
            cuts = Cuts(run.cuts_ms, run.divided_ms)
            found += await totals_between(telemetry, scope, ids, cuts)
    return found


def _check_length(period: Period, bucket: Bucket) -> None:
    longest = MAX_LENGTH[bucket]
    if period.length_s > longest.total_seconds():
        raise InvalidInput("from", f"{period.length_s:.0f} s before `to`", f"{longest.days} days")


def _checked_days(period: Period, zone: ZoneInfo, vehicles: int) -> Days:
    _check_length(period, "day")
    days = days_of(period, zone)
    most = MOST_DIVIDED_VEHICLE_DAYS if days.divided_ms else MOST_VEHICLE_DAYS
    if days.summed > 2 and days.summed * vehicles > most:
        came = f"{days.summed} days of {vehicles} vehicles"
        raise InvalidInput("from", came, f"up to {most:,} days of all vehicles in {zone.key}")
    return days


def _lies_in(total: Total, part: Period) -> bool:
    start_ms, end_ms = total.bucket_start_ms, total.bucket_start_ms + TEN_MINUTES_MS
    return any(from_ms <= start_ms and end_ms <= to_ms for from_ms, to_ms in part.spans or ())


def _shared(total: Total) -> SharedTotal:
    return SharedTotal(
        bucket_start_ms=total.bucket_start_ms,
        vehicle_count=1,
        position_count=total.position_count,
        distance_m=total.distance_m,
        driving_s=total.driving_s,
        idling_s=total.idling_s,
        max_speed_kmh=total.max_speed_kmh,
        fuel_used_l=total.fuel_used_l,
    )


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


async def _page_of_ten_minutes(buckets: dict[int, SharedTotal], zone: ZoneInfo) -> TotalsPage:
    def view(total: SharedTotal) -> TotalsView:
        return _view(total, total.bucket_start_ms + TEN_MINUTES_MS, None)

    return _page(await in_slices(_ordered(buckets), view), zone, has_divided=False)


async def _page_of_days(buckets: dict[int, SharedTotal], days: Days, zone: ZoneInfo) -> TotalsPage:
    def view(day: Day) -> TotalsView:
        return _view(buckets[day.start_ms], day.end_ms, day.day)

    held = [day for day in days.days if day.start_ms in buckets]
    items = await in_slices(held, view)
    return _page(items, zone, has_divided=bool(days.divided_ms))


def _page(items: list[TotalsView], zone: ZoneInfo, *, has_divided: bool) -> TotalsPage:
    return TotalsPage(items=items, next=None, time_zone=zone.key, has_divided_buckets=has_divided)


def _view(total: SharedTotal, end_ms: int, day: date | None) -> TotalsView:
    return TotalsView(
        bucket_start=time_of(total.bucket_start_ms),
        bucket_end=time_of(end_ms),
        day=day,
        vehicle_count=total.vehicle_count,
        position_count=total.position_count,
        distance_m=total.distance_m,
        driving_s=total.driving_s,
        idling_s=total.idling_s,
        max_speed_kmh=total.max_speed_kmh,
        fuel_used_l=total.fuel_used_l,
    )
