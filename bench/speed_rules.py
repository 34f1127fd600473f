"""Trips as a platform draws them that goes by reported speed alone: the baseline of (h).

Written from the published description of Traccar's trip detection with its default settings: a
vehicle moves while its speed is above 0.01 knots; moving becomes a trip after 300 s or 500 m,
standing ends it after 300 s, an hour without data ends it too. Distance is from fix to fix.
"""

from collections.abc import Sequence

from bench.journeys import Concluded, Stay
from milepost.domain.position import Position
from milepost.geo.distance import distance_m

MOVING_KMH = 0.01 * 1.852
TRIP_MS, TRIP_M = 300_000, 500.0
PARKING_MS = 300_000
NO_DATA_MS = 3_600_000


class SpeedRules:
    """A fold over the valid fixes of one device, in the order of their times."""

    def __init__(self) -> None:
        self._stays: list[Stay] = []
        self._last: Position | None = None
        self._halt: Position | None = None
        self._departure: Position | None = None
        self._since_departure_m = 0.0
        self._is_on_trip = False
        self._distance_m = 0.0

    def take(self, position: Position) -> None:
        """The next fix."""
        last = self._last
        if last is None:
            self._halt = position
        else:
            metres = _metres(last, position)
            self._distance_m += metres
            self._since_departure_m += metres
            if position.fix_time_ms - last.fix_time_ms > NO_DATA_MS and self._is_on_trip:
                self._stop_at(last)
        self._move(position)
        self._last = position

    def concluded(self) -> Concluded:
        """All stays, the open one too, and the distance."""
        if not self._is_on_trip and self._halt is not None and self._last is not None:
            self._close(self._last)
        return Concluded(self._stays, self._distance_m)

    def _move(self, position: Position) -> None:
        is_moving = (position.speed_kmh or 0.0) > MOVING_KMH
        if self._is_on_trip:
            self._perhaps_stop(position, is_moving=is_moving)
        elif not is_moving:
            self._departure = None
        else:
            self._perhaps_leave(position)

    def _perhaps_stop(self, position: Position, *, is_moving: bool) -> None:
        if is_moving:
            self._halt = None
        elif self._halt is None:
            self._halt = position
        elif position.fix_time_ms - self._halt.fix_time_ms >= PARKING_MS:
            self._stop_at(self._halt)

    def _perhaps_leave(self, position: Position) -> None:
        if self._departure is None:
            self._departure, self._since_departure_m = position, 0.0
        lasted_ms = position.fix_time_ms - self._departure.fix_time_ms
        if lasted_ms >= TRIP_MS or self._since_departure_m >= TRIP_M:
            self._close(self._departure)
            self._is_on_trip, self._halt, self._departure = True, None, None

    def _stop_at(self, halt: Position) -> None:
        self._is_on_trip, self._halt, self._departure = False, halt, None

    def _close(self, end: Position) -> None:
        halt = self._halt
        if halt is None or end.fix_time_ms <= halt.fix_time_ms:
            return
        assert halt.latitude_deg is not None and halt.longitude_deg is not None
        self._stays.append(
            Stay(halt.fix_time_ms, end.fix_time_ms, halt.latitude_deg, halt.longitude_deg)
        )


def by_speed(positions: Sequence[Position]) -> Concluded:
    """What these rules make of a device's reports, in whatever order they came."""
    rules = SpeedRules()
    located = [each for each in positions if each.valid and each.latitude_deg is not None]
    for position in sorted(located, key=lambda each: each.fix_time_ms):
        rules.take(position)
    return rules.concluded()


def _metres(one: Position, other: Position) -> float:
    assert one.latitude_deg is not None and one.longitude_deg is not None
    assert other.latitude_deg is not None and other.longitude_deg is not None
    return distance_m(one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg)
