"""Kinds of vehicles: how they move and what they burn."""

from collections.abc import Sequence

import msgspec


class VehicleKind(msgspec.Struct, frozen=True):
    """One kind.

    Attributes:
        name: what it is.
        share: how many of a hundred vehicles are of it.
        max_speed_kmh: what it can drive.
        agility: its accelerations as a share of a car's.
        mass_kg: laden.
        drag_area_m2: drag coefficient times frontal area.
        rolling: coefficient of rolling resistance.
        idle_l_h: fuel at idle, litres an hour.
        litres_per_kwh: fuel for a kilowatt-hour at the wheels.
        tank_l: volume of the tank.
        battery_v: nominal voltage of its electrics.
        idle_rpm: engine speed at idle.
        rpm_per_kmh: engine speed a km/h, in each gear.
        work_l_h: fuel that its superstructure takes at work.
    """

    name: str
    share: int
    max_speed_kmh: float
    agility: float
    mass_kg: float
    drag_area_m2: float
    rolling: float
    idle_l_h: float
    litres_per_kwh: float
    tank_l: float
    battery_v: float
    idle_rpm: float
    rpm_per_kmh: tuple[float, ...]
    work_l_h: float = 0.0


# The gears of a car reach 20, 38, 60 and 85 km/h at 2,500 rpm; those of a lorry 12 to 70.
_CAR_GEARS = (125.0, 66.0, 42.0, 29.0, 22.0)
_LORRY_GEARS = (110.0, 62.0, 40.0, 27.0, 20.0, 15.0)

VEHICLE_KINDS: Sequence[VehicleKind] = (
    VehicleKind(
        "car", 36, 130.0, 1.0, 1500, 0.65, 0.011, 0.8, 0.27, 52.0, 12.0, 800.0, _CAR_GEARS
    ),
    VehicleKind("van", 30, 120.0, 0.85, 2600, 1.3, 0.011, 1.0, 0.26, 75.0, 12.0, 780.0, _CAR_GEARS),
    VehicleKind(
        "lorry", 14, 85.0, 0.5, 18_000, 5.5, 0.007, 2.2, 0.22, 400.0, 24.0, 600.0, _LORRY_GEARS
    ),
    VehicleKind(
        "bus", 7, 80.0, 0.6, 14_000, 5.0, 0.008, 2.4, 0.23, 250.0, 24.0, 600.0, _LORRY_GEARS
    ),
    VehicleKind(
        "refuse truck", 5, 80.0, 0.55, 17_000, 5.8, 0.008, 2.5, 0.23, 200.0, 24.0, 600.0,
        _LORRY_GEARS, work_l_h=3.0,
    ),
    VehicleKind(
        "sweeper", 3, 60.0, 0.5, 9_000, 4.0, 0.01, 2.0, 0.25, 120.0, 24.0, 700.0,
        _LORRY_GEARS, work_l_h=6.0,
    ),
    VehicleKind(
        "yard tractor", 5, 25.0, 0.5, 12_000, 5.0, 0.01, 2.2, 0.25, 150.0, 24.0, 700.0,
        _LORRY_GEARS,
    ),
)  # fmt: skip
