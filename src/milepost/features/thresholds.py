"""Thresholds that replace the defaults: partial on the wire, partial as kept."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from milepost.domain.thresholds import Thresholds
from milepost.features.patching import changed_fields
from milepost.features.wire import Body, Wire

_Seconds = Annotated[float, Meta(ge=0, le=7 * 86_400)]
_Metres = Annotated[float, Meta(ge=0, le=100_000)]
_Speed = Annotated[float, Meta(ge=0, le=2_000)]
# An engine that is cut off takes steering and brake boosters along: never at road speed.
_StopSpeed = Annotated[float, Meta(ge=0, le=50)]

Overrides = dict[str, float | bool]


class ThresholdPatch(Body, frozen=True):
    """Thresholds to replace; null goes back to what applies above (tenant, then default)."""

    stop_min_duration_s: _Seconds | UnsetType | None = UNSET
    trip_min_duration_s: _Seconds | UnsetType | None = UNSET
    trip_min_distance_m: _Metres | UnsetType | None = UNSET
    gap_min_duration_s: _Seconds | UnsetType | None = UNSET
    moving_min_speed_kmh: _Speed | UnsetType | None = UNSET
    moving_min_distance_m: _Metres | UnsetType | None = UNSET
    idling_min_duration_s: _Seconds | UnsetType | None = UNSET
    jump_max_speed_kmh: _Speed | UnsetType | None = UNSET
    future_max_s: _Seconds | UnsetType | None = UNSET
    use_ignition: bool | UnsetType | None = UNSET
    engine_stop_max_speed_kmh: _StopSpeed | UnsetType | None = UNSET


class ThresholdValues(Wire, frozen=True, omit_defaults=True):
    """Thresholds; those that replace none of what applies above are absent."""

    stop_min_duration_s: float | None = None
    trip_min_duration_s: float | None = None
    trip_min_distance_m: float | None = None
    gap_min_duration_s: float | None = None
    moving_min_speed_kmh: float | None = None
    moving_min_distance_m: float | None = None
    idling_min_duration_s: float | None = None
    jump_max_speed_kmh: float | None = None
    future_max_s: float | None = None
    use_ignition: bool | None = None
    engine_stop_max_speed_kmh: float | None = None


def merged(overrides: Overrides, patch: ThresholdPatch) -> Overrides:
    """The overrides with the caller's changes."""
    together = overrides | changed_fields(patch)
    return {name: value for name, value in together.items() if value is not None}


def overrides_view(overrides: Overrides) -> ThresholdValues:
    """The overrides on the wire."""
    known = ThresholdValues.__struct_fields__
    return ThresholdValues(**{k: v for k, v in overrides.items() if k in known})  # type: ignore[arg-type]


def effective_view(overrides: Overrides) -> ThresholdValues:
    """All thresholds on the wire: the defaults with the overrides in their place."""
    return overrides_view(msgspec.structs.asdict(Thresholds()) | overrides)
