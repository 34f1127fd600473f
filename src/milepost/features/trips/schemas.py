"""Trips on the wire."""

from datetime import datetime
from uuid import UUID

from milepost.features.history import ExplanationView
from milepost.features.paging import Page
from milepost.features.wire import Location, Wire


class TripView(Wire, frozen=True):
    """A journey from where the vehicle set off to where it halted; `endTime` null: it goes on.

    `durationS` is from start to end, or what was driven and idled so far; `averageSpeedKmh` is
    the distance by that.
    """

    id: UUID
    vehicle_id: UUID | None
    device_id: UUID
    driver_id: UUID | None
    start_time: datetime
    end_time: datetime | None
    start_location: Location
    end_location: Location
    distance_m: float
    duration_s: float
    driving_s: float
    idling_s: float
    max_speed_kmh: float
    average_speed_kmh: float
    fuel_used_l: float | None
    position_count: int
    has_gap: bool
    start_reason: str
    end_reason: str | None
    start_explanation: ExplanationView
    end_explanation: ExplanationView | None


class TripTotal(Wire, frozen=True):
    """All trips that overlap the period, together; each counts whole.

    `fuelUsedL` is null where no trip has a counter.
    """

    count: int
    distance_m: float
    driving_s: float
    idling_s: float
    fuel_used_l: float | None


class TripPage(Page[TripView], frozen=True, omit_defaults=True):
    """A page of trips; `total` is there if `totals=true` asked for it."""

    items: list[TripView]
    total: TripTotal | None = None
