"""Whether the vehicle rests, stirs or travels, seen from the place where it last rested.

Speed alone is not believed: a parked receiver drifts and reports some. A vehicle has left its
resting place when it is `moving_min_distance_m` away from it; or, with the ignition on, when it has
gone that far on reported speed without a pause (around a block, across a yard).
"""

import msgspec

from milepost.geo.distance import distance_m
from milepost.stream.contract import Motion, Observation, Run, Step

# Without a reported speed, scatter this close to the resting place is not motion.
SCATTER_M = 20.0


class Resting(msgspec.Struct, frozen=True, gc=False):
    """The resting place (None while travelling), and the way gone since the last slow fix at it."""

    latitude_deg: float | None = None
    longitude_deg: float | None = None
    stirred_m: float = 0.0
    was_fast: bool = False


_TRAVELLING = Resting(was_fast=True)


def _advance(own: Resting, run: Run) -> Resting:
    min_speed_kmh = run.thresholds.moving_min_speed_kmh
    for observation in run.observations:
        if not observation.located:
            continue
        if own.latitude_deg is not None and own.longitude_deg is not None:
            own = _near(own, own.latitude_deg, own.longitude_deg, observation, run)
        elif observation.speed_kmh >= min_speed_kmh and own.was_fast:
            observation.motion = Motion.TRAVELLING
            observation.driven = True
            own = _TRAVELLING
        else:
            observation.driven = own.was_fast and observation.speed_reported
            own = _arrive(observation, min_speed_kmh)
    return own


def _arrive(observation: Observation, min_speed_kmh: float) -> Resting:
    position = observation.position
    is_fast = observation.speed_kmh >= min_speed_kmh
    if is_fast:
        observation.motion = Motion.STIRRING  # the very first fix: where it came from is unknown
    return Resting(position.latitude_deg, position.longitude_deg, 0.0, is_fast)


def _near(
    own: Resting, latitude_deg: float, longitude_deg: float, observation: Observation, run: Run
) -> Resting:
    """A fix while there is a resting place to compare it with."""
    position, thresholds = observation.position, run.thresholds
    assert position.latitude_deg is not None and position.longitude_deg is not None
    away_m = distance_m(latitude_deg, longitude_deg, position.latitude_deg, position.longitude_deg)
    observation.displacement_m = away_m
    is_fast = observation.speed_kmh >= thresholds.moving_min_speed_kmh and (
        observation.speed_reported or away_m >= SCATTER_M
    )
    observation.driven = is_fast or (own.was_fast and observation.speed_reported)
    stirred_m = own.stirred_m + observation.distance_m
    wound_away = (
        stirred_m >= thresholds.moving_min_distance_m
        and observation.speed_reported
        and observation.ignition is True
        and is_fast
    )
    if away_m >= thresholds.moving_min_distance_m or observation.relocated or wound_away:
        observation.departed = observation.driven = True
        if is_fast:
            observation.motion = Motion.TRAVELLING
            return _TRAVELLING
        return Resting(position.latitude_deg, position.longitude_deg)
    if not is_fast:
        return Resting(latitude_deg, longitude_deg)
    observation.motion = Motion.STIRRING
    return Resting(latitude_deg, longitude_deg, stirred_m, was_fast=True)


STEP = Step(slice_type=Resting, advance=_advance, after=("validate", "ignition"))
