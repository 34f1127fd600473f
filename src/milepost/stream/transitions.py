"""The slice of the trips step, and the moves from one journey to the next."""

from collections.abc import Mapping

import msgspec

from milepost.domain.trip import Explanation, TripReason
from milepost.stream.contract import Observation, Run
from milepost.stream.journey import (
    OpenStop,
    OpenTrip,
    Spot,
    confirmation,
    event,
    explanation,
    stop_of,
    trip_of,
)
from milepost.stream.ledger import Ledger, hold, settle_as_parked, settle_as_trip


class Journey(msgspec.Struct):
    """What is open, and what is undecided; changed only in a step's own copy.

    `last` is the last believed fix, `rest` the last one at which the vehicle rested, `halt` where
    the rest within the open trip began. `is_halt_unseen`: that is inferred from a silence;
    `is_halt_stirred`: it was slowly moving there, so it halts at the first slow fix after it.
    `pending` are legs since `rest` (parked) or `halt` (on a trip), `pending_legs` their number.
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


def release(own: Journey, run: Run) -> None:
    """The pending legs led nowhere: the vehicle was parked."""
    idling_s = settle_as_parked(own.pending, run)
    stop = own.stop
    if stop is not None:
        own.stop = OpenStop(
            stop.start,
            stop.explanation,
            stop.idling_s + idling_s,
            stop.legs + own.pending_legs,
            stop.has_gap,
        )
    own.pending, own.pending_legs = (), 0


def confirm(own: Journey, trip: OpenTrip, at: At) -> OpenTrip:
    """Another fix away from the start: the trip, confirmed by it if it is long enough."""
    trip = msgspec.structs.replace(trip, away=trip.away + 1)
    confirmed = confirmation(trip, at.observation.report_time_ms, at.run.thresholds)
    if confirmed is None:
        return trip
    close_stop(own, trip.start, confirmed, at.run)
    started = event("trip_started", trip.start, {"reason": trip.reason})
    at.run.conclude(started, at.observation.report_time_ms)
    settle_as_trip(trip.held, at.observation, at.run)
    return msgspec.structs.replace(trip, held=(), confirmed=confirmed)


def discard(own: Journey, trip: OpenTrip, why: Explanation, run: Run) -> None:
    """What looked like a trip was none: the stay before it goes on."""
    ledger = trip.held
    for held in own.pending:
        ledger = hold(ledger, held)
    own.trip = own.halt = None
    own.pending, own.pending_legs = ledger, trip.legs + own.pending_legs
    if own.stop is None:
        begin_stop(own, trip.start, why)
    release(own, run)


def end_trip(own: Journey, end: Spot, why: Explanation, run: Run) -> None:
    """The open trip is over at `end`, where a stop begins; pending legs belong to the stop."""
    trip = own.trip
    if trip is None:
        return
    if trip.confirmed is None:
        discard(own, trip, why, run)
        return
    ended = event("trip_ended", end, {"reason": why.reason, "distance_m": trip.distance_m})
    for output in (trip_of(trip, trip.confirmed, end, why), ended):
        run.conclude(output, why.decided_fix_time_ms)
    own.trip = own.halt = None
    begin_stop(own, end, why)
    release(own, run)
