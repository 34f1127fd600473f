"""Whether the vehicle rests, stirs or travels, seen from the place where it last rested.

Speed alone is not believed: a parked receiver drifts and reports some, and some trackers keep the
speed of their last moving fix. Arrival is decided as departure is, by place over time. A vehicle
that is slow, or whose speed the places contradict, may have arrived at the first fix of which this
is so; it has left when it is `moving_min_distance_m` away from it, twice in a row or without doubt,
or when it has gone that far in a way that scatter does not go: straight on more often than back.
"""

import math

import msgspec

from milepost.domain.position import Position
from milepost.geo.distance import distance_m
from milepost.stream.contract import SURE_KMH, Motion, Observation, Run, Step

# Without a reported speed, scatter this close to the resting place is not motion.
SCATTER_M = 20.0
# The places contradict a speed of which they show less than this share.
STUCK_SHARE = 0.25
# Below this duration a leg is too short to say so, unless the place is the very same.
TELLING_S = 20.0
SAME_PLACE_M = 1.0
# A vehicle that works slowly, as a sweeper does, with its engine on.
CREEPING_KMH = 2.0
# A vehicle that rolls on from a gate, or from bin to bin, moves so far at least between two fixes,
# and as fast as it says, but for a share.
HOP_M = 10.0
HOP_SHARE = 0.4
# If it does not say how fast it is, the leg has to tell.
HOP_KMH = 10.0
# Legs below it have no direction. Of the others the newest count most.
DIRECTED_M = 5.0
MEMORY = 0.9
# From so many legs on, scatter (on average half of a turn back at each) is told from a way.
TELLING_LEGS = 4.0
STRAIGHTNESS = 0.15
# The resting place is the mean of its fixes; later ones still move it a little.
MOST_FIXES = 20
_M_PER_DEG = 111_195.0


class Way(msgspec.Struct, frozen=True, gc=False):
    """Where the last leg ended, where it led, and how straight the legs were: a sum of cosines.

    `legs` is the weight of that sum; both fade.
    """

    latitude_deg: float
    longitude_deg: float
    east_m: float = 0.0
    north_m: float = 0.0
    straight: float = 0.0
    legs: float = 0.0


class Resting(msgspec.Struct, frozen=True, gc=False):
    """The resting place (None while travelling), and the way gone since the last slow fix at it.

    `rested` is false as long as the vehicle has only become slow there at `since_ms`. `fixes` make
    the mean, `far` fixes in a row were away from it.
    """

    latitude_deg: float | None = None
    longitude_deg: float | None = None
    stirred_m: float = 0.0
    was_fast: bool = False
    rested: bool = True
    since_ms: int = -1
    fixes: int = 1
    far: int = 0
    way: Way | None = None


_TRAVELLING = Resting(was_fast=True)


def _advance(own: Resting, run: Run) -> Resting:
    min_speed_kmh = run.thresholds.moving_min_speed_kmh
    for observation in run.observations:
        if not observation.located:
            continue
        if own.latitude_deg is not None and own.longitude_deg is not None:
            own = _near(own, own.latitude_deg, own.longitude_deg, observation, run)
        elif observation.speed_kmh < min_speed_kmh or not own.was_fast:
            observation.driven = own.was_fast and observation.speed_reported
            own = _arrive(observation, min_speed_kmh)
        elif _is_stuck(observation, min_speed_kmh):
            own = _arrive(observation, min_speed_kmh)
        else:
            observation.motion = Motion.TRAVELLING
            observation.driven = True
            if observation.speed_kmh < SURE_KMH:
                own = _slow_down(observation)
    return own


def _is_stuck(observation: Observation, min_speed_kmh: float) -> bool:
    """Whether the places contradict the reported speed: the vehicle stands."""
    seconds, metres = observation.duration_s, observation.distance_m
    if not observation.speed_reported or seconds <= 0.0:
        return False
    if seconds < TELLING_S and metres >= SAME_PLACE_M:
        return False
    shown_kmh = metres / seconds * 3.6
    return shown_kmh < min_speed_kmh and shown_kmh < STUCK_SHARE * observation.speed_kmh


