"""Where the chain of fixes breaks.

A long silence, a relocation, an engine off out of reception, another device that counts.
"""

import msgspec

from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Explanation, Trip
from milepost.geo.distance import distance_m
from milepost.stream.contract import Observation, Run, Settled
from milepost.stream.journey import (
    OpenStop,
    OpenTrip,
    Spot,
    add,
    event,
    explanation,
    gap_trip,
    trip_of,
)
from milepost.stream.ledger import bucket_of
from milepost.stream.transitions import (
    At,
    Journey,
    begin_stop,
    close_stop,
    confirm,
    end_trip,
    release,
)

# A shorter one is a start-stop system, or a bad contact.
OFF_MIN_S = 60.0


def relocate(own: Journey, at: At) -> None:
    """Two fixes agree on a place that could not be reached: nothing is known of the way."""
    metres, seconds = at.observation.distance_m, at.observation.duration_s
    measured = {"distance_m": metres, "duration_s": seconds, "speed_kmh": metres / seconds * 3.6}
    limits = {"jump_max_speed_kmh": ("speed_kmh", at.run.thresholds.jump_max_speed_kmh)}
    if own.trip is None and own.stop is not None and _is_first_fix(own.stop, at.last):
        own.stop = None  # it was the only fix there, and was wrong
    _restart(own, at, at.why("position_jump", measured, limits), at.spot)


def gap(own: Journey, at: At) -> None:
    """No believed fix for longer than the threshold.

    A trip under way is closed where it was last seen. A vehicle that is elsewhere afterwards has
    moved unseen: that way becomes a trip of its own, marked as a gap, as long as the straight line.
    """
    thresholds = at.run.thresholds
    metres, seconds = at.observation.distance_m, at.observation.duration_s
    has_moved = metres >= thresholds.moving_min_distance_m
    why = at.why(
        "data_gap",
        {"gap_s": seconds, "displacement_m": metres},
        {
            "gap_min_duration_s": ("gap_s", thresholds.gap_min_duration_s),
            "moving_min_distance_m": ("displacement_m", thresholds.moving_min_distance_m),
        },
    )
    if (own.trip is not None and own.halt is None) or has_moved:
        detail: dict[str, str | float | bool | None] = {**why.measured}
        at.run.conclude(event("data_gap", at.last, detail), at.observation.report_time_ms)
    observation = at.observation
    if has_moved and observation.is_off and not observation.unseen:
        _carried(own, at, why)
        return
    if has_moved:
        is_covered = metres >= thresholds.trip_min_distance_m
        _restart(own, at, why, at.last if is_covered else at.spot)
        if is_covered:
            _cover(own, at, why)
        return
    _stay_through(own, at, why)


def _is_first_fix(stop: OpenStop, last: Spot) -> bool:
    return stop.explanation.reason == "first_fix" and stop.start.time_ms == last.time_ms


def end_unheard(own: Journey, unheard_s: float, thresholds: Thresholds) -> Trip | None:
    """The open trip as it is told once nobody has heard of the vehicle for too long.

    It ended where the vehicle was seen last, as far as anybody knows: what is heard of it later
    says what became of it. None if there is no trip, or the vehicle may still be heard of.
    """
    trip, end = own.trip, own.halt or own.last
    if trip is None or trip.confirmed is None or own.last is None or end is None:
        return None
    if unheard_s <= thresholds.gap_min_duration_s:
        return None
    measured = {"unheard_s": unheard_s}
    limits = {"gap_min_duration_s": ("unheard_s", thresholds.gap_min_duration_s)}
    why = explanation("data_gap", own.last.time_ms, measured, limits)
    return trip_of(add(trip, own.onward, own.onward_legs), trip.confirmed, end, why)


def off_without_fix(own: Journey, trip: OpenTrip, observation: Observation, run: Run) -> None:
    """The ignition went off where there is no reception: the last fix is the best known end."""
    last = own.last
    if trip.confirmed is None or last is None or observation.off_s < OFF_MIN_S:
        return
    decided_ms = observation.position.fix_time_ms
    end = own.halt or last
    unseen_s = (decided_ms - last.time_ms) / 1000.0
    if own.halt is None and unseen_s < run.thresholds.stop_min_duration_s:
        return
    at = At(observation, msgspec.structs.replace(last, time_ms=decided_ms), last, run)
    measured = {"unseen_s": unseen_s, "off_s": observation.off_s}
    limits = {"ignition_off_min_duration_s": ("off_s", OFF_MIN_S)}
    end_trip(own, end, at.why("ignition_off", measured, limits), observation, run)
    own.rest = last


