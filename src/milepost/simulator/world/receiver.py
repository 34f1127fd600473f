"""A satellite receiver of ordinary quality, and the noise that worse ones have."""

import msgspec
import numpy as np

from milepost.geo.distance import Floats
from milepost.simulator.world.reports import Reports
from milepost.simulator.world.routes import Ints

ERROR_M = 1.5
ERROR_LASTS_S = 40


def wander(times_ms: Ints, lasts_s: float, error_m: float, rng: np.random.Generator) -> Floats:
    """An error in metres that changes over `lasts_s` seconds: (n,), standard deviation `error_m`.

    The errors of a receiver follow each other closely, because satellites and air change slowly.
    """
    knots = (times_ms - times_ms[0]) / (1000.0 * lasts_s)
    values = rng.normal(0.0, error_m, int(knots[-1]) + 3)
    wandering: Floats = np.interp(knots, np.arange(len(values)), values)
    return wandering


def ordinary(reports: Reports, rng: np.random.Generator) -> Reports:
    """A metre or two of error, held at rest; speed and course within what receivers promise."""
    count = len(reports.true_times_ms)
    moving = np.where(reports.is_moving, np.arange(count), 0)
    held = np.maximum.accumulate(moving)
    east_m = wander(reports.true_times_ms, ERROR_LASTS_S, ERROR_M, rng)[held]
    north_m = wander(reports.true_times_ms, ERROR_LASTS_S, ERROR_M, rng)[held]
    speeds_kmh = reports.speed_kmh + rng.normal(0.0, 0.25, count) * reports.is_moving
    courses_deg = reports.course_deg + rng.normal(0.0, 1.0, count) * reports.is_moving
    return msgspec.structs.replace(
        reports.moved(east_m, north_m),
        speed_kmh=np.maximum(speeds_kmh, 0.0),
        # Half a tenth below north would be written as 360.0.
        course_deg=np.round(courses_deg % 360.0, 1) % 360.0,
        altitude_m=reports.altitude_m + wander(reports.true_times_ms, 120, 3.0, rng),
        hdop=rng.uniform(0.6, 1.3, count),
        satellites=rng.integers(9, 17, count).astype(np.float64),
    )
