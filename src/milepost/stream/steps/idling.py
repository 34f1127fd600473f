"""Events when a vehicle has stood with the engine on for a while, and when that ended."""

import msgspec

from milepost.stream.contract import Motion, Observation, Run, Step
from milepost.stream.journey import Spot, event


class Idling(msgspec.Struct, frozen=True, gc=False):
    """Since when it idles (None: not at all), the last fix at which it did, whether it was told."""

    since: Spot | None = None
    until: Spot | None = None
    is_told: bool = False


_NOT_IDLING = Idling()


def _advance(own: Idling, run: Run) -> Idling:
    if not run.counts:
        return _cease(own, run)
    for observation in run.observations:
        if own.since is None and observation.motion is not Motion.RESTING:
            continue
        own = _observe(own, observation, run)
    return own


def _cease(own: Idling, run: Run) -> Idling:
    """Another device counts from here on: what was told of is over where it was seen last."""
    if own.is_told and own.since is not None and own.until is not None:
        idled_s = (own.until.time_ms - own.since.time_ms) / 1000.0
        ended = event("idling_ended", own.until, {"idling_s": idled_s})
        run.conclude(ended, run.positions[0].fix_time_ms)
    return _NOT_IDLING


def _observe(own: Idling, observation: Observation, run: Run) -> Idling:
    is_silent = observation.duration_s > run.thresholds.gap_min_duration_s
    leaves = observation.departed or observation.motion is Motion.TRAVELLING
    if own.since is not None and (is_silent or leaves or observation.ignition is not True):
        _tell_end(own, observation, run)
        own = _NOT_IDLING
    if not observation.located or observation.ignition is not True:
        return own
    if observation.motion is not Motion.RESTING:
        return own
    spot = _spot(observation)
    if own.since is None:
        return Idling(spot, spot)
    idled_s = (spot.time_ms - own.since.time_ms) / 1000.0
    is_told = own.is_told
    if not is_told and idled_s >= run.thresholds.idling_min_duration_s:
        is_told = True
        started = event("idling_started", own.since, {"idling_s": idled_s})
        run.conclude(started, observation.report_time_ms)
    return Idling(own.since, spot, is_told)


def _tell_end(own: Idling, observation: Observation, run: Run) -> None:
    since, until = own.since, own.until
    if since is None or until is None:
        return
    if observation.ignition is False and not observation.departed:
        until = msgspec.structs.replace(until, time_ms=observation.position.fix_time_ms)
    idled_s = (until.time_ms - since.time_ms) / 1000.0
    if not own.is_told and idled_s >= run.thresholds.idling_min_duration_s:
        run.conclude(
            event("idling_started", since, {"idling_s": idled_s}), observation.report_time_ms
        )
    if own.is_told or idled_s >= run.thresholds.idling_min_duration_s:
        run.conclude(
            event("idling_ended", until, {"idling_s": idled_s}), observation.report_time_ms
        )


def _spot(observation: Observation) -> Spot:
    position = observation.position
    assert position.latitude_deg is not None and position.longitude_deg is not None
    return Spot(position.fix_time_ms, position.latitude_deg, position.longitude_deg)


STEP = Step(slice_type=Idling, advance=_advance, after=("motion", "ignition"))
