"""Legs whose kind is not decided yet, summed by bucket, so that a long doubt stays small."""

import msgspec

from milepost.stream.contract import BUCKET_MS, Observation, Run, Settled


class Held(msgspec.Struct, frozen=True, gc=False):
    """Undecided legs of one bucket, counted both ways.

    If they turn out to be part of a trip, `distance_m`, `driving_s`, `idling_s` (standing) and
    `max_speed_kmh` count; if the vehicle was parked, `engine_on_s` counts as idling.
    """

    bucket_start_ms: int
    distance_m: float
    driving_s: float
    idling_s: float
    engine_on_s: float
    max_speed_kmh: float


Ledger = tuple[Held, ...]


def bucket_of(time_ms: int) -> int:
    """Start of the bucket that a fix time falls in."""
    return time_ms - time_ms % BUCKET_MS


def held_leg(observation: Observation, extra_m: float = 0.0) -> Held:
    """The leg that leads to an observation, `extra_m` longer than the fixes tell."""
    seconds = observation.duration_s
    is_driven = observation.driven
    return Held(
        bucket_of(observation.report_time_ms),
        observation.distance_m + extra_m if is_driven else 0.0,
        seconds if is_driven else 0.0,
        0.0 if is_driven else seconds,
        observation.engine_on_s,
        observation.speed_kmh if is_driven else 0.0,
    )


def hold(ledger: Ledger, held: Held) -> Ledger:
    """The ledger with more held legs, which are not older than its last."""
    if not ledger or ledger[-1].bucket_start_ms != held.bucket_start_ms:
        return (*ledger, held)
    last = ledger[-1]
    return (
        *ledger[:-1],
        Held(
            last.bucket_start_ms,
            last.distance_m + held.distance_m,
            last.driving_s + held.driving_s,
            last.idling_s + held.idling_s,
            last.engine_on_s + held.engine_on_s,
            max(last.max_speed_kmh, held.max_speed_kmh),
        ),
    )


def settle_as_trip(ledger: Ledger, observation: Observation, run: Run) -> None:
    """The held legs were part of a trip."""
    for held in ledger:
        observation.settled_distance_m += held.distance_m
        run.settled.append(
            Settled(
                held.bucket_start_ms,
                held.distance_m,
                held.driving_s,
                held.idling_s,
                held.max_speed_kmh,
            )
        )


def settle_as_parked(ledger: Ledger, run: Run) -> float:
    """The vehicle was parked all the while: returns the seconds it idled."""
    idling_s = 0.0
    for held in ledger:
        if held.engine_on_s:
            idling_s += held.engine_on_s
            run.settled.append(Settled(held.bucket_start_ms, 0.0, 0.0, held.engine_on_s, 0.0))
    return idling_s
