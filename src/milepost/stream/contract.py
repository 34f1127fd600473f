"""What a processing step is: a pure fold over a run of one device's positions.

A step is one module of this package that ends in the constant `STEP`. It owns a slice of the
device's state and is called once for a run of positions that follow each other in order; it reads
what earlier steps noted about each position and notes its own. Nothing it returns may depend on
how the positions were cut into runs.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Generic, TypeVar

import msgspec

from milepost.domain.policy import OdometerSetting
from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds

# Any struct that is the `output_type` of a kind in `stream/conclusions`.
Output = msgspec.Struct

BUCKET_MS = 600_000
# Above it a reported speed is no drift, if the places do not contradict it.
SURE_KMH = 20.0


class Motion(IntEnum):
    """How a fix relates to the place where the vehicle last rested.

    RESTING: at that place, and slow. STIRRING: still near it, but not slow: either setting off or
    the drift of a receiver; later fixes tell. TRAVELLING: away from it.
    """

    RESTING = 0
    STIRRING = 1
    TRAVELLING = 2


class Observation(msgspec.Struct, gc=False):
    """A position and what the steps have found out about it so far.

    `reports` is 0 for what nobody reported: where a stay within a long silence began or ended.
    `unseen`: the leg is what was driven in a silence after such a stay. `inferred_from_ms` is
    the time of the report that told of it.
    `located`: the fix is believed. The leg is the way from the previous believed fix to this one:
    `distance_m`, `duration_s`. `speed_kmh` is the reported speed if `speed_reported`, else the
    leg's. `relocated`: the leg is impossible, but the new place was confirmed by a second fix.
    `ignition` is the newest known value, unless it is not believed; `engine_on_s` is how long it
    was on during the leg, `off_s` for how long it has been off.
    `departed`: the leg left the resting place, `displacement_m` away from it. `hopped`: it was
    driven, most likely, though not far from there; `shunted`: without doubt, because the legs
    before it go the same way. `driven`: the leg
    counts as driving. `on_trip`: after this position a trip (or what may become one) is open.
    `settled_distance_m` is the distance that became certain with this position. `fuel_used_l` is
    what was used since the device first told (None: it never did), `fuel_increase_l` since the
    report before.
    """

    position: Position
    reports: int = 1
    unseen: bool = False
    inferred_from_ms: int = -1
    located: bool = False
    distance_m: float = 0.0
    duration_s: float = 0.0
    speed_kmh: float = 0.0
    speed_reported: bool = False
    relocated: bool = False
    ignition: bool | None = None
    engine_on_s: float = 0.0
    off_s: float = 0.0
    motion: Motion = Motion.RESTING
    departed: bool = False
    hopped: bool = False
    shunted: bool = False
    displacement_m: float = 0.0
    driven: bool = False
    on_trip: bool = False
    fuel_used_l: float | None = None
    fuel_increase_l: float = 0.0
    settled_distance_m: float = 0.0

    @property
    def report_time_ms(self) -> int:
        """When the report was made that shows it, or from which it is inferred."""
        inferred_from_ms = self.inferred_from_ms
        return self.position.fix_time_ms if inferred_from_ms < 0 else inferred_from_ms

    @property
    def is_off(self) -> bool:
        """Whether the ignition was off all the way that led here."""
        return self.ignition is False and self.engine_on_s == 0.0


class Settled(msgspec.Struct, frozen=True, gc=False):
    """What a leg adds to the totals of its bucket, once it is known which kind of leg it was."""

    bucket_start_ms: int
    distance_m: float
    driving_s: float
    idling_s: float
    max_speed_kmh: float


class Concluded(msgspec.Struct, frozen=True, gc=False):
    """An output, and the fix time at which the stream came to it."""

    output: Output
    decided_fix_time_ms: int


class Run(msgspec.Struct, gc=False):
    """One device's positions in order, its thresholds, and what the steps make of them.

    `counts` is whether trips and totals come of the positions: of several devices in a vehicle one
    does at a time. `odometers` are the settings of the vehicle's odometer. `unsettled_bucket_ms` is
    the oldest bucket that may still get a leg of the past, if any may.
    """

    positions: Sequence[Position]
    thresholds: Thresholds
    observations: list[Observation]
    settled: list[Settled]
    concluded: list[Concluded]
    counts: bool = True
    odometers: Sequence[OdometerSetting] = ()
    unsettled_bucket_ms: int | None = None

    def conclude(self, output: Output, decided_fix_time_ms: int) -> None:
        """Put an output out; the fix is the one at hand, wherever the run was cut.

        Late data withdraws what was decided after it: a later fix than the one that decided would
        withdraw too much.
        """
        self.concluded.append(Concluded(output, decided_fix_time_ms))


Slice = TypeVar("Slice", bound=msgspec.Struct)


class Step(msgspec.Struct, Generic[Slice], frozen=True, kw_only=True):
    """One processing step; `after` names the steps (modules) whose notes it reads.

    `advance` must not change the slice that it is given: the caller may still hold it. `version` is
    raised by whoever changes what the same positions give: stored states of another version, and
    those without the step, are rebuilt from the positions.
    """

    version: int = 1
    slice_type: type[Slice]
    advance: Callable[[Slice, Run], Slice]
    after: tuple[str, ...] = ()
    open_outputs: Callable[[Slice], list[Output]] | None = None
