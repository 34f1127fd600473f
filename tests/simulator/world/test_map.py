"""The map: connected, measured, with everything a town needs."""

import numpy as np
import pytest

from milepost.geo.distance import steps_m
from milepost.simulator.world.chance import ROADS, generator
from milepost.simulator.world.road_net import ROAD_KINDS
from milepost.simulator.world.settling import COUNTS, OVERSEAS_CUSTOMERS, Map, make_map
from milepost.simulator.world.world import World


@pytest.fixture(scope="module")
def town(world: World) -> Map:
    return world.map


def test_there_is_a_road_of_every_kind(town: Map) -> None:
    kinds = [road.kind for road in town.net.roads]
    assert set(kinds) == set(ROAD_KINDS)
    assert (kinds.count("tunnel"), kinds.count("ferry")) == (1, 1)


def test_lengths_are_those_of_the_shapes(town: Map) -> None:
    for road in town.net.roads:
        assert road.length_m == pytest.approx(steps_m(road.shape).sum(), abs=0.01)
        assert road.steps_m.min() > 0


def test_the_ends_of_roads_meet(town: Map) -> None:
    places: dict[int, tuple[float, ...]] = {}
    for road in town.net.roads:
        for junction, place in ((road.start, road.shape[0]), (road.end, road.shape[-1])):
            assert places.setdefault(junction, tuple(place)) == tuple(place)


def test_no_two_roads_join_the_same_junctions(town: Map) -> None:
    ends = [frozenset((road.start, road.end)) for road in town.net.roads]
    assert len(set(ends)) == len(ends)


def test_roads_have_names(town: Map) -> None:
    assert all(road.name for road in town.net.roads)
    assert len({road.name for road in town.net.roads if road.kind == "arterial"}) > 15


def test_every_site_is_reached_from_every_depot(town: Map) -> None:
    reached, ends = {town.gazetteer.sites["depot"][0].junction}, [0]
    ends = list(reached)
    while ends:
        for _, other in town.net.exits[ends.pop()]:
            if other not in reached:
                reached.add(other)
                ends.append(other)
    for sites in town.gazetteer.sites.values():
        assert {site.junction for site in sites} <= reached


def test_sites_are_as_many_as_planned_and_some_are_overseas(town: Map) -> None:
    sites = town.gazetteer.sites
    assert {kind: len(sites[kind]) for kind in COUNTS} == {
        **COUNTS,
        "customer": COUNTS["customer"] + OVERSEAS_CUSTOMERS,
    }
    overseas = [site for kind in sites for site in sites[kind] if site.is_overseas]
    assert len(overseas) == OVERSEAS_CUSTOMERS
    assert len({site.name for kind in sites for site in sites[kind]}) == sum(
        map(len, sites.values())
    )


def test_each_yard_lies_in_its_area(town: Map) -> None:
    areas = {area.name: area for area in town.gazetteer.areas}
    for depot in town.gazetteer.sites["depot"]:
        area = areas[f"{depot.name} yard"]
        assert area.contains(np.array([depot.latitude_deg]), np.array([depot.longitude_deg])).all()
        shapes = [
            road.shape for road in town.net.roads if {road.start, road.end} <= set(depot.yard)
        ]
        assert len(shapes) == 5
        corners = np.concatenate(shapes)
        assert area.contains(corners[:, 0], corners[:, 1]).all()


def test_another_seed_draws_another_map(town: Map) -> None:
    other = make_map(generator(99, ROADS))
    assert len(other.net.roads) != len(town.net.roads)
