"""A topic looks at the vehicles of its tenant and fleets alone."""

from uuid import UUID

from milepost.live.channels import parse_channel
from milepost.live.fleet_index import FleetIndex
from milepost.live.topics import Audience, Track
from tests.live.fleet import NORTH, OTHER_TENANT, SOUTH, TENANT, state

ALL = parse_channel("fleet:all")


def candidates(index: FleetIndex, tenant_id: UUID, *fleet_ids: UUID) -> list[Track]:
    audience = Audience(tenant_id, ALL, None, frozenset(fleet_ids) if fleet_ids else None)
    return list(index.candidates(audience))


def test_vehicles_are_found_by_tenant_and_fleet() -> None:
    index = FleetIndex()
    north, south, nowhere = [
        Track(TENANT, state(number, fleet_id=fleet_id))
        for number, fleet_id in enumerate((NORTH, SOUTH, None))
    ]
    foreign = Track(OTHER_TENANT, state(3, fleet_id=NORTH))
    for track in (north, south, nowhere, foreign):
        index.add(track)
    assert candidates(index, TENANT) == [north, south, nowhere]
    assert candidates(index, TENANT, NORTH) == [north]
    assert set(candidates(index, TENANT, NORTH, SOUTH)) == {north, south}
    assert candidates(index, OTHER_TENANT) == [foreign]

    index.discard(north)
    north.fleet_id = SOUTH
    index.add(north)
    assert candidates(index, TENANT, NORTH) == []
    assert candidates(index, TENANT, SOUTH) == [south, north]

    index.discard(south)
    south.gone = True
    index.add(south)
    assert candidates(index, TENANT, SOUTH) == [north]
