"""Driver assignments on the wire."""

from datetime import datetime
from uuid import UUID

from milepost.features.paging import Page
from milepost.features.wire import Body, Instant, Wire


class NewAssignment(Body, frozen=True):
    """Who drives which vehicle from now, or from a time in the past."""

    driver_id: UUID
    vehicle_id: UUID
    start_time: Instant | None = None


class AssignmentEnd(Body, frozen=True):
    """When an assignment ends: now, or at a time in the past."""

    end_time: Instant | None = None


class AssignmentView(Wire, frozen=True):
    """Who drives a vehicle from when to when; `endTime` is null while it goes on."""

    id: UUID
    driver_id: UUID
    vehicle_id: UUID
    start_time: datetime
    end_time: datetime | None
    created_at: datetime


class AssignmentPage(Page[AssignmentView], frozen=True):
    """A page of assignments, the newest first."""

    items: list[AssignmentView]
