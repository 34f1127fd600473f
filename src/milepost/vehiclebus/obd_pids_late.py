"""OBD-II parameters 61 to A6, which came with diesel and hybrid vehicles.

Most begin with a byte whose bits say which of the parts are there. Parameters that hold only
counters of hours in auxiliary modes (81, 82, 89, 8A) or states of the regulations' own bookkeeping
(7D, 7E, 88, 90 to 94) are kept as raw bytes, see `RAW_SIZES`.

Source: SAE J1979-DA, annex B.
"""

from milepost.vehiclebus.pid import Part, Pid, celsius, celsius_fine, percent, trim

_ENGINE = "Vehicle.Powertrain.CombustionEngine"
_FILTER = f"{_ENGINE}.DieselParticulateFilter"


def _guarded(size: int, *parts: Part) -> Pid:
    """Parts in the order of the guarding bits of byte A."""
    return Pid(size, tuple(part._replace(guard=bit) for bit, part in enumerate(parts)))


def _torque(name: str, start: int = 0) -> Part:
    return Part(name, start, 1, 1, -125, "percent")


def _pressure(name: str, start: int, kpa_per_bit: float) -> Part:
    return Part(name, start, 2, kpa_per_bit, 0, "kPa")


def _exhaust(bank: int, first: int) -> Pid:
    return _guarded(
        9,
        *(celsius_fine(f"exhaust {bank}-{first + n}", 1 + 2 * n) for n in range(4)),
    )


def _turbo(letter: str) -> Pid:
    return _guarded(
        7,
        celsius(f"compressor {letter} inlet", 1),
        celsius(f"compressor {letter} outlet", 2),
        celsius_fine(f"turbine {letter} inlet", 3),
        celsius_fine(f"turbine {letter} outlet", 5),
    )


def _filter(bank: int) -> Pid:
    path = f"{_FILTER}.DeltaPressure" if bank == 1 else None
    return _guarded(
        7,
        Part(f"filter {bank} pressure drop", 1, 2, 10, 0, "Pa", path, signed=True),
        _pressure(f"filter {bank} inlet pressure", 3, 0.01),
        _pressure(f"filter {bank} outlet pressure", 5, 0.01),
    )


def _nox(name: str) -> Pid:
    return _guarded(
        9, *(Part(f"{name}, sensor {n + 1}", 1 + 2 * n, 2, unit="ppm") for n in range(4))
    )


def _oxygen(first: int) -> Pid:
    return _guarded(
        17,
        *(Part(f"oxygen {first + n}", 1 + 2 * n, 2, 0.001526, 0, "percent") for n in range(4)),
        *(Part(f"lambda {first + n}", 9 + 2 * n, 2, 0.000122) for n in range(4)),
    )


