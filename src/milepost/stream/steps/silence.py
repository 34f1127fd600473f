"""What a long silence between two fixes hides: a stay, a drive, or one after the other.

A leg that took much longer than the vehicle needs for its distance was not driven all the time.
The rest of the time is put where the reports before and after say that the vehicle stood: an
observation that nobody reported (`reports` 0) ends or begins the stay, and the other steps see it
like any fix.
"""

from collections.abc import Sequence

import msgspec

from milepost.domain.position import Position
from milepost.stream.contract import Observation, Run, Step

# A silence is longer than so many of the intervals at which the device reports on its way.
INTERVALS = 3.0
# A vehicle of which nobody knows how fast it went goes like one in a town.
TOWN_KMH = 20.0
# How much a new interval counts for the usual one.
_NEW_SHARE = 0.2
# Less than this between an instant and the report that tells of it is not looked into.
NOTICED_S = 15.0
_MS = 1000.0


class Silence(msgspec.Struct, frozen=True, gc=False):
    """The last believed fix with its speed and ignition.

    `usual_s` is the interval at which the device reports on its way; 0 while it is unknown.
    """

    time_ms: int = -1
    latitude_deg: float = 0.0
    longitude_deg: float = 0.0
    speed_kmh: float = 0.0
    ignition: bool | None = None
    usual_s: float = 0.0


def _advance(own: Silence, run: Run) -> Silence:
    min_speed_kmh = run.thresholds.moving_min_speed_kmh
    shortest_s = run.thresholds.stop_min_duration_s
    usual_s, last = own.usual_s, None
    found: list[tuple[int, list[Observation]]] = []
    for place, observation in enumerate(run.observations):
        if not observation.located:
            continue
        seconds = observation.duration_s
        is_silence = seconds >= shortest_s and seconds > INTERVALS * usual_s
        if is_silence or (usual_s and seconds > INTERVALS * usual_s):
            before = own if last is None else _seen(last, usual_s)
            parts = (_parts if is_silence else _turn)(before, observation, run)
            if parts:
                _cut(observation, parts)
                found.append((place, parts))
        elif observation.speed_kmh >= min_speed_kmh and seconds > 0.0:
            usual_s = usual_s + _NEW_SHARE * (seconds - usual_s) if usual_s else seconds
        last = observation
    for place, parts in reversed(found):
        run.observations[place:place] = parts
    return msgspec.structs.replace(own, usual_s=usual_s) if last is None else _seen(last, usual_s)


def _seen(observation: Observation, usual_s: float) -> Silence:
    position = observation.position
    assert position.latitude_deg is not None and position.longitude_deg is not None
    return Silence(
        position.fix_time_ms,
        position.latitude_deg,
        position.longitude_deg,
        observation.speed_kmh,
        observation.ignition,
        usual_s,
    )


def _parts(before: Silence, observation: Observation, run: Run) -> list[Observation]:
    """Where the stay began or ended, if there was one that is long enough to be told of."""
    min_speed_kmh = run.thresholds.moving_min_speed_kmh
    implied_kmh = observation.distance_m / observation.duration_s * 3.6
    if observation.relocated or (observation.is_off and implied_kmh >= min_speed_kmh):
        return []  # nobody drove: it was carried, or towed
    reported_kmh = observation.speed_kmh if observation.speed_reported else 0.0
    driven_s = observation.distance_m / max(TOWN_KMH, before.speed_kmh, reported_kmh) * 3.6
    was_moving, moves = before.speed_kmh >= min_speed_kmh, reported_kmh >= min_speed_kmh
    if observation.duration_s - driven_s < run.thresholds.stop_min_duration_s:
        return []
    if was_moving and moves and implied_kmh >= min_speed_kmh:
        return []  # the way may have been longer than the straight line
    has_driven = observation.distance_m >= run.thresholds.moving_min_distance_m
    if has_driven and was_moving and not moves:
        return [_arrival(before, observation, driven_s)]
    parts = [_halt(before, observation)] if was_moving else []
    if has_driven:
        parts.append(_departure(before, observation, driven_s))
        observation.unseen = True
    return parts


def _turn(before: Silence, observation: Observation, run: Run) -> list[Observation]:
    """When it halted or set off, if the device, which reports rarely at rest, did not say so."""
    min_speed_kmh = run.thresholds.moving_min_speed_kmh
    was_moving, moves = before.speed_kmh >= min_speed_kmh, observation.speed_kmh >= min_speed_kmh
    if was_moving is moves or observation.relocated or not observation.speed_reported:
        return []
    driven_s = observation.distance_m / max(TOWN_KMH, before.speed_kmh, observation.speed_kmh) * 3.6
    if observation.duration_s - driven_s < NOTICED_S or observation.is_off:
        return []
    arrange = _arrival if was_moving else _departure
    return [arrange(before, observation, driven_s)]


def _halt(before: Silence, observation: Observation) -> Observation:
    """It stood where it was seen last, from then on."""
    return _standing(before, before.time_ms + 1, observation, 0.0)


def _departure(before: Silence, observation: Observation, driven_s: float) -> Observation:
    """It stood where it was seen last, until it had to leave to be where it was seen next."""
    left_ms = observation.position.fix_time_ms - round(driven_s * _MS)
    return _standing(before, max(left_ms, before.time_ms + 2), observation, 0.0)


def _arrival(before: Silence, observation: Observation, driven_s: float) -> Observation:
    """It went on to where it was seen next, and stood there."""
    position = observation.position
    assert position.latitude_deg is not None and position.longitude_deg is not None
    there = msgspec.structs.replace(
        before, latitude_deg=position.latitude_deg, longitude_deg=position.longitude_deg
    )
    arrived_ms = before.time_ms + max(1, round(driven_s * _MS))
    return _standing(there, arrived_ms, observation, observation.distance_m)


def _standing(
    place: Silence, time_ms: int, observation: Observation, distance_m: float
) -> Observation:
    return Observation(
        Position(time_ms, place.latitude_deg, place.longitude_deg),
        reports=0,
        inferred_from_ms=observation.position.fix_time_ms,
        located=True,
        distance_m=distance_m,
        speed_reported=distance_m > 0.0,
        ignition=observation.ignition if distance_m else place.ignition,
    )


def _cut(observation: Observation, parts: Sequence[Observation]) -> None:
    """Cut the leg at the parts: its time, its distance, and the time that the engine was on."""
    seconds, engine_on_s = observation.duration_s, observation.engine_on_s
    time_ms = observation.position.fix_time_ms - round(seconds * _MS)
    for part in (*parts, observation):
        part.duration_s = (part.position.fix_time_ms - time_ms) / _MS
        part.engine_on_s = engine_on_s * part.duration_s / seconds
        time_ms = part.position.fix_time_ms
    observation.distance_m -= sum(part.distance_m for part in parts)
    if not observation.speed_reported and observation.duration_s > 0.0:
        observation.speed_kmh = observation.distance_m / observation.duration_s * 3.6


STEP = Step(slice_type=Silence, advance=_advance, after=("ignition",))
