"""Faults of speed and ignition."""

import msgspec
import numpy as np

from milepost.simulator.world.reports import Reports
from milepost.simulator.world.samples import Samples

STUCK_EVERY = 150
FLICKERS = 0.04
NOISY_AT_REST = 0.6


def speedless(reports: Reports, _samples: Samples, _rng: np.random.Generator) -> Reports:
    """No report has a speed."""
    missing = np.full(len(reports.speed_kmh), np.nan)
    return msgspec.structs.replace(reports, speed_kmh=missing)


def stuck_speed(reports: Reports, _samples: Samples, rng: np.random.Generator) -> Reports:
    """For 10 to 60 reports in a row the speed stays what it was."""
    count = len(reports.speed_kmh)
    sources = np.arange(count)
    for _ in range(max(int(rng.poisson(count / STUCK_EVERY)), 1)):
        first = int(rng.integers(count))
        sources[first : first + int(rng.integers(10, 61))] = first
    return msgspec.structs.replace(reports, speed_kmh=reports.speed_kmh[sources])


def restless_speed(reports: Reports, _samples: Samples, rng: np.random.Generator) -> Reports:
    """At rest most reports have a speed of 1 to 8 km/h."""
    count = len(reports.speed_kmh)
    is_noisy = ~reports.is_moving & (rng.random(count) < NOISY_AT_REST)
    noise_kmh = rng.uniform(1.0, 8.0, count)
    speeds_kmh = np.where(is_noisy, noise_kmh, reports.speed_kmh)
    return msgspec.structs.replace(reports, speed_kmh=speeds_kmh)


def ignition_unwired(reports: Reports, _samples: Samples, _rng: np.random.Generator) -> Reports:
    """No report has an ignition."""
    missing = np.full(len(reports.ignition), np.nan)
    return msgspec.structs.replace(reports, ignition=missing)


def ignition_never_on(reports: Reports, _samples: Samples, _rng: np.random.Generator) -> Reports:
    """The ignition is off in every report."""
    return msgspec.structs.replace(reports, ignition=np.zeros(len(reports.ignition)))


def ignition_inverted(reports: Reports, _samples: Samples, _rng: np.random.Generator) -> Reports:
    """The ignition is on when it is off, and off when it is on."""
    return msgspec.structs.replace(reports, ignition=1.0 - reports.ignition)


def ignition_flickers(reports: Reports, _samples: Samples, rng: np.random.Generator) -> Reports:
    """A loose contact turns the ignition over in some reports."""
    is_wrong = rng.random(len(reports.ignition)) < FLICKERS
    return msgspec.structs.replace(reports, ignition=np.abs(reports.ignition - is_wrong))