def _arrive(observation: Observation, min_speed_kmh: float) -> Resting:
    position = observation.position
    is_first = observation.duration_s == 0.0 and observation.speed_kmh >= min_speed_kmh
    if is_first:
        observation.motion = Motion.STIRRING  # the very first fix: where it came from is unknown
    return Resting(position.latitude_deg, position.longitude_deg, 0.0, is_first)


def _slow_down(observation: Observation, way: Way | None = None) -> Resting:
    """It may be about to arrive: from here on its place is looked at."""
    position = observation.position
    return Resting(
        position.latitude_deg,
        position.longitude_deg,
        was_fast=True,
        rested=False,
        since_ms=position.fix_time_ms,
        way=way,
    )


def _near(
    own: Resting, latitude_deg: float, longitude_deg: float, observation: Observation, run: Run
) -> Resting:
    """A fix while there is a resting place to compare it with."""
    position, thresholds = observation.position, run.thresholds
    assert position.latitude_deg is not None and position.longitude_deg is not None
    away_m = distance_m(latitude_deg, longitude_deg, position.latitude_deg, position.longitude_deg)
    observation.displacement_m = away_m
    stands = _is_stuck(observation, thresholds.moving_min_speed_kmh)
    is_fast = (
        not stands
        and observation.speed_kmh >= thresholds.moving_min_speed_kmh
        and (observation.speed_reported or away_m >= SCATTER_M)
    )
    creeps = not is_fast and _creeps(observation)
    observation.hopped = is_fast and _hops(observation)
    was_fast = own.was_fast and observation.speed_reported and not stands
    observation.driven = is_fast or creeps or was_fast
    way = _gone(own.way, position.latitude_deg, position.longitude_deg)
    stirred_m = own.stirred_m + observation.distance_m
    is_far = away_m >= thresholds.moving_min_distance_m
    goes_on = not own.rested and is_fast and observation.speed_kmh >= SURE_KMH
    is_telling = way.legs >= TELLING_LEGS
    leads_on = is_telling and way.straight >= STRAIGHTNESS * way.legs
    observation.shunted = observation.hopped and leads_on
    wound_away = (not own.rested or stirred_m >= thresholds.moving_min_distance_m) and (
        ((is_fast or creeps) and leads_on) or (is_fast and _drives(observation, own.was_fast))
    )
    is_gone = is_far and _surely(own, observation, run)
    if observation.relocated or goes_on or wound_away or is_gone:
        return _depart(observation, way, is_fast=is_fast or wound_away)
    drifts = own.rested and is_telling and way.straight < 0.0
    drifts = drifts and not (is_fast and _drives(observation, own.was_fast))
    if is_far or ((is_fast or creeps) and not drifts):
        observation.motion = Motion.STIRRING
        return Resting(
            latitude_deg,
            longitude_deg,
            stirred_m,
            is_fast,
            own.rested or _has_lingered(own, position, run),
            own.since_ms,
            own.fixes,
            own.far + 1 if is_far else 0,
            way,
        )
    observation.driven, observation.hopped = was_fast, False
    return _rest(own, latitude_deg, longitude_deg, position, way)


def _surely(own: Resting, observation: Observation, run: Run) -> bool:
    """Whether a fix away from the resting place is no outlier."""
    is_off = observation.ignition is False
    if observation.speed_reported and observation.speed_kmh >= SURE_KMH and not is_off:
        return True
    sure_m = 2.0 * run.thresholds.moving_min_distance_m
    return own.far > 0 or observation.displacement_m >= sure_m


