"""The days of a time zone that a period of totals consists of."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import msgspec

from milepost.features.periods import From, Period, To, checked_period, instant_in
from milepost.features.time_zones import days_between, start_of_day

TEN_MINUTES_MS = 600_000
UTC_DAY_MS = 86_400_000

# What a total can be of; see the column `bucket_start`.
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2100, 1, 1, tzinfo=UTC)
_RECENT = timedelta(days=30)


class Day(msgspec.Struct, frozen=True):
    """What of a day lies in the period: `[start_ms, end_ms)`, milliseconds since the Unix epoch."""

    day: date
    start_ms: int
    end_ms: int

    @property
    def is_of_utc(self) -> bool:
        """Whether it is a whole day of UTC, whose totals are kept."""
        return self.start_ms % UTC_DAY_MS == 0 and self.end_ms == self.start_ms + UTC_DAY_MS


class Days(msgspec.Struct, frozen=True):
    """The days of a period one after the other, the first and the last cut to it."""

    days: tuple[Day, ...]

    @property
    def cuts_ms(self) -> list[int]:
        """The beginning of each day, and the end of the last."""
        return [each.start_ms for each in self.days] + [self.days[-1].end_ms]

    @property
    def divided_ms(self) -> list[int]:
        """The beginnings of the ten minutes that a cut goes through."""
        cuts_ms = self.cuts_ms if self.days else []
        return [cut - cut % TEN_MINUTES_MS for cut in cuts_ms if cut % TEN_MINUTES_MS]

    @property
    def runs(self) -> "list[Days]":
        """Days that follow each other, of which all or none are whole days of UTC."""
        return [Days(tuple(run)) for _, run in groupby(self.days, lambda each: each.is_of_utc)]

    @property
    def summed(self) -> int:
        """How many of them have to be summed up from ten minutes each."""
        return sum(not each.is_of_utc for each in self.days)


def days_of(period: Period, zone: ZoneInfo) -> Days:
    """The days of the zone that the period touches."""
    start, end = max(period.start, _FIRST), min(period.end, _LAST)
    if start >= end:
        return Days(())
    found = [(day, max(begin, start)) for day, begin in days_between(start, end, zone)]
    ends = [begin for _, begin in found[1:]] + [end]
    return Days(
        tuple(
            Day(day, _ms(begin), _ms(until))
            for (day, begin), until in zip(found, ends, strict=True)
        )
    )


def period_of_days(start: From, end: To, zone: ZoneInfo, now: datetime) -> Period:
    """The period that is asked for; by default today and the 30 days before it, as whole days.

    Raises:
        InvalidInput: a text is not a time, or the period ends before it begins.
    """
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    until = instant_in("to", end, start_of_day(tomorrow, zone))
    return checked_period(instant_in("from", start, _recent(until, zone)), until)


def _recent(until: datetime, zone: ZoneInfo) -> datetime:
    if until < _FIRST + _RECENT:
        return min(_FIRST, until)
    return start_of_day((until - _RECENT).astimezone(zone).date(), zone)


def _ms(moment: datetime) -> int:
    return (moment - _FIRST) // timedelta(milliseconds=1)
