"""What really happened to a vehicle, as intervals and instants."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np

from milepost.geo.distance import Floats
from milepost.simulator.world.samples import (
    CARRIERS,
    ON_FERRY,
    OWN_WHEELS,
    Bools,
    Samples,
    distances_m,
)
from milepost.simulator.world.sites import Area

STAY_MS = 300_000
IDLING_MS = 60_000
HARSH_BRAKING_MPS2 = 3.5
HARSH_ACCELERATION_MPS2 = 3.0
HARSH_CORNERING_MPS2 = 4.0

HarshKind = Literal["braking", "acceleration", "cornering"]


class TrueTrip(msgspec.Struct, frozen=True):
    """From where a vehicle stood to where it stood for 5 minutes or more again.

    `driving_ms` is the time at a speed above zero; the rest of the trip the vehicle stood.
    """

    start_ms: int
    end_ms: int
    start_latitude_deg: float
    start_longitude_deg: float
    end_latitude_deg: float
    end_longitude_deg: float
    distance_m: float
    driving_ms: int
    max_speed_kmh: float
    fuel_used_l: float


class TrueStay(msgspec.Struct, frozen=True):
    """5 minutes or more at one place; `site` is its name where it has one."""

    start_ms: int
    end_ms: int
    latitude_deg: float
    longitude_deg: float
    site: str | None


class Carriage(msgspec.Struct, frozen=True):
    """Carried by something else, the engine off: a `ferry` or a `tow truck`."""

    carrier: str
    start_ms: int
    end_ms: int
    start_latitude_deg: float
    start_longitude_deg: float
    end_latitude_deg: float
    end_longitude_deg: float
    distance_m: float


class TrueIdling(msgspec.Struct, frozen=True):
    """A minute or more of standing with the engine on, in a trip or a stay."""

    start_ms: int
    end_ms: int


class Refuelling(msgspec.Struct, frozen=True):
    """Fuel that was taken in."""

    start_ms: int
    end_ms: int
    litres: float
    latitude_deg: float
    longitude_deg: float


class HarshEvent(msgspec.Struct, frozen=True):
    """One second or more above the limit; `peak_mps2` is the largest acceleration in it."""

    kind: HarshKind
    start_ms: int
    end_ms: int
    peak_mps2: float
    speed_kmh: float
    latitude_deg: float
    longitude_deg: float


class AreaVisit(msgspec.Struct, frozen=True):
    """Within an area; at the ends of the world's time the visit may have begun before or go on."""

    area: str
    enter_ms: int
    leave_ms: int


class Truth(msgspec.Struct, frozen=True):
    """Everything that happened; trips, stays and carriages cover the time, each once."""

    trips: Sequence[TrueTrip]
    stays: Sequence[TrueStay]
    carriages: Sequence[Carriage]
    idlings: Sequence[TrueIdling]
    refuellings: Sequence[Refuelling]
    harsh_events: Sequence[HarshEvent]
    area_visits: Sequence[AreaVisit]


def truth_of(
    samples: Samples, areas: Sequence[Area], site_names: Mapping[tuple[float, float], str]
) -> Truth:
    """Derive the truth from the true states."""
    journeys = list(_journeys(samples))
    trips = [_trip(samples, *ends) for carrier, *ends in journeys if carrier == OWN_WHEELS]
    carriages = [_carriage(samples, *each) for each in journeys if each[0] != OWN_WHEELS]
    return Truth(
        trips=trips,
        stays=list(_stays(samples, journeys, site_names)),
        carriages=carriages,
        idlings=list(_idlings(samples)),
        refuellings=list(_refuellings(samples)),
        harsh_events=sorted(_harsh_events(samples), key=lambda event: event.start_ms),
        area_visits=[visit for area in areas for visit in _visits(samples, area)],
    )


