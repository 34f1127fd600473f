"""Faults of the way to the server: what arrives late, in another order, or twice."""

import msgspec
import numpy as np

from milepost.geo.distance import Floats
from milepost.simulator.world.reports import Reports
from milepost.simulator.world.samples import Samples

OUTAGES_A_DAY = 2.0
BURST_STEP_MS = 40
LATE_SHARE = 0.03
DOUBLED_SHARE = 0.04
DAY_MS = 86_400_000
HOUR_MS = 3_600_000


def buffering(reports: Reports, _samples: Samples, rng: np.random.Generator) -> Reports:
    """Without a network it keeps its reports for minutes or hours, and sends them all at once.

    Half of the devices send the newest first.
    """
    times_ms = reports.true_times_ms
    days = (int(times_ms[-1]) - int(times_ms[0])) / DAY_MS
    newest_first = bool(rng.random() < 0.5)
    received_ms = reports.received_times_ms.copy()
    for _ in range(max(int(rng.poisson(days * OUTAGES_A_DAY)), 1)):
        # Where it drives, it loses the network: an outage begins with some report.
        begin_ms = int(times_ms[int(rng.integers(len(times_ms)))])
        end_ms = begin_ms + int(rng.uniform(300.0, 5 * 3600.0)) * 1000
        kept = np.flatnonzero((times_ms >= begin_ms) & (times_ms < end_ms))
        order = np.arange(len(kept))[::-1] if newest_first else np.arange(len(kept))
        received_ms[kept] = np.maximum(received_ms[kept], end_ms + BURST_STEP_MS * order)
    return msgspec.structs.replace(reports, received_times_ms=received_ms)


def late(reports: Reports, _samples: Samples, rng: np.random.Generator) -> Reports:
    """Some reports arrive half a minute to twelve hours after younger ones."""
    count = len(reports.true_times_ms)
    is_late = rng.random(count) < LATE_SHARE
    waits_ms = 30_000 + _mostly_short(count, rng) * 12 * HOUR_MS
    received_ms = reports.received_times_ms + waits_ms.astype(np.int64) * is_late
    return msgspec.structs.replace(reports, received_times_ms=received_ms)


def doubling(reports: Reports, _samples: Samples, rng: np.random.Generator) -> Reports:
    """Some reports arrive a second time, seconds to hours later: an answer was lost."""
    count = len(reports.true_times_ms)
    copies = np.flatnonzero(rng.random(count) < DOUBLED_SHARE)
    waits_ms = 1000 + _mostly_short(len(copies), rng) * 6 * HOUR_MS
    again_ms = reports.received_times_ms[copies] + waits_ms.astype(np.int64)
    both = reports.chosen(np.concatenate([np.arange(count), copies]))
    received_ms = np.concatenate([reports.received_times_ms, again_ms])
    return msgspec.structs.replace(both, received_times_ms=received_ms)


def _mostly_short(count: int, rng: np.random.Generator) -> Floats:
    """Shares of the longest wait: half of them below a sixteenth."""
    halves = rng.random(count)
    squares = halves * halves
    return squares * squares
