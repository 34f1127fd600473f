"""Where vehicles go: depots, customers, filling stations; and the areas around them."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from milepost.geo.distance import Floats

SiteKind = Literal["depot", "customer", "home", "station", "terminal", "tip", "workshop"]


class Site(msgspec.Struct, frozen=True):
    """A place with a name where vehicles stand, off the road.

    Attributes:
        junction: the number of its junction in the road net.
        yard: the junctions of its service roads; empty where it has none.
        is_overseas: whether only the ferry goes there.
    """

    name: str
    kind: SiteKind
    junction: int
    latitude_deg: float
    longitude_deg: float
    yard: tuple[int, ...] = ()
    is_overseas: bool = False


class Area(msgspec.Struct, frozen=True):
    """A named rectangle of meridians and parallels."""

    name: str
    south_deg: float
    west_deg: float
    north_deg: float
    east_deg: float

    def contains(self, latitudes_deg: Floats, longitudes_deg: Floats) -> NDArray[np.bool_]:
        """Which of the points (n,) lie within: (n,)."""
        within: NDArray[np.bool_] = (
            (latitudes_deg >= self.south_deg)
            & (latitudes_deg <= self.north_deg)
            & (longitudes_deg >= self.west_deg)
            & (longitudes_deg <= self.east_deg)
        )
        return within


class Gazetteer(msgspec.Struct, frozen=True):
    """All sites by kind, the bus lines as junctions, and all areas."""

    sites: Mapping[SiteKind, Sequence[Site]]
    bus_lines: Sequence[tuple[int, ...]]
    areas: Sequence[Area]
