"""Fleets: made, changed, removed."""

from uuid import UUID

from milepost.domain.fleet import Fleet
from milepost.errors import Forbidden
from milepost.features import lifecycle
from milepost.features.fleets.schemas import FleetPatch, NewFleet
from milepost.features.fleets.store import FLEETS
from milepost.features.patching import patched
from milepost.features.work import Work


async def create_fleet(work: Work, new: NewFleet) -> Fleet:
    """Make a fleet.

    Raises:
        Forbidden: the caller is restricted to some fleets, and would not see the new one.
        Conflict: the tenant has a fleet of that name.
    """
    if work.scope.fleet_ids is not None:
        raise Forbidden("making a fleet", "a caller who is not restricted to fleets")
    now = work.clock()
    fleet = Fleet(
        id=work.make_id(),
        tenant_id=work.scope.tenant_id,
        name=new.name,
        description=new.description,
        created_at=now,
        updated_at=now,
    )
    return await lifecycle.add(work, FLEETS, fleet)


async def change_fleet(
    work: Work, fleet_id: UUID, patch: FleetPatch, if_match: str | None
) -> Fleet:
    """Change a fleet.

    Raises:
        NotFound: there is none that the caller may know of.
        StaleVersion: the change is based on another version.
        Conflict: the tenant has another fleet of that name.
    """
    before = await FLEETS.get(work.connection, work.scope, fleet_id, lock=True)
    return await lifecycle.change(work, FLEETS, before, patched(before, patch), if_match)


async def delete_fleet(work: Work, fleet_id: UUID, if_match: str | None) -> None:
    """Remove a fleet; its vehicles stay, in no fleet.

    Raises:
        NotFound: there is none that the caller may know of.
        StaleVersion: the removal is based on another version.
    """
    await lifecycle.remove(work, FLEETS, fleet_id, if_match)
    work.tenant_changed()
