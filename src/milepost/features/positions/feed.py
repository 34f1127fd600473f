"""The feed of all positions in the order in which they became durable."""

from collections.abc import Callable

from milepost.features.paging import decode_cursor, encode_cursor
from milepost.features.position_view import PositionFeedPage, position_view
from milepost.features.vehicles.store import visible_ids
from milepost.features.vehicles.visibility import sees_all_vehicles
from milepost.features.work import Work
from milepost.stores.telemetry import FeedCursor, Telemetry

DurableUpTo = Callable[[], int]
"""Up to which received time (Unix ms) all commits are known to be complete."""


class PositionFeed:
    """Reads the feed; whoever stores its cursor misses nothing, and may see a position twice."""

    def __init__(self, telemetry: Telemetry, durable_up_to: DurableUpTo) -> None:
        self._telemetry = telemetry
        self._durable_up_to = durable_up_to

    async def page(self, work: Work, after: str | None, limit: int) -> PositionFeedPage:
        """The positions that became durable after the cursor's, of what the caller may see.

        Raises:
            InvalidInput: the text is not a cursor of the feed.
            Unavailable: ClickHouse does not answer.
        """
        cursor = None if after is None else decode_cursor(after, FeedCursor)
        ids = None
        if not sees_all_vehicles(work.scope):
            ids = await visible_ids(work.connection, work.scope)
        page = await self._telemetry.feed(
            work.scope, cursor, limit, up_to_ms=self._durable_up_to(), vehicle_ids=ids
        )
        return PositionFeedPage(
            items=[position_view(each) for each in page.positions],
            next=encode_cursor(page.next),
            has_more=page.has_more,
        )
