"""A vehicle's true state, second by second while anything changes."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from milepost.geo.distance import Floats
from milepost.simulator.world.routes import Ints

Bools = NDArray[np.bool_]
OWN_WHEELS, ON_FERRY, ON_TOW_TRUCK = range(3)
CARRIERS = ("own wheels", "ferry", "tow truck")


class Samples(msgspec.Struct, frozen=True, eq=False):
    """Columns of n instants in ascending order; a state holds until the next instant.

    While the engine is on or the vehicle moves there is an instant each second; a parked vehicle
    has one when it is switched off and one before anything changes.

    Attributes:
        times_ms: milliseconds since the Unix epoch, whole seconds.
        latitudes_deg: WGS 84.
        longitudes_deg: WGS 84.
        heights_m: above the sea.
        courses_deg: clockwise from north; at rest the last one.
        road_kinds: an index of `KIND_NAMES`.
        speeds_kmh: over ground.
        laterals_mps2: acceleration sideways, in the seconds in which a turn is passed.
        is_engine_on: the engine runs, and the ignition is on.
        carriers: an index of `CARRIERS`.
        fuel_used_l: burnt since the beginning.
        refuelled_l: taken in since the beginning.
        fuel_levels_l: in the tank.
        odometers_m: driven on its own wheels in its life.
        engine_hours_h: run in its life.
        engine_rpm: 0 when off.
        coolant_temps_c: of the engine's coolant.
    """

    times_ms: Ints
    latitudes_deg: Floats
    longitudes_deg: Floats
    heights_m: Floats
    courses_deg: Floats
    road_kinds: Ints
    speeds_kmh: Floats
    laterals_mps2: Floats
    is_engine_on: Bools
    carriers: Ints
    fuel_used_l: Floats
    refuelled_l: Floats
    fuel_levels_l: Floats
    odometers_m: Floats
    engine_hours_h: Floats
    engine_rpm: Floats
    coolant_temps_c: Floats

    @property
    def is_moving(self) -> Bools:
        """Where the speed is above zero."""
        moving: Bools = self.speeds_kmh > 0.0
        return moving


def distances_m(samples: Samples) -> Floats:
    """Metres from instant to instant: the integral of the speed, (n - 1,).

    Between instants more than a second apart the vehicle stands.
    """
    speeds_mps = samples.speeds_kmh / 3.6
    steps_s = np.diff(samples.times_ms) / 1000.0
    driven: Floats = np.where(steps_s <= 1.0, (speeds_mps[1:] + speeds_mps[:-1]) * 0.5, 0.0)
    return driven
