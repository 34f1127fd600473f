"""Which fixes are believed, and the leg that leads to each of them.

Not believed: coordinates out of range, null island, a second place for one instant, and a place
that could only be reached faster than `jump_max_speed_kmh`. Two fixes in a row that contradict the
last believed one and agree with each other are believed from the second on, so that one bad fix
cannot lock out all good ones after it.
"""

from datetime import UTC, datetime

import msgspec

from milepost.domain.position import Position
from milepost.domain.trip import Event, Place
from milepost.geo.distance import distance_m
from milepost.stream.contract import Observation, Run, Step

# A cold receiver sends zeros or nearly; no road vehicle is in the Gulf of Guinea.
NULL_ISLAND_DEG = 0.01
# The scatter of good receivers, so that 1 Hz noise is never taken for speed.
JUMP_SLACK_M = 50.0


# A circle this wide, or wider, around a place that is not this many times as far away says nothing.
COARSE_M = 200.0
TELLING_ACCURACIES = 3.0


class Believed(msgspec.Struct, frozen=True, gc=False):
    """The last believed fix, and the last one that contradicted it."""

    time_ms: int = -1
    latitude_deg: float = 0.0
    longitude_deg: float = 0.0
    suspect_time_ms: int = -1
    suspect_latitude_deg: float = 0.0
    suspect_longitude_deg: float = 0.0
    rejecting: str = ""


def _advance(own: Believed, run: Run) -> Believed:
    jump_kmh = run.thresholds.jump_max_speed_kmh
    note = run.observations.append
    for position in run.positions:
        observation = Observation(position)
        note(observation)
        latitude, longitude = position.latitude_deg, position.longitude_deg
        if latitude is None or longitude is None or not position.valid:
            continue
        reason = _impossible(latitude, longitude)
        if reason:
            own = _reject(own, run, position, reason, {})
            continue
        time_ms = position.fix_time_ms
        if time_ms == own.time_ms:
            continue
        if own.time_ms >= 0:
            metres = distance_m(own.latitude_deg, own.longitude_deg, latitude, longitude)
            seconds = (time_ms - own.time_ms) / 1000.0
            if position.attributes and metres > COARSE_M:
                accuracy_m = _accuracy_m(position)
                if accuracy_m > COARSE_M and metres < TELLING_ACCURACIES * accuracy_m:
                    measured = {"accuracy_m": accuracy_m, "distance_m": metres}
                    own = _reject(own, run, position, "inaccurate", measured)
                    continue
            if metres > JUMP_SLACK_M + seconds * jump_kmh / 3.6:
                if not _agrees(own, position, jump_kmh):
                    own = _suspect(own, run, position, metres, seconds)
                    continue
                observation.relocated = True
            observation.distance_m = metres
            observation.duration_s = seconds
        _believe(observation, jump_kmh)
        own = Believed(time_ms, latitude, longitude)
    return own


def _believe(observation: Observation, jump_kmh: float) -> None:
    observation.located = True
    speed_kmh = observation.position.speed_kmh
    if speed_kmh is not None and 0.0 <= speed_kmh <= jump_kmh:
        observation.speed_kmh = speed_kmh
        observation.speed_reported = True
    elif observation.duration_s > 0.0:
        observation.speed_kmh = observation.distance_m / observation.duration_s * 3.6


def _impossible(latitude_deg: float, longitude_deg: float) -> str:
    if not (-90.0 <= latitude_deg <= 90.0 and -180.0 <= longitude_deg <= 180.0):
        return "range"
    if -NULL_ISLAND_DEG < latitude_deg < NULL_ISLAND_DEG and (
        -NULL_ISLAND_DEG < longitude_deg < NULL_ISLAND_DEG
    ):
        return "null_island"
    return ""


def _accuracy_m(position: Position) -> float:
    """The radius that the receiver itself gives its place, as far as it gives one; else 0."""
    text = position.attributes.get("accuracyM", "")
    return float(text) if text.replace(".", "", 1).isdigit() else 0.0


def _agrees(own: Believed, position: Position, jump_kmh: float) -> bool:
    if own.suspect_time_ms < 0 or own.suspect_time_ms == position.fix_time_ms:
        return False
    assert position.latitude_deg is not None and position.longitude_deg is not None
    metres = distance_m(
        own.suspect_latitude_deg,
        own.suspect_longitude_deg,
        position.latitude_deg,
        position.longitude_deg,
    )
    seconds = (position.fix_time_ms - own.suspect_time_ms) / 1000.0
    return metres <= JUMP_SLACK_M + seconds * jump_kmh / 3.6


def _suspect(
    own: Believed, run: Run, position: Position, metres: float, seconds: float
) -> Believed:
    measured = {
        "distance_m": metres,
        "duration_s": seconds,
        "speed_kmh": metres / seconds * 3.6,
        "jump_max_speed_kmh": run.thresholds.jump_max_speed_kmh,
    }
    own = _reject(own, run, position, "jump", measured)
    assert position.latitude_deg is not None and position.longitude_deg is not None
    return msgspec.structs.replace(
        own,
        suspect_time_ms=position.fix_time_ms,
        suspect_latitude_deg=position.latitude_deg,
        suspect_longitude_deg=position.longitude_deg,
    )


def _reject(
    own: Believed, run: Run, position: Position, reason: str, measured: dict[str, float]
) -> Believed:
    """One event for a row of rejections with one reason: a cold receiver sends zeros for hours."""
    if own.rejecting == reason and reason != "jump":
        return own
    assert position.latitude_deg is not None and position.longitude_deg is not None
    rejected = Event(
        kind="position_rejected",
        fix_time=datetime.fromtimestamp(position.fix_time_ms / 1000.0, UTC),
        place=Place(position.latitude_deg, position.longitude_deg),
        detail={"reason": reason, **measured},
    )
    run.conclude(rejected, position.fix_time_ms)
    return msgspec.structs.replace(own, rejecting=reason)


STEP = Step(version=2, slice_type=Believed, advance=_advance)
