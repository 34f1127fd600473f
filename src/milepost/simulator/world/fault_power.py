"""Faults of a device's power: it sleeps too deeply, it starts anew."""

import msgspec
import numpy as np

from milepost.simulator.world.reports import Reports
from milepost.simulator.world.samples import Samples

ASLEEP_AFTER_MS = 600_000
WAKES_FROM_MS, WAKES_TO_MS = 30_000, 180_000
REBOOT_MS = 75_000
COUNTERS = ("odometer_m", "engine_hours_h", "fuel_used_l")


def sleepy(reports: Reports, samples: Samples, rng: np.random.Generator) -> Reports:
    """10 minutes after the engine stopped it falls silent; it wakes up late after the start."""
    rests = np.flatnonzero(np.diff(samples.times_ms) > ASLEEP_AFTER_MS)
    if not len(rests):
        return reports
    asleep_ms = samples.times_ms[rests] + ASLEEP_AFTER_MS
    awake_ms = samples.times_ms[rests + 1] + rng.integers(WAKES_FROM_MS, WAKES_TO_MS, len(rests))
    rest = np.searchsorted(asleep_ms, reports.true_times_ms, side="right") - 1
    sleeps = (rest >= 0) & (reports.true_times_ms < awake_ms[np.maximum(rest, 0)])
    return reports.chosen(~sleeps)


def resetting(reports: Reports, _samples: Samples, rng: np.random.Generator) -> Reports:
    """Some times a week it starts anew while driving: silence, then counters from zero."""
    driving = np.flatnonzero(reports.is_moving)
    if not len(driving):
        return reports
    moments = np.sort(rng.choice(driving, int(rng.integers(1, 4))))
    counters = {name: getattr(reports, name).copy() for name in COUNTERS}
    is_silent = np.zeros(len(reports.is_moving), dtype=bool)
    for moment in moments.tolist():
        for counter in counters.values():
            counter[moment:] -= counter[moment]
        begin_ms = reports.true_times_ms[moment]
        is_silent |= (reports.true_times_ms >= begin_ms) & (
            reports.true_times_ms < begin_ms + REBOOT_MS
        )
    return msgspec.structs.replace(reports, **counters).chosen(~is_silent)