def _drives(observation: Observation, was_fast: bool) -> bool:
    """Faster than any drift, and the places say the same; with the engine on, or twice in a row."""
    speed_kmh, seconds = observation.speed_kmh, observation.duration_s
    is_running = observation.ignition or (observation.ignition is None and was_fast)
    if not (observation.speed_reported and is_running):
        return False
    if speed_kmh < SURE_KMH or seconds <= 0.0:
        return False
    return observation.distance_m / seconds * 3.6 >= 0.5 * speed_kmh


def _hops(observation: Observation) -> bool:
    """Fast for a moment, the engine not off, and the places say about the same."""
    seconds = observation.duration_s
    if observation.ignition is False or seconds <= 0.0 or observation.distance_m < HOP_M:
        return False
    if not observation.speed_reported:
        return observation.distance_m >= SCATTER_M and observation.speed_kmh >= HOP_KMH
    shown_kmh = observation.distance_m / seconds * 3.6
    return HOP_SHARE * observation.speed_kmh <= shown_kmh <= observation.speed_kmh / HOP_SHARE


def _creeps(observation: Observation) -> bool:
    """Slower than what counts as fast, but with the engine on, and the places say the same."""
    speed_kmh, seconds = observation.speed_kmh, observation.duration_s
    if not (observation.speed_reported and observation.ignition is True):
        return False
    if speed_kmh < CREEPING_KMH or seconds <= 0.0:
        return False
    shown_kmh = observation.distance_m / seconds * 3.6
    return 0.5 * speed_kmh <= shown_kmh <= 2.0 * speed_kmh


def _depart(observation: Observation, way: Way, *, is_fast: bool) -> Resting:
    observation.departed = observation.driven = True
    position = observation.position
    if not is_fast:
        return Resting(position.latitude_deg, position.longitude_deg)
    observation.motion = Motion.TRAVELLING
    if observation.speed_kmh >= SURE_KMH:
        return _TRAVELLING
    return _slow_down(observation, way)


def _has_lingered(own: Resting, position: Position, run: Run) -> bool:
    return position.fix_time_ms - own.since_ms >= run.thresholds.stop_min_duration_s * 1000.0


def _rest(
    own: Resting, latitude_deg: float, longitude_deg: float, position: Position, way: Way
) -> Resting:
    """A slow fix at the resting place, which becomes the mean of its fixes."""
    assert position.latitude_deg is not None and position.longitude_deg is not None
    fixes = min(own.fixes + 1, MOST_FIXES) if own.rested else 1
    return Resting(
        latitude_deg + (position.latitude_deg - latitude_deg) / fixes,
        longitude_deg + _east_deg(longitude_deg, position.longitude_deg) / fixes,
        fixes=fixes,
        way=way,
    )


def _gone(way: Way | None, latitude_deg: float, longitude_deg: float) -> Way:
    """The way with one more leg, if that is long enough to have a direction."""
    if way is None:
        return Way(latitude_deg, longitude_deg)
    north_m = (latitude_deg - way.latitude_deg) * _M_PER_DEG
    east_m = _east_deg(way.longitude_deg, longitude_deg) * _M_PER_DEG
    if abs(north_m) + abs(east_m) < DIRECTED_M:
        return way
    east_m *= math.cos(math.radians(latitude_deg))
    metres = math.hypot(east_m, north_m)
    if metres < DIRECTED_M:
        return way
    last_m = math.hypot(way.east_m, way.north_m)
    if last_m == 0.0:
        return Way(latitude_deg, longitude_deg, east_m, north_m)
    cosine = (east_m * way.east_m + north_m * way.north_m) / (metres * last_m)
    straight, legs = MEMORY * way.straight + cosine, MEMORY * way.legs + 1.0
    return Way(latitude_deg, longitude_deg, east_m, north_m, straight, legs)


def _east_deg(from_deg: float, to_deg: float) -> float:
    """How far east a meridian is of another one, by the shorter way."""
    return (to_deg - from_deg + 540.0) % 360.0 - 180.0


STEP = Step(version=2, slice_type=Resting, advance=_advance, after=("silence",))
