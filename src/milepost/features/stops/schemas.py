"""Stops on the wire."""

from datetime import datetime
from uuid import UUID

from milepost.features.history import ExplanationView
from milepost.features.paging import Page
from milepost.features.wire import Location, Wire


class StopView(Wire, frozen=True):
    """A stay between trips; `endTime` null: it goes on, and `durationS` is up to now.

    `distanceM` and `drivingS` are of moves within it that were too short for a trip.
    """

    id: UUID
    vehicle_id: UUID | None
    device_id: UUID
    driver_id: UUID | None
    start_time: datetime
    end_time: datetime | None
    location: Location
    duration_s: float
    distance_m: float
    driving_s: float
    idling_s: float
    position_count: int
    has_gap: bool
    start_reason: str
    end_reason: str | None
    start_explanation: ExplanationView
    end_explanation: ExplanationView | None


class StopTotal(Wire, frozen=True):
    """All stops that overlap the period, together; each whole, one that goes on up to now."""

    count: int
    duration_s: float
    distance_m: float
    driving_s: float
    idling_s: float


class StopPage(Page[StopView], frozen=True, omit_defaults=True):
    """A page of stops; `total` is there if `totals=true` asked for it."""

    items: list[StopView]
    total: StopTotal | None = None
