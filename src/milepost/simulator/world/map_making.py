"""Draws the world's map: a town on a river, its motorway, an island that only a ferry reaches.

The grid of 250 m has an arterial on every fourth line; its junctions are moved a little, its
streets bend, and some are missing. All of it lies on the Dogger Bank in the North Sea, so nobody
takes it for a real place.
"""

from collections.abc import Iterator
from math import cos, pi, radians, sin

import numpy as np

from milepost.geo.distance import EARTH_RADIUS_M
from milepost.simulator.world.road_net import Road, RoadNet, make_road
from milepost.simulator.world.street_names import avenue_names, street_names

ORIGIN_DEG = (54.6, 2.5)
SPACING_M = 250.0
TOWN_LINES = 33
ISLAND_LINES = 13
ARTERIAL_EVERY = 4
# The river flows north of this line of the grid. Arterials cross it, one of them in a tunnel.
RIVER_ROW = 15
RIVER_M = 1500.0
TUNNEL_COLUMN = 16
BRIDGE_COLUMNS = (0, 4, 12, 20, 28)
ISLAND_AT_M = (14_000.0, 3_000.0)
MISSING_STREETS = 0.12
METRES_PER_DEG = radians(1.0) * EARTH_RADIUS_M
LEAST_BENT_M = 120.0

Point = tuple[float, float]
Link = tuple[int, int, str, str]


class Sketch:
    """A map on a plane of metres, while it is drawn."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.points: list[Point] = []
        self.links: list[Link] = []
        self.lights: set[int] = set()
        self._streets, self._avenues = street_names(rng), avenue_names(rng)

    def add_point(self, east_m: float, north_m: float) -> int:
        """Add a junction; returns its number."""
        self.points.append((east_m, north_m))
        return len(self.points) - 1

    def line_name(self, line: int) -> str:
        """The name of a new line of the grid."""
        return next(self._avenues if line % ARTERIAL_EVERY == 0 else self._streets)

    def split(self, index: int) -> int:
        """Put a junction into the middle of a link; returns its number."""
        start, end, kind, name = self.links[index]
        (east, north), (other_east, other_north) = self.points[start], self.points[end]
        middle = self.add_point((east + other_east) / 2, (north + other_north) / 2)
        self.links[index] = (start, middle, kind, name)
        self.links.append((middle, end, kind, name))
        return middle

    def finished(self) -> RoadNet:
        """The road net: shapes in degrees, with bends."""
        roads = [self._road(*link) for link in self.links]
        exits: list[list[tuple[int, int]]] = [[] for _ in self.points]
        for number, road in enumerate(roads):
            exits[road.start].append((number, road.end))
            exits[road.end].append((number, road.start))
        return RoadNet(roads, exits, frozenset(self.lights))

    def degrees(self, east_m: float, north_m: float) -> Point:
        """Latitude and longitude of a point of the plane, as a tracker would write them."""
        latitude_deg = ORIGIN_DEG[0] + north_m / METRES_PER_DEG
        scale = METRES_PER_DEG * cos(radians(ORIGIN_DEG[0]))
        return round(latitude_deg, 7), round(ORIGIN_DEG[1] + east_m / scale, 7)

    def _road(self, start: int, end: int, kind: str, name: str) -> Road:
        points = self._bent(self.points[start], self.points[end], kind)
        shape = np.array([self.degrees(*point) for point in points])
        heights_m = np.array([_height_m(*point) for point in points])
        return make_road((start, end), kind, name, shape, heights_m)

    def _bent(self, start: Point, end: Point, kind: str) -> list[Point]:
        east, north = end[0] - start[0], end[1] - start[1]
        if east * east + north * north < LEAST_BENT_M**2 or kind == "yard":
            return [start, end]
        bend = float(self.rng.normal(0.0, 0.03 if kind == "street" else 0.05))
        # A parabola over the chord, 1 in its middle.
        return [
            (
                start[0] + east * share - north * bend * 4 * share * (1 - share),
                start[1] + north * share + east * bend * 4 * share * (1 - share),
            )
            for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
        ]


def _height_m(east_m: float, north_m: float) -> float:
    waves = 14 * sin(east_m / 4000 * pi) + 9 * cos(north_m / 5500 * pi)
    return round(30.0 + waves, 1)


def draw_roads(sketch: Sketch) -> tuple[range, range]:
    """Draw town, island and ferry; returns the junctions of the town and those of the island."""
    town = _grid(sketch, TOWN_LINES, (0.0, 0.0), has_river=True)
    island = _grid(sketch, ISLAND_LINES, ISLAND_AT_M, has_river=False)
    pier = town[8 * TOWN_LINES + TOWN_LINES - 1]
    landing = island[4 * ISLAND_LINES]
    sketch.links.append((pier, landing, "ferry", "Island Ferry"))
    return town, island


def _grid(sketch: Sketch, lines: int, at_m: Point, *, has_river: bool) -> range:
    first = len(sketch.points)
    for row in range(lines):
        for column in range(lines):
            river_m = RIVER_M if has_river and row > RIVER_ROW else 0.0
            east_m, north_m = sketch.rng.normal(0.0, 18.0, 2)
            sketch.add_point(
                round(at_m[0] + column * SPACING_M + float(east_m), 2),
                round(at_m[1] + row * SPACING_M + river_m + float(north_m), 2),
            )
    rows = [sketch.line_name(line) for line in range(lines)]
    columns = [sketch.line_name(line) for line in range(lines)]
    sketch.links += _streets_of(sketch, lines, first, rows, is_row=True, has_river=has_river)
    sketch.links += _streets_of(sketch, lines, first, columns, is_row=False, has_river=has_river)
    sketch.lights |= {
        first + row * lines + column
        for row in range(0, lines, ARTERIAL_EVERY)
        for column in range(0, lines, ARTERIAL_EVERY)
        if not (has_river and 0 in (row, column))
    }
    return range(first, len(sketch.points))


def _streets_of(
    sketch: Sketch, lines: int, first: int, names: list[str], *, is_row: bool, has_river: bool
) -> Iterator[Link]:
    for line in range(lines):
        for along in range(lines - 1):
            kind = _link_kind(line, along, is_row=is_row, is_town=has_river)
            if kind == "street" and sketch.rng.random() < MISSING_STREETS:
                continue
            if kind:
                row, column = (line, along) if is_row else (along, line)
                start = first + row * lines + column
                name = {"motorway": "Ring Motorway", "tunnel": "River Tunnel"}.get(kind)
                yield start, start + (1 if is_row else lines), kind, name or names[line]


def _link_kind(line: int, along: int, *, is_row: bool, is_town: bool) -> str:
    """The kind of a link of the grid; empty where there is none."""
    if is_town and not is_row and along == RIVER_ROW:
        if line == TUNNEL_COLUMN:
            return "tunnel"
        if line not in BRIDGE_COLUMNS:
            return ""
    if is_town and line == 0:
        return "motorway"
    if line % ARTERIAL_EVERY == 0:
        return "arterial"
    # Side streets do not meet the motorway, which is line 0 of the other direction.
    return "" if is_town and along == 0 else "street"
