"""Vehicles that work where they stand: yards, ramps, bins, laps. All numbers are by hand."""

import itertools
from typing import Any

import msgspec
import pytest

from milepost.domain.position import Position
from milepost.domain.trip import Rollup, Stop, Trip
from tests.stream.steps.test_trips import M_PER_DEG, at, drive, fold, stand, trips
from tests.stream.test_situations import covers_its_time, scatter, seconds_of, stops, totals

ON = {"ignition": True}
OFF = {"ignition": False}


def run(begin_s: int, from_m: float, to_m: float, kmh: float) -> list[Position]:
    """Straight from one place to another, a report every 10 s and one at the end."""
    lasts_s = abs(to_m - from_m) / (kmh / 3.6)
    steps = int(lasts_s // 10)
    way = [
        at(begin_s + 10 * i, from_m + (to_m - from_m) * 10 * i / lasts_s, speed_kmh=kmh, **ON)
        for i in range(1, steps + 1)
    ]
    return [*way, at(begin_s + 10 * (steps + 1), to_m, speed_kmh=0.0, **ON)]


def ended_s(history: list[Position]) -> int:
    return round((history[-1].fix_time_ms - history[0].fix_time_ms) / 1000) + 10


@pytest.mark.parametrize("pause_s", [60, 360])
@pytest.mark.parametrize("run_m", [200, 250])
def test_a_tractor_shunts_in_its_yard(pause_s: int, run_m: int) -> None:
    """Eight runs to and fro at 12 km/h: 250 m take 75 s, 200 m 60 s."""
    history = stand(0, 60, 0, **ON) + drive(60, 660, **ON) + stand(660, 1260, 6000, **ON)
    before = fold(history)
    for place_m, next_m in itertools.pairwise([6000, 6000 + run_m] * 4 + [6000]):
        history += run(ended_s(history) - 10, place_m, next_m, 12.0)
        history += stand(ended_s(history) - 10, ended_s(history) - 10 + pause_s, next_m, **ON)
    history += stand(ended_s(history) - 10, ended_s(history) + 1200, 6000, **OFF)
    outputs = fold(history)

    def grown(field: str) -> float:
        return totals(outputs, field) - totals(before, field)

    assert grown("distance_m") == pytest.approx(8 * run_m, rel=0.02)
    driven_s = 8 * run_m / (12.0 / 3.6)
    assert grown("driving_s") == pytest.approx(driven_s, rel=0.1)
    assert grown("idling_s") == pytest.approx(8 * pause_s, rel=0.2)
    assert covers_its_time(outputs)


@pytest.mark.parametrize(("speed_kmh", "every"), [(18.0, 1), (36.0, 2)])
@pytest.mark.parametrize("engine", [ON, {}])
def test_laps_around_a_block_are_as_long_as_they_are(
    speed_kmh: float, every: int, engine: dict[str, Any]
) -> None:
    """Four times around 100 m by 100 m: 50 m or 100 m in each 10 s, never 150 m away."""
    corners = [(0, 0), (50, 0), (100, 0), (100, 50), (100, 100), (50, 100), (0, 100), (0, 50)]
    history, second = stand(0, 60, 0, **engine), 60
    for step in range(every, 33, every):
        north_m, east_m = corners[step % 8]
        second += 10
        fix = at(second, north_m, speed_kmh=speed_kmh, **engine)
        east_deg = east_m / M_PER_DEG
        history.append(msgspec.structs.replace(fix, longitude_deg=7.0 + east_deg))
    outputs = fold(history + stand(second, second + 1200, 0, **engine))
    assert totals(outputs, "distance_m") == pytest.approx(1600, rel=0.02)


def test_a_lorry_halts_at_the_gate_and_rolls_on_to_its_ramp() -> None:
    """40 s at the gate, 120 m at 20 km/h to the ramp: the stop is at the ramp, and begins there."""
    history = stand(0, 60, 0, **ON) + drive(60, 660, **ON)
    history += stand(660, 700, 6000, **ON) + run(700, 6000, 6120, 20.0)
    history += stand(730, 2400, 6120, **ON)
    outputs = fold(history)
    (trip,) = trips(outputs)
    begins_s, ends_s = seconds_of(trip)
    assert begins_s == 60.0
    # 120 m at 20 km/h take 21.6 s; the report of the ramp is of 30 s after the gate.
    assert 721 <= (ends_s or 0) <= 730
    assert trip.distance_m == pytest.approx(6120, abs=1)
    stop = stops(outputs)[-1]
    assert (stop.place.latitude_deg - history[0].latitude_deg) * M_PER_DEG == pytest.approx(
        6120, abs=1
    )  # type: ignore[operator]
    assert covers_its_time(outputs)


def test_scatter_at_the_ramp_is_no_rolling_on() -> None:
    history = stand(0, 60, 0, **ON) + drive(60, 660, **ON)
    outputs = fold(history + scatter(660, 4260, 6000, 30, 40.0, **ON))
    (trip,) = trips(outputs)
    assert seconds_of(trip)[1] == pytest.approx(660, abs=31)
    assert totals(outputs, "distance_m") == pytest.approx(6000, abs=60)


def test_what_is_driven_in_journeys_is_what_totals_say() -> None:
    history = stand(0, 60, 0, **ON) + run(60, 0, 250, 12.0) + stand(140, 500, 250, **ON)
    history += drive(500, 1100, 250, **ON) + stand(1100, 1500, 6250, **OFF)
    outputs = fold(history)
    journeys = [each for each in outputs if isinstance(each, Trip | Stop)]
    newest = {(type(each), each.start_time): each for each in journeys}
    assert sum(each.distance_m for each in newest.values()) == pytest.approx(6250, abs=1)
    assert any(isinstance(each, Rollup) for each in outputs)
    assert totals(outputs, "distance_m") == pytest.approx(6250, abs=1)
