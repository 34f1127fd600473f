"""Stops on the wire."""

from datetime import datetime
from uuid import UUID

from milepost.features.history import ExplanationView
from milepost.features.paging import Page
from milepost.features.wire import Location, Wire


class StopView(Wire, frozen=True):
    """A stay between trips; `endTime` null: it goes on, and `durationS` is up to now."""

    id: UUID
    vehicle_id: UUID | None
    device_id: UUID
    driver_id: UUID | None
    start_time: datetime
    end_time: datetime | None
    location: Location
    duration_s: float
    idling_s: float
    position_count: int
    has_gap: bool
    start_reason: str
    end_reason: str | None
    start_explanation: ExplanationView
    end_explanation: ExplanationView | None


class StopPage(Page[StopView], frozen=True):
    """A page of stops."""

    items: list[StopView]
