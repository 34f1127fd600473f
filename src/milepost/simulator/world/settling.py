"""Puts depots, customers, stations and areas on the map."""

from math import cos, radians

import msgspec
import numpy as np

from milepost.simulator.world.map_making import (
    ISLAND_AT_M,
    METRES_PER_DEG,
    ORIGIN_DEG,
    SPACING_M,
    Sketch,
    draw_roads,
)
from milepost.simulator.world.road_net import RoadNet
from milepost.simulator.world.sites import Area, Gazetteer, Site, SiteKind
from milepost.simulator.world.street_names import firm_names

COUNTS: dict[SiteKind, int] = {
    "depot": 8,
    "customer": 220,
    "home": 80,
    "station": 10,
    "terminal": 12,
    "tip": 2,
    "workshop": 2,
}
OVERSEAS_CUSTOMERS = 16
BUS_LINES = 10
CENTRE_M = (3000.0, 1500.0, 5000.0, 3500.0)


class Map(msgspec.Struct, frozen=True, eq=False):
    """The road net and what stands along it."""

    net: RoadNet
    gazetteer: Gazetteer


def make_map(rng: np.random.Generator) -> Map:
    """The map of a world."""
    sketch = Sketch(rng)
    town, island = draw_roads(sketch)
    joined = _joined(sketch)
    settler = _Settler(sketch, joined)
    sites: dict[SiteKind, list[Site]] = {
        kind: settler.settle(kind, count, town) for kind, count in COUNTS.items()
    }
    sites["customer"] += settler.settle("customer", OVERSEAS_CUSTOMERS, island)
    lines = [_bus_line(sites["terminal"], joined & set(town), rng) for _ in range(BUS_LINES)]
    return Map(sketch.finished(), Gazetteer(sites, lines, _areas(sites["depot"])))


class _Settler:
    """Chooses streets and builds driveways and yards beside them."""

    def __init__(self, sketch: Sketch, joined: set[int]) -> None:
        self._sketch = sketch
        self._names = firm_names(sketch.rng)
        self._free = [
            index
            for index in map(int, sketch.rng.permutation(len(sketch.links)))
            if sketch.links[index][2] == "street" and sketch.links[index][0] in joined
        ]

    def settle(self, kind: SiteKind, count: int, within: range) -> list[Site]:
        chosen = [index for index in self._free if self._sketch.links[index][0] in within][:count]
        taken = set(chosen)
        self._free = [index for index in self._free if index not in taken]
        return [self._site(kind, number, index) for number, index in enumerate(chosen, 1)]

    def _site(self, kind: SiteKind, number: int, link: int) -> Site:
        name = next(self._names) if kind == "customer" else f"{kind.capitalize()} {number}"
        gate = self._sketch.split(link)
        junction, yard = (
            self._yard(gate, name) if kind == "depot" else (self._drive(gate, name), ())
        )
        latitude_deg, longitude_deg = self._sketch.degrees(*self._sketch.points[junction])
        is_overseas = self._sketch.points[junction][0] >= ISLAND_AT_M[0] - SPACING_M
        return Site(name, kind, junction, latitude_deg, longitude_deg, yard, is_overseas)

    def _drive(self, gate: int, name: str) -> int:
        """A driveway into the block north-east of the gate."""
        east_m, north_m = self._sketch.points[gate]
        aside_m = round(float(self._sketch.rng.uniform(14.0, 35.0)), 2)
        end = self._sketch.add_point(east_m + aside_m, north_m + aside_m)
        self._sketch.links.append((gate, end, "yard", name))
        return end

    def _yard(self, gate: int, name: str) -> tuple[int, tuple[int, ...]]:
        """Four corners with service roads, and one road across."""
        east_m, north_m = self._sketch.points[gate]
        corners = [
            self._sketch.add_point(east_m + aside_m, north_m + ahead_m)
            for aside_m, ahead_m in ((25.0, 25.0), (105.0, 25.0), (105.0, 85.0), (25.0, 85.0))
        ]
        first, second, third, fourth = corners
        for start, end in (
            (gate, first),
            (first, second),
            (second, third),
            (third, fourth),
            (fourth, first),
            (first, third),
        ):
            self._sketch.links.append((start, end, "yard", name))
        return third, tuple(corners)


def _joined(sketch: Sketch) -> set[int]:
    """The junctions that can be reached from the first arterial."""
    neighbours: dict[int, list[int]] = {}
    for start, end, *_ in sketch.links:
        neighbours.setdefault(start, []).append(end)
        neighbours.setdefault(end, []).append(start)
    found, open_ends = {0}, [0]
    while open_ends:
        for other in neighbours[open_ends.pop()]:
            if other not in found:
                found.add(other)
                open_ends.append(other)
    return found


def _bus_line(
    terminals: list[Site], junctions: set[int], rng: np.random.Generator
) -> tuple[int, ...]:
    first, last = rng.choice(len(terminals), 2, replace=False)
    between = rng.choice(sorted(junctions), 2, replace=False)
    return terminals[first].junction, int(between[0]), int(between[1]), terminals[last].junction


def _areas(depots: list[Site]) -> list[Area]:
    scale = METRES_PER_DEG * cos(radians(ORIGIN_DEG[0]))
    # A depot's junction is the north-eastern corner of its yard.
    yards = [
        Area(
            f"{depot.name} yard",
            round(depot.latitude_deg - 75.0 / METRES_PER_DEG, 7),
            round(depot.longitude_deg - 95.0 / scale, 7),
            round(depot.latitude_deg + 10.0 / METRES_PER_DEG, 7),
            round(depot.longitude_deg + 20.0 / scale, 7),
        )
        for depot in depots
    ]
    west_m, south_m, east_m, north_m = CENTRE_M
    return [
        *yards,
        _rectangle("Town centre", west_m, south_m, east_m, north_m),
        _rectangle("Island", ISLAND_AT_M[0] - 500, 2000.0, ISLAND_AT_M[0] + 4000, 7000.0),
    ]


def _rectangle(name: str, west_m: float, south_m: float, east_m: float, north_m: float) -> Area:
    scale = METRES_PER_DEG * cos(radians(ORIGIN_DEG[0]))
    return Area(
        name,
        round(ORIGIN_DEG[0] + south_m / METRES_PER_DEG, 7),
        round(ORIGIN_DEG[1] + west_m / scale, 7),
        round(ORIGIN_DEG[0] + north_m / METRES_PER_DEG, 7),
        round(ORIGIN_DEG[1] + east_m / scale, 7),
    )
