"""Events on the wire."""

from datetime import datetime
from uuid import UUID

from milepost.features.paging import Page
from milepost.features.wire import Location, Wire


class EventView(Wire, frozen=True):
    """Something that happened at one fix. `late`: it was concluded from late data."""

    id: UUID
    vehicle_id: UUID | None
    device_id: UUID
    kind: str
    fix_time: datetime
    received_time: datetime
    late: bool
    location: Location | None
    detail: dict[str, str | float | bool | None]


class EventTotal(Wire, frozen=True):
    """All events in the period, together."""

    count: int


class EventPage(Page[EventView], frozen=True, omit_defaults=True):
    """A page of events; `total` is there if `totals=true` asked for it."""

    items: list[EventView]
    total: EventTotal | None = None
