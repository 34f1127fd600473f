import numpy as np
import pytest

from milepost.simulator.world.motion import profile
from milepost.simulator.world.traffic import Obstacles


def straight(length_m: float, cap_mps: float, stops: dict[int, float] | None = None) -> Obstacles:
    count = int(length_m / 4)
    points = {0: 0.0, **(stops or {}), count: 0.0}
    return Obstacles(
        4.0,
        np.full(count + 1, cap_mps),
        np.array(list(points)),
        np.array(list(points.values())),
        np.full(count + 1, np.inf),
        np.full(count + 1, np.inf),
    )


def test_a_straight_kilometre_takes_the_time_that_the_formula_says() -> None:
    # 1 m/s² to 20 m/s takes 20 s and 200 m; 2 m/s² to a halt 10 s and 100 m; 700 m at 20 m/s.
    driven = profile(straight(1000.0, 20.0), 1.0, 2.0)
    moving_s = np.count_nonzero(driven.speeds_kmh > 0)
    assert moving_s == pytest.approx(20 + 10 + 35, abs=1)
    assert driven.speeds_kmh.max() == pytest.approx(72.0, rel=0.002)
    assert driven.along_m[-1] == pytest.approx(1000.0, abs=1e-6)


def test_accelerations_stay_within_what_the_driver_does() -> None:
    changes_mps2 = np.diff(profile(straight(1000.0, 20.0), 1.0, 2.0).speeds_kmh / 3.6)
    assert changes_mps2.max() <= 1.0 * 1.01
    assert changes_mps2.min() >= -2.0 * 1.01


def test_the_distance_is_the_integral_of_the_speed() -> None:
    driven = profile(straight(2000.0, 15.0, {100: 20.0, 300: 5.0}), 1.3, 1.7)
    mps = driven.speeds_kmh / 3.6
    integral_m = np.sum((mps[1:] + mps[:-1]) / 2)
    assert driven.along_m[-1] == pytest.approx(integral_m, rel=1e-9)


def test_a_red_light_holds_the_vehicle() -> None:
    driven = profile(straight(1000.0, 15.0, {125: 30.0}), 1.5, 1.5)
    waits = np.flatnonzero(driven.speeds_kmh[1:-3] == 0) + 1
    assert len(waits) in (30, 31)
    assert driven.along_m[waits].mean() == pytest.approx(500.0, abs=5)


def test_a_surprise_is_braked_for_harder_than_anything_else() -> None:
    ahead = straight(1000.0, 20.0)
    ahead.surprises_mps[125] = 2.0
    changes_mps2 = np.diff(profile(ahead, 1.0, 1.5).speeds_kmh / 3.6)
    assert -5.6 <= changes_mps2.min() <= -4.5


def test_a_turn_is_taken_at_the_lateral_acceleration_of_its_speed() -> None:
    ahead = straight(400.0, 12.0)
    ahead.bends_m[50] = 11.0
    ahead.caps_mps[50] = 5.0
    driven = profile(ahead, 1.0, 1.5)
    assert driven.laterals_mps2.max() == pytest.approx(25 / 11, rel=0.1)
    assert np.count_nonzero(driven.laterals_mps2) == 1
