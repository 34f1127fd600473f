"""What a vehicle is asked to do."""

from typing import Literal

import msgspec

from milepost.simulator.world.sites import Site


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """One order: when to set off, where to, how long to stay.

    Attributes:
        kind: `visit` a site; run a bus `line`; `collect` along streets at walking pace; `shunt`
            in a yard.
        not_before_ms: it begins then, or when the one before is done.
        latest_ms: it is left out if it would begin later.
        via: junctions to drive through, in this order.
        site: where it ends; None where the last junction of `via` is the end.
        dwell_s: the stay there.
        is_engine_on: whether the engine runs during the stay.
    """

    kind: Literal["visit", "line", "collect", "shunt"] = "visit"
    not_before_ms: int
    latest_ms: int
    via: tuple[int, ...] = ()
    site: Site | None = None
    dwell_s: int
    is_engine_on: bool = False
