"""What was used by a counter that restarts, comes back, stands still or jumps; by hand."""

import pytest

from milepost.domain.trip import Rollup
from tests.stream.steps.test_trips import at, fold

READINGS = {
    "stands still": ([100.0, 100.0, 100.5], 0.5),
    "restarts and comes back": ([100.0, 100.6, 0.0, 0.2, 100.9], 0.9),
    "restarts twice and comes back": ([100.0, 100.6, 0.0, 0.2, 0.1, 100.9], 0.9),
    "comes back to less than it was": ([100.0, 100.6, 0.0, 0.2, 100.7], 0.8),
    "restarts, comes back, restarts": ([100.0, 100.6, 0.0, 100.8, 0.0, 0.3], 1.1),
    "goes on where it was": ([100.0, 100.6, 0.0, 100.6], 0.6),
}


@pytest.mark.parametrize("name", READINGS)
def test_used(name: str) -> None:
    readings, used_l = READINGS[name]
    outputs = fold([at(60 * i, 0, speed_kmh=0.0, fuel_used_l=r) for i, r in enumerate(readings)])
    totals = [each.fuel_used_l for each in outputs if isinstance(each, Rollup)]
    assert sum(totals) == pytest.approx(used_l, abs=1e-9)


@pytest.mark.parametrize(("more_l", "used_l"), [(9.9, 9.9), (10.1, 0.0)])
def test_no_engine_burns_more_than_it_can(more_l: float, used_l: float) -> None:
    """300 l an hour are 5 l a minute, and 5 l more may be reported late."""
    outputs = fold([at(60 * i, 0, fuel_used_l=100.0 + more_l * i) for i in range(2)])
    totals = [each.fuel_used_l for each in outputs if isinstance(each, Rollup)]
    assert sum(totals) == pytest.approx(used_l)
