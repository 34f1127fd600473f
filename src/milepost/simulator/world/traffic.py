"""What keeps a vehicle from driving as fast as it could: limits, bends, lights, jams, surprises."""

import msgspec
import numpy as np

from milepost.geo.distance import Floats
from milepost.simulator.world.driver_styles import DriverStyle
from milepost.simulator.world.road_net import KIND_NAMES, ROAD_KINDS
from milepost.simulator.world.routes import LIMITS_KMH, SAMPLE_KINDS, Ints, Route
from milepost.simulator.world.vehicle_kinds import VehicleKind

CELL_M = 4.0
# The radius of a turn at a junction is this, divided by the turn in quarters of a circle.
QUARTER_TURN_RADIUS_M = 11.0
LEAST_TURN_DEG = 12.0
CORNER_CUT_MPS2 = 4.8
RED_SHARE = 0.45
GIVE_WAY_SHARE = 0.35
JAM_KMH = 14.0
_JAM_SHARES = np.array([ROAD_KINDS[name].jams for name in KIND_NAMES])
_RUSH_HOURS = frozenset({7, 8, 16, 17})


class Obstacles(msgspec.Struct, frozen=True, eq=False):
    """What the profile of a leg has to respect, on n + 1 points that are `cell_m` apart.

    Attributes:
        cell_m: metres between points.
        caps_mps: the highest speed at each point, (n + 1,).
        stops: the points at which the vehicle stands, ascending, at least two apart.
        dwells_s: how long, for each stop.
        surprises_mps: like `caps_mps`, for what the driver sees at the last moment; infinite
            almost everywhere.
        bends_m: the radius of the turn at each point; infinite where there is none.
    """

    cell_m: float
    caps_mps: Floats
    stops: Ints
    dwells_s: Floats
    surprises_mps: Floats
    bends_m: Floats


class Halts(msgspec.Struct, frozen=True, eq=False):
    """Places along a leg where the vehicle stands on purpose: bus stops, bins to empty."""

    along_m: Floats
    dwells_s: Floats
    max_speed_kmh: float


NO_HALTS = Halts(np.zeros(0), np.zeros(0), np.inf)


def obstacles(
    route: Route,
    kind: VehicleKind,
    style: DriverStyle,
    *,
    hour: int,
    is_workday: bool,
    halts: Halts,
    rng: np.random.Generator,
) -> Obstacles:
    """What lies in the way on a route at an hour of the day, 0 to 23."""
    count = max(int(route.length_m / CELL_M), 6)
    cell_m = route.length_m / count
    segments = np.searchsorted(route.along_m, np.arange(count) * cell_m, side="right") - 1
    cell_kinds = route.kinds[np.minimum(segments, len(route.kinds) - 1)]
    caps_mps = _caps_mps(cell_kinds, kind, style, min(kind.max_speed_kmh, halts.max_speed_kmh), rng)
    bends_m, bend_caps_mps = _bends(route, style, cell_m, count, rng)
    caps_mps = np.minimum(caps_mps, bend_caps_mps)
    stops = {0: 0.0}
    _stop_at_junctions(stops, route, cell_m, rng)
    rush = 1.0 if is_workday and hour in _RUSH_HOURS else 0.06
    _jam(stops, caps_mps, route, cell_m, rush, rng)
    for along_m, dwell_s in zip(halts.along_m.tolist(), halts.dwells_s.tolist(), strict=True):
        stops[round(along_m / cell_m)] = dwell_s
    points, dwells_s = _spaced(stops, count)
    return Obstacles(
        cell_m, caps_mps, points, dwells_s, _surprises_mps(style, cell_m, count, rng), bends_m
    )


