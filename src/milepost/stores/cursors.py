"""Places in a vehicle's history and in a tenant's feed, from which a reader goes on."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from milepost.stores.stored_positions import NO_ID, StoredPosition

# The range of ClickHouse's DateTime64.
MIN_TIME_MS = -2_208_988_800_000
MAX_TIME_MS = 10_413_791_999_999


def within_range(time_ms: int) -> int:
    """The nearest time that ClickHouse can hold (Unix milliseconds)."""
    return min(max(time_ms, MIN_TIME_MS), MAX_TIME_MS)


# Cursors come from outside: they hold what ClickHouse takes as DateTime64 and UInt32.
_TimeMs = Annotated[int, Meta(ge=MIN_TIME_MS, le=MAX_TIME_MS)]
_Fingerprint = Annotated[int, Meta(ge=0, le=4_294_967_295)]


class PositionCursor(msgspec.Struct, frozen=True, gc=False):
    """A place in a vehicle's history: the last position that was read."""

    fix_time_ms: _TimeMs
    device_id: UUID
    fingerprint: _Fingerprint

    @property
    def parameters(self) -> dict[str, object]:
        """As queries name them."""
        return {f"after_{name}": getattr(self, name) for name in self.__struct_fields__}


class FeedCursor(msgspec.Struct, frozen=True, gc=False):
    """A place in a tenant's feed: the last position that was read."""

    received_time_ms: _TimeMs
    device_id: UUID = NO_ID
    fix_time_ms: _TimeMs = MIN_TIME_MS
    fingerprint: _Fingerprint = 0

    @property
    def parameters(self) -> dict[str, object]:
        """As queries name them."""
        return {f"after_{name}": getattr(self, name) for name in self.__struct_fields__}


class FeedPage(msgspec.Struct, frozen=True):
    """Some positions of the feed, where to go on, and whether more is known to be there."""

    positions: list[StoredPosition]
    next: FeedCursor
    has_more: bool
