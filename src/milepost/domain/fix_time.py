"""What a device's clock can say, and the one mistake of it that can be put right for certain."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from milepost.domain.position import Position

# Receivers whose clock is not set begin in 1970, 1980, 2000. 2000-02-01:
EARLIEST_FIX_MS = 949_363_200_000
# GPS counts weeks with ten bits: a receiver that does not know of the last turn is a whole number
# of turns behind.
TURN_MS = 1024 * 7 * 86_400_000
# What is put right this way was taken within so long before it came.
RECENT_MS = 7 * 86_400_000
# The attribute that keeps what the device said.
REPORTED_FIX_TIME = "reportedFixTime"


def may_have_turned(oldest_ms: int, now_ms: int) -> bool:
    """Whether a fix time is so old that a turn of the week number may be why."""
    return oldest_ms < now_ms - TURN_MS + RECENT_MS


def turned_forward(positions: Sequence[Position], now_ms: int) -> list[Position]:
    """The positions, those of a turned week number at the time at which they were taken.

    A time that is 1,024 weeks before one of the last week, or twice that, is such a mistake. A
    recording of that very week of the past would be taken for one too: what was reported stays in
    `attributes`.
    """
    return [_turned(position, now_ms) for position in positions]


def _turned(position: Position, now_ms: int) -> Position:
    reported_ms = position.fix_time_ms
    turns = round((now_ms - reported_ms) / TURN_MS)
    fix_time_ms = reported_ms + turns * TURN_MS
    if turns < 1 or not now_ms - RECENT_MS <= fix_time_ms <= now_ms:
        return position
    reported = datetime.fromtimestamp(reported_ms / 1000, UTC).isoformat()
    attributes = position.attributes | {REPORTED_FIX_TIME: reported}
    return msgspec.structs.replace(position, fix_time_ms=fix_time_ms, attributes=attributes)
