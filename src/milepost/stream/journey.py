"""The open trip and the open stop, and how they become the conclusions that people read."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Event, EventKind, Explanation, Place, Stop, Trip, TripReason
from milepost.stream.ledger import Ledger, hold

# One fix away from where it stood may be an outlier.
SURELY_AWAY = 2


class Spot(msgspec.Struct, frozen=True, gc=False):
    """A believed fix that something may have begun or ended at."""

    time_ms: int
    latitude_deg: float
    longitude_deg: float
    fuel_used_l: float | None = None


class OpenTrip(msgspec.Struct, frozen=True, gc=False):
    """A trip that goes on; until it is `confirmed`, it may still turn out to be none.

    The totals reach to the last halt (or to now, while there is none). `held` are its legs while
    unconfirmed. `away` counts the fixes away from where it started, up to `SURELY_AWAY`; `hops` is
    0 until one of them is known to have been driven to. `reason` is why it started.
    """

    start: Spot
    reason: TripReason
    displacement_m: float
    speed_kmh: float
    distance_m: float = 0.0
    driving_s: float = 0.0
    idling_s: float = 0.0
    max_speed_kmh: float = 0.0
    legs: int = 0
    away: int = 0
    held: Ledger = ()
    confirmed: Explanation | None = None
    hops: int = 0

    @property
    def was_shunting(self) -> bool:
        """Whether it was driven for certain, should it turn out too short for a trip."""
        return self.away >= SURELY_AWAY and self.hops > 0


class OpenStop(msgspec.Struct, frozen=True, gc=False):
    """A stay that goes on."""

    start: Spot
    explanation: Explanation
    distance_m: float = 0.0
    driving_s: float = 0.0
    idling_s: float = 0.0
    legs: int = 0
    has_gap: bool = False


def moment(time_ms: int) -> datetime:
    """Unix milliseconds as an aware UTC time."""
    return datetime.fromtimestamp(time_ms / 1000.0, UTC)


def place(spot: Spot) -> Place:
    """Where a spot is."""
    return Place(spot.latitude_deg, spot.longitude_deg)


def add(trip: OpenTrip, ledger: Ledger, legs: int) -> OpenTrip:
    """The trip with legs that proved to be part of it."""
    held = trip.held
    if trip.confirmed is None:
        for each in ledger:
            held = hold(held, each)
    distance_m, driving_s, idling_s = trip.distance_m, trip.driving_s, trip.idling_s
    max_speed_kmh = trip.max_speed_kmh
    for each in ledger:
        distance_m += each.distance_m
        driving_s += each.driving_s
        idling_s += each.idling_s
        max_speed_kmh = max(max_speed_kmh, each.max_speed_kmh)
    return OpenTrip(
        trip.start,
        trip.reason,
        trip.displacement_m,
        trip.speed_kmh,
        distance_m,
        driving_s,
        idling_s,
        max_speed_kmh,
        trip.legs + legs,
        trip.away,
        held,
        trip.confirmed,
        trip.hops,
    )


def explanation(
    reason: TripReason,
    decided_ms: int,
    measured: dict[str, float],
    limits: Mapping[str, tuple[str, float]],
) -> Explanation:
    """Why something was decided: what was measured, and those limits that it reached.

    `limits` names for each limit what is compared with it, and its value.
    """
    reached = {name: limit for name, (of, limit) in limits.items() if measured[of] >= limit}
    return Explanation(reason, decided_ms, measured, reached)


def confirmation(trip: OpenTrip, decided_ms: int, thresholds: Thresholds) -> Explanation | None:
    """Why it is a trip after all; None while it is too short, or only one fix tells of it."""
    moved_s = trip.driving_s + trip.idling_s
    if (
        trip.distance_m < thresholds.trip_min_distance_m
        or moved_s < thresholds.trip_min_duration_s
        or trip.away < SURELY_AWAY
    ):
        return None
    return explanation(
        trip.reason,
        decided_ms,
        {
            "distance_m": trip.distance_m,
            "duration_s": moved_s,
            "departure_displacement_m": trip.displacement_m,
            "departure_speed_kmh": trip.speed_kmh,
        },
        {
            "trip_min_distance_m": ("distance_m", thresholds.trip_min_distance_m),
            "trip_min_duration_s": ("duration_s", thresholds.trip_min_duration_s),
            "moving_min_distance_m": (
                "departure_displacement_m",
                thresholds.moving_min_distance_m,
            ),
            "moving_min_speed_kmh": ("departure_speed_kmh", thresholds.moving_min_speed_kmh),
        },
    )


def trip_of(trip: OpenTrip, confirmed: Explanation, end: Spot, ended: Explanation | None) -> Trip:
    """What people read of a confirmed trip; without an end explanation it goes on."""
    return Trip(
        start_time=moment(trip.start.time_ms),
        end_time=None if ended is None else moment(end.time_ms),
        start_place=place(trip.start),
        end_place=place(end),
        distance_m=trip.distance_m,
        driving_s=trip.driving_s,
        idling_s=trip.idling_s,
        max_speed_kmh=trip.max_speed_kmh,
        fuel_used_l=_fuel_between(trip.start, end),
        position_count=trip.legs + 1,
        has_gap=ended is not None and ended.reason == "data_gap",
        start_explanation=confirmed,
        end_explanation=ended,
    )


def stop_of(stop: OpenStop, end: Spot | None, ended: Explanation | None) -> Stop:
    """What people read of a stop; without an end it goes on."""
    return Stop(
        start_time=moment(stop.start.time_ms),
        end_time=None if end is None else moment(end.time_ms),
        place=place(stop.start),
        distance_m=stop.distance_m,
        driving_s=stop.driving_s,
        idling_s=stop.idling_s,
        position_count=stop.legs + 1,
        has_gap=stop.has_gap,
        start_explanation=stop.explanation,
        end_explanation=ended,
    )


def gap_trip(last: Spot, first: Spot, distance_m: float, why: Explanation) -> Trip:
    """The way between the fixes on both sides of a silence: the straight line, at some time.

    Nobody saw it driven: it has a distance (the least possible) and neither driving nor idling.
    """
    return Trip(
        start_time=moment(last.time_ms),
        end_time=moment(first.time_ms),
        start_place=place(last),
        end_place=place(first),
        distance_m=distance_m,
        driving_s=0.0,
        idling_s=0.0,
        max_speed_kmh=0.0,
        fuel_used_l=_fuel_between(last, first),
        position_count=2,
        has_gap=True,
        start_explanation=why,
        end_explanation=why,
    )


def event(kind: EventKind, spot: Spot, detail: dict[str, str | float | bool | None]) -> Event:
    """Something that happened at a spot."""
    return Event(kind=kind, fix_time=moment(spot.time_ms), place=place(spot), detail=detail)


def _fuel_between(start: Spot, end: Spot) -> float | None:
    if start.fuel_used_l is None or end.fuel_used_l is None:
        return None
    used_l = end.fuel_used_l - start.fuel_used_l
    return used_l if used_l >= 0.0 else None
