"""Trips and stops: where a vehicle set off, where it halted, and why we think so.

At any time there is an open stop, or an open trip, or both: while a trip is not confirmed yet, the
stop before it is still the truth. A trip's start is the last resting fix before the vehicle left;
its end is the first fix of the rest that ended it. What lies after that first resting fix is held
back (`pending`) until it is known whether the trip went on.
"""

import msgspec

from milepost.domain.trip import TripReason
from milepost.geo.distance import distance_m
from milepost.stream.breaks import (
    OFF_MIN_S,
    cease,
    gap,
    off_without_fix,
    relocate,
    switched_off,
)
from milepost.stream.contract import SURE_KMH, Motion, Observation, Output, Run, Settled, Step
from milepost.stream.journey import OpenTrip, Spot, add, event, stop_of, trip_of
from milepost.stream.ledger import bucket_of, held_leg, hold, settle_as_trip
from milepost.stream.transitions import (
    At,
    Journey,
    begin_stop,
    close_stop,
    confirm,
    discard,
    end_trip,
    release,
)

# A third of the distance that makes motion is still the same resting place.
NEAR_REST = 3.0
# A fast fix near the halt may be the departure; after this many times the stop's least duration
# without getting anywhere it was drift.
DRIFT_PATIENCE = 2.0
# A way to somewhere is at most twice as long as the straight line.
STRAIGHT_SHARE = 0.5
# Nearer than this it still stands where it halted.
HOP_AWAY_M = 20.0


def _advance(own: Journey, run: Run) -> Journey:
    own = msgspec.structs.replace(own)
    if not run.counts:
        cease(own, run)
        return Journey()
    for observation in run.observations:
        position = observation.position
        if observation.located:
            assert position.latitude_deg is not None and position.longitude_deg is not None
            spot = Spot(
                position.fix_time_ms,
                position.latitude_deg,
                position.longitude_deg,
                observation.fuel_used_l,
            )
            _fix(own, observation, spot, run)
            own.last = spot
        elif own.trip is not None and observation.ignition is False:
            off_without_fix(own, own.trip, observation, run)
        observation.on_trip = own.trip is not None
    open_ledger = own.onward or own.pending
    if own.trip is not None:
        open_ledger = own.trip.held or open_ledger
    run.unsettled_bucket_ms = open_ledger[0].bucket_start_ms if open_ledger else None
    return own


def _fix(own: Journey, observation: Observation, spot: Spot, run: Run) -> None:
    trip = own.trip
    is_gap = observation.duration_s > run.thresholds.gap_min_duration_s
    if (
        trip is not None
        and trip.confirmed is not None
        and own.halt is None
        and observation.motion is Motion.TRAVELLING
        and not (is_gap or observation.relocated)
    ):
        own.trip = _drive_on(trip, observation, run)
        return
    at = At(observation, spot, own.last or spot, run)
    if own.last is None:
        begin_stop(own, spot, at.why("first_fix", {}, {}))
        own.rest = spot
    elif observation.relocated:
        relocate(own, at)
    elif is_gap:
        gap(own, at)
    elif trip is None:
        _parked(own, at)
    else:
        _on_trip(own, trip, at)


def _drive_on(trip: OpenTrip, observation: Observation, run: Run) -> OpenTrip:
    """Steady driving: by far the most frequent case, so it takes the short way."""
    metres, seconds = observation.distance_m, observation.duration_s
    speed_kmh = observation.speed_kmh
    observation.settled_distance_m = metres
    bucket_start_ms = bucket_of(observation.position.fix_time_ms)
    run.settled.append(Settled(bucket_start_ms, metres, seconds, 0.0, speed_kmh))
    return OpenTrip(
        trip.start,
        trip.reason,
        trip.displacement_m,
        trip.speed_kmh,
        trip.distance_m + metres,
        trip.driving_s + seconds,
        trip.idling_s,
        speed_kmh if speed_kmh > trip.max_speed_kmh else trip.max_speed_kmh,
        trip.legs + observation.reports,
        trip.away,
        (),
        trip.confirmed,
    )


