"""Totals on the wire."""

from datetime import date, datetime

from milepost.features.paging import Page
from milepost.features.wire import Wire


class TotalsView(Wire, frozen=True):
    """Totals from `bucketStart` to `bucketEnd`, of one vehicle or of several.

    `day` is the date in the page's time zone; null for ten minutes. The first and the last day are
    cut to the period.
    """

    bucket_start: datetime
    bucket_end: datetime
    day: date | None
    vehicle_count: int
    position_count: int
    distance_m: float
    driving_s: float
    idling_s: float
    max_speed_kmh: float
    fuel_used_l: float


class TotalsPage(Page[TotalsView], Wire, frozen=True):
    """The buckets of a period that have something in them; always one page.

    `timeZone` is the one that the days are of. `hasDividedBuckets`: a day, or the period, begins or
    ends within ten minutes, which were divided by the positions in them.
    """

    items: list[TotalsView]
    time_zone: str
    has_divided_buckets: bool
