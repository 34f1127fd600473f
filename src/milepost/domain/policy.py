"""Which thresholds hold at which fix time, and whether the device counts then."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds


class Part(msgspec.Struct, frozen=True, gc=False):
    """Positions in order, the thresholds that hold, and whether trips and totals come of them."""

    positions: Sequence[Position]
    thresholds: Thresholds
    counts: bool


class Overrides(msgspec.Struct, frozen=True):
    """What a tenant or a vehicle has set instead of the defaults, now and before.

    `former`: what held before, oldest first, each with the instant (Unix ms) until which it held.
    """

    current: Mapping[str, Any]
    former: Sequence[tuple[int, Mapping[str, Any]]] = ()

    def before(self, until_ms: int) -> Mapping[str, Any]:
        """What held just before an instant."""
        return next((held for end_ms, held in self.former if end_ms >= until_ms), self.current)


class OdometerSetting(msgspec.Struct, frozen=True, gc=False):
    """What somebody said that the odometer shows, and when (Unix ms)."""

    set_ms: int
    odometer_m: float


class Policy(msgspec.Struct, frozen=True):
    """What holds for a device in a vehicle over time: a change decides nothing of before it.

    `ends_ms` (Unix ms, ascending) are the instants until which those of `former` held. Of several
    devices in a vehicle one counts at a time: this one ceases to at the first of `turns_ms` (Unix
    ms, ascending), begins again at the second, and so on. `odometers` are all settings of the
    vehicle's odometer, oldest first.
    """

    current: Thresholds
    ends_ms: tuple[int, ...] = ()
    former: tuple[Thresholds, ...] = ()
    turns_ms: tuple[int, ...] = ()
    odometers: tuple[OdometerSetting, ...] = ()

    def at(self, fix_time_ms: int) -> Thresholds:
        """The thresholds that hold at a fix time."""
        place = bisect_right(self.ends_ms, fix_time_ms)
        return self.current if place == len(self.ends_ms) else self.former[place]

    def counts_at(self, fix_time_ms: int) -> bool:
        """Whether the device counts at a fix time."""
        return bisect_right(self.turns_ms, fix_time_ms) % 2 == 0

    def odometer_at(self, last_fix_ms: int, odometer_m: float) -> float:
        """What the odometer shows after a fix: what was set since, if anything was."""
        newest = self.odometers[-1] if self.odometers else None
        return odometer_m if newest is None or newest.set_ms <= last_fix_ms else newest.odometer_m

    @property
    def counts_now(self) -> bool:
        """Whether the device counts since the last turn."""
        return len(self.turns_ms) % 2 == 0

    def parts(self, positions: Sequence[Position]) -> Iterable[Part]:
        """Positions in order, cut where something else begins to hold."""
        first_ms = positions[0].fix_time_ms
        if not (
            (self.ends_ms and first_ms < self.ends_ms[-1])
            or (self.turns_ms and first_ms < self.turns_ms[-1])
        ):
            return (Part(positions, self.current, self.counts_now),)
        cut = [list(part) for _, part in groupby(positions, key=self._place)]
        return [
            Part(part, self.at(part[0].fix_time_ms), self.counts_at(part[0].fix_time_ms))
            for part in cut
        ]

    def of_device(self, device_id: UUID, primaries: Iterable[tuple[int, UUID]]) -> "Policy":
        """The same for one of the vehicle's devices.

        `primaries`: which device counts from which instant (Unix ms) on, oldest first. All devices
        count before the first: there was one at a time.
        """
        turns_ms: list[int] = []
        counts = True
        for from_ms, primary_id in primaries:
            if (primary_id == device_id) != counts:
                counts = not counts
                turns_ms.append(from_ms)
        return msgspec.structs.replace(self, turns_ms=tuple(turns_ms)) if turns_ms else self

    def _place(self, position: Position) -> tuple[int, int]:
        time_ms = position.fix_time_ms
        return bisect_right(self.ends_ms, time_ms), bisect_right(self.turns_ms, time_ms)


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
