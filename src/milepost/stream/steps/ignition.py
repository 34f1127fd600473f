"""The newest known ignition, its changes, how long it was on or off, and whether it is believed.

A wire that never said "on" is not connected, and its "off" says nothing. One that says "off" while
the vehicle drives, or "on" while it stands for days, has come loose: that is told once, and it is
not believed until it says the other. What is not believed is unknown to the other steps, not off.
With the threshold `use_ignition` off its changes are still told, but no other step sees it.
"""

from datetime import UTC, datetime

import msgspec

from milepost.domain.position import Position
from milepost.domain.trip import Event, EventKind, Place
from milepost.stream.contract import Observation, Run, Step

# Nobody tows so long, and nobody lets an engine run for so long at rest.
DRIVEN_OFF_S = 1800.0
STOOD_ON_S = 86_400.0
# A leg this fast and long was driven, whatever a receiver's scatter is.
DRIVING_KMH = 20.0
DRIVING_M = 100.0


class Ignition(msgspec.Struct, frozen=True, gc=False):
    """The newest known value, and the seconds it was on since the last believed fix.

    `off_time_ms` is when it went off. `was_on` is whether it ever was on. `against_s` is for how
    long the vehicle has contradicted it, `is_doubted` whether that is too long.
    """

    value: bool | None = None
    report_time_ms: int = -1
    on_s: float = 0.0
    off_time_ms: int = -1
    was_on: bool = False
    against_s: float = 0.0
    is_doubted: bool = False


def _advance(own: Ignition, run: Run) -> Ignition:
    value, report_time_ms, on_s = own.value, own.report_time_ms, own.on_s
    off_time_ms, was_on = own.off_time_ms, own.was_on
    against_s, is_doubted = own.against_s, own.is_doubted
    is_used = run.thresholds.use_ignition
    for observation in run.observations:
        position = observation.position
        if value and not is_doubted:
            on_s += (position.fix_time_ms - report_time_ms) / 1000.0
        report_time_ms = position.fix_time_ms
        reported = position.ignition
        if reported is not None and reported is not value:
            if value is not None and run.counts:
                run.conclude(_changed(position, is_on=reported), report_time_ms)
            value, against_s, is_doubted = reported, 0.0, False
            was_on = was_on or reported
            off_time_ms = -1 if reported else report_time_ms
        elif value is not None and was_on and observation.duration_s > 0.0:
            against_s = _against(value, against_s, observation)
            if against_s >= (STOOD_ON_S if value else DRIVEN_OFF_S) and not is_doubted:
                is_doubted = True
                if run.counts:
                    run.conclude(_unreliable(position, is_on=value), report_time_ms)
        if is_used and was_on and not is_doubted:
            observation.ignition = value
            if off_time_ms >= 0:
                observation.off_s = (report_time_ms - off_time_ms) / 1000.0
        if observation.located:
            observation.engine_on_s = on_s if is_used else 0.0
            on_s = 0.0
    return Ignition(value, report_time_ms, on_s, off_time_ms, was_on, against_s, is_doubted)


def _against(value: bool, against_s: float, observation: Observation) -> float:
    """For how long the vehicle has driven with the ignition off, or stood with it on."""
    drives = observation.speed_kmh >= DRIVING_KMH and observation.distance_m >= DRIVING_M
    if value:
        return 0.0 if drives else against_s + observation.duration_s
    return against_s + observation.duration_s if drives else against_s


def _changed(position: Position, *, is_on: bool) -> Event:
    return _event("ignition_on" if is_on else "ignition_off", position, {})


def _unreliable(position: Position, *, is_on: bool) -> Event:
    reported = "on while it stands" if is_on else "off while it drives"
    return _event("ignition_unreliable", position, {"reported": reported})


def _event(
    kind: EventKind, position: Position, detail: dict[str, str | float | bool | None]
) -> Event:
    latitude, longitude = position.latitude_deg, position.longitude_deg
    return Event(
        kind=kind,
        fix_time=datetime.fromtimestamp(position.fix_time_ms / 1000.0, UTC),
        place=None if latitude is None or longitude is None else Place(latitude, longitude),
        detail=detail,
    )


STEP = Step(version=2, slice_type=Ignition, advance=_advance, after=("validate",))
