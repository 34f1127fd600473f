"""Between which numbers the quantities of vehicles and trackers lie, by unit and by name."""

import re
from collections.abc import Iterator, Mapping

from milepost.domain.position import Position
from milepost.vehiclebus import vss

Range = tuple[float, float]

# Percentages may exceed 100 a little where the bus counts in steps of 0.4.
UNITS: Mapping[str, Range] = {
    "km/h": (0, 400),
    "m": (0, 1e10),
    "km": (0, 65_535),
    "s": (0, 1e8),
    "min": (0, 65_535),
    "h": (0, 200_000),
    "kg": (0, 100_000),
    "g/s": (0, 660),
    "m/s^2": (-50, 50),
    "degrees": (-720, 720),
    "degrees/s": (-500, 500),
    "V": (0, 1000),
    "A": (-1000, 1000),
    "Celsius": (-60, 1200),
    "kPa": (0, 700),
    "Pa": (-33_000, 100_000),
    "percent": (0, 102),
    "ratio": (0, 2),
    "rpm": (0, 20_000),
    "Nm": (-5000, 5000),
    "kW": (-2000, 2000),
    "W": (-2_000_000, 2_000_000),
    "kWh": (0, 1e6),
    "l": (0, 3000),
    "l/h": (0, 250),
    "km/l": (0, 1000),
    "l/100km": (0, 200),
}
COUNTS_AND_SWITCHES: Range = (-126, 255)

PATHS: Mapping[str, Range] = {
    "Vehicle.Exterior.AirTemperature": (-60, 80),
    "Vehicle.Cabin.HVAC.AmbientAirTemperature": (-60, 90),
    "Vehicle.LowVoltageBattery.CurrentVoltage": (0, 100),
    "Vehicle.OBD.ControlModuleVoltage": (0, 65.6),
    "Vehicle.OBD.IntakeTemp": (-40, 215),
    "Vehicle.OBD.FuelPressure": (0, 765),
    "Vehicle.OBD.FuelRailPressureVac": (0, 5178),
    "Vehicle.OBD.FuelRailPressureDirect": (0, 655_350),
    "Vehicle.OBD.FuelRailPressureAbsolute": (0, 655_350),
    "Vehicle.OBD.AbsoluteLoad": (0, 25_700),
    "Vehicle.OBD.TimingAdvance": (-64, 64),
    "Vehicle.OBD.EGRError": (-100, 100),
    "Vehicle.OBD.ShortTermFuelTrim1": (-100, 100),
    "Vehicle.OBD.ShortTermFuelTrim2": (-100, 100),
    "Vehicle.OBD.LongTermFuelTrim1": (-100, 100),
    "Vehicle.OBD.LongTermFuelTrim2": (-100, 100),
    "Vehicle.OBD.BarometricPressure": (0, 255),
    "Vehicle.Powertrain.CombustionEngine.MAP": (0, 700),
}

FIELDS: Mapping[str, Range] = {
    "latitude_deg": (-90, 90),
    "longitude_deg": (-180, 180),
    "altitude_m": (-12_262, 18_000),
    "speed_kmh": (0, 1200),
    "course_deg": (0, 360),
    "hdop": (0, 656),
    "satellites": (0, 127),
    "odometer_m": (0, 1e10),
    "engine_hours_h": (0, 200_000),
    "fuel_level_pct": (0, 102),
    "fuel_used_l": (0, 1e7),
    "engine_rpm": (0, 20_000),
    "throttle_pct": (0, 102),
    "engine_load_pct": (0, 125),
    "coolant_temp_c": (-60, 215),
    "engine_oil_temp_c": (-60, 300),
    "oil_pressure_kpa": (0, 2000),
    "battery_v": (0, 100),
    "gear": (-126, 127),
}

# What the names of attributes end in, a number apart: `temp1C`, `tag2BatteryV`.
ENDINGS: Mapping[str, Range] = {
    "V": (0, 100),
    "A": (-1000, 1000),
    "TempC": (-80, 300),
    "temp#C": (-80, 300),
    "Pct": (0, 102),
    "Kpa": (0, 2000),
    "Kmh": (0, 400),
    "Dbm": (-200, 30),
    "Hz": (0, 1e6),
    "Kg": (0, 100_000),
    "Deg": (-360, 360),
    "Lp100km": (0, 200),
    "Bpm": (0, 255),
    "Lx": (0, 200_000),
    "DistanceM": (-1e7, 1e9),
    "OdometerM": (0, 1e10),
    "UsedL": (0, 1e7),
    "Rpm": (0, 20_000),
    "S": (0, 1e9),
    "Mg": (-16_001, 16_001),
}
_NUMBER = re.compile(r"\d+")


def range_of(path: str) -> Range:
    """Of a VSS path, else of its unit; a truth value, code or count has none."""
    unit = vss.PATHS[path].unit
    return PATHS.get(path) or (UNITS[unit] if unit else COUNTS_AND_SWITCHES)


def impossible(position: Position) -> Iterator[tuple[str, float | str]]:
    """What of a position cannot be."""
    for name, (least, most) in FIELDS.items():
        value = getattr(position, name)
        if value is not None and not least <= value <= most:
            yield name, value
    for path, value in position.signals.items():
        least, most = range_of(path) if path in vss.PATHS else (1, 0)
        if not least <= value <= most:
            yield path, value
    for name, text in position.attributes.items():
        limits = _limits_of(name)
        if limits is not None and not limits[0] <= float(text) <= limits[1]:
            yield name, text


def _limits_of(name: str) -> Range | None:
    if ":" in name:
        return None
    plain = _NUMBER.sub("#", name)
    return next((limits for ending, limits in ENDINGS.items() if plain.endswith(ending)), None)
