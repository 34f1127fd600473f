"""The quickest way from junction to junction."""

import heapq
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from milepost.geo.distance import Floats
from milepost.simulator.world.road_net import KIND_NAMES, ROAD_KINDS, Road, RoadNet

Ints = NDArray[np.int64]
SAMPLE_KINDS = {name: number for number, name in enumerate(KIND_NAMES)}
LIMITS_KMH = np.array([ROAD_KINDS[name].limit_kmh for name in KIND_NAMES])
NOWHERE = -1


class Route(msgspec.Struct, frozen=True, eq=False):
    """A way along roads, as one line of n points.

    Attributes:
        shape: degrees, (n, 2).
        heights_m: metres above the sea, (n,).
        along_m: metres from the start, (n,), whole millimetres.
        courses_deg: of each segment, (n - 1,).
        kinds: of each segment, an index of `KIND_NAMES`, (n - 1,).
        joints: the point at which each road but the first begins, (roads - 1,).
        lights: which of the joints have traffic lights.
    """

    shape: Floats
    heights_m: Floats
    along_m: Floats
    courses_deg: Floats
    kinds: Ints
    joints: Ints
    lights: NDArray[np.bool_]

    @property
    def length_m(self) -> float:
        """Its length, metres."""
        return float(self.along_m[-1])


class Routes:
    """Finds routes; keeps the tree of quickest ways of each junction that was asked for."""

    def __init__(self, net: RoadNet) -> None:
        self._net = net
        self._costs_ms = [_cost_ms(road) for road in net.roads]
        self._trees: dict[int, list[int]] = {}
        self._roads = {(road.start, road.end): road for road in net.roads}
        self._roads |= {(road.end, road.start): _turned(road) for road in net.roads}

    def path(self, start: int, end: int) -> list[int]:
        """The junctions of the quickest way, both ends included."""
        if end not in self._trees and start in self._trees:
            return self._up(start, end)[::-1]
        if end not in self._trees:
            self._trees[end] = self._tree(end)
        return self._up(end, start)

    def through(self, stations: Sequence[int]) -> list[int]:
        """The junctions of the quickest way over several junctions."""
        path = [stations[0]]
        for start, end in pairwise(stations):
            path += self.path(start, end)[1:]
        return path

    def road_between(self, start: int, end: int) -> Road:
        """The road that leads from one junction to the next, in that direction."""
        return self._roads[start, end]

    def legs(self, path: Sequence[int]) -> list[list[int]]:
        """The path cut before and after each ferry; a leg of two junctions may be one."""
        legs: list[list[int]] = [[path[0]]]
        for start, end in pairwise(path):
            is_ferry = self.road_between(start, end).kind == "ferry"
            if is_ferry:
                legs += [[start, end], [end]]
            else:
                legs[-1].append(end)
        return [leg for leg in legs if len(leg) > 1]

    def route(self, path: Sequence[int]) -> Route:
        """The line of a path of two junctions or more."""
        roads = [self.road_between(*ends) for ends in pairwise(path)]
        counts = [len(road.steps_m) for road in roads]
        steps_m = np.concatenate([road.steps_m for road in roads])
        return Route(
            shape=_chained(road.shape for road in roads),
            heights_m=_chained(road.heights_m for road in roads),
            along_m=np.concatenate([[0.0], np.cumsum(steps_m)]),
            courses_deg=np.concatenate([road.courses_deg for road in roads]),
            kinds=np.repeat([SAMPLE_KINDS[road.kind] for road in roads], counts),
            joints=np.cumsum(counts)[:-1],
            lights=np.array([junction in self._net.lights for junction in path[1:-1]], dtype=bool),
        )

    def _up(self, root: int, start: int) -> list[int]:
        tree = self._trees[root]
        path = [start]
        while path[-1] != root:
            path.append(tree[path[-1]])
        return path

    def _tree(self, root: int) -> list[int]:
        """The next junction on the way to the root, of each junction; by Dijkstra's algorithm."""
        exits, costs = self._net.exits, self._costs_ms
        nearest = [1 << 60] * len(exits)
        following = [NOWHERE] * len(exits)
        nearest[root] = 0
        open_ends = [(0, root)]
        while open_ends:
            cost, junction = heapq.heappop(open_ends)
            if cost > nearest[junction]:
                continue
            for number, other in exits[junction]:
                reached = cost + costs[number]
                if reached < nearest[other]:
                    nearest[other] = reached
                    following[other] = junction
                    heapq.heappush(open_ends, (reached, other))
        return following


def _cost_ms(road: Road) -> int:
    kind = ROAD_KINDS[road.kind]
    return round(road.length_m * 3600 / kind.limit_kmh) + round(kind.junction_s * 1000)


def _turned(road: Road) -> Road:
    return Road(
        road.end,
        road.start,
        road.kind,
        road.name,
        road.shape[::-1],
        road.heights_m[::-1],
        road.steps_m[::-1],
        (road.courses_deg[::-1] + 180.0) % 360.0,
    )


def _chained(parts: Iterable[Floats]) -> Floats:
    """The parts as one, each first point but the first left out."""
    first, *others = parts
    return np.concatenate([first, *(part[1:] for part in others)])