PIDS: dict[int, Pid] = {
    0x61: Pid(1, (_torque("torque demanded"),)),
    0x62: Pid(1, (_torque("torque"),)),
    0x63: Pid(2, (Part("reference torque", 0, 2, unit="Nm"),)),
    0x64: Pid(5, tuple(_torque(f"torque at point {n + 1}", n) for n in range(5))),
    0x65: _guarded(
        2,
        *(
            Part(name, 1, shift=bit, bits=1)
            for bit, name in enumerate(
                ("power take-off", "gearbox not neutral", "manual gearbox not neutral", "glow lamp")
            )
        ),
    ),
    0x66: _guarded(
        5, *(Part(f"mass air flow {a}", s, 2, 1 / 32, 0, "g/s") for a, s in (("A", 1), ("B", 3)))
    ),
    0x67: _guarded(
        3,
        celsius(
            "coolant 1", 1, path=f"{_ENGINE}.EngineCoolant.Temperature", field="coolant_temp_c"
        ),
        celsius("coolant 2", 2),
    ),
    0x68: _guarded(7, *(celsius(f"intake air {n}", n) for n in range(1, 7))),
    0x69: _guarded(
        7,
        percent("EGR A commanded", 1),
        percent("EGR A", 2),
        trim("EGR A error", 3),
        percent("EGR B commanded", 4),
        percent("EGR B", 5),
        trim("EGR B error", 6),
    ),
    0x6A: _guarded(
        5,
        percent("intake air A commanded", 1),
        percent("intake air A", 2),
        percent("intake air B commanded", 3),
        percent("intake air B", 4),
    ),
    0x6B: _guarded(5, *(celsius(f"EGR gas {n}", n) for n in range(1, 5))),
    0x6C: _guarded(
        5,
        percent("throttle A commanded", 1),
        percent("throttle A", 2),
        percent("throttle B commanded", 3),
        percent("throttle B", 4),
    ),
    0x6D: _guarded(
        11,
        _pressure("fuel rail A commanded", 1, 10),
        _pressure("fuel rail A", 3, 10),
        celsius("fuel A", 5),
        _pressure("fuel rail B commanded", 6, 10),
        _pressure("fuel rail B", 8, 10),
        celsius("fuel B", 10),
    ),
    0x6E: _guarded(
        9,
        _pressure("injection control A commanded", 1, 10),
        _pressure("injection control A", 3, 10),
        _pressure("injection control B commanded", 5, 10),
        _pressure("injection control B", 7, 10),
    ),
    0x6F: _guarded(
        3, *(Part(f"compressor inlet pressure {a}", s, unit="kPa") for s, a in ((1, "A"), (2, "B")))
    ),
    0x70: _guarded(
        10,
        _pressure("boost A commanded", 1, 1 / 32),
        _pressure("boost A", 3, 1 / 32),
        _pressure("boost B commanded", 5, 1 / 32),
        _pressure("boost B", 7, 1 / 32),
    ),
    0x71: _guarded(
        6,
        percent("turbine geometry A commanded", 1),
        percent("turbine geometry A", 2),
        percent("turbine geometry B commanded", 3),
        percent("turbine geometry B", 4),
    ),
    0x72: _guarded(
        5,
        percent("wastegate A commanded", 1),
        percent("wastegate A", 2),
        percent("wastegate B commanded", 3),
        percent("wastegate B", 4),
    ),
    0x73: _guarded(
        5, _pressure("exhaust pressure 1", 1, 0.01), _pressure("exhaust pressure 2", 3, 0.01)
    ),
    0x74: _guarded(
        5, *(Part(f"turbocharger {a} speed", s, 2, 10, 0, "rpm") for s, a in ((1, "A"), (3, "B")))
    ),
    0x75: _turbo("A"),
    0x76: _turbo("B"),
    0x77: _guarded(5, *(celsius(f"charge air {n}", n) for n in range(1, 5))),
    0x78: _exhaust(1, 1),
    0x79: _exhaust(2, 1),
    0x7A: _filter(1),
    0x7B: _filter(2),
    0x7C: _guarded(
        9,
        celsius_fine("filter 1 inlet", 1, path=f"{_FILTER}.InletTemperature"),
        celsius_fine("filter 1 outlet", 3, path=f"{_FILTER}.OutletTemperature"),
        celsius_fine("filter 2 inlet", 5),
        celsius_fine("filter 2 outlet", 7),
    ),
    0x7F: _guarded(
        13,
        Part("engine hours", 1, 4, 1 / 3600, 0, "h", f"{_ENGINE}.EngineHours", "engine_hours_h"),
        Part("idle hours", 5, 4, 1 / 3600, 0, "h", f"{_ENGINE}.IdleHours"),
        Part("hours with power take-off", 9, 4, 1 / 3600, 0, "h"),
    ),
    0x83: _nox("NOx"),
    0x84: Pid(1, (celsius("manifold surface"),)),
    0x85: _guarded(
        10,
        Part("exhaust fluid rate", 1, 2, 0.005, 0, "l/h"),
        Part("exhaust fluid rate demanded", 3, 2, 0.005, 0, "l/h"),
        percent("exhaust fluid level", 5, path=f"{_ENGINE}.DieselExhaustFluid.Level"),
        Part("time in exhaust fluid warning", 6, 4, unit="s"),
    ),
    0x86: _guarded(
        5, *(Part(f"soot, bank {b}", s, 2, 1 / 80, 0, "mg/m^3") for s, b in ((1, 1), (3, 2)))
    ),
    0x87: _guarded(
        5,
        _pressure("intake manifold A", 1, 1 / 32)._replace(path=f"{_ENGINE}.MAP"),
        _pressure("intake manifold B", 3, 1 / 32),
    ),
    0x8B: Pid(
        7,
        (
            Part("filter regenerates", 1, shift=0, bits=1, guard=0),
            Part("regeneration is active, not passive", 1, shift=1, bits=1, guard=1),
            percent("regeneration due", 2, guard=4),
            Part("mean time between regenerations", 3, 2, unit="min", guard=5),
            Part("mean distance between regenerations", 5, 2, unit="km", guard=6),
        ),
    ),
    0x8C: _oxygen(1),
    0x8D: Pid(1, (percent("throttle G"),)),
    0x8E: Pid(1, (_torque("friction torque"),)),
    0x98: _exhaust(1, 5),
    0x99: _exhaust(2, 5),
    0x9A: Pid(
        6,
        (
            Part(
                "traction battery voltage",
                2,
                2,
                1 / 64,
                0,
                "V",
                "Vehicle.Powertrain.TractionBattery.CurrentVoltage",
                guard=1,
            ),
            # No VSS path: makers differ in which direction they count as positive.
            Part("traction battery current", 4, 2, 0.1, 0, "A", signed=True, guard=2),
        ),
    ),
    0x9B: _guarded(
        4,
        Part("exhaust fluid concentration", 1, 1, 0.25, 0, "percent"),
        celsius("exhaust fluid", 2),
        percent("exhaust fluid level", 3, path=f"{_ENGINE}.DieselExhaustFluid.Level"),
    ),
    0x9C: _oxygen(5),
    0x9D: Pid(
        4,
        (
            Part("engine fuel rate by mass", 0, 2, 0.02, 0, "g/s"),
            Part("vehicle fuel rate by mass", 2, 2, 0.02, 0, "g/s"),
        ),
    ),
    0x9E: Pid(2, (Part("exhaust flow", 0, 2, 0.2, 0, "kg/h"),)),
    0x9F: _guarded(9, *(percent(f"share of fuel system {n}", n) for n in range(1, 9))),
    0xA1: _nox("NOx, corrected"),
    0xA2: Pid(2, (Part("fuel per stroke", 0, 2, 1 / 32, 0, "mg"),)),
    0xA4: Pid(
        4,
        (
            Part(
                "gear",
                1,
                shift=4,
                bits=4,
                guard=0,
                field="gear",
                path="Vehicle.Powertrain.Transmission.CurrentGear",
            ),
            Part("gear ratio", 2, 2, 0.001, guard=1),
        ),
    ),
    0xA5: _guarded(
        4,
        Part("exhaust fluid dosing commanded", 1, 1, 0.5, 0, "percent"),
        Part("exhaust fluid used in this cycle", 2, 2, 0.0005, 0, "l"),
    ),
    0xA6: Pid(4, (Part("odometer", 0, 4, 100, 0, "m", "Vehicle.TraveledDistance", "odometer_m"),)),
}

RAW_SIZES: dict[int, int] = {
    0x7D: 1,
    0x7E: 1,
    0x81: 41,
    0x82: 41,
    0x88: 13,
    0x89: 41,
    0x8A: 41,
    0x8F: 7,
    0x90: 3,
    0x91: 5,
    0x92: 2,
    0x93: 3,
    0x94: 12,
    0xA3: 9,
}
