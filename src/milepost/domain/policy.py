"""Which thresholds hold at which fix time."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds

Part = tuple[Thresholds, Sequence[Position]]


class Overrides(msgspec.Struct, frozen=True):
    """What a tenant or a vehicle has set instead of the defaults, now and before.

    `former`: what held before, oldest first, each with the instant (Unix ms) until which it held.
    """

    current: Mapping[str, Any]
    former: Sequence[tuple[int, Mapping[str, Any]]] = ()

    def before(self, until_ms: int) -> Mapping[str, Any]:
        """What held just before an instant."""
        return next((held for end_ms, held in self.former if end_ms >= until_ms), self.current)


class Policy(msgspec.Struct, frozen=True):
    """The thresholds of a vehicle over time: a change decides nothing about what was before it.

    `ends_ms` (Unix ms, ascending) are the instants until which those of `former` held.
    """

    current: Thresholds
    ends_ms: tuple[int, ...] = ()
    former: tuple[Thresholds, ...] = ()

    def at(self, fix_time_ms: int) -> Thresholds:
        """Those that hold at a fix time."""
        place = bisect_right(self.ends_ms, fix_time_ms)
        return self.current if place == len(self.ends_ms) else self.former[place]

    def parts(self, positions: Sequence[Position]) -> Iterable[Part]:
        """Positions in order, cut where other thresholds begin to hold."""
        if not self.ends_ms or positions[0].fix_time_ms >= self.ends_ms[-1]:
            return ((self.current, positions),)
        found = groupby(positions, key=lambda each: bisect_right(self.ends_ms, each.fix_time_ms))
        cut = [list(part) for _, part in found]
        return [(self.at(part[0].fix_time_ms), part) for part in cut]


def policy_of(tenant: Overrides, vehicle: Overrides) -> Policy:
    """A vehicle's own overrides go before its tenant's.

    Raises:
        msgspec.ValidationError: an override is no threshold.
    """
    ends_ms = sorted({end_ms for each in (tenant, vehicle) for end_ms, _ in each.former})
    former = [
        msgspec.convert({**tenant.before(end_ms), **vehicle.before(end_ms)}, Thresholds)
        for end_ms in ends_ms
    ]
    current = msgspec.convert({**tenant.current, **vehicle.current}, Thresholds)
    return Policy(current, tuple(ends_ms), tuple(former))