def _parked(own: Journey, at: At) -> None:
    observation = at.observation
    is_off = observation.is_off and not observation.unseen
    leaves = observation.departed or observation.motion is Motion.TRAVELLING
    if leaves and not is_off:
        _set_off(own, at)
        return
    if leaves and own.stop is not None:
        _tow(own, at)
    if own.stop is None:
        _follow_tow(own, at)
        return
    own.pending = hold(own.pending, held_leg(observation))
    own.pending_legs += observation.reports
    own.has_hopped = own.has_hopped or observation.hopped
    is_still = is_off and observation.motion is Motion.RESTING
    if is_still or _rests(own, own.rest or at.last, at):
        release(own, observation, at.run)
        own.rest, own.has_hopped = at.spot, False


def _rests(own: Journey, rest: Spot, at: At) -> bool:
    """Whether this fix is the new last one of the rest, should the vehicle leave.

    A slow fix further on, after a faster one, is a first stop sign on the way and not the start;
    unless it turns out that the vehicle does not go further.
    """
    if (at.spot.time_ms - rest.time_ms) / 1000.0 >= at.run.thresholds.stop_min_duration_s:
        return True
    if at.observation.motion is not Motion.RESTING:
        return False
    away_m = _metres(rest, at.spot)
    way_m = sum(held.distance_m for held in own.pending)
    has_left = own.has_hopped and away_m >= STRAIGHT_SHARE * way_m
    near_m = HOP_AWAY_M if has_left else at.run.thresholds.moving_min_distance_m / NEAR_REST
    return away_m <= near_m


def _set_off(own: Journey, at: At) -> None:
    observation = at.observation
    reason: TripReason = "ignition_on" if observation.ignition else "motion_began"
    trip = OpenTrip(
        own.rest or at.last,
        reason,
        observation.displacement_m,
        observation.speed_kmh,
        away=1,
        hops=int(own.has_hopped or _is_hop(observation)),
    )
    own.trip = add(
        trip, hold(own.pending, held_leg(observation)), own.pending_legs + observation.reports
    )
    own.pending, own.pending_legs = (), 0
    own.halt_at(at.spot if observation.motion is Motion.RESTING else None)


def _is_hop(observation: Observation) -> bool:
    """Whether it was driven for certain; of what travels the places do not contradict the speed."""
    is_travelling = observation.motion is Motion.TRAVELLING and observation.speed_reported
    return observation.hopped or is_travelling


def _races(observation: Observation) -> bool:
    """Faster than any scatter, and the places say so: it drives in circles if it is not away."""
    return observation.speed_kmh >= SURE_KMH and _is_hop(observation)


def _tow(own: Journey, at: At) -> None:
    """It left its place with the engine off: no trip, but no stay either."""
    measured = {"displacement_m": at.observation.displacement_m}
    limits = {"moving_min_distance_m": ("displacement_m", at.run.thresholds.moving_min_distance_m)}
    own.pending, own.pending_legs = (), 0  # since the rest it was on its way already
    close_stop(own, own.rest or at.last, at.why("towed", measured, limits), at.run)
    at.run.conclude(event("towed", at.spot, {**measured}), at.observation.report_time_ms)


def _follow_tow(own: Journey, at: At) -> None:
    """What happens while it is towed counts nowhere; where it comes to rest, a stop begins."""
    own.rest = at.spot
    if at.observation.motion is Motion.RESTING and not at.observation.departed:
        begin_stop(own, at.spot, at.why("towed", {}, {}))


def _on_trip(own: Journey, trip: OpenTrip, at: At) -> None:
    is_resting = at.observation.motion is Motion.RESTING
    own.trip = trip = _take_leg(own, trip, at)
    if trip.confirmed is None:
        _judge(own, trip, at, is_resting=is_resting)
    if is_resting:
        own.rest = at.spot
    if own.halt is not None:
        _perhaps_end(own, own.halt, at)


def _judge(own: Journey, trip: OpenTrip, at: At, *, is_resting: bool) -> None:
    """Whether what may become a trip is one by now, or none."""
    if not trip.hops and _is_hop(at.observation):
        own.trip = trip = msgspec.structs.replace(trip, hops=1)
    away_m = _metres(trip.start, at.spot)
    is_away = away_m >= at.run.thresholds.moving_min_distance_m
    if is_resting and not is_away:
        why = at.why("motion_ended", {"displacement_m": away_m}, {})
        discard(own, trip, why, at.observation, at.run)
    elif is_away or at.observation.departed or _races(at.observation):
        own.trip = confirm(own, trip, at)


