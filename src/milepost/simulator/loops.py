"""A recording that is played over and over."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from milepost.domain.position import Position

# A vehicle that is not heard of for so long has been switched off in between.
OFF_AFTER_MS = 20 * 60_000
OFF_DELAY_MS = 60_000


class Loop(msgspec.Struct, frozen=True):
    """Reports whose fix times count from the loop's start, and how long one round takes.

    `fuel_used_l` is what a round adds to the vehicle's counter.
    """

    positions: tuple[Position, ...]
    period_ms: int
    fuel_used_l: float = 0.0

    def since(self, from_ms: int, offset_ms: int) -> Iterator[Position]:
        """The endless sequence of reports after loop time `from_ms` (0 or later).

        A report of loop time t in round r has the fix time `offset_ms + r * period_ms + t`.
        """
        round_number = from_ms // self.period_ms
        while True:
            round_ms = round_number * self.period_ms
            for position in self.positions:
                if round_ms + position.fix_time_ms > from_ms:
                    yield self._moved(position, offset_ms + round_ms, round_number)
            round_number += 1

    def _moved(self, position: Position, by_ms: int, round_number: int) -> Position:
        fuel_l = position.fuel_used_l
        return msgspec.structs.replace(
            position,
            fix_time_ms=position.fix_time_ms + by_ms,
            fuel_used_l=None if fuel_l is None else fuel_l + round_number * self.fuel_used_l,
        )


def with_ignition(positions: Sequence[Position]) -> tuple[Position, ...]:
    """The reports with the ignition that the recording implies.

    The recorders of the demo's sources run while the vehicle does, so the ignition is on in each
    report. Before a silence, and at the end, one report at the last place says that it is off.
    """
    told: list[Position] = []
    for position, following in pairwise([*positions, None]):
        assert position is not None
        told.append(msgspec.structs.replace(position, ignition=True))
        if following is None or following.fix_time_ms - position.fix_time_ms > OFF_AFTER_MS:
            told.append(_switched_off(position))
    return tuple(told)


def _switched_off(last: Position) -> Position:
    return Position(
        last.fix_time_ms + OFF_DELAY_MS,
        last.latitude_deg,
        last.longitude_deg,
        last.altitude_m,
        0.0,
        last.course_deg,
        ignition=False,
        fuel_used_l=last.fuel_used_l,
    )
