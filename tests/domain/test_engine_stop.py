"""When a vehicle counts as slow enough for its engine to be cut off."""

import pytest

from milepost.domain.engine_stop import CLOCK_AHEAD_MS, FRESH_MS, Sighting, Verdict, judge

NOW_MS = 1_750_000_000_000


@pytest.mark.parametrize(
    ("age_ms", "speed_kmh", "travels", "verdict"),
    [
        (0, 0.0, False, "slow"),
        (FRESH_MS, 20.0, True, "slow"),
        (0, 20.1, False, "moving"),
        (FRESH_MS + 1, 0.0, False, "unknown"),
        (FRESH_MS + 1, 90.0, True, "unknown"),
        (-CLOCK_AHEAD_MS, 0.0, False, "slow"),
        (-CLOCK_AHEAD_MS - 1, 0.0, False, "unknown"),
        (0, None, False, "slow"),
        (0, None, True, "moving"),
    ],
)
def test_a_fresh_fix_decides(
    age_ms: int, speed_kmh: float | None, travels: bool, verdict: Verdict
) -> None:
    assert judge(Sighting(NOW_MS - age_ms, speed_kmh, travels), NOW_MS, 20.0) == verdict


def test_what_was_never_seen_is_unknown() -> None:
    assert judge(None, NOW_MS, 20.0) == "unknown"
