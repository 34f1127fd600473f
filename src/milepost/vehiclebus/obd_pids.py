"""OBD-II parameters 00 to 5F: length, formula, unit, VSS path and position field of each.

Source: SAE J1979 (ISO 15031-5), annex B.
"""

from milepost.vehiclebus import obd_codes
from milepost.vehiclebus.pid import Part, Pid, celsius, celsius_fine, flag, percent, trim

_OBD = "Vehicle.OBD"
_ENGINE = "Vehicle.Powertrain.CombustionEngine"
_LAMBDA = 2 / 65536


def _one(part: Part) -> Pid:
    return Pid(part.start + part.size, (part,))


def _monitors(cycle: bool) -> Pid:
    status = f"{_OBD}.DriveCycleStatus" if cycle else f"{_OBD}.Status"
    count = f"{status}.DTCCount" if cycle else "Vehicle.Diagnostics.DTCCount"
    lamp = flag("malfunction lamp", 0, 7, path=f"{status}.IsMILOn")
    codes = Part("number of trouble codes", shift=0, bits=7, path=count)
    ignition = flag("ignition type", 1, 3, path=f"{status}.IgnitionType")
    incomplete = Part("monitors not complete", 1, 1, shift=4, bits=3)
    pending = Part("monitors of the engine not complete", 3)
    return Pid(4, (lamp, codes, ignition._replace(texts=obd_codes.IGNITION), incomplete, pending))


def _oxygen(sensor: int) -> Pid:
    path = f"{_OBD}.O2.Sensor{sensor}"
    return Pid(
        2,
        (
            Part("oxygen sensor voltage", 0, 1, 1 / 200, 0, "V", f"{path}.Voltage"),
            trim("oxygen sensor trim", 1, path=f"{path}.ShortTermFuelTrim", absent=0xFF),
        ),
    )


def _wide_oxygen(sensor: int, *, current: bool) -> Pid:
    path = f"{_OBD}.O2WR.Sensor{sensor}"
    ratio = Part("lambda", 0, 2, _LAMBDA, path=f"{path}.Lambda")
    if current:
        # The standard counts milliamperes, VSS amperes.
        second = Part("pump current", 2, 2, 1 / 256000, -0.128, "A", f"{path}.Current")
    else:
        second = Part("sensor voltage", 2, 2, 8 / 65536, 0, "V", f"{path}.Voltage")
    return Pid(4, (ratio, second))


def _trims(name: str, path: str, first: int) -> Pid:
    return Pid(
        2,
        tuple(
            trim(f"{name}, bank {bank}", start, path=f"{_OBD}.{path}{bank}")
            for start, bank in enumerate((first, first + 2))
        ),
    )


