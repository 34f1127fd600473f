"""Fewer points for drawing: what the eye cannot tell from the whole track.

Source: D. H. Douglas and T. K. Peucker, The Canadian Cartographer 10 (1973). Long spans are
split one by one, for which numpy is fast; the many short ones that remain all at once.
"""

from math import cos, radians

import numpy as np
from numpy.typing import NDArray

from milepost.geo.distance import EARTH_RADIUS_M, Floats

Mask = NDArray[np.bool_]
Indices = NDArray[np.intp]

# Below this many points, numpy's overhead per call outweighs its work.
SHORT_SPAN = 512

_M_PER_DEG = radians(1.0) * EARTH_RADIUS_M


def simplify(latlon: Floats, tolerance_m: float) -> Mask:
    """Which points of a track to keep: no dropped point is further than the tolerance from it.

    Args:
        latlon: degrees, shape (n, 2), in the order of travel; longitudes may cross 180°.
        tolerance_m: metres, ≥ 0; 0 drops only what lies exactly on the line.

    Returns:
        A mask of shape (n,); the first and the last point are always kept.
    """
    count = len(latlon)
    keep = np.zeros(count, dtype=np.bool_)
    keep[:1] = keep[-1:] = True
    if count > 2:
        track = _plane(latlon)
        limit_m2 = tolerance_m * tolerance_m
        _split_short(track, *_split_long(track, limit_m2, keep), limit_m2, keep)
    return keep


def _split_long(track: Floats, limit_m2: float, keep: Mask) -> tuple[Indices, Indices]:
    """Split spans until they are short; returns the starts and ends of those that remain."""
    short: list[tuple[int, int]] = []
    spans = [(0, track.shape[1] - 1)]
    while spans:
        start, end = spans.pop()
        if end - start < SHORT_SPAN:
            if end - start > 1:
                short.append((start, end))
            continue
        offsets_m2 = _offsets_m2(
            track[:, start + 1 : end], track[:, start : start + 1], track[:, end : end + 1]
        )
        furthest = int(offsets_m2.argmax())
        if offsets_m2[furthest] > limit_m2:
            middle = start + 1 + furthest
            keep[middle] = True
            spans += ((start, middle), (middle, end))
    starts, ends = np.array(short, dtype=np.intp).reshape(-1, 2).T
    return starts, ends


def _split_short(
    track: Floats, starts: Indices, ends: Indices, limit_m2: float, keep: Mask
) -> None:
    """Split all the spans at once, and their halves, until none holds a point too far off."""
    while len(starts):
        inner = ends - starts - 1
        first = np.cumsum(inner) - inner
        points = np.arange(inner.sum()) + np.repeat(starts + 1 - first, inner)
        offsets_m2 = _offsets_m2(
            track[:, points],
            np.repeat(track[:, starts], inner, axis=1),
            np.repeat(track[:, ends], inner, axis=1),
        )
        largest = np.maximum.reduceat(offsets_m2, first)
        candidates = np.flatnonzero(offsets_m2 == np.repeat(largest, inner))
        is_split = largest > limit_m2
        furthest = points[candidates[np.searchsorted(candidates, first[is_split])]]
        keep[furthest] = True
        starts = np.column_stack([starts[is_split], furthest]).ravel()
        ends = np.column_stack([furthest, ends[is_split]]).ravel()
        has_points = ends - starts > 1
        starts, ends = starts[has_points], ends[has_points]


def _plane(latlon: Floats) -> Floats:
    """Local metres east and north, shape (2, n); good for tracks of some 100 km."""
    latitude = latlon[:, 0]
    longitude = np.unwrap(latlon[:, 1], period=360.0)
    middle_deg = float(latitude.min() + latitude.max()) / 2.0
    return np.stack([longitude * (_M_PER_DEG * cos(radians(middle_deg))), latitude * _M_PER_DEG])


def _offsets_m2(points: Floats, starts: Floats, ends: Floats) -> Floats:
    """Squared distances of points (2, k) from segments, each (2, k) or (2, 1): (k,)."""
    along_east, along_north = ends - starts
    east, north = points - starts
    length2 = along_east**2 + along_north**2
    scale = np.divide(1.0, length2, out=np.zeros_like(length2), where=length2 > 0.0)
    share = np.clip((east * along_east + north * along_north) * scale, 0.0, 1.0)
    offsets: Floats = (east - share * along_east) ** 2 + (north - share * along_north) ** 2
    return offsets
