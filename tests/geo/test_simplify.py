import itertools
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.geo.distance import Floats
from milepost.geo.simplify import SHORT_SPAN, simplify

M_PER_DEG = 111_195.0


def track_of(metres: Sequence[tuple[float, float]]) -> Floats:
    """A track near the equator, where a degree is as long either way."""
    return np.array(metres, dtype=float).reshape(-1, 2) / M_PER_DEG


def worst_offset_m(latlon: Floats, keep: np.ndarray) -> float:
    """The furthest that any dropped point is from the simplified line between its neighbours."""
    points = latlon * M_PER_DEG
    kept = np.flatnonzero(keep)
    worst = 0.0
    for start, end in itertools.pairwise(kept):
        along = points[end] - points[start]
        for point in points[start + 1 : end]:
            length2 = along @ along
            share = np.clip((point - points[start]) @ along / length2, 0, 1) if length2 else 0.0
            worst = max(worst, float(np.linalg.norm(point - points[start] - share * along)))
    return worst


def test_empty_and_tiny_tracks_stay() -> None:
    for count in range(3):
        assert simplify(np.zeros((count, 2)), 5.0).tolist() == [True] * count


def test_a_straight_line_is_its_ends() -> None:
    keep = simplify(track_of([(0, 0), (10, 10), (30, 30), (40, 40)]), 0.01)
    assert keep.tolist() == [True, False, False, True]


def test_a_corner_stays() -> None:
    keep = simplify(track_of([(0, 0), (50, 0), (100, 0), (100, 50), (100, 100)]), 5.0)
    assert keep.tolist() == [True, False, True, False, True]


def test_there_and_back_keeps_the_turning_point() -> None:
    keep = simplify(track_of([(0, 0), (500, 0), (1000, 0), (500, 0), (0, 0)]), 5.0)
    assert keep.tolist() == [True, False, True, False, True]


def test_a_parked_vehicle_is_two_points() -> None:
    assert simplify(np.full((1000, 2), 52.0), 1.0).sum() == 2


def test_across_the_date_line() -> None:
    latlon = np.array([[0.0, 179.99], [0.0, 179.999], [0.0, -179.999], [0.0, -179.99]])
    assert simplify(latlon, 1.0).tolist() == [True, False, False, True]


offsets = st.integers(-300, 300).map(float)


@given(st.lists(st.tuples(offsets, offsets), min_size=3, max_size=60), st.floats(0.0, 200.0))
def test_no_dropped_point_is_further_off_than_the_tolerance(
    metres: list[tuple[float, float]], tolerance_m: float
) -> None:
    latlon = track_of(metres)
    keep = simplify(latlon, tolerance_m)
    assert keep[0] and keep[-1]
    assert worst_offset_m(latlon, keep) <= tolerance_m * (1 + 1e-3) + 1e-3


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.sampled_from([2.0, 20.0]))
def test_long_tracks_too(seed: int, tolerance_m: float) -> None:
    random = np.random.default_rng(seed)
    headings = np.cumsum(random.normal(0.0, 0.1, 4 * SHORT_SPAN))
    metres = np.cumsum(10.0 * np.column_stack([np.cos(headings), np.sin(headings)]), axis=0)
    latlon = metres / M_PER_DEG
    keep = simplify(latlon, tolerance_m)
    assert 2 < keep.sum() < len(keep)
    assert worst_offset_m(latlon, keep) <= tolerance_m * (1 + 1e-2)
