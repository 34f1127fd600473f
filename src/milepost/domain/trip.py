"""What the stream concludes: trips, stops, events, and the totals of a bucket of time."""

from datetime import datetime
from typing import Literal

import msgspec

TripReason = Literal[
    "ignition_on",
    "ignition_off",
    "motion_began",
    "motion_ended",
    "data_gap",
    "first_fix",
    "position_jump",
    "towed",
    "primary_changed",
]


class Explanation(msgspec.Struct, frozen=True, gc=False):
    """Why something was concluded: the reason and the numbers that were compared.

    `measured` and `thresholds` carry units in their keys (`halt_s`, `stop_min_duration_s`). Of the
    thresholds those are listed that were reached.
    """

    reason: TripReason
    decided_fix_time_ms: int
    measured: dict[str, float]
    thresholds: dict[str, float]


class Place(msgspec.Struct, frozen=True, gc=False):
    """A point on the ground, WGS 84."""

    latitude_deg: float
    longitude_deg: float


class Trip(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A journey from where the vehicle set off to where it halted.

    `end_time` is None while it goes on. `distance_m` is along the believed fixes, whatever the
    device's odometer says. `driving_s` and `idling_s` (standing, the engine presumed on unless
    known to be off) fill the trip. `has_gap`: a silence longer than the gap threshold ended it; or
    it *is* such a silence, after which the vehicle was elsewhere: then its reasons are `data_gap`,
    `distance_m` is the straight line, and nobody saw any driving or idling. `fuel_used_l` is the
    difference of the device's counter; None if it has none.
    """

    start_time: datetime
    end_time: datetime | None
    start_place: Place
    end_place: Place
    distance_m: float
    driving_s: float
    idling_s: float
    max_speed_kmh: float
    fuel_used_l: float | None
    position_count: int
    has_gap: bool
    start_explanation: Explanation
    end_explanation: Explanation | None


class Stop(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A stay between trips: it begins where and when the vehicle halted.

    `idling_s` is the time with the ignition known to be on. Moves too short for a trip do not end
    a stop; what was driven in them for certain is `distance_m` and `driving_s`. `has_gap`: within
    it the device was silent for longer than the gap threshold, and the vehicle was in the same
    place afterwards.
    """

    start_time: datetime
    end_time: datetime | None
    place: Place
    distance_m: float
    driving_s: float
    idling_s: float
    position_count: int
    has_gap: bool
    start_explanation: Explanation
    end_explanation: Explanation | None


EventKind = Literal[
    "ignition_on",
    "ignition_off",
    "ignition_unreliable",
    "trip_started",
    "trip_ended",
    "idling_started",
    "idling_ended",
    "data_gap",
    "position_rejected",
    "towed",
    "alarm",
    "identity_clash",
    "clock_unbelieved",
    "clock_repaired",
]


class Event(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Something that happened at one fix. `detail` says what, in words and numbers."""

    kind: EventKind
    fix_time: datetime
    place: Place | None
    detail: dict[str, str | float | bool | None]


class Rollup(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Totals of one device within one bucket of fix time, `[bucket_start_ms, + 10 min)`.

    A segment between two fixes counts, whole, in the bucket of its later fix. The sums of
    `distance_m` and `driving_s` over all buckets are those over all trips; of `idling_s`, those
    over all trips and stops. `position_count` is the number of distinct reports. `fuel_used_l` is
    every increase of the device's counter, also while parked.
    """

    bucket_start_ms: int
    position_count: int
    distance_m: float
    driving_s: float
    idling_s: float
    max_speed_kmh: float
    fuel_used_l: float
