"""Dates and times as runs of digits, fast: strptime costs more than the rest of a text frame."""

from datetime import UTC, datetime
from functools import lru_cache

from milepost.errors import ProtocolError

DAY_MS = 86_400_000


@lru_cache(maxsize=1024)
def midnight_ms(year: int, month: int, day: int) -> int | None:
    """The begin of a day, UTC, as Unix ms; None if there is no such day, or none since 1970."""
    try:
        begin = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
    return round(begin.timestamp()) * 1000 if year >= 1970 else None


def moment_ms(
    protocol: str, year: int, month: int, day: int, hour: int, minute: int, second: int
) -> int:
    """A time in numbers, UTC, as Unix ms.

    Raises:
        ProtocolError: there is no such time, or none since 1970.
    """
    begin_ms = midnight_ms(year, month, day)
    if begin_ms is None or hour > 23 or minute > 59 or second > 59:
        came = f"{year}-{month}-{day} {hour}:{minute}:{second}"
        raise ProtocolError(protocol, f"there is no time {came}")
    return begin_ms + ((hour * 60 + minute) * 60 + second) * 1000


@lru_cache(maxsize=1024)
def date_ms(protocol: str, digits: str, order: str = "YMD") -> int:
    """The begin of a day of six digits as Unix ms; `order` of year, month and day.

    Raises:
        ProtocolError: no such day.
    """
    if len(digits) != 6 or not (digits.isascii() and digits.isdecimal()):
        raise ProtocolError(protocol, f"a date of six digits is due, {digits!r} came")
    parts = dict(zip(order, (int(digits[at : at + 2]) for at in (0, 2, 4)), strict=True))
    begin_ms = midnight_ms(2000 + parts["Y"], parts["M"], parts["D"])
    if begin_ms is None:
        raise ProtocolError(protocol, f"there is no date {digits}")
    return begin_ms


def time_of_day_ms(protocol: str, digits: str) -> int:
    """`HHMM`, `HHMMSS` or `HHMMSS.SSS` as milliseconds since midnight.

    Raises:
        ProtocolError: no such time.
    """
    whole, _, fraction = digits.partition(".")
    if len(whole) not in (4, 6) or not (whole.isascii() and whole.isdecimal()):
        raise ProtocolError(protocol, f"a time of six digits is due, {digits!r} came")
    hours, minutes, seconds = int(whole[:2]), int(whole[2:4]), int(whole[4:] or 0)
    if hours > 23 or minutes > 59 or seconds > 60:
        raise ProtocolError(protocol, f"there is no time {digits}")
    milliseconds = int(fraction[:3].ljust(3, "0")) if fraction.isdecimal() else 0
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds
