"""The quarantine on the wire."""

from datetime import datetime
from uuid import UUID

from milepost.features.paging import Page
from milepost.features.wire import Wire


class QuarantinedView(Wire, frozen=True):
    """A device whose conclusions could not be written, and why.

    Its positions are stored and shown; its trips and totals come once a try succeeds. `since_time`
    is when it was put aside, `retry_time` when it is tried next.
    """

    device_id: UUID
    vehicle_id: UUID | None
    reason: str
    since_time: datetime
    tries: int
    retry_time: datetime


class QuarantinePage(Page[QuarantinedView], frozen=True):
    """A page of the quarantine."""

    items: list[QuarantinedView]
