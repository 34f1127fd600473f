"""When a device reports."""

import msgspec
import numpy as np

from milepost.simulator.world.reports import Electrics, Reports, reports_of
from milepost.simulator.world.routes import Ints
from milepost.simulator.world.samples import Bools, Samples


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """A device's settings.

    Attributes:
        interval_s: between reports while the vehicle moves.
        standing_interval_s: while it stands with the engine on.
        heartbeat_s: while it is parked.
        turn_deg: a change of course within a second that is reported at once.
        phase_s: where in the interval its reports lie.
    """

    interval_s: int = 10
    standing_interval_s: int = 60
    heartbeat_s: int = 3600
    turn_deg: float = 30.0
    phase_s: int = 0


def taken(samples: Samples, habits: Habits, electrics: Electrics) -> Reports:
    """The reports of a faultless device without noise: by time, on turns, on ignition, at rest."""
    due_ms = samples.times_ms[_is_due(samples, habits)]
    times_ms = np.sort(np.concatenate([due_ms, _heartbeats_ms(due_ms, samples, habits)]))
    indices = np.searchsorted(samples.times_ms, times_ms, side="right") - 1
    return reports_of(samples, indices, times_ms, electrics)


def _is_due(samples: Samples, habits: Habits) -> Bools:
    seconds = samples.times_ms // 1000 + habits.phase_s
    is_moving = samples.is_moving
    is_due: Bools = is_moving & (seconds % habits.interval_s == 0)
    is_due |= samples.is_engine_on & ~is_moving & (seconds % habits.standing_interval_s == 0)
    turns_deg = np.abs((np.diff(samples.courses_deg) + 180.0) % 360.0 - 180.0)
    is_due[1:] |= is_moving[1:] & (turns_deg >= habits.turn_deg)
    is_due[1:] |= np.diff(samples.is_engine_on)
    is_due[0] = True
    return is_due


def _heartbeats_ms(due_ms: Ints, samples: Samples, habits: Habits) -> Ints:
    """When a device that has had nothing to report for long reports nevertheless."""
    beat_ms = habits.heartbeat_s * 1000
    counts = np.maximum(np.diff(due_ms, append=samples.times_ms[-1:]) - 1000, 0) // beat_ms
    firsts = np.cumsum(counts) - counts
    numbers = np.arange(int(counts.sum())) - np.repeat(firsts, counts) + 1
    beats_ms: Ints = np.repeat(due_ms, counts) + numbers * beat_ms
    return beats_ms
