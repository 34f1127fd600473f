"""Faults of the place: noise, drift, jumps, cell fixes, a fix kept in the tunnel."""

import msgspec
import numpy as np

from milepost.geo.distance import Floats
from milepost.simulator.world.receiver import wander
from milepost.simulator.world.reports import Reports
from milepost.simulator.world.routes import Ints
from milepost.simulator.world.samples import Samples

DRIFT_FROM_M, DRIFT_TO_M = 5.0, 60.0
JUMP_FROM_M, JUMP_TO_M = 60.0, 500.0
CELL_FROM_M, CELL_TO_M = 1000.0, 3000.0
# Reports between two bursts of jumps or of cell fixes, on average.
REPORTS_A_BURST = 250


def noisy(reports: Reports, _samples: Samples, rng: np.random.Generator) -> Reports:
    """A cheap receiver behind a metallised windscreen: errors of 8 to 15 m."""
    error_m = float(rng.uniform(8.0, 15.0))
    east_m = wander(reports.true_times_ms, 25.0, error_m, rng)
    north_m = wander(reports.true_times_ms, 25.0, error_m, rng)
    return msgspec.structs.replace(reports.moved(east_m, north_m), hdop=reports.hdop * 3.0)


def drifting(reports: Reports, _samples: Samples, rng: np.random.Generator) -> Reports:
    """At rest the place wanders, never further away than a radius of 5 to 60 m."""
    radius_m = float(rng.uniform(DRIFT_FROM_M, DRIFT_TO_M))
    east_m = wander(reports.true_times_ms, 400.0, radius_m / 2, rng)
    north_m = wander(reports.true_times_ms, 400.0, radius_m / 2, rng)
    excess = np.maximum(np.sqrt(east_m**2 + north_m**2) / radius_m, 1.0)
    at_rest = ~reports.is_moving
    return reports.moved(east_m / excess * at_rest, north_m / excess * at_rest)


def jumping(reports: Reports, _samples: Samples, rng: np.random.Generator) -> Reports:
    """One to three fixes in a row stand 60 to 500 m aside: the signal came over a wall."""
    bursts = _bursts(reports, 1, 3, rng)
    east_m, north_m = _aside(bursts, JUMP_FROM_M, JUMP_TO_M, rng)
    return reports.moved(east_m, north_m)


def cell_fixed(reports: Reports, _samples: Samples, rng: np.random.Generator) -> Reports:
    """For some minutes the place is that of a cell: 1 to 3 km of accuracy, no speed, no course."""
    bursts = _bursts(reports, 3, 20, rng)
    is_cell = bursts > 0
    accuracies_m = rng.uniform(CELL_FROM_M, CELL_TO_M, int(bursts.max(initial=0)) + 1)[bursts]
    east_m, north_m = _aside(bursts, 0.3, 1.0, rng)
    moved = reports.moved(east_m * accuracies_m, north_m * accuracies_m)
    return msgspec.structs.replace(
        moved,
        accuracy_m=np.where(is_cell, accuracies_m, reports.accuracy_m),
        satellites=np.where(is_cell, 0.0, reports.satellites),
        hdop=np.where(is_cell, np.nan, reports.hdop),
        speed_kmh=np.where(is_cell, np.nan, reports.speed_kmh),
        course_deg=np.where(is_cell, np.nan, reports.course_deg),
        altitude_m=np.where(is_cell, np.nan, reports.altitude_m),
    )


def stale_in_tunnel(reports: Reports, _samples: Samples, rng: np.random.Generator) -> Reports:
    """In the tunnel the last fix is reported again and again, marked as not valid."""
    del rng
    has = reports.has_reception
    last = np.maximum.accumulate(np.where(has, np.arange(len(has)), 0))
    return msgspec.structs.replace(
        reports,
        latitude_deg=reports.latitude_deg[last],
        longitude_deg=reports.longitude_deg[last],
        speed_kmh=reports.speed_kmh[last],
        course_deg=reports.course_deg[last],
        satellites=np.where(has, reports.satellites, 0.0),
        is_valid=reports.is_valid & has,
        has_reception=np.ones(len(has), dtype=bool),
    )


def _bursts(reports: Reports, least: int, most: int, rng: np.random.Generator) -> Ints:
    """The number of the burst that each report is in, from 1; 0 for most reports. One at least."""
    count = len(reports.true_times_ms)
    bursts = np.zeros(count, dtype=np.int64)
    total = max(int(rng.poisson(count / REPORTS_A_BURST)), 1)
    for number in range(1, total + 1):
        first = int(rng.integers(count))
        bursts[first : first + int(rng.integers(least, most + 1))] = number
    return bursts


def _aside(
    bursts: Ints, least: float, most: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """East and north of a shift that is the same within a burst, and nothing outside of one."""
    total = int(bursts.max(initial=0)) + 1
    lengths = rng.uniform(least, most, total)
    # No sine: its last bit depends on the machine.
    east, north = _directions(total, rng)
    inside = bursts > 0
    return (lengths * east)[bursts] * inside, (lengths * north)[bursts] * inside


def _directions(count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    points = rng.normal(0.0, 1.0, (2, count))
    lengths = np.maximum(np.sqrt(points[0] ** 2 + points[1] ** 2), 1e-9)
    return points[0] / lengths, points[1] / lengths
