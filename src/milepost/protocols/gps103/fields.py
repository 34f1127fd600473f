"""GPS103's numbers, percentages and two clocks: local time beside the receiver's UTC.

Source: Coban "GPRS PROTOCOL" of 2014-12-12, section 4.2.
"""

from milepost.errors import ProtocolError
from milepost.protocols.wire.digit_times import DAY_MS, date_ms, time_of_day_ms
from milepost.protocols.wire.text_fields import TextFields

PROTOCOL_NAME = "gps103"
FIELDS = TextFields(PROTOCOL_NAME)
_HOUR_MS = 3_600_000
_WEST_MS, _EAST_MS = -12 * _HOUR_MS, 14 * _HOUR_MS
_NO_DATE = "000000"


class LocalClock:
    """A device's clock; `offset_s` ahead of UTC, None where nobody said so."""

    __slots__ = ("_offset_ms",)

    def __init__(self, offset_s: int | None) -> None:
        self._offset_ms = None if offset_s is None else offset_s * 1000

    def utc_ms(self, local: str, utc: str, received_time_ms: int) -> int:
        """Unix ms of `YYMMDDhhmm[ss]` by the device's clock and `hhmmss.sss` by its receiver.

        The receiver says no date: it is the one that makes the device at most 14 h early or 12 h
        late. Without the receiver's time it is the device's where its zone is known or where it
        lies far back, else that of reception.

        Raises:
            ProtocolError: digits that are no date or time.
        """
        if len(local) not in (10, 12) or local.startswith(_NO_DATE):
            return received_time_ms
        day_ms = date_ms(PROTOCOL_NAME, local[:6])
        local_ms = time_of_day_ms(PROTOCOL_NAME, local[6:])
        if len(utc.partition(".")[0]) != 6:
            return self._without_receiver(day_ms + local_ms, received_time_ms)
        time_ms = time_of_day_ms(PROTOCOL_NAME, utc)
        ahead_ms = local_ms - time_ms
        if ahead_ms <= _WEST_MS:
            day_ms -= DAY_MS
        elif ahead_ms > _EAST_MS:
            day_ms += DAY_MS
        return day_ms + time_ms

    def _without_receiver(self, local_ms: int, received_time_ms: int) -> int:
        if self._offset_ms is not None:
            return local_ms - self._offset_ms
        is_now = _WEST_MS <= local_ms - received_time_ms <= _EAST_MS
        return received_time_ms if is_now else local_ms


def percent(text: str) -> float | None:
    """`31.37%` or `31.37`; None where it is neither."""
    number = number_or_none(text.removesuffix("%"))
    return number if number is not None and 0 <= number <= 100 else None


def number_or_none(text: str) -> float | None:
    """A number, `+28` and `+87` too; None for an empty field or a sign alone."""
    if not text.strip("+-"):
        return None
    try:
        return FIELDS.number("number", text)
    except ProtocolError:
        return None
