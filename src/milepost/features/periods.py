"""The period that a request asks about: `from` and `to`."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from litestar.params import QueryParameter

from milepost.errors import InvalidInput
from milepost.features.wire import Instant
from milepost.features.work import Clock

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(2100, 1, 1, tzinfo=UTC)
_RECENT = timedelta(days=30)

From = Annotated[
    str | None,
    QueryParameter(
        name="from",
        max_length=40,
        description="The beginning of the period, inclusive: ISO 8601 with a time zone.",
        schema_extra={"format": "date-time"},
    ),
]
To = Annotated[
    str | None,
    QueryParameter(
        name="to",
        max_length=40,
        description="The end of the period, exclusive: ISO 8601 with a time zone.",
        schema_extra={"format": "date-time"},
    ),
]


class Period(msgspec.Struct, frozen=True):
    """`[start, end)` of fix time, aware.

    `spans` None means all of it; else only those parts, `[from, to)` in milliseconds, count.
    """

    start: datetime
    end: datetime
    spans: tuple[tuple[int, int], ...] | None = None

    @property
    def from_ms(self) -> int:
        """The beginning in milliseconds since the Unix epoch."""
        return _ms(self.start)

    @property
    def to_ms(self) -> int:
        """The end in milliseconds since the Unix epoch."""
        return _ms(self.end)

    def only(self, times: Iterable[tuple[datetime, datetime | None]]) -> "Period":
        """The parts of it that lie in these times; None is an end that is still open."""
        clipped = (
            (
                max(_ms(begin), self.from_ms),
                self.to_ms if end is None else min(_ms(end), self.to_ms),
            )
            for begin, end in times
        )
        spans = tuple((from_ms, to_ms) for from_ms, to_ms in clipped if from_ms < to_ms)
        return Period(self.start, self.end, spans)

    def before(self, time_ms: int, length: timedelta) -> "Period | None":
        """What lies just before an instant (Unix ms), whatever this one's bounds; None at 1970."""
        if time_ms <= 0:
            return None
        end = datetime.fromtimestamp(time_ms / 1000, UTC)
        return Period(max(_BEGINNING, end - length), end, self.spans)

    @property
    def length_s(self) -> float:
        """How long it is."""
        return (self.end - self.start).total_seconds()


def _ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)


async def provide_period(start: From = None, end: To = None) -> Period:
    """The dependency of routes about a period; all of history where a side is absent.

    Raises:
        InvalidInput: a text is not such a time, or the period ends before it begins.
    """
    return checked_period(instant_in("from", start, _BEGINNING), instant_in("to", end, _END))


def instant_in(name: str, text: str | None, default: datetime) -> datetime:
    """The instant that a parameter names, in UTC; the default where it is absent.

    Raises:
        InvalidInput: the text is not such a time.
    """
    if text is None:
        return default
    try:
        return msgspec.convert(text, Instant).astimezone(UTC)
    except (msgspec.ValidationError, OverflowError) as error:
        raise InvalidInput(name, text, "a time such as 2026-02-03T04:05:06Z") from error


def period_provider(clock: Clock) -> Callable[..., Awaitable[Period]]:
    """The dependency of routes that answer at once: the 30 days before `to` by default."""

    async def provide_recent_period(start: From = None, end: To = None) -> Period:
        until = instant_in("to", end, clock())
        recent = until - _RECENT if until - _BEGINNING > _RECENT else _BEGINNING
        return checked_period(instant_in("from", start, min(recent, until)), until)

    return provide_recent_period


def checked_period(start: datetime, end: datetime) -> Period:
    """The period between two instants.

    Raises:
        InvalidInput: it ends before it begins.
    """
    if end < start:
        raise InvalidInput("to", end.isoformat(), "a time that is not before `from`")
    return Period(start, end)
