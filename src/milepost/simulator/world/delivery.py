"""When reports reach the server."""

import msgspec
import numpy as np

from milepost.simulator.world.reports import Reports

LEAST_DELAY_MS = 250
MOST_DELAY_MS = 2500


def prompt(reports: Reports, rng: np.random.Generator) -> Reports:
    """Each report arrives a second or two after it was taken, in order."""
    delays_ms = rng.integers(LEAST_DELAY_MS, MOST_DELAY_MS, len(reports.true_times_ms))
    received_ms = np.maximum.accumulate(reports.true_times_ms + delays_ms)
    return msgspec.structs.replace(reports, received_times_ms=received_ms)


def reached(reports: Reports) -> Reports:
    """Without what was taken where nothing is received."""
    return reports.chosen(reports.has_reception)
