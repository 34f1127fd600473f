"""Totals by buckets of fix time.

A bucket is closed once a later one has begun and no undecided leg can fall into it any more.
Driving and its distance are those of trips and of moves within stops, so their sums agree. Idling
is standing with the engine on, within trips and within stops alike. Fuel is what the step of that
name says.
Buckets of a device that does not count are empty: they replace those of when it counted.
"""

import msgspec

from milepost.domain.trip import Rollup
from milepost.stream.contract import BUCKET_MS, Output, Run, Step


class Bucket(msgspec.Struct, gc=False):
    """A `Rollup` in the making; changed only in a step's own copy."""

    bucket_start_ms: int
    position_count: int = 0
    distance_m: float = 0.0
    driving_s: float = 0.0
    idling_s: float = 0.0
    max_speed_kmh: float = 0.0
    fuel_used_l: float = 0.0


class Rollups(msgspec.Struct, frozen=True, gc=False):
    """The open buckets, oldest first."""

    buckets: tuple[Bucket, ...] = ()


def _advance(own: Rollups, run: Run) -> Rollups:
    buckets = [msgspec.structs.replace(bucket) for bucket in own.buckets]
    for observation in run.observations:
        if not observation.reports:
            continue
        current = _current(buckets, observation.position.fix_time_ms)
        if run.counts:
            current.position_count += 1
            current.fuel_used_l += observation.fuel_increase_l
    for settled in run.settled:
        bucket = _find(buckets, settled.bucket_start_ms)
        bucket.distance_m += settled.distance_m
        bucket.driving_s += settled.driving_s
        bucket.idling_s += settled.idling_s
        bucket.max_speed_kmh = max(bucket.max_speed_kmh, settled.max_speed_kmh)
    if len(buckets) > 1:
        _close(buckets, run)
    return Rollups(tuple(buckets))


def _current(buckets: list[Bucket], time_ms: int) -> Bucket:
    if not buckets or time_ms >= buckets[-1].bucket_start_ms + BUCKET_MS:
        buckets.append(Bucket(time_ms - time_ms % BUCKET_MS))
    return buckets[-1]


def _find(buckets: list[Bucket], bucket_start_ms: int) -> Bucket:
    for bucket in reversed(buckets):
        if bucket.bucket_start_ms == bucket_start_ms:
            return bucket
    raise AssertionError("a leg was settled in a bucket that had been closed")


def _close(buckets: list[Bucket], run: Run) -> None:
    oldest_ms = buckets[-1].bucket_start_ms
    if run.unsettled_bucket_ms is not None:
        oldest_ms = min(oldest_ms, run.unsettled_bucket_ms)
    while buckets[0].bucket_start_ms < oldest_ms:
        run.conclude(_rollup(buckets.pop(0)), run.positions[-1].fix_time_ms)


def _rollup(bucket: Bucket) -> Rollup:
    return Rollup(
        bucket_start_ms=bucket.bucket_start_ms,
        position_count=bucket.position_count,
        distance_m=bucket.distance_m,
        driving_s=bucket.driving_s,
        idling_s=bucket.idling_s,
        max_speed_kmh=bucket.max_speed_kmh,
        fuel_used_l=bucket.fuel_used_l,
    )


def _open_outputs(own: Rollups) -> list[Output]:
    return [_rollup(bucket) for bucket in own.buckets]


STEP = Step(
    version=2,
    slice_type=Rollups,
    advance=_advance,
    after=("trips", "fuel"),
    open_outputs=_open_outputs,
)
