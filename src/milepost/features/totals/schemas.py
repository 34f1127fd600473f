"""Totals on the wire."""

from datetime import datetime

from milepost.features.paging import Page
from milepost.features.wire import Wire


class TotalsView(Wire, frozen=True):
    """Totals of a bucket of time that begins at `bucketStart`, of one vehicle or of several."""

    bucket_start: datetime
    vehicle_count: int
    position_count: int
    distance_m: float
    driving_s: float
    idling_s: float
    max_speed_kmh: float
    fuel_used_l: float


class TotalsPage(Page[TotalsView], frozen=True):
    """The buckets of a period that have something in them; always one page."""

    items: list[TotalsView]
