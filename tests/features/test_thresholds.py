"""Thresholds on the wire are those of the domain, all of them."""

import msgspec

from milepost.domain.thresholds import Thresholds
from milepost.features.thresholds import (
    ThresholdPatch,
    ThresholdValues,
    effective_view,
    merged,
)


def test_every_threshold_can_be_read_and_changed() -> None:
    names = set(Thresholds.__struct_fields__)
    assert set(ThresholdPatch.__struct_fields__) == names
    assert set(ThresholdValues.__struct_fields__) == names


def test_what_is_kept_replaces_the_defaults_of_the_domain() -> None:
    kept = merged({"stop_min_duration_s": 60.0}, ThresholdPatch(use_ignition=False))
    assert msgspec.convert(kept, Thresholds) == Thresholds(
        stop_min_duration_s=60.0, use_ignition=False
    )
    assert effective_view(kept).stop_min_duration_s == 60.0
    assert effective_view(kept).gap_min_duration_s == Thresholds().gap_min_duration_s


def test_null_goes_back_to_what_applies_above() -> None:
    assert merged({"stop_min_duration_s": 60.0}, ThresholdPatch(stop_min_duration_s=None)) == {}
