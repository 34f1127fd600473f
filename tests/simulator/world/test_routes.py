"""Routes: the quickest, whole, and cut at the ferry."""

import numpy as np
import pytest

from milepost.simulator.world.road_net import RoadNet, make_road
from milepost.simulator.world.routes import Routes
from milepost.simulator.world.world import World


def net(*links: tuple[int, int, str, float]) -> RoadNet:
    """Junctions on a meridian apart; each link is (start, end, kind, degrees of detour)."""
    roads = []
    for start, end, kind, detour_deg in links:
        shape = np.array(
            [
                (50 + start / 100, 8.0),
                (50 + (start + end) / 200, 8.0 + detour_deg),
                (50 + end / 100, 8.0),
            ]
        )
        roads.append(make_road((start, end), kind, "Road", shape, np.zeros(3)))
    count = max(max(road.start, road.end) for road in roads) + 1
    exits: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for number, road in enumerate(roads):
        exits[road.start].append((number, road.end))
        exits[road.end].append((number, road.start))
    return RoadNet(roads, exits, frozenset({1}))


def test_the_quickest_way_is_not_the_shortest() -> None:
    routes = Routes(net((0, 2, "street", 0.0), (0, 1, "motorway", 0.01), (1, 2, "motorway", 0.01)))
    assert routes.path(0, 2) == [0, 1, 2]
    assert routes.path(2, 0) == [2, 1, 0]
    assert routes.path(0, 0) == [0]


def test_a_route_is_as_long_as_its_roads() -> None:
    routes = Routes(net((0, 1, "street", 0.001), (1, 2, "arterial", 0.001)))
    route = routes.route([2, 1, 0])
    assert route.length_m == pytest.approx(2 * 1112 * np.hypot(1, 0.129), rel=0.01)
    assert route.shape[0].tolist() == [50.02, 8.0]
    assert route.shape[-1].tolist() == [50.0, 8.0]
    assert len(route.shape) == len(route.along_m) == len(route.heights_m) == 5
    assert (route.joints.tolist(), route.lights.tolist()) == ([2], [True])
    assert route.kinds.tolist() == [1, 1, 2, 2]


def test_a_route_backwards_has_the_opposite_courses() -> None:
    routes = Routes(
        net(
            (0, 1, "street", 0.003),
        )
    )
    there, back = routes.route([0, 1]), routes.route([1, 0])
    turned = (back.courses_deg[::-1] + 180) % 360
    assert there.courses_deg.tolist() == pytest.approx(turned.tolist(), abs=0.05)


def test_a_path_is_cut_before_and_after_a_ferry() -> None:
    routes = Routes(net((0, 1, "street", 0.0), (1, 2, "ferry", 0.0), (2, 3, "street", 0.0)))
    assert routes.legs(routes.path(0, 3)) == [[0, 1], [1, 2], [2, 3]]
    assert routes.legs(routes.path(1, 2)) == [[1, 2]]


def test_a_tree_gives_the_same_cost_in_both_directions(world: World) -> None:
    sites = world.map.gazetteer.sites["customer"]
    one, other = Routes(world.map.net), Routes(world.map.net)
    ends = sites[3].junction, sites[200].junction
    there = one.route(one.path(*ends)).length_m
    back = other.route(other.path(*ends[::-1])).length_m
    assert there == pytest.approx(back, rel=1e-6)