PIDS: dict[int, Pid] = {
    0x01: _monitors(cycle=False),
    0x03: Pid(
        2,
        (
            Part("fuel system 1", texts=obd_codes.FUEL_SYSTEM, path=f"{_OBD}.FuelStatus"),
            Part("fuel system 2", 1, texts=obd_codes.FUEL_SYSTEM),
        ),
    ),
    0x04: _one(percent("engine load", path=f"{_OBD}.EngineLoad", field="engine_load_pct")),
    0x05: _one(
        celsius("coolant", path=f"{_ENGINE}.EngineCoolant.Temperature", field="coolant_temp_c")
    ),
    0x06: _one(trim("short-term fuel trim, bank 1", path=f"{_OBD}.ShortTermFuelTrim1")),
    0x07: _one(trim("long-term fuel trim, bank 1", path=f"{_OBD}.LongTermFuelTrim1")),
    0x08: _one(trim("short-term fuel trim, bank 2", path=f"{_OBD}.ShortTermFuelTrim2")),
    0x09: _one(trim("long-term fuel trim, bank 2", path=f"{_OBD}.LongTermFuelTrim2")),
    0x0A: _one(Part("fuel pressure", 0, 1, 3, 0, "kPa", f"{_OBD}.FuelPressure")),
    0x0B: _one(Part("intake manifold pressure", 0, 1, 1, 0, "kPa", f"{_ENGINE}.MAP")),
    0x0C: _one(Part("engine speed", 0, 2, 0.25, 0, "rpm", f"{_ENGINE}.Speed", "engine_rpm")),
    0x0D: _one(Part("vehicle speed", 0, 1, 1, 0, "km/h", "Vehicle.Speed", "speed_kmh")),
    0x0E: _one(Part("timing advance", 0, 1, 0.5, -64, "degrees", f"{_OBD}.TimingAdvance")),
    0x0F: _one(celsius("intake air", path=f"{_OBD}.IntakeTemp")),
    0x10: _one(Part("mass air flow", 0, 2, 0.01, 0, "g/s", f"{_ENGINE}.MAF")),
    0x11: _one(percent("throttle", path=f"{_ENGINE}.TPS", field="throttle_pct")),
    0x12: _one(Part("secondary air", texts=obd_codes.SECONDARY_AIR, path=f"{_OBD}.AirStatus")),
    0x13: _one(Part("oxygen sensors, 2 banks", path=f"{_OBD}.OxygenSensorsIn2Banks")),
    **{0x13 + sensor: _oxygen(sensor) for sensor in range(1, 9)},
    0x1C: _one(Part("OBD standard", texts=obd_codes.STANDARD, path=f"{_OBD}.OBDStandards")),
    0x1D: _one(Part("oxygen sensors, 4 banks", path=f"{_OBD}.OxygenSensorsIn4Banks")),
    0x1E: _one(flag("power take-off", 0, 0, path=f"{_OBD}.IsPTOActive")),
    0x1F: _one(Part("time since engine start", 0, 2, 1, 0, "s", f"{_OBD}.RunTime")),
    0x21: _one(Part("distance with lamp on", 0, 2, 1, 0, "km", f"{_OBD}.DistanceWithMIL")),
    0x22: _one(
        Part("fuel rail pressure, relative", 0, 2, 0.079, 0, "kPa", f"{_OBD}.FuelRailPressureVac")
    ),
    0x23: _one(Part("fuel rail pressure", 0, 2, 10, 0, "kPa", f"{_OBD}.FuelRailPressureDirect")),
    **{0x23 + sensor: _wide_oxygen(sensor, current=False) for sensor in range(1, 9)},
    0x2C: _one(percent("EGR commanded", path=f"{_OBD}.CommandedEGR")),
    0x2D: _one(trim("EGR error", path=f"{_OBD}.EGRError")),
    0x2E: _one(percent("purge commanded", path=f"{_OBD}.CommandedEVAP")),
    0x2F: _one(
        percent(
            "fuel level", path="Vehicle.Powertrain.FuelSystem.RelativeLevel", field="fuel_level_pct"
        )
    ),
    0x30: _one(Part("warm-ups since clearing", path=f"{_OBD}.WarmupsSinceDTCClear")),
    0x31: _one(Part("distance since clearing", 0, 2, 1, 0, "km", f"{_OBD}.DistanceSinceDTCClear")),
    0x32: _one(
        Part("vapour pressure", 0, 2, 0.25, 0, "Pa", f"{_OBD}.EVAPVaporPressure", signed=True)
    ),
    0x33: _one(Part("barometric pressure", 0, 1, 1, 0, "kPa", f"{_OBD}.BarometricPressure")),
    **{0x33 + sensor: _wide_oxygen(sensor, current=True) for sensor in range(1, 9)},
    0x3C: _one(celsius_fine("catalyst 1-1", path=f"{_OBD}.Catalyst.Bank1.Temperature1")),
    0x3D: _one(celsius_fine("catalyst 2-1", path=f"{_OBD}.Catalyst.Bank2.Temperature1")),
    0x3E: _one(celsius_fine("catalyst 1-2", path=f"{_OBD}.Catalyst.Bank1.Temperature2")),
    0x3F: _one(celsius_fine("catalyst 2-2", path=f"{_OBD}.Catalyst.Bank2.Temperature2")),
    0x41: _monitors(cycle=True),
    0x42: _one(
        Part(
            "control module voltage",
            0,
            2,
            0.001,
            0,
            "V",
            f"{_OBD}.ControlModuleVoltage",
            "battery_v",
        )
    ),
    0x43: _one(Part("absolute load", 0, 2, 100 / 255, 0, "percent", f"{_OBD}.AbsoluteLoad")),
    0x44: _one(
        Part(
            "equivalence ratio commanded",
            0,
            2,
            _LAMBDA,
            0,
            "ratio",
            f"{_OBD}.CommandedEquivalenceRatio",
        )
    ),
    0x45: _one(percent("relative throttle", path=f"{_OBD}.RelativeThrottlePosition")),
    0x46: _one(celsius("ambient air", path="Vehicle.Exterior.AirTemperature")),
    0x47: _one(percent("throttle B", path=f"{_OBD}.ThrottlePositionB")),
    0x48: _one(percent("throttle C", path=f"{_OBD}.ThrottlePositionC")),
    0x49: _one(percent("accelerator pedal D", path=f"{_OBD}.AcceleratorPositionD")),
    0x4A: _one(percent("accelerator pedal E", path=f"{_OBD}.AcceleratorPositionE")),
    0x4B: _one(percent("accelerator pedal F", path=f"{_OBD}.AcceleratorPositionF")),
    0x4C: _one(percent("throttle commanded", path=f"{_OBD}.ThrottleActuator")),
    0x4D: _one(Part("time with lamp on", 0, 2, 1, 0, "min", f"{_OBD}.RunTimeMIL")),
    0x4E: _one(Part("time since clearing", 0, 2, 1, 0, "min", f"{_OBD}.TimeSinceDTCCleared")),
    0x4F: Pid(
        4,
        (
            Part("greatest lambda"),
            Part("greatest sensor voltage", 1, unit="V"),
            Part("greatest sensor current", 2, unit="mA"),
            Part("greatest manifold pressure", 3, 1, 10, 0, "kPa"),
        ),
    ),
    0x50: Pid(4, (Part("greatest mass air flow", 0, 1, 10, 0, "g/s", f"{_OBD}.MaxMAF"),)),
    0x51: _one(Part("fuel type", texts=obd_codes.FUEL, path=f"{_OBD}.FuelType")),
    0x52: _one(percent("ethanol", path=f"{_OBD}.EthanolPercent")),
    0x53: _one(
        Part(
            "vapour pressure, absolute",
            0,
            2,
            0.005,
            0,
            "kPa",
            f"{_OBD}.EVAPVaporPressureAbsolute",
        )
    ),
    0x54: _one(
        Part(
            "vapour pressure, wide",
            0,
            2,
            1,
            0,
            "Pa",
            f"{_OBD}.EVAPVaporPressureAlternate",
            signed=True,
        )
    ),
    0x55: _trims("short-term oxygen trim", "ShortTermO2Trim", 1),
    0x56: _trims("long-term oxygen trim", "LongTermO2Trim", 1),
    0x57: _trims("short-term oxygen trim", "ShortTermO2Trim", 2),
    0x58: _trims("long-term oxygen trim", "LongTermO2Trim", 2),
    0x59: _one(
        Part("fuel rail pressure, absolute", 0, 2, 10, 0, "kPa", f"{_OBD}.FuelRailPressureAbsolute")
    ),
    0x5A: _one(percent("relative accelerator", path=f"{_OBD}.RelativeAcceleratorPosition")),
    0x5B: _one(percent("hybrid battery charge", path=f"{_OBD}.HybridBatteryRemaining")),
    0x5C: _one(
        celsius("engine oil", path=f"{_ENGINE}.EngineOil.Temperature", field="engine_oil_temp_c")
    ),
    0x5D: _one(
        Part("injection timing", 0, 2, 1 / 128, -210, "degrees", f"{_OBD}.FuelInjectionTiming")
    ),
    0x5E: _one(Part("fuel rate", 0, 2, 0.05, 0, "l/h", f"{_OBD}.FuelRate")),
    0x5F: _one(Part("emission requirements", texts=obd_codes.EMISSION)),
}
