"""Vehicles by tenant and fleet, so that a new topic looks at those that it may show alone."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from uuid import UUID

from milepost.live.topics import Audience, Track

_NOBODY: Mapping[Track, None] = {}


class FleetIndex:
    """Each vehicle that is not gone, under the fleet that it is in now."""

    def __init__(self) -> None:
        self._of_tenant: dict[UUID, dict[UUID | None, dict[Track, None]]] = {}

    def add(self, track: Track) -> None:
        """Keep the vehicle under its fleet, unless it is gone."""
        if not track.gone:
            fleets = self._of_tenant.setdefault(track.tenant_id, {})
            fleets.setdefault(track.fleet_id, {})[track] = None

    def discard(self, track: Track) -> None:
        """Forget the vehicle; called before its fleet changes."""
        fleets = self._of_tenant.get(track.tenant_id, {})
        members = fleets.get(track.fleet_id, {})
        members.pop(track, None)
        if not members:
            fleets.pop(track.fleet_id, None)

    def candidates(self, audience: Audience) -> Iterator[Track]:
        """The vehicles of the audience's tenant and fleets."""
        fleets = self._of_tenant.get(audience.tenant_id, {})
        if audience.fleet_ids is None:
            return chain.from_iterable(fleets.values())
        shown: Iterable[Mapping[Track, None]] = (
            fleets.get(fleet_id, _NOBODY) for fleet_id in audience.fleet_ids
        )
        return chain.from_iterable(shown)
