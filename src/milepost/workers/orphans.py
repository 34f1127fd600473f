"""Stored positions of units that are not in memory and whose checkpoints do not contain them."""

from collections.abc import Iterator
from uuid import UUID

import msgspec

from milepost.workers.unit import Stale, UnitKey, earliest


class Orphan(msgspec.Struct, frozen=True):
    """Whose the positions are, and from where on they must be folded again."""

    tenant_id: UUID
    stale: Stale


class Orphans:
    """Known until their units are loaded, which the flusher sees to by itself."""

    def __init__(self) -> None:
        self._orphans: dict[UnitKey, Orphan] = {}

    def __len__(self) -> int:
        return len(self._orphans)

    def __iter__(self) -> Iterator[tuple[UnitKey, Orphan]]:
        return iter(list(self._orphans.items()))

    def __contains__(self, key: UnitKey) -> bool:
        return key in self._orphans

    def leave(self, key: UnitKey, tenant_id: UUID, stale: Stale) -> None:
        """Remember that stored positions of a unit are not in its checkpoint."""
        known = self._orphans.get(key)
        whole = stale if known is None else earliest(known.stale, stale)
        assert whole is not None
        self._orphans[key] = Orphan(tenant_id, whole)

    def take(self, key: UnitKey) -> Stale | None:
        """The unit has been loaded and answers for them from now on."""
        orphan = self._orphans.pop(key, None)
        return None if orphan is None else orphan.stale
