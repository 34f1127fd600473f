"""J1939 parameter groups of engine, fuel and exhaust.

Source: SAE J1939-71 and J1939DA; those of a fleet as in the FMS standard (ACEA, version 5).
"""

from typing import Unpack

from milepost.vehiclebus.spn import (
    Options,
    Pgn,
    Spn,
    celsius,
    celsius_fine,
    percent,
    state,
    switch,
    torque,
)

_ENGINE = "Vehicle.Powertrain.CombustionEngine"
_FUEL = "Vehicle.Powertrain.FuelSystem"
_FILTER = f"{_ENGINE}.DieselParticulateFilter"
_PEDAL = "Vehicle.Chassis.Accelerator.PedalPosition"

_STARTER = {
    0: "not asked for",
    1: "turns, gear not engaged",
    2: "turns, gear engaged",
    3: "done",
    4: "locked: engine runs",
    5: "locked: engine not ready",
    6: "locked: driveline engaged",
    7: "locked: immobiliser",
    8: "locked: starter too hot",
    12: "locked: unknown reason",
}

_REGENERATION = {0: "not active", 1: "active", 2: "needed soon"}
_REGENERATION_NEED = {
    0: "not needed",
    1: "needed, lowest level",
    2: "needed, moderate level",
    3: "needed, highest level",
}


def _kpa(number: int, name: str, byte: int, step: float, **more: Unpack[Options]) -> Spn:
    return Spn(number, name, byte, 8, step, 0, "kPa")._replace(**more)


def _nox(first: int, where: str) -> tuple[Spn, ...]:
    return (
        Spn(first, f"NOx {where}", 1, 16, 0.05, -200, "ppm"),
        Spn(first + 1, f"oxygen {where}", 3, 16, 0.000514, -12, "percent"),
        switch(first + 2, f"sensor power {where}", 5, 1),
        switch(first + 3, f"sensor temperature reached {where}", 5, 3),
        switch(first + 4, f"NOx reading stable {where}", 5, 5),
        switch(first + 5, f"oxygen reading stable {where}", 5, 7),
    )


