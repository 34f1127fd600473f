import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.geo.distance import (
    EARTH_RADIUS_M,
    bearing_deg,
    bearings_deg,
    distance_m,
    distances_m,
    steps_m,
)

latitudes = st.floats(-90.0, 90.0)
longitudes = st.floats(-180.0, 180.0)
points = st.tuples(latitudes, longitudes)


def test_a_degree_along_a_meridian() -> None:
    expected = math.radians(1.0) * EARTH_RADIUS_M
    assert distance_m(50.0, 7.0, 51.0, 7.0) == pytest.approx(expected)


def test_known_cities() -> None:
    """Paris to London; geodesic on WGS 84 by GeographicLib: 343,923 m."""
    assert distance_m(48.8566, 2.3522, 51.5074, -0.1278) == pytest.approx(343_923, rel=0.0056)


def test_across_the_date_line() -> None:
    assert distance_m(0.0, 179.9, 0.0, -179.9) == pytest.approx(distance_m(0.0, 0.0, 0.0, 0.2))


def test_antipodes_are_half_way_round() -> None:
    assert distance_m(30.0, 10.0, -30.0, -170.0) == pytest.approx(math.pi * EARTH_RADIUS_M)


@given(points, points)
def test_symmetric_and_bounded(one: tuple[float, float], other: tuple[float, float]) -> None:
    metres = distance_m(*one, *other)
    assert 0.0 <= metres <= math.pi * EARTH_RADIUS_M * (1 + 1e-12)
    assert metres == pytest.approx(distance_m(*other, *one))


@given(points, points, points)
def test_no_way_round_is_shorter(
    one: tuple[float, float], via: tuple[float, float], other: tuple[float, float]
) -> None:
    detour_m = distance_m(*one, *via) + distance_m(*via, *other)
    assert distance_m(*one, *other) <= detour_m + 0.1


@given(st.lists(points, min_size=1, max_size=20))
def test_arrays_agree_with_scalars(track: list[tuple[float, float]]) -> None:
    latlon = np.array(track)
    expected = [distance_m(*track[0], *point) for point in track]
    np.testing.assert_allclose(distances_m(latlon[0], latlon), expected, rtol=1e-9, atol=1e-3)
    expected_deg = np.array([bearing_deg(*track[0], *point) for point in track])
    found_deg = bearings_deg(np.broadcast_to(latlon[0], latlon.shape), latlon)
    turned_deg = (found_deg - expected_deg + 180.0) % 360.0 - 180.0
    np.testing.assert_allclose(turned_deg, 0.0, atol=1e-6)


def test_steps_along_a_track() -> None:
    latlon = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    degree_m = math.radians(1.0) * EARTH_RADIUS_M
    np.testing.assert_allclose(steps_m(latlon), [degree_m, degree_m])
    assert steps_m(latlon[:1]).shape == (0,)


@pytest.mark.parametrize(
    ("to", "expected_deg"),
    [((1.0, 0.0), 0.0), ((0.0, 1.0), 90.0), ((-1.0, 0.0), 180.0), ((0.0, -1.0), 270.0)],
)
def test_bearings_of_the_compass(to: tuple[float, float], expected_deg: float) -> None:
    assert bearing_deg(0.0, 0.0, *to) == pytest.approx(expected_deg)


@given(points, points)
def test_bearing_is_in_range(one: tuple[float, float], other: tuple[float, float]) -> None:
    assert 0.0 <= bearing_deg(*one, *other) < 360.0
