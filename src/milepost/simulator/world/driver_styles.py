"""How drivers drive."""

from collections.abc import Sequence

import msgspec


class DriverStyle(msgspec.Struct, frozen=True):
    """One style.

    Attributes:
        name: what it is called.
        share: how many of a hundred drivers have it.
        acceleration_mps2: from standing.
        braking_mps2: where nothing surprises.
        lateral_mps2: in bends.
        pace: their speed on a free road as a share of the limit.
        surprises_per_100km: how often they brake at the last moment.
        kick_downs: the share of legs on which they accelerate as hard as they can.
        cut_corners: the share of turns that they take much too fast.
    """

    name: str
    share: int
    acceleration_mps2: float
    braking_mps2: float
    lateral_mps2: float
    pace: float
    surprises_per_100km: float
    kick_downs: float
    cut_corners: float


DRIVER_STYLES: Sequence[DriverStyle] = (
    DriverStyle("calm", 55, 1.1, 1.3, 1.8, 0.94, 0.6, 0.0, 0.0),
    DriverStyle("brisk", 33, 1.6, 1.9, 2.6, 1.02, 3.0, 0.02, 0.01),
    DriverStyle("harsh", 12, 2.2, 2.5, 3.2, 1.12, 12.0, 0.12, 0.06),
)
