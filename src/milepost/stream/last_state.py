"""The newest that is known of the device: where it is, how it moves, what it measures."""

from typing import Any, Literal

import msgspec
from msgspec.structs import astuple

from milepost.domain.position import Position
from milepost.stream.contract import Motion, Observation, Run, Step

MotionName = Literal["moving", "idling", "stopped"]

_FIELDS = Position.__struct_fields__
_FIRST_MEASUREMENT = _FIELDS.index("ignition")
_MEASUREMENTS = range(_FIRST_MEASUREMENT, _FIELDS.index("alarm"))
_SIGNALS = _FIELDS.index("signals")
_NO_FIX = astuple(Position(0))


class LastState(msgspec.Struct, frozen=True):
    """See the properties of `DeviceState`, which show it."""

    last_fix_time_ms: int = -1
    last_fix: Position | None = None
    latest: Position | None = None
    motion: MotionName = "stopped"
    motion_since_ms: int = -1
    mark: Motion = Motion.RESTING


def _advance(own: LastState, run: Run) -> LastState:
    last_fix, motion, since_ms, mark = own.last_fix, own.motion, own.motion_since_ms, own.mark
    for observation in run.observations:
        if observation.located:
            last_fix = observation.position
            mark = observation.motion
        name = _name(mark, observation)
        if name != motion or since_ms < 0:
            motion, since_ms = name, observation.position.fix_time_ms
    return LastState(
        run.positions[-1].fix_time_ms,
        last_fix,
        _merge(own.latest, run, last_fix),
        motion,
        since_ms,
        mark,
    )


def _name(mark: Motion, observation: Observation) -> MotionName:
    if mark is Motion.TRAVELLING:
        return "moving"
    if mark is Motion.STIRRING and (observation.ignition or observation.on_trip):
        return "moving"
    return "idling" if observation.ignition else "stopped"


def _merge(latest: Position | None, run: Run, last_fix: Position | None) -> Position:
    """The last report, its gaps filled with the newest known: the place by the last believed fix.

    Alarm, event codes and attributes are of the moment and stay those of the last report.
    """
    newest = run.positions[-1]
    known: list[Any] = list(astuple(newest))
    signals = newest.signals
    missing = [at for at in _MEASUREMENTS if known[at] is None or known[at] == ()]
    earlier = run.positions[-2::-1] if latest is None else (*run.positions[-2::-1], latest)
    for position in earlier:
        values = astuple(position)
        for at in missing:
            if known[at] is None or known[at] == ():
                known[at] = values[at]
        if position.signals:
            signals = position.signals | signals
    known[_SIGNALS] = signals
    if last_fix is not newest:
        source = _NO_FIX if last_fix is None else astuple(last_fix)
        known[1:_FIRST_MEASUREMENT] = source[1:_FIRST_MEASUREMENT]
    return Position(*known)


STEP = Step(slice_type=LastState, advance=_advance, after=("motion", "trips", "ignition"))
