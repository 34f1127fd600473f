"""Roads, and how they meet."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from milepost.geo.distance import Floats, bearings_deg, steps_m


class RoadKind(msgspec.Struct, frozen=True):
    """What a road is like.

    Attributes:
        limit_kmh: the speed limit.
        junction_s: what a driver reckons with at each end when a route is chosen.
        has_reception: whether satellites and the mobile network reach it.
        jams: the share of its roads that are jammed in the rush hour, 0 to 1.
    """

    limit_kmh: float
    junction_s: float
    has_reception: bool = True
    jams: float = 0.0


ROAD_KINDS: Mapping[str, RoadKind] = {
    "motorway": RoadKind(110.0, 0.0, jams=0.06),
    "arterial": RoadKind(60.0, 6.0, jams=0.1),
    "street": RoadKind(30.0, 4.0, jams=0.01),
    "yard": RoadKind(15.0, 3.0),
    "tunnel": RoadKind(60.0, 6.0, has_reception=False, jams=0.05),
    "ferry": RoadKind(25.0, 1200.0),
}
KIND_NAMES = tuple(ROAD_KINDS)


class Road(msgspec.Struct, frozen=True, eq=False):
    """A road between two junctions.

    Attributes:
        start: number of the junction where its shape begins.
        end: number of the junction where its shape ends.
        kind: a key of `ROAD_KINDS`.
        name: as on the street sign.
        shape: degrees, (n, 2).
        heights_m: metres above the sea, (n,).
        steps_m: metres from each point of the shape to the next, (n - 1,), whole millimetres.
        courses_deg: degrees clockwise from north, (n - 1,).
    """

    start: int
    end: int
    kind: str
    name: str
    shape: Floats
    heights_m: Floats
    steps_m: Floats
    courses_deg: Floats

    @property
    def length_m(self) -> float:
        """Its length, metres."""
        return float(np.cumsum(self.steps_m)[-1])


def make_road(
    ends: tuple[int, int], kind: str, name: str, shape: Floats, heights_m: Floats
) -> Road:
    """A road along a shape.

    Its lengths and courses are rounded here. What is computed from them later uses nothing but
    IEEE's basic operations, which give the same bits on every machine.
    """
    return Road(
        *ends,
        kind,
        name,
        shape,
        heights_m,
        np.round(steps_m(shape), 3),
        np.round(bearings_deg(shape[:-1], shape[1:]), 1),
    )


class RoadNet(msgspec.Struct, frozen=True, eq=False):
    """All roads.

    Attributes:
        roads: by number.
        exits: {junction: (number of the road, junction at its other end)}.
        lights: the junctions with traffic lights.
    """

    roads: Sequence[Road]
    exits: Sequence[Sequence[tuple[int, int]]]
    lights: frozenset[int]
