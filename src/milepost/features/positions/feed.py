"""The feed of all positions in the order in which they became durable."""

from collections.abc import Awaitable, Callable

from milepost.features.paging import decode_cursor, encode_cursor
from milepost.features.position_view import PositionFeedPage, position_view
from milepost.features.slices import in_slices
from milepost.features.vehicles.store import visible_among
from milepost.features.vehicles.visibility import sees_all_vehicles
from milepost.features.work import Work
from milepost.stores.telemetry import FeedCursor, StoredPosition, Telemetry

DurableUpTo = Callable[[], Awaitable[int]]
"""Brings what is acknowledged to ClickHouse; up to which received time (Unix ms) it is there."""


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
        up_to_ms = await self._durable_up_to()
        page = await self._telemetry.feed(work.scope, cursor, limit, up_to_ms=up_to_ms)
        return PositionFeedPage(
            items=await in_slices(await _visible(work, page.positions), position_view),
            next=encode_cursor(page.next),
            has_more=page.has_more,
        )


async def _visible(work: Work, positions: list[StoredPosition]) -> list[StoredPosition]:
    """Those that the caller may see: a page's vehicles are few, the caller's may be many."""
    if sees_all_vehicles(work.scope):
        return positions
    ids = {each.vehicle_id for each in positions if each.vehicle_id is not None}
    seen = await visible_among(work.connection, work.scope, ids)
    return [each for each in positions if each.vehicle_id in seen]
