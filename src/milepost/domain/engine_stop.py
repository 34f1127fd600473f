"""Whether a vehicle is slow enough for its engine to be cut off."""

from typing import Literal

import msgspec

FRESH_MS = 5 * 60_000
CLOCK_AHEAD_MS = 60_000

Verdict = Literal["slow", "moving", "unknown"]


class Sighting(msgspec.Struct, frozen=True):
    """The newest believed fix of a vehicle, as its stream or one line to it knows it.

    `speed_kmh` is the highest that was reported with it or since, by receiver or vehicle bus, with
    a place or without; None where the device gives none. `travels` is what the stream makes of its
    fixes; it decides where there is no speed.
    """

    fix_time_ms: int
    speed_kmh: float | None
    travels: bool


def judge(seen: Sighting | None, now_ms: int, max_speed_kmh: float) -> Verdict:
    """What is known of a vehicle now.

    A fix that is older than five minutes says nothing, nor does one that is ahead of our clock by
    more than a minute.
    """
    if seen is None or not -CLOCK_AHEAD_MS <= now_ms - seen.fix_time_ms <= FRESH_MS:
        return "unknown"
    if seen.speed_kmh is None:
        return "moving" if seen.travels else "slow"
    return "slow" if seen.speed_kmh <= max_speed_kmh else "moving"
