"""What a processing step is: a pure function over a run of one device's positions."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Event, Rollup, Stop, Trip

Output = Trip | Stop | Event | Rollup
S = TypeVar("S")


class Run(msgspec.Struct, frozen=True, gc=False):
    """One device's positions that follow each other in fix-time order, with its thresholds."""

    positions: Sequence[Position]
    thresholds: Thresholds
