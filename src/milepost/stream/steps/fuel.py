"""The fuel that was used, by a counter that restarts, jumps and comes back.

A reading below the one before is a restart, of the counter or of the tracker: what is counted from
there is used fuel. A reading that comes back to where the counter was before the restart adds what
it went beyond that, and no more. More than any engine burns is a jump, and adds nothing.
"""

import msgspec

from milepost.stream.contract import Run, Step

# The largest engines on the road burn a third of it.
MOST_L_PER_H = 300.0
# Readings are rounded, and reported late.
SLACK_L = 5.0


class Fuel(msgspec.Struct, frozen=True, gc=False):
    """The counter's reading, and what was used since it was first heard of.

    After a restart `before_l` is the reading before it, and `since_l` what was used since.
    """

    reading_l: float | None = None
    time_ms: int = -1
    used_l: float = 0.0
    before_l: float | None = None
    since_l: float = 0.0


def _advance(own: Fuel, run: Run) -> Fuel:
    for observation in run.observations:
        reading_l = observation.position.fuel_used_l
        if reading_l is not None:
            used_l = own.used_l
            own = _read(own, reading_l, observation.position.fix_time_ms)
            observation.fuel_increase_l = own.used_l - used_l
        if own.reading_l is not None:
            observation.fuel_used_l = own.used_l
    return own


def _read(own: Fuel, reading_l: float, time_ms: int) -> Fuel:
    if own.reading_l is None:
        return Fuel(reading_l, time_ms)
    if reading_l < own.reading_l:
        before_l = own.reading_l if own.before_l is None else own.before_l
        return Fuel(reading_l, time_ms, own.used_l, before_l, own.since_l)
    if own.before_l is not None and reading_l >= own.before_l:
        beyond_l = max(0.0, reading_l - own.before_l - own.since_l)
        return Fuel(reading_l, time_ms, own.used_l + _believed(own, beyond_l, time_ms))
    more_l = _believed(own, reading_l - own.reading_l, time_ms)
    since_l = own.since_l + more_l if own.before_l is not None else 0.0
    return Fuel(reading_l, time_ms, own.used_l + more_l, own.before_l, since_l)


def _believed(own: Fuel, more_l: float, time_ms: int) -> float:
    hours = (time_ms - own.time_ms) / 3_600_000.0
    return more_l if more_l <= SLACK_L + MOST_L_PER_H * hours else 0.0


STEP = Step(slice_type=Fuel, advance=_advance, after=("validate",))
