"""The fields of Suntech's reports: a list that is read from left to right, numbers and times."""

from datetime import UTC, datetime
from functools import lru_cache

from milepost.errors import ProtocolError
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

PROTOCOL_NAME = "suntech"
_TEXT = TextFields(PROTOCOL_NAME)
number = _TEXT.number
whole = _TEXT.whole


class Fields:
    """A report's fields and how far they are read."""

    __slots__ = ("at", "values")

    def __init__(self, values: list[str]) -> None:
        self.values = values
        self.at = 0

    @property
    def left(self) -> int:
        """How many are not read yet."""
        return len(self.values) - self.at

    def take(self) -> str:
        """The next field.

        Raises:
            ProtocolError: there is none.
        """
        if self.at >= len(self.values):
            reason = f"{len(self.values)} fields came, more are due"
            raise ProtocolError(PROTOCOL_NAME, reason)
        value = self.values[self.at]
        self.at += 1
        return value

    def rest(self) -> list[str]:
        """All that are left."""
        left, self.at = self.values[self.at :], len(self.values)
        return left


@lru_cache(maxsize=64)
def _day_ms(date: str) -> int:
    try:
        return int(datetime.strptime(date, "%Y%m%d").replace(tzinfo=UTC).timestamp()) * 1000
    except ValueError:
        return -1


def time_ms(date: str, clock: str) -> int:
    """`YYYYMMDD` and `hh:mm:ss`, UTC.

    Raises:
        ProtocolError: no such time, or before 1970.
    """
    day_ms = _day_ms(date)
    parts = clock.split(":")
    if day_ms < 0 or len(parts) != 3 or not all(part.isdecimal() for part in parts):
        raise ProtocolError(PROTOCOL_NAME, f"no time {date} {clock}")
    hour, minute, second = (int(part[:3]) for part in parts)
    if hour > 23 or minute > 59 or second > 59:
        raise ProtocolError(PROTOCOL_NAME, f"no time {date} {clock}")
    return day_ms + ((hour * 60 + minute) * 60 + second) * 1000


def read_place(report: Report, latitude: str, longitude: str, fix: str) -> None:
    """Degrees with their sign, and `1` for a fix."""
    report.place(
        number("latitude", latitude), number("longitude", longitude), valid=fix.strip() == "1"
    )


def read_hours(report: Report, minutes: str) -> None:
    """The hour meter counts minutes."""
    report.fields["engine_hours_h"] = whole("hour meter", minutes) / 60


def read_driver(report: Report, driver: str) -> None:
    """The driver's key; zeros alone are none."""
    if driver.strip("0"):
        report.attributes["driverUniqueId"] = driver
