"""A span of one vehicle's history, as the queries about it name it."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from milepost.stores.cursors import within_range


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
