"""How a vehicle moves along a leg: speed and distance, second by second."""

import msgspec
import numpy as np

from milepost.geo.distance import Floats
from milepost.simulator.world.traffic import Obstacles

SURPRISED_BRAKING_MPS2 = 5.5


class Profile(msgspec.Struct, frozen=True, eq=False):
    """A leg in whole seconds from its start; the vehicle stands in the first and in the last.

    Attributes:
        speeds_kmh: at each second, (n,).
        along_m: from the start of the leg, (n,): the integral of the speed.
        laterals_mps2: acceleration sideways in turns, (n,).
    """

    speeds_kmh: Floats
    along_m: Floats
    laterals_mps2: Floats


def profile(obstacles: Obstacles, acceleration_mps2: float, braking_mps2: float) -> Profile:
    """The fastest profile that the obstacles, the engine and the foot on the brake allow."""
    speeds_mps = _allowed_mps(obstacles, acceleration_mps2, braking_mps2)
    times_s, moments_mps = _timed(speeds_mps, obstacles)
    seconds = np.arange(int(np.ceil(times_s[-1])) + 2.0)
    sampled_mps = np.interp(seconds, times_s, moments_mps)
    along_m = np.concatenate([[0.0], np.cumsum((sampled_mps[1:] + sampled_mps[:-1]) * 0.5)])
    length_m = obstacles.cell_m * (len(obstacles.caps_mps) - 1)
    # Seconds cut corners off the profile; the stretch makes up for the few metres.
    stretch = length_m / along_m[-1]
    along_m, sampled_mps = along_m * stretch, sampled_mps * stretch
    return Profile(sampled_mps * 3.6, along_m, _laterals_mps2(obstacles, along_m, sampled_mps))


def _allowed_mps(obstacles: Obstacles, acceleration: float, braking: float) -> Floats:
    """The speed at each point: v² grows by at most 2·a·ds, forwards and backwards."""
    caps = obstacles.caps_mps**2
    caps[obstacles.stops] = 0.0
    surprises = obstacles.surprises_mps**2
    forward = _climbing(np.minimum(caps, surprises), acceleration, obstacles.cell_m)
    backward = _climbing(caps[::-1], braking, obstacles.cell_m)[::-1]
    surprised = _climbing(surprises[::-1], SURPRISED_BRAKING_MPS2, obstacles.cell_m)[::-1]
    allowed: Floats = np.sqrt(np.minimum(np.minimum(forward, backward), surprised))
    return allowed


def _climbing(caps: Floats, acceleration: float, cell_m: float) -> Floats:
    """The largest v² below the caps that grows by at most 2·a a metre."""
    ramp = np.arange(len(caps)) * (2.0 * acceleration * cell_m)
    climbing: Floats = np.minimum.accumulate(caps - ramp) + ramp
    return np.maximum(climbing, 0.0)


def _timed(speeds_mps: Floats, obstacles: Obstacles) -> tuple[Floats, Floats]:
    """When each point is passed, with what speed; a stop is there twice."""
    # 0.05 m/s: a rounding error must not become an hour between two points.
    steps_s = 2.0 * obstacles.cell_m / np.maximum(speeds_mps[1:] + speeds_mps[:-1], 0.05)
    stops, dwells_s = obstacles.stops, obstacles.dwells_s
    waits_s = np.zeros(len(speeds_mps))
    waits_s[stops] = dwells_s
    arrivals_s = np.concatenate([[0.0], np.cumsum(steps_s + waits_s[:-1])])
    times_s = np.insert(arrivals_s, stops + 1, arrivals_s[stops] + dwells_s)
    return times_s, np.insert(speeds_mps, stops + 1, 0.0)


def _laterals_mps2(obstacles: Obstacles, along_m: Floats, speeds_mps: Floats) -> Floats:
    """v²/r in the second in which a turn's point is passed."""
    laterals_mps2 = np.zeros(len(along_m))
    turns = np.flatnonzero(np.isfinite(obstacles.bends_m))
    at_m = turns * obstacles.cell_m
    passed = np.minimum(np.searchsorted(along_m, at_m), len(along_m) - 1)
    passing_mps = np.interp(at_m, along_m, speeds_mps)
    np.maximum.at(laterals_mps2, passed, passing_mps**2 / obstacles.bends_m[turns])
    return laterals_mps2
