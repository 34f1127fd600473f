"""How far stays and distances that somebody concluded agree with those that really were."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import msgspec

from milepost.geo.distance import distance_m
from milepost.simulator.world.truth import STAY_MS, TrueStay
from milepost.simulator.world.world import LivedVehicle

NEAR_MS = 60_000
NEAR_M = 100.0
# A concluded stay is false if less than this share of it was one.
TRUE_SHARE = 0.5


class Stay(msgspec.Struct, frozen=True):
    """A stay as somebody concluded it, Unix milliseconds."""

    start_ms: int
    end_ms: int
    latitude_deg: float
    longitude_deg: float


class Concluded(msgspec.Struct, frozen=True):
    """What somebody makes of a vehicle's reports: stays in order, and the metres driven."""

    stays: Sequence[Stay]
    distance_m: float


class Score(msgspec.Struct):
    """Sums over vehicles: true stays, those found, stays concluded, those false, and metres.

    `astray_m` adds up by how much each vehicle's distance was wrong, either way.
    """

    stays: int = 0
    found: int = 0
    concluded: int = 0
    false: int = 0
    true_m: float = 0.0
    astray_m: float = 0.0

    def add(self, vehicle: LivedVehicle, concluded: Concluded) -> None:
        """Count one vehicle. Stays that the world's time cuts off are not asked for."""
        stays = vehicle.truth.stays
        wanted = [each for each in stays[1:-1] if each.end_ms - each.start_ms >= STAY_MS]
        told = [each for each in concluded.stays if each.end_ms - each.start_ms >= STAY_MS]
        self.stays += len(wanted)
        self.found += sum(_is_found(each, told) for each in wanted)
        self.concluded += len(told)
        self.false += sum(_true_ms(each, stays) < TRUE_SHARE * _lasted_ms(each) for each in told)
        driven_m = sum(trip.distance_m for trip in vehicle.truth.trips)
        self.true_m += driven_m
        self.astray_m += abs(concluded.distance_m - driven_m)

    @property
    def found_pct(self) -> float:
        """Of the true stays of 5 minutes or more, those found within 60 s and 100 m."""
        return 100.0 * self.found / max(1, self.stays)

    @property
    def false_pct(self) -> float:
        """Of the stays of 5 minutes or more that were concluded, those that were none."""
        return 100.0 * self.false / max(1, self.concluded)

    @property
    def astray_pct(self) -> float:
        """By how much the distances were wrong, of all metres driven."""
        return 100.0 * self.astray_m / max(1.0, self.true_m)


def _is_found(stay: TrueStay, told: Sequence[Stay]) -> bool:
    first = bisect_left(told, stay.start_ms - NEAR_MS, key=lambda each: each.start_ms)
    return any(_is_near(stay, each) for each in told[first : first + 3])


def _is_near(stay: TrueStay, told: Stay) -> bool:
    away_m = distance_m(
        stay.latitude_deg, stay.longitude_deg, told.latitude_deg, told.longitude_deg
    )
    return (
        abs(told.start_ms - stay.start_ms) <= NEAR_MS
        and abs(told.end_ms - stay.end_ms) <= NEAR_MS
        and away_m <= NEAR_M
    )


def _true_ms(told: Stay, stays: Iterable[TrueStay]) -> int:
    shared = (min(told.end_ms, each.end_ms) - max(told.start_ms, each.start_ms) for each in stays)
    return sum(each for each in shared if each > 0)


def _lasted_ms(stay: Stay) -> int:
    return stay.end_ms - stay.start_ms
