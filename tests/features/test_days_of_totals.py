"""The days that a period of totals consists of, and how much is summed up for one call."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.errors import InvalidInput
from milepost.features.periods import Period
from milepost.features.time_zones import time_zone
from milepost.features.totals.days import days_of
from milepost.features.totals.service import read_days
from milepost.stores.telemetry import Telemetry
from tests.conftest import admin_of

ZONES = [
    "UTC",
    "Africa/Cairo",
    "America/Havana",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
]
moments = st.integers(915_148_800, 2_208_988_800).map(lambda s: datetime.fromtimestamp(s, UTC))


def period(start: str, end: str) -> Period:
    return Period(datetime.fromisoformat(start), datetime.fromisoformat(end))


@given(st.sampled_from(ZONES), moments, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_days_fill_the_period_without_a_gap(name: str, start: datetime, length: timedelta) -> None:
    asked = Period(start, start + length)
    days = days_of(asked, ZoneInfo(name)).days
    cuts = [each.start_ms for each in days] + [each.end_ms for each in days[-1:]]
    assert cuts == sorted(set(cuts))
    assert [each.end_ms for each in days[:-1]] == cuts[1:-1]
    if days:
        assert (cuts[0], cuts[-1]) == (asked.from_ms, asked.to_ms)
    dates = [each.day for each in days]
    assert dates == sorted(set(dates))
    for each in days:
        assert datetime.fromtimestamp(each.start_ms / 1000, ZoneInfo(name)).date() == each.day


def test_london_in_winter_has_the_days_of_utc() -> None:
    days = days_of(
        period("2026-03-20T00:00:00Z", "2026-04-05T00:00:00Z"), ZoneInfo("Europe/London")
    )
    kept, summed = days.runs
    # Summer time begins on 29 March, within that day.
    assert (len(kept.days), len(summed.days), days.summed) == (9, 8, 8)


def test_only_the_ends_of_a_period_in_utc_are_summed_up() -> None:
    days = days_of(period("2026-01-01T12:34:00Z", "2026-01-31T12:00:00Z"), time_zone("UTC"))
    assert (len(days.days), days.summed) == (31, 2)
    assert days.divided_ms == [int(datetime(2026, 1, 1, 12, 30, tzinfo=UTC).timestamp() * 1000)]


@pytest.mark.parametrize(("zone", "vehicles"), [("Pacific/Auckland", 1371), ("Asia/Kathmandu", 55)])
async def test_what_is_summed_up_for_one_call_is_limited(
    telemetry: Telemetry, zone: str, vehicles: int
) -> None:
    asked = period("2026-01-01T12:00:00Z", "2026-12-31T12:00:00Z")
    ids = [uuid4() for _ in range(vehicles)]
    with pytest.raises(InvalidInput, match="days of all vehicles in") as caught:
        await read_days(telemetry, admin_of(uuid4()), ids, asked, ZoneInfo(zone))
    assert caught.value.field == "from"
