"""Time zones by their IANA names, and when days begin in them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from litestar.params import QueryParameter

from milepost.errors import InvalidInput

TimeZoneFilter = Annotated[
    str | None,
    QueryParameter(
        name="timeZone",
        max_length=64,
        description="The IANA name of the zone whose days are meant; by default the tenant's.",
    ),
]


def time_zone(name: str) -> ZoneInfo:
    """The zone with this IANA name.

    Raises:
        InvalidInput: there is none.
    """
    if name not in _names():
        raise InvalidInput("timeZone", name, "an IANA name such as Pacific/Auckland")
    return ZoneInfo(name)


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day in UTC.

    Where the clock jumps over midnight that is the jump; where it shows midnight twice, the first.
    """
    return datetime.combine(day, time(), zone).astimezone(UTC)


def days_between(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[date, datetime]]:
    """The days that `[start, end)` touches, each with its first instant.

    A day that a zone left out when it crossed the date line is none.
    """
    day = start.astimezone(zone).date()
    while (begin := start_of_day(day, zone)) < end:
        if begin < start_of_day(day + timedelta(days=1), zone):
            yield day, begin
        day += timedelta(days=1)