def runs(chosen: Bools) -> Iterator[tuple[int, int]]:
    """First and last index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(np.int8)))
    for first, end in edges.reshape(-1, 2).tolist():
        yield first, end - 1


def _journeys(samples: Samples) -> Iterator[tuple[int, int, int]]:
    """Carrier, and the indices of the last instant at rest before and the first after."""
    moving = np.flatnonzero(samples.is_moving)
    if not len(moving):
        return
    times_ms, carriers = samples.times_ms, samples.carriers[moving]
    stood_ms = times_ms[moving[1:] - 1] - times_ms[np.minimum(moving[:-1] + 1, len(times_ms) - 1)]
    is_new = (stood_ms >= STAY_MS) | (np.diff(carriers) != 0)
    firsts = [0, *(np.flatnonzero(is_new) + 1).tolist()]
    lasts = [*(first - 1 for first in firsts[1:]), len(moving) - 1]
    ends = [int(moving[last]) + 1 for last in lasts]
    starts = [int(moving[first]) - 1 for first in firsts]
    for number in range(1, len(starts)):
        # A rest shorter than a stay between two carriers belongs to the ferry or the tow truck.
        if times_ms[starts[number]] - times_ms[ends[number - 1]] < STAY_MS:
            if carriers[firsts[number]] == OWN_WHEELS:
                ends[number - 1] = starts[number]
            else:
                starts[number] = ends[number - 1]
    for first, start, end in zip(firsts, starts, ends, strict=True):
        yield int(carriers[first]), start, end


def _trip(samples: Samples, start: int, end: int) -> TrueTrip:
    span = slice(start, end + 1)
    speeds_kmh = samples.speeds_kmh[span]
    return TrueTrip(
        int(samples.times_ms[start]),
        int(samples.times_ms[end]),
        *_place(samples, start),
        *_place(samples, end),
        distance_m=round(float(samples.odometers_m[end] - samples.odometers_m[start]), 3),
        driving_ms=int(np.count_nonzero(speeds_kmh > 0.0)) * 1000,
        max_speed_kmh=round(float(speeds_kmh.max()), 2),
        fuel_used_l=round(float(samples.fuel_used_l[end] - samples.fuel_used_l[start]), 4),
    )


def _carriage(samples: Samples, carrier: int, start: int, end: int) -> Carriage:
    carried_m = np.cumsum(distances_m(samples)[start:end])
    return Carriage(
        "ferry" if carrier == ON_FERRY else CARRIERS[carrier],
        int(samples.times_ms[start]),
        int(samples.times_ms[end]),
        *_place(samples, start),
        *_place(samples, end),
        distance_m=round(float(carried_m[-1]), 3),
    )


def _stays(
    samples: Samples,
    journeys: Sequence[tuple[int, int, int]],
    site_names: Mapping[tuple[float, float], str],
) -> Iterator[TrueStay]:
    last = len(samples.times_ms) - 1
    begins = [0, *(end for *_, end in journeys)]
    ends = [*(start for _, start, _ in journeys), last]
    for begin, end in zip(begins, ends, strict=True):
        begin_ms, end_ms = int(samples.times_ms[begin]), int(samples.times_ms[end])
        if begin_ms < end_ms:
            place = _place(samples, begin)
            yield TrueStay(begin_ms, end_ms, *place, site=site_names.get(place))


def _idlings(samples: Samples) -> Iterator[TrueIdling]:
    for first, last in runs(samples.is_engine_on & ~samples.is_moving):
        begin_ms, end_ms = int(samples.times_ms[first]), int(samples.times_ms[last])
        if end_ms - begin_ms >= IDLING_MS:
            yield TrueIdling(begin_ms, end_ms)


def _refuellings(samples: Samples) -> Iterator[Refuelling]:
    rising = np.diff(samples.refuelled_l) > 0.0
    for first, last in runs(rising):
        taken_l = float(samples.refuelled_l[last + 1] - samples.refuelled_l[first])
        yield Refuelling(
            int(samples.times_ms[first]),
            int(samples.times_ms[last + 1]),
            round(taken_l, 3),
            *_place(samples, first),
        )


def _harsh_events(samples: Samples) -> Iterator[HarshEvent]:
    changes_kmh = np.diff(samples.speeds_kmh, prepend=samples.speeds_kmh[:1])
    is_own = samples.carriers == OWN_WHEELS
    accelerations_mps2 = changes_kmh / 3.6 * is_own
    yield from _above(samples, "braking", -accelerations_mps2, HARSH_BRAKING_MPS2)
    yield from _above(samples, "acceleration", accelerations_mps2, HARSH_ACCELERATION_MPS2)
    yield from _above(samples, "cornering", samples.laterals_mps2 * is_own, HARSH_CORNERING_MPS2)


def _above(
    samples: Samples, kind: HarshKind, values_mps2: Floats, limit_mps2: float
) -> Iterator[HarshEvent]:
    for first, last in runs(values_mps2 >= limit_mps2):
        peak_mps2 = float(values_mps2[first : last + 1].max())
        yield HarshEvent(
            kind,
            int(samples.times_ms[first]) - 1000,
            int(samples.times_ms[last]),
            round(peak_mps2, 2),
            round(float(samples.speeds_kmh[first - 1]), 2),
            *_place(samples, first),
        )


def _visits(samples: Samples, area: Area) -> Iterator[AreaVisit]:
    for first, last in runs(area.contains(samples.latitudes_deg, samples.longitudes_deg)):
        after = min(last + 1, len(samples.times_ms) - 1)
        yield AreaVisit(area.name, int(samples.times_ms[first]), int(samples.times_ms[after]))


def _place(samples: Samples, index: int) -> tuple[float, float]:
    return (
        round(float(samples.latitudes_deg[index]), 7),
        round(float(samples.longitudes_deg[index]), 7),
    )
