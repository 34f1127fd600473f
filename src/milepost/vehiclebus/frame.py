"""A CAN frame as an adapter recorded it."""

import msgspec

STANDARD_BITS = 11
EXTENDED_BITS = 29
MOST_BYTES = 8


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One classic data frame. `time_s` counts seconds since the Unix epoch, UTC.

    `bus` is the recorder's own name or number of the channel.
    """

    time_s: float
    bus: str
    can_id: int
    is_extended: bool
    data: bytes
