"""Faults of a device's clock."""

import msgspec
import numpy as np

from milepost.simulator.world.reports import Reports
from milepost.simulator.world.samples import Samples

AHEAD_MS = 20 * 3_600_000
AHEAD_SHARE = 0.003
UNSET_AFTER_MS = 4 * 3_600_000
# 1 January 1970 and 1 January 2000, the days at which clocks without a battery begin.
UNSET_BEGINS_MS = (0, 946_684_800_000)
# The week number of GPS has ten bits.
ROLLOVER_MS = 1024 * 7 * 24 * 3_600_000


def sometimes_ahead(reports: Reports, _samples: Samples, rng: np.random.Generator) -> Reports:
    """Single reports are dated 20 hours ahead; one at least."""
    is_ahead = rng.random(len(reports.fix_times_ms)) < AHEAD_SHARE
    is_ahead[int(rng.integers(len(is_ahead)))] = True
    ahead_ms = reports.fix_times_ms + AHEAD_MS * is_ahead
    return msgspec.structs.replace(reports, fix_times_ms=ahead_ms)


def unset_at_start(reports: Reports, samples: Samples, rng: np.random.Generator) -> Reports:
    """After a long rest the first reports are dated 1970 or 2000, until the clock is set."""
    rests = np.flatnonzero(np.diff(samples.times_ms) > UNSET_AFTER_MS)
    begin_ms = UNSET_BEGINS_MS[int(rng.integers(2))]
    times_ms = reports.fix_times_ms.copy()
    starts = np.searchsorted(reports.true_times_ms, samples.times_ms[rests + 1])
    for start in starts[starts < len(times_ms)].tolist():
        unset = slice(start, start + int(rng.integers(1, 5)))
        times_ms[unset] = begin_ms + 8000 + times_ms[unset] - times_ms[start]
    return msgspec.structs.replace(reports, fix_times_ms=times_ms)


def rolled_over(reports: Reports, _samples: Samples, rng: np.random.Generator) -> Reports:
    """From some time on every report is dated 1,024 weeks back."""
    first = int(rng.integers(len(reports.fix_times_ms) // 2 + 1))
    times_ms = reports.fix_times_ms.copy()
    times_ms[first:] -= ROLLOVER_MS
    return msgspec.structs.replace(reports, fix_times_ms=times_ms)