PGNS: dict[int, Pgn] = {
    0xF003: Pgn(
        "EEC2",
        "electronic engine controller 2",
        (
            switch(558, "accelerator 1 idle switch", 1, 1),
            switch(559, "kickdown", 1, 3),
            switch(1437, "road speed limiter", 1, 5),
            switch(2970, "accelerator 2 idle switch", 1, 7),
            percent(91, "accelerator pedal 1", 2, path=_PEDAL),
            Spn(
                92,
                "load at current speed",
                3,
                8,
                1,
                0,
                "percent",
                "Vehicle.OBD.EngineLoad",
                "engine_load_pct",
            ),
            percent(974, "remote accelerator", 4),
            percent(29, "accelerator pedal 2", 5),
            percent(3357, "greatest available torque", 7),
        ),
    ),
    0xF004: Pgn(
        "EEC1",
        "electronic engine controller 1",
        (
            state(899, "torque mode", 1, 1, 4),
            torque(512, "torque demanded by the driver", 2),
            torque(513, "torque", 3),
            Spn(190, "engine speed", 4, 16, 0.125, 0, "rpm", f"{_ENGINE}.Speed", "engine_rpm"),
            Spn(1483, "controlling device", 6),
            state(1675, "starter", 7, 1, 4, texts=_STARTER),
            torque(2432, "torque demanded", 8),
        ),
    ),
    0xF00A: Pgn(
        "EGF1",
        "gas flow rate",
        (
            Spn(2659, "EGR mass flow", 1, 16, 0.05, 0, "kg/h"),
            Spn(132, "intake air mass flow", 3, 16, 0.05 / 3.6, 0, "g/s", f"{_ENGINE}.MAF"),
        ),
    ),
    0xF00E: Pgn("AT1IG1", "exhaust before the catalyst", _nox(3216, "before the catalyst")),
    0xF00F: Pgn("AT1OG1", "exhaust behind the catalyst", _nox(3226, "behind the catalyst")),
    0xF023: Pgn("AT1S1", "dosing of exhaust fluid", (Spn(4331, "dosing", 1, 16, 0.3, 0, "g/h"),)),
    0xFD09: Pgn(
        "HRLFC",
        "fuel used, fine",
        (
            Spn(
                5053,
                "fuel used on the trip, fine",
                1,
                32,
                0.001,
                0,
                "l",
                f"{_FUEL}.ConsumptionSinceStart",
            ),
            Spn(5054, "fuel used, fine", 5, 32, 0.001, 0, "l", None, "fuel_used_l"),
        ),
    ),
    0xFD7C: Pgn(
        "DPFC1",
        "particulate filter control 1",
        (
            state(3697, "filter lamp", 1, 1, 3),
            switch(3699, "passive regeneration", 2, 1, texts=_REGENERATION),
            switch(3700, "active regeneration", 2, 3, texts=_REGENERATION),
            state(3701, "regeneration need", 2, 5, 3, texts=_REGENERATION_NEED),
        ),
    ),
    0xFD9B: Pgn(
        "AT1T1I2",
        "exhaust fluid quality",
        (
            celsius(3515, "exhaust fluid", 1),
            Spn(3516, "exhaust fluid concentration", 2, 8, 0.25, 0, "percent"),
        ),
    ),
    0xFDB2: Pgn(
        "AT1IMG",
        "particulate filter",
        (
            celsius_fine(3250, "exhaust inside the aftertreatment", 1),
            Spn(3251, "filter pressure drop", 3, 16, 100, 0, "Pa", f"{_FILTER}.DeltaPressure"),
        ),
    ),
    0xFDB3: Pgn(
        "AT1OG2",
        "exhaust temperatures behind the filter",
        (
            celsius_fine(3245, "exhaust 3", 1),
            celsius_fine(3246, "filter outlet", 3, path=f"{_FILTER}.OutletTemperature"),
        ),
    ),
    0xFDB4: Pgn(
        "AT1IG2",
        "exhaust temperatures before the filter",
        (
            celsius_fine(3241, "exhaust 1", 1),
            celsius_fine(3242, "filter inlet", 3, path=f"{_FILTER}.InletTemperature"),
        ),
    ),
    0xFE56: Pgn(
        "AT1T1I1",
        "tank of exhaust fluid",
        (
            percent(1761, "exhaust fluid level", 1, path=f"{_ENGINE}.DieselExhaustFluid.Level"),
            celsius(3031, "exhaust fluid in the tank", 2),
            Spn(3517, "height of exhaust fluid", 3, 16, 0.1, 0, "mm"),
        ),
    ),
    0xFE69: Pgn("ET3", "engine temperature 3"),
    0xFEA4: Pgn("ET2", "engine temperature 2"),
    0xFEDB: Pgn(
        "EFL/P2",
        "engine fluid pressure 2",
        (
            Spn(164, "injection control pressure", 1, 16, 3.90625, 0, "kPa"),
            Spn(
                157,
                "fuel rail pressure",
                3,
                16,
                3.90625,
                0,
                "kPa",
                "Vehicle.OBD.FuelRailPressureAbsolute",
            ),
        ),
    ),
    0xFEDC: Pgn(
        "IO",
        "idle operation",
        (
            Spn(236, "fuel used idling", 1, 32, 0.5, 0, "l"),
            Spn(235, "idle hours", 5, 32, 0.05, 0, "h", f"{_ENGINE}.IdleHours"),
        ),
    ),
    0xFEDD: Pgn("TC", "turbocharger", (Spn(103, "turbocharger speed", 2, 16, 4, 0, "rpm"),)),
    0xFEDF: Pgn(
        "EEC3",
        "electronic engine controller 3",
        (
            torque(514, "friction torque", 1),
            Spn(515, "speed wanted", 2, 16, 0.125, 0, "rpm"),
            torque(2978, "parasitic losses", 5),
            Spn(3236, "exhaust flow", 6, 16, 0.2, 0, "kg/h"),
        ),
    ),
    0xFEE3: Pgn("EC1", "engine configuration 1"),
    0xFEE4: Pgn("SHUTDN", "shutdown"),
    0xFEE5: Pgn(
        "HOURS",
        "engine hours, revolutions",
        (
            Spn(
                247, "engine hours", 1, 32, 0.05, 0, "h", f"{_ENGINE}.EngineHours", "engine_hours_h"
            ),
            Spn(249, "revolutions", 5, 32, 1000),
        ),
    ),
    0xFEE9: Pgn(
        "LFC1",
        "fuel used",
        (
            Spn(182, "fuel used on the trip", 1, 32, 0.5, 0, "l", f"{_FUEL}.ConsumptionSinceStart"),
            Spn(250, "fuel used", 5, 32, 0.5, 0, "l", None, "fuel_used_l"),
        ),
    ),
    0xFEEE: Pgn(
        "ET1",
        "engine temperature 1",
        (
            celsius(
                110,
                "coolant",
                1,
                path=f"{_ENGINE}.EngineCoolant.Temperature",
                field="coolant_temp_c",
            ),
            celsius(174, "fuel", 2),
            celsius_fine(
                175,
                "engine oil",
                3,
                path=f"{_ENGINE}.EngineOil.Temperature",
                field="engine_oil_temp_c",
            ),
            celsius_fine(176, "turbocharger oil", 5),
            celsius(52, "intercooler", 7),
            percent(1134, "intercooler thermostat", 8),
        ),
    ),
    0xFEEF: Pgn(
        "EFL/P1",
        "engine fluid level and pressure 1",
        (
            _kpa(94, "fuel delivery pressure", 1, 4, path="Vehicle.OBD.FuelPressure"),
            _kpa(22, "crankcase blow-by pressure", 2, 0.05),
            percent(98, "oil level", 3),
            _kpa(100, "oil pressure", 4, 4, path=f"{_ENGINE}.EOP", field="oil_pressure_kpa"),
            Spn(101, "crankcase pressure", 5, 16, 1 / 128, -250, "kPa"),
            _kpa(109, "coolant pressure", 7, 2),
            percent(111, "coolant level", 8),
        ),
    ),
    0xFEF2: Pgn(
        "LFE1",
        "fuel economy",
        (
            Spn(183, "fuel rate", 1, 16, 0.05, 0, "l/h", "Vehicle.OBD.FuelRate"),
            Spn(184, "economy now", 3, 16, 1 / 512, 0, "km/l", f"{_FUEL}.InstantantFuelEconomy"),
            Spn(
                185, "average economy", 5, 16, 1 / 512, 0, "km/l", f"{_FUEL}.CumulativeFuelEconomy"
            ),
            percent(51, "throttle", 7, path=f"{_ENGINE}.TPS", field="throttle_pct"),
            percent(3673, "throttle 2", 8),
        ),
    ),
    0xFEF6: Pgn(
        "IC1",
        "intake and exhaust conditions",
        (
            _kpa(81, "exhaust back pressure", 1, 0.5),
            _kpa(102, "boost pressure", 2, 2),
            celsius(105, "intake manifold", 3, path="Vehicle.OBD.IntakeTemp"),
            _kpa(106, "air inlet pressure", 4, 2),
            _kpa(107, "air filter pressure drop", 5, 0.05),
            celsius_fine(173, "exhaust", 6),
            _kpa(112, "coolant filter pressure drop", 8, 0.5),
        ),
    ),
    0xFEFF: Pgn("OI", "water in fuel", (switch(97, "water in fuel", 1, 1),)),
}
