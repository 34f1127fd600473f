"""Dates and times as runs of digits, fast: strptime costs more than the rest of a text frame."""

from datetime import UTC, datetime
from functools import lru_cache

from milepost.errors import ProtocolError

DAY_MS = 86_400_000


@lru_cache(maxsize=1024)
def date_ms(protocol: str, digits: str, order: str = "YMD") -> int:
    """The begin of a day of six digits as Unix ms; `order` of year, month and day.

    Raises:
        ProtocolError: no such day.
    """
    if len(digits) != 6 or not (digits.isascii() and digits.isdecimal()):
        raise ProtocolError(protocol, f"a date of six digits is due, {digits!r} came")
    parts = dict(zip(order, (int(digits[at : at + 2]) for at in (0, 2, 4)), strict=True))
    try:
        begin = datetime(2000 + parts["Y"], parts["M"], parts["D"], tzinfo=UTC)
    except ValueError as error:
        raise ProtocolError(protocol, f"there is no date {digits}") from error
    return round(begin.timestamp()) * 1000


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
