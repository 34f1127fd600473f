"""A span of one vehicle's history, as the queries about it name it."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from milepost.stores.cursors import MIN_TIME_MS, PositionCursor, within_range
from milepost.stores.stored_positions import NO_ID


class VehicleHistory(msgspec.Struct, frozen=True):
    """One vehicle's fix times `[from_ms, to_ms)`, Unix ms.

    `spans` None means all of it; else only those parts, `[from, to)` in milliseconds, count.
    """

    vehicle_id: UUID
    from_ms: int
    to_ms: int
    spans: Sequence[tuple[int, int]] | None = None

    @property
    def parameters(self) -> dict[str, object]:
        """As queries name them."""
        spans = [(self.from_ms, self.to_ms)] if self.spans is None else self.spans
        return {
            "vehicle_id": self.vehicle_id,
            "from_ms": within_range(self.from_ms),
            "to_ms": within_range(self.to_ms),
            "all_times": int(self.spans is None),
            "spans_from_ms": [within_range(begin_ms) for begin_ms, _ in spans],
            "spans_to_ms": [within_range(end_ms) for _, end_ms in spans],
        }

    def page(self, after: PositionCursor | None, limit: int) -> dict[str, object]:
        """The parameters of a page: at most `limit` positions that follow the cursor's."""
        cursor = after or PositionCursor(MIN_TIME_MS, NO_ID, 0)
        from_ms = within_range(max(self.from_ms, cursor.fix_time_ms))
        return {"from_ms": from_ms, **cursor.parameters, "limit": limit}