def _take_leg(own: Journey, trip: OpenTrip, at: At) -> OpenTrip:
    """Add the leg to the trip, or hold it back while the trip may have ended before it."""
    observation = at.observation
    if own.halt is None and (not observation.driven or observation.motion is Motion.STIRRING):
        own.halt_at(at.last)  # it may have stood since the last fix, which later fixes tell
        own.is_halt_unseen = observation.reports == 0
        own.is_halt_stirred = observation.motion is Motion.STIRRING
    arrives = own.is_halt_stirred and observation.motion is Motion.RESTING and _went_on(own, at)
    if own.halt is not None and not (observation.departed or arrives):
        own.pending = hold(own.pending, held_leg(observation))
        own.pending_legs += observation.reports
        _perhaps_roll_on(own, own.halt, at)
        return trip
    own.take_back()
    seen_m = observation.distance_m + sum(held.distance_m for held in own.pending)
    extra_m = 0.0 if own.halt is None else max(0.0, observation.displacement_m - seen_m)
    ledger = hold(own.pending, held_leg(observation, extra_m))
    if trip.confirmed is not None:
        settle_as_trip(ledger, observation, at.run)
    trip = add(trip, ledger, own.pending_legs + observation.reports)
    own.pending, own.pending_legs = (), 0
    own.halt_at(at.spot if observation.motion is Motion.RESTING else None)
    own.is_halt_unseen = observation.reports == 0
    return trip


def _perhaps_roll_on(own: Journey, halt: Spot, at: At) -> None:
    """From a gate to a ramp, or from bin to bin: it halts anew where it stands after a hop."""
    if at.observation.hopped:
        own.has_hopped = True
    elif own.has_hopped and at.observation.motion is Motion.RESTING:
        if _metres(halt, at.spot) >= HOP_AWAY_M:
            own.halt_again(at.spot)
        own.has_hopped = False


def _went_on(own: Journey, at: At) -> bool:
    """Whether the way since the halt led somewhere; scatter goes to and fro."""
    if own.halt is None:
        return False
    way_m = at.observation.distance_m + sum(held.distance_m for held in own.pending)
    return _metres(own.halt, at.spot) >= STRAIGHT_SHARE * way_m


def _perhaps_end(own: Journey, halt: Spot, at: At) -> None:
    since = _first_halt(own, halt)
    halt_s = (at.spot.time_ms - since.time_ms) / 1000.0
    min_s = at.run.thresholds.stop_min_duration_s
    is_resting = at.observation.motion is Motion.RESTING
    if is_resting and at.observation.off_s >= OFF_MIN_S:
        why = switched_off(at)
    elif halt_s >= (min_s if is_resting else DRIFT_PATIENCE * min_s):
        limits = {"stop_min_duration_s": ("halt_s", min_s)}
        why = at.why("motion_ended", {"halt_s": halt_s}, limits)
    else:
        return
    if since is not halt:
        own.take_back()
    end_trip(own, since, why, at.observation, at.run)
    own.rest = at.spot


def _first_halt(own: Journey, halt: Spot) -> Spot:
    """Where it has been since it drove: hops that led nowhere were scatter."""
    first_halt = own.first_halt or halt
    way_m = sum(held.distance_m for held in own.onward)
    has_rolled = any(held.has_shunted for held in own.onward)
    if has_rolled or _metres(first_halt, halt) >= STRAIGHT_SHARE * way_m:
        return halt
    return first_halt


def _metres(one: Spot, other: Spot) -> float:
    return distance_m(one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg)


def _open_outputs(own: Journey) -> list[Output]:
    stop, trip = own.stop, own.trip
    if trip is not None and trip.confirmed is not None and own.last is not None:
        return [trip_of(trip, trip.confirmed, own.last, None)]
    rest = own.rest if trip is None else trip.start
    if stop is not None and rest is not None and rest.time_ms > stop.start.time_ms:
        return [stop_of(stop, None, None)]
    return []


STEP = Step(
    version=2,
    slice_type=Journey,
    advance=_advance,
    after=("validate", "ignition", "motion", "fuel"),
    open_outputs=_open_outputs,
)
