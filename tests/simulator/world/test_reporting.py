"""When a device reports, and what a faultless one says."""

from collections.abc import Mapping

import numpy as np

from milepost.simulator.world.reporting import Habits, taken
from milepost.simulator.world.reports import Electrics, Reports
from milepost.simulator.world.samples import Samples
from milepost.simulator.world.world import LivedVehicle

ELECTRICS = Electrics(75.0, 12.0, 4)


def told(samples: Samples, **habits: int) -> Reports:
    return taken(samples, Habits(**habits), ELECTRICS)


def test_a_moving_vehicle_reports_at_the_interval(by_kind: Mapping[str, LivedVehicle]) -> None:
    samples = by_kind["van"].samples
    for interval_s in (5, 10, 30):
        reports = told(samples, interval_s=interval_s)
        due = samples.is_moving & (samples.times_ms // 1000 % interval_s == 0)
        assert set(samples.times_ms[due]) <= set(reports.true_times_ms)


def test_every_turn_of_the_ignition_is_reported(by_kind: Mapping[str, LivedVehicle]) -> None:
    samples = by_kind["van"].samples
    reports = told(samples)
    turns_ms = samples.times_ms[1:][np.diff(samples.is_engine_on)]
    assert set(turns_ms) <= set(reports.true_times_ms)
    assert np.count_nonzero(np.diff(reports.ignition)) == len(turns_ms)


def test_a_parked_vehicle_has_a_heartbeat(by_kind: Mapping[str, LivedVehicle]) -> None:
    samples = by_kind["car"].samples
    reports = told(samples, heartbeat_s=600)
    steps_ms = np.diff(reports.true_times_ms)
    assert steps_ms.max() <= 600_000
    assert np.count_nonzero(steps_ms == 600_000) > 100


def test_a_faultless_report_is_the_true_state(by_kind: Mapping[str, LivedVehicle]) -> None:
    samples = by_kind["lorry"].samples
    reports = told(samples)
    at = np.searchsorted(samples.times_ms, reports.true_times_ms, side="right") - 1
    for reported, true in (
        (reports.latitude_deg, samples.latitudes_deg),
        (reports.longitude_deg, samples.longitudes_deg),
        (reports.speed_kmh, samples.speeds_kmh),
        (reports.odometer_m, samples.odometers_m),
        (reports.fuel_level_pct, samples.fuel_levels_l / 75.0 * 100),
        (reports.ignition, samples.is_engine_on),
    ):
        assert np.allclose(reported, true[at], rtol=1e-12)
