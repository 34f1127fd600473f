"""The newest that is known of the device: where it is, how it moves, what it measures."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Literal

import msgspec
from msgspec.structs import astuple

from milepost.domain.position import Position
from milepost.stream.contract import Motion, Observation, Run, Step

MotionName = Literal["moving", "idling", "stopped"]

_FIELDS = Position.__struct_fields__
_IGNITION = _FIELDS.index("ignition")
_TIRES = _FIELDS.index("tire_pressures_kpa")
_ALARM = _FIELDS.index("alarm")
_SIGNALS = _FIELDS.index("signals")
_NOTHING = Position(0)
_measured = attrgetter(*_FIELDS[_IGNITION:_ALARM])


class LastState(msgspec.Struct, frozen=True, gc=False):
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
    newest, known = run.positions[-1], latest or _NOTHING
    if last_fix is newest and len(run.positions) == 1 and _lacks_nothing(newest, known):
        return newest
    tires, signals = known.tire_pressures_kpa, known.signals
    measured: Sequence[Any] = _measured(known)
    for position in run.positions:
        reported = _measured(position)
        if reported.count(None) < len(reported):
            measured = [
                old if new is None else new for new, old in zip(reported, measured, strict=True)
            ]
        tires = position.tire_pressures_kpa or tires
        if position.signals:
            signals = signals | position.signals
    values = list(astuple(newest))
    values[_IGNITION:_ALARM] = measured
    values[_TIRES], values[_SIGNALS] = tires, signals
    if last_fix is not newest:
        values[1:_IGNITION] = astuple(last_fix or _NOTHING)[1:_IGNITION]
    return Position(*values)


def _lacks_nothing(newest: Position, known: Position) -> bool:
    """Whether a report has all that is known: most trackers send the same fields every time."""
    if (known.tire_pressures_kpa and not newest.tire_pressures_kpa) or known.signals:
        return False
    reported = _measured(newest)
    if None not in reported:
        return True
    for new, old in zip(reported, _measured(known), strict=True):
        if new is None and old is not None:
            return False
    return True


STEP = Step(slice_type=LastState, advance=_advance, after=("motion", "trips", "ignition"))