def switched_off(at: At) -> Explanation:
    """The engine has been off for long enough."""
    limits = {"ignition_off_min_duration_s": ("off_s", OFF_MIN_S)}
    return at.why("ignition_off", {"off_s": at.observation.off_s}, limits)


def _carried(own: Journey, at: At, why: Explanation) -> None:
    """The engine was off all the while: it was towed, or went on a train or a ferry."""
    end_trip(own, own.halt or at.last, why, at.observation, at.run)
    release(own, at.observation, at.run)
    if own.stop is not None:
        own.stop = msgspec.structs.replace(own.stop, has_gap=True)
    close_stop(own, at.spot, why, at.run)
    detail: dict[str, str | float | bool | None] = {**why.measured}
    at.run.conclude(event("towed", at.spot, detail), at.observation.report_time_ms)
    own.rest = at.spot
    begin_stop(own, at.spot, why)


def cease(own: Journey, run: Run) -> None:
    """Another device of the vehicle counts from here on: what is open ends where it was seen."""
    last = own.last
    if last is None:
        return
    why = Explanation("primary_changed", run.positions[0].fix_time_ms, {}, {})
    end_trip(own, own.halt or last, why, run.observations[0], run)
    release(own, run.observations[0], run)
    close_stop(own, last, why, run)


def _restart(own: Journey, at: At, why: Explanation, until: Spot) -> None:
    """Close what is open, and begin anew at this fix.

    What is not covered by a trip until then is a stay with a gap: nobody knows what it was.
    """
    end_trip(own, own.halt or at.last, why, at.observation, at.run)
    release(own, at.observation, at.run)
    if own.stop is not None and until is at.spot:
        own.stop = msgspec.structs.replace(own.stop, has_gap=True)
    close_stop(own, until, why, at.run)
    own.rest = at.spot
    begin_stop(own, at.spot, why)


def _cover(own: Journey, at: At, why: Explanation) -> None:
    metres = at.observation.distance_m
    at.observation.settled_distance_m += metres
    at.run.settled.append(Settled(bucket_of(at.observation.report_time_ms), metres, 0.0, 0.0, 0.0))
    covered = [
        gap_trip(at.last, at.spot, metres, why),
        event("trip_started", at.last, {"reason": why.reason}),
        event("trip_ended", at.spot, {"reason": why.reason, "distance_m": metres}),
    ]
    for output in covered:
        at.run.conclude(output, at.observation.report_time_ms)


def _stay_through(own: Journey, at: At, gap_why: Explanation) -> None:
    """It is where it was: a halt seen before the silence ended the trip, not the silence."""
    trip = own.trip
    if trip is not None and trip.confirmed is None and _is_away(trip.start, at):
        own.trip = confirm(own, trip, at)
    if own.halt is None or own.is_halt_unseen:
        end_trip(own, own.halt or at.last, gap_why, at.observation, at.run)
    else:
        end_trip(own, own.halt, _halted(own.halt, at), at.observation, at.run)
    own.pending_legs += 1
    release(own, at.observation, at.run)
    if own.stop is not None:
        own.stop = msgspec.structs.replace(own.stop, has_gap=True)
    else:
        begin_stop(own, at.last, gap_why, has_gap=True)
    own.rest = at.spot


def _halted(halt: Spot, at: At) -> Explanation:
    if at.observation.off_s >= OFF_MIN_S:
        return switched_off(at)
    measured = {"halt_s": (at.spot.time_ms - halt.time_ms) / 1000.0}
    limits = {"stop_min_duration_s": ("halt_s", at.run.thresholds.stop_min_duration_s)}
    return at.why("motion_ended", measured, limits)


def _is_away(start: Spot, at: At) -> bool:
    metres = distance_m(
        start.latitude_deg, start.longitude_deg, at.spot.latitude_deg, at.spot.longitude_deg
    )
    return metres >= at.run.thresholds.moving_min_distance_m
