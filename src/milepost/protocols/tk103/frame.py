"""A TK103 frame in its parts, and its times."""

import msgspec

from milepost.errors import ProtocolError
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.text_fields import TextFields

PROTOCOL_NAME = "tk103"
FIELDS = TextFields(PROTOCOL_NAME)


class Frame(msgspec.Struct, frozen=True):
    """`is_listed`: commas separate identity, code and fields, and dates begin with the day."""

    unique_id: str
    code: str
    content: str
    is_listed: bool
    received_time_ms: int
    offset_ms: int = 0

    def time_ms(self, day: str, time: str) -> int:
        """Unix ms; that of reception where the device has no date yet.

        Raises:
            ProtocolError: no such time.
        """
        time_ms = time_of_day_ms(PROTOCOL_NAME, time)
        try:
            day_ms = date_ms(PROTOCOL_NAME, day, "DMY" if self.is_listed else "YMD")
        except ProtocolError:
            return self.received_time_ms
        return day_ms + time_ms - self.offset_ms


def is_hex(text: str, length: int) -> bool:
    """Whether it is so many hex digits."""
    return len(text) == length and all(letter in "0123456789ABCDEFabcdef" for letter in text)
