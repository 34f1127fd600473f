"""Legs whose kind is not decided yet, summed by bucket, so that a long doubt stays small."""

import msgspec

from milepost.stream.contract import BUCKET_MS, Observation, Run, Settled


class Held(msgspec.Struct, frozen=True, gc=False):
    """Undecided legs of one bucket, counted both ways.

    If they turn out to be part of a trip, `distance_m`, `driving_s`, `idling_s` (standing) and
    `max_speed_kmh` count; if the vehicle was parked, `engine_on_s` counts as idling, unless
    some legs are known to have been driven (`has_shunted`).
    """

    bucket_start_ms: int
    distance_m: float
    driving_s: float
    idling_s: float
    engine_on_s: float
    max_speed_kmh: float
    has_shunted: bool = False


class Parked(msgspec.Struct, frozen=True, gc=False):
    """What happened in a stay."""

    distance_m: float
    driving_s: float
    idling_s: float


Ledger = tuple[Held, ...]

# Of a leg on a trip that was mostly standing, as from a red light on, less than this is scatter.
WAY_M = 15.0


def bucket_of(time_ms: int) -> int:
    """Start of the bucket that a fix time falls in."""
    return time_ms - time_ms % BUCKET_MS


def held_leg(observation: Observation, extra_m: float = 0.0) -> Held:
    """The leg that leads to an observation, `extra_m` longer than the fixes tell."""
    seconds = observation.duration_s
    is_driven = observation.driven
    has_way = is_driven or observation.distance_m >= WAY_M
    return Held(
        bucket_of(observation.report_time_ms),
        observation.distance_m + extra_m if has_way else 0.0,
        seconds if is_driven else 0.0,
        0.0 if is_driven else seconds,
        observation.engine_on_s,
        observation.speed_kmh if is_driven else 0.0,
        observation.shunted,
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
            last.has_shunted or held.has_shunted,
        ),
    )


def joined(ledger: Ledger, later: Ledger) -> Ledger:
    """Both ledgers, the later after the earlier one."""
    for held in later:
        ledger = hold(ledger, held)
    return ledger


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


def settle_as_parked(ledger: Ledger, observation: Observation, run: Run) -> Parked:
    """The vehicle was parked all the while, or it shunted: then it drove, but was on no trip."""
    has_shunted = any(held.has_shunted for held in ledger)
    distance_m = driving_s = idling_s = 0.0
    for held in ledger:
        driven_m, driven_s = (held.distance_m, held.driving_s) if has_shunted else (0.0, 0.0)
        idled_s = max(0.0, held.engine_on_s - driven_s)
        distance_m += driven_m
        driving_s += driven_s
        idling_s += idled_s
        if idled_s or driven_s:
            run.settled.append(Settled(held.bucket_start_ms, driven_m, driven_s, idled_s, 0.0))
    observation.settled_distance_m += distance_m
    return Parked(distance_m, driving_s, idling_s)
