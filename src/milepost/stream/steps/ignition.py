"""The newest known ignition, its changes, and how long it was on within each leg.

With the threshold `use_ignition` off its changes are still told, but no other step sees it.
"""

from datetime import UTC, datetime

import msgspec

from milepost.domain.position import Position
from milepost.domain.trip import Event, Place
from milepost.stream.contract import Run, Step


class Ignition(msgspec.Struct, frozen=True, gc=False):
    """The newest known value, and the seconds it was on since the last believed fix."""

    value: bool | None = None
    report_time_ms: int = -1
    on_s: float = 0.0


def _advance(own: Ignition, run: Run) -> Ignition:
    value, report_time_ms, on_s = own.value, own.report_time_ms, own.on_s
    is_used = run.thresholds.use_ignition
    for observation in run.observations:
        position = observation.position
        if value:
            on_s += (position.fix_time_ms - report_time_ms) / 1000.0
        report_time_ms = position.fix_time_ms
        reported = position.ignition
        if reported is not None and reported is not value:
            if value is not None and run.counts:
                run.conclude(_changed(position, is_on=reported), position.fix_time_ms)
            value = reported
        if is_used:
            observation.ignition = value
        if observation.located:
            observation.engine_on_s = on_s if is_used else 0.0
            on_s = 0.0
    return Ignition(value, report_time_ms, on_s)


def _changed(position: Position, *, is_on: bool) -> Event:
    latitude, longitude = position.latitude_deg, position.longitude_deg
    return Event(
        kind="ignition_on" if is_on else "ignition_off",
        fix_time=datetime.fromtimestamp(position.fix_time_ms / 1000.0, UTC),
        place=None if latitude is None or longitude is None else Place(latitude, longitude),
        detail={},
    )


STEP = Step(slice_type=Ignition, advance=_advance, after=("validate",))