def _caps_mps(
    cell_kinds: Ints,
    kind: VehicleKind,
    style: DriverStyle,
    max_kmh: float,
    rng: np.random.Generator,
) -> Floats:
    """Limits and the driver's pace, which wavers by some percent every hundred metres or so."""
    count = len(cell_kinds)
    knots = rng.uniform(0.9, 1.0, count // 40 + 2)
    waver = np.interp(np.arange(count), np.arange(len(knots)) * 40.0, knots)
    cells_kmh = np.minimum(LIMITS_KMH[cell_kinds] * style.pace * waver, max_kmh * 0.97 * waver)
    points_kmh = np.minimum(
        np.append(cells_kmh, cells_kmh[-1]), np.append(cells_kmh[:1], cells_kmh)
    )
    capped: Floats = points_kmh / 3.6
    return capped


def _bends(
    route: Route, style: DriverStyle, cell_m: float, count: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """The radius of each turn, and how fast this driver takes it."""
    turns_deg = np.abs((np.diff(route.courses_deg) + 180.0) % 360.0 - 180.0)
    bends = np.flatnonzero(turns_deg >= LEAST_TURN_DEG)
    radii_m = QUARTER_TURN_RADIUS_M * (90.0 / turns_deg[bends]) ** 2
    lateral_mps2 = np.where(
        rng.random(len(bends)) < style.cut_corners,
        CORNER_CUT_MPS2,
        style.lateral_mps2 * rng.uniform(0.7, 1.0, len(bends)),
    )
    at = np.clip(np.round(route.along_m[bends + 1] / cell_m).astype(np.int64), 0, count)
    bends_m, caps_mps = np.full(count + 1, np.inf), np.full(count + 1, np.inf)
    np.minimum.at(bends_m, at, radii_m)
    np.minimum.at(caps_mps, at, np.sqrt(lateral_mps2 * radii_m))
    return bends_m, caps_mps


def _stop_at_junctions(
    stops: dict[int, float], route: Route, cell_m: float, rng: np.random.Generator
) -> None:
    along_m = route.along_m[route.joints]
    before, after = route.kinds[route.joints - 1], route.kinds[route.joints]
    draws, waits = rng.random(len(along_m)), rng.random(len(along_m))
    is_red = route.lights & (draws < RED_SHARE)
    minor = (SAMPLE_KINDS["street"], SAMPLE_KINDS["yard"])
    gives_way = ~route.lights & np.isin(before, minor) & (before != after)
    gives_way &= draws < GIVE_WAY_SHARE
    for at_m, wait in zip(along_m[is_red].tolist(), waits[is_red].tolist(), strict=True):
        # The line is some metres before the junction.
        stops[round(max(at_m - 10.0, 0.0) / cell_m)] = 4.0 + 56.0 * wait
    for at_m, wait in zip(along_m[gives_way].tolist(), waits[gives_way].tolist(), strict=True):
        stops[round(max(at_m - 6.0, 0.0) / cell_m)] = 1.5 + 8.0 * wait


def _jam(
    stops: dict[int, float],
    caps_mps: Floats,
    route: Route,
    cell_m: float,
    rush: float,
    rng: np.random.Generator,
) -> None:
    """Stop and go on some of the roads; `caps_mps` is lowered there, in place."""
    starts = np.concatenate([[0], route.joints])
    is_jammed = rng.random(len(starts)) < _JAM_SHARES[route.kinds[starts]] * rush
    ends = np.append(route.joints, len(route.kinds))
    for road in np.flatnonzero(is_jammed).tolist():
        first = round(float(route.along_m[starts[road]]) / cell_m) + 2
        last = round(float(route.along_m[ends[road]]) / cell_m) - 2
        caps_mps[first:last] = np.minimum(caps_mps[first:last], JAM_KMH / 3.6)
        for point in range(first, last, 14):
            if rng.random() < 0.6:
                stops[point + int(rng.integers(0, 10))] = float(rng.uniform(2.0, 25.0))


def _surprises_mps(
    style: DriverStyle, cell_m: float, count: int, rng: np.random.Generator
) -> Floats:
    surprises_mps = np.full(count + 1, np.inf)
    expected = style.surprises_per_100km * count * cell_m / 100_000
    at = rng.integers(0, count + 1, int(rng.poisson(expected)))
    surprises_mps[at] = rng.uniform(1.0, 4.0, len(at))
    return surprises_mps


def _spaced(stops: dict[int, float], count: int) -> tuple[Ints, Floats]:
    """The stops in order, none within two points of the one before or of the end."""
    points: list[int] = []
    for point in sorted(stops):
        if point <= count - 3 and (not points or point >= points[-1] + 3):
            points.append(point)
    points.append(count)
    dwells_s = [stops.get(point, 0.0) for point in points]
    return np.array(points, dtype=np.int64), np.array(dwells_s)
