"""Distances and bearings on the sphere, for one pair of points and for arrays of them.

Source: the haversine formula, R. W. Sinnott, Sky and Telescope 68 (1984); the mean radius is
WGS 84's, (2a + b) / 3. Against the ellipsoid it is wrong by at most 0.56 %.
"""

from math import asin, atan2, cos, degrees, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_M = 6_371_008.8

_RAD_PER_DEG = radians(1.0)
_DIAMETER_M = 2.0 * EARTH_RADIUS_M

Floats = NDArray[np.float64]


def distance_m(
    latitude_deg: float, longitude_deg: float, other_latitude_deg: float, other_longitude_deg: float
) -> float:
    """Great-circle distance between two points, metres."""
    north = sin((other_latitude_deg - latitude_deg) * 0.5 * _RAD_PER_DEG)
    east = sin((other_longitude_deg - longitude_deg) * 0.5 * _RAD_PER_DEG)
    h = north * north + (
        cos(latitude_deg * _RAD_PER_DEG) * cos(other_latitude_deg * _RAD_PER_DEG) * east * east
    )
    return _DIAMETER_M * asin(sqrt(h if h < 1.0 else 1.0))


def bearing_deg(
    latitude_deg: float, longitude_deg: float, other_latitude_deg: float, other_longitude_deg: float
) -> float:
    """Initial course from the first point to the other, degrees clockwise from north, [0, 360)."""
    here, there = radians(latitude_deg), radians(other_latitude_deg)
    east = radians(other_longitude_deg - longitude_deg)
    y = sin(east) * cos(there)
    x = cos(here) * sin(there) - sin(here) * cos(there) * cos(east)
    course = degrees(atan2(y, x)) % 360.0
    return course if course < 360.0 else 0.0


def distances_m(latlon: Floats, other_latlon: Floats) -> Floats:
    """Great-circle distances between the rows of two arrays of degrees, both (n, 2): (n,) metres.

    Either may be a single point of shape (2,), which is then compared with every row.
    """
    here, there = np.radians(latlon), np.radians(other_latlon)
    half = (there - here) * 0.5
    north, east = np.sin(half[..., 0]), np.sin(half[..., 1])
    h = north**2 + np.cos(here[..., 0]) * np.cos(there[..., 0]) * east**2
    arc: Floats = np.arcsin(np.sqrt(np.minimum(h, 1.0)))
    return _DIAMETER_M * arc


def steps_m(latlon: Floats) -> Floats:
    """Length of each step along a track of degrees (n, 2): (n - 1,) metres; empty for n < 2."""
    return distances_m(latlon[:-1], latlon[1:])


def bearings_deg(latlon: Floats, other_latlon: Floats) -> Floats:
    """Initial courses between the rows of two arrays of degrees (n, 2): (n,) degrees, [0, 360)."""
    here, there = np.radians(latlon), np.radians(other_latlon)
    east = there[..., 1] - here[..., 1]
    y = np.sin(east) * np.cos(there[..., 0])
    x = np.cos(here[..., 0]) * np.sin(there[..., 0])
    x = x - np.sin(here[..., 0]) * np.cos(there[..., 0]) * np.cos(east)
    course: Floats = np.degrees(np.arctan2(y, x)) % 360.0
    course[course >= 360.0] = 0.0
    return course
