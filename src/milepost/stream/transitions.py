"""The slice of the trips step, and the moves from one journey to the next."""

from collections.abc import Mapping

import msgspec

from milepost.domain.trip import Explanation, TripReason
from milepost.stream.contract import Observation, Run
from milepost.stream.journey import (
    SURELY_AWAY,
    OpenStop,
    OpenTrip,
    Spot,
    add,
    confirmation,
    event,
    explanation,
    stop_of,
    trip_of,
)
from milepost.stream.ledger import Ledger, Parked, joined, settle_as_parked, settle_as_trip


class Journey(msgspec.Struct):
    """What is open, and what is undecided; changed only in a step's own copy.

    `last` is the last believed fix, `rest` the last one at which the vehicle rested, `halt` where
    the rest within the open trip began. `is_halt_unseen`: that is inferred from a silence;
    `is_halt_stirred`: it was slowly moving there, so it halts at the first slow fix after it.
    `pending` are legs since `rest` (parked) or `halt` (on a trip), `pending_legs` their number.
    A vehicle may roll on from its `first_halt`: `onward` are the legs from there to `halt`.
    `has_hopped`: some of the pending legs were driven for certain.
    """

    last: Spot | None = None
    rest: Spot | None = None
    halt: Spot | None = None
    is_halt_unseen: bool = False
    is_halt_stirred: bool = False
    trip: OpenTrip | None = None
    stop: OpenStop | None = None
    pending: Ledger = ()
    pending_legs: int = 0
    first_halt: Spot | None = None
    has_hopped: bool = False
    onward: Ledger = ()
    onward_legs: int = 0

    def halt_at(self, spot: Spot | None) -> None:
        """It halts there for the first time since it drove; None if it drives."""
        self.halt = self.first_halt = spot
        self.is_halt_unseen = self.is_halt_stirred = self.has_hopped = False
        self.onward, self.onward_legs = (), 0

    def halt_again(self, spot: Spot) -> None:
        """It has rolled on to there."""
        self.onward = joined(self.onward, self.pending)
        self.onward_legs += self.pending_legs
        self.pending, self.pending_legs = (), 0
        self.halt, self.has_hopped, self.is_halt_stirred = spot, False, False

    def take_back(self) -> None:
        """It never rolled on: it has stayed since its first halt."""
        self.pending = joined(self.onward, self.pending)
        self.pending_legs += self.onward_legs
        self.onward, self.onward_legs = (), 0
        self.halt = self.first_halt


class At(msgspec.Struct, frozen=True, gc=False):
    """The fix at hand, the believed one before it, and the run that it is part of."""

    observation: Observation
    spot: Spot
    last: Spot
    run: Run

    def why(
        self,
        reason: TripReason,
        measured: dict[str, float],
        limits: Mapping[str, tuple[str, float]],
    ) -> Explanation:
        """An explanation of what is decided at this fix; see `explanation`."""
        return explanation(reason, self.observation.report_time_ms, measured, limits)


def begin_stop(own: Journey, start: Spot, why: Explanation, *, has_gap: bool = False) -> None:
    """From `start` on the vehicle stays."""
    own.stop = OpenStop(start, why, has_gap=has_gap)


def close_stop(own: Journey, end: Spot, why: Explanation, run: Run) -> None:
    """The stay is over at `end`; one that never lasted is not told of."""
    stop, own.stop = own.stop, None
    if stop is not None and end.time_ms > stop.start.time_ms:
        run.conclude(stop_of(stop, end, why), why.decided_fix_time_ms)


def release(own: Journey, observation: Observation, run: Run) -> None:
    """The pending legs led nowhere: the vehicle was parked."""
    parked = settle_as_parked(own.pending, observation, run)
    if own.stop is not None:
        own.stop = stayed(own.stop, parked, own.pending_legs)
    own.pending, own.pending_legs = (), 0


def stayed(stop: OpenStop, parked: Parked, legs: int) -> OpenStop:
    """The stop with what happened in it."""
    return OpenStop(
        stop.start,
        stop.explanation,
        stop.distance_m + parked.distance_m,
        stop.driving_s + parked.driving_s,
        stop.idling_s + parked.idling_s,
        stop.legs + legs,
        stop.has_gap,
    )


def confirm(own: Journey, trip: OpenTrip, at: At) -> OpenTrip:
    """Another fix away from the start: the trip, confirmed by it if it is long enough."""
    if trip.away < SURELY_AWAY:
        trip = msgspec.structs.replace(trip, away=trip.away + 1)
    confirmed = confirmation(trip, at.observation.report_time_ms, at.run.thresholds)
    if confirmed is None:
        return trip
    close_stop(own, trip.start, confirmed, at.run)
    started = event("trip_started", trip.start, {"reason": trip.reason})
    at.run.conclude(started, at.observation.report_time_ms)
    settle_as_trip(trip.held, at.observation, at.run)
    return msgspec.structs.replace(trip, held=(), confirmed=confirmed)


def discard(
    own: Journey, trip: OpenTrip, why: Explanation, observation: Observation, run: Run
) -> None:
    """What looked like a trip was none: the stay before it goes on.

    What was driven for certain is part of it, as of a tractor in its yard.
    """
    if own.stop is None:
        begin_stop(own, trip.start, why)
    assert own.stop is not None
    if trip.was_shunting:
        trip = add(trip, own.onward, own.onward_legs)
        settle_as_trip(trip.held, observation, run)
        driven = Parked(trip.distance_m, trip.driving_s, trip.idling_s)
        own.stop = stayed(own.stop, driven, trip.legs)
    else:
        own.take_back()
        own.pending = joined(trip.held, own.pending)
        own.pending_legs += trip.legs
    own.trip = None
    own.halt_at(None)
    release(own, observation, run)


def end_trip(own: Journey, end: Spot, why: Explanation, observation: Observation, run: Run) -> None:
    """The open trip is over at `end`, where a stop begins; pending legs belong to the stop."""
    trip = own.trip
    if trip is None:
        return
    if trip.confirmed is None:
        discard(own, trip, why, observation, run)
        return
    confirmed = trip.confirmed
    settle_as_trip(own.onward, observation, run)
    trip = add(trip, own.onward, own.onward_legs)
    ended = event("trip_ended", end, {"reason": why.reason, "distance_m": trip.distance_m})
    for output in (trip_of(trip, confirmed, end, why), ended):
        run.conclude(output, why.decided_fix_time_ms)
    own.trip = None
    own.halt_at(None)
    begin_stop(own, end, why)
    release(own, observation, run)
