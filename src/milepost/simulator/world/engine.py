"""What the engine does while a vehicle drives: revolutions, temperature, fuel."""

import numpy as np

from milepost.geo.distance import Floats
from milepost.simulator.world.routes import Ints
from milepost.simulator.world.samples import Bools
from milepost.simulator.world.vehicle_kinds import VehicleKind

UPSHIFT_OF_IDLE = 2.9
AMBIENT_C = 11.0
WARM_C = 88.0
WARMING_S = 240.0
COOLING_S = 3600.0
AIR_KG_M3 = 1.2
GRAVITY_MPS2 = 9.81


def fuel_rates_l_h(kind: VehicleKind, speeds_kmh: Floats, *, is_working: bool) -> Floats:
    """Fuel of a running engine in each of the seconds (n,), litres an hour.

    Inertia, rolling and air resistance on level ground; in overrun the injection is cut off.
    """
    speeds_mps = speeds_kmh / 3.6
    accelerations_mps2 = np.diff(speeds_mps, append=speeds_mps[-1:])
    forces_n = kind.mass_kg * accelerations_mps2
    forces_n += kind.rolling * kind.mass_kg * GRAVITY_MPS2 * (speeds_mps > 0.0)
    forces_n += 0.5 * AIR_KG_M3 * kind.drag_area_m2 * speeds_mps * speeds_mps
    powers_kw = forces_n * speeds_mps / 1000.0
    rates_l_h = np.maximum(powers_kw, 0.0) * kind.litres_per_kwh
    rates_l_h += np.where(powers_kw < -2.0, 0.0, kind.idle_l_h)
    return rates_l_h + (kind.work_l_h if is_working else 0.0)


def engine_rpm(kind: VehicleKind, speeds_kmh: Floats, is_engine_on: Bools) -> Floats:
    """Revolutions a minute in the gear that the speed asks for, (n,)."""
    ratios = np.array(kind.rpm_per_kmh)
    shift_kmh = kind.idle_rpm * UPSHIFT_OF_IDLE / ratios[:-1]
    gears = np.searchsorted(shift_kmh, speeds_kmh)
    rpm: Floats = np.maximum(speeds_kmh * ratios[gears], kind.idle_rpm) * is_engine_on
    return rpm


def coolant_temps_c(times_ms: Ints, is_engine_on: Bools) -> Floats:
    """The coolant warms up in minutes and cools down in hours, (n,)."""
    turns = np.flatnonzero(np.diff(is_engine_on)) + 1
    temps_c = np.empty(len(times_ms))
    now_c, previous_ms = AMBIENT_C, int(times_ms[0])
    for first, end in zip([0, *turns.tolist()], [*turns.tolist(), len(times_ms)], strict=True):
        target_c, lag_s = (WARM_C, WARMING_S) if is_engine_on[first] else (AMBIENT_C, COOLING_S)
        spent_s = (times_ms[first:end] - previous_ms) / 1000.0
        temps_c[first:end] = target_c + (now_c - target_c) * lag_s / (lag_s + spent_s)
        now_c, previous_ms = float(temps_c[end - 1]), int(times_ms[end - 1])
    return temps_c
