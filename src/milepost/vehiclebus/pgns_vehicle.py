"""J1939 parameter groups of the vehicle: speed, distance, tachograph, dashboard, identification.

Source: SAE J1939-71 and J1939DA; those of a fleet as in the FMS standard (ACEA, version 5).
"""

from typing import Unpack

from milepost.vehiclebus.spn import Options, Pgn, Spn, celsius, celsius_fine, percent, state, switch

_CRUISE = "Vehicle.ADAS.CruiseControl"

_CRUISE_STATES = {
    0: "off",
    1: "holds the speed",
    2: "accelerates",
    3: "slows down",
    4: "resumes",
    5: "sets the speed",
    6: "overridden by the accelerator",
}
_WORKING = {0: "rest", 1: "available", 2: "work", 3: "driving"}
_DRIVER_TIME = {
    0: "normal",
    1: "15 min before 4.5 h",
    2: "4.5 h reached",
    3: "15 min before 9 h",
    4: "9 h reached",
    5: "15 min before 16 h",
    6: "16 h reached",
}
_DIRECTION = {0: "forward", 1: "reverse"}


def _kmh(number: int, name: str, byte: int, **more: Unpack[Options]) -> Spn:
    return Spn(number, name, byte, 16, 1 / 256, 0, "km/h")._replace(**more)


def _rpm(number: int, name: str, byte: int) -> Spn:
    return Spn(number, name, byte, 16, 0.125, 0, "rpm")


def _metres(number: int, name: str, byte: int, step: float, path: str, *, life: bool) -> Spn:
    return Spn(number, name, byte, 32, step, 0, "m", path, "odometer_m" if life else None)


def _volts(number: int, name: str, byte: int, **more: Unpack[Options]) -> Spn:
    return Spn(number, name, byte, 16, 0.05, 0, "V")._replace(**more)


PGNS: dict[int, Pgn] = {
    0xFE6B: Pgn("DI", "driver's identity"),
    0xFE6C: Pgn(
        "TCO1",
        "tachograph",
        (
            state(1612, "driver 1", 1, 1, 3, texts=_WORKING),
            state(1613, "driver 2", 1, 4, 3, texts=_WORKING),
            switch(1611, "motion", 1, 7, path="Vehicle.IsMoving"),
            state(1617, "time of driver 1", 2, 1, 4, texts=_DRIVER_TIME),
            switch(1615, "card of driver 1", 2, 5),
            switch(1614, "overspeed", 2, 7),
            state(1618, "time of driver 2", 3, 1, 4, texts=_DRIVER_TIME),
            switch(1616, "card of driver 2", 3, 5),
            switch(1622, "tachograph event", 4, 1),
            switch(1621, "handling information", 4, 3),
            switch(1620, "performance mode", 4, 5),
            switch(1619, "direction", 4, 7, texts=_DIRECTION),
            _rpm(1623, "output shaft of the tachograph", 5),
            _kmh(1624, "tachograph speed", 7, path="Vehicle.Speed", field="speed_kmh"),
        ),
    ),
    0xFEC0: Pgn(
        "SERV", "service", (Spn(914, "distance to service", 2, 16, 5000, -160635000, "m"),)
    ),
    0xFEC1: Pgn(
        "VDHR",
        "distance, fine",
        (
            _metres(917, "odometer, fine", 1, 5, "Vehicle.TraveledDistance", life=True),
            _metres(918, "trip meter, fine", 5, 5, "Vehicle.TripMeterReading", life=False),
        ),
    ),
    0xFECA: Pgn("DM1", "active trouble codes"),
    0xFECB: Pgn("DM2", "earlier trouble codes"),
    0xFEDA: Pgn("SOFT", "software"),
    0xFEE0: Pgn(
        "VD",
        "distance",
        (
            _metres(244, "trip meter", 1, 125, "Vehicle.TripMeterReading", life=False),
            _metres(245, "odometer", 5, 125, "Vehicle.TraveledDistance", life=True),
        ),
    ),
    0xFEE6: Pgn(
        "TD",
        "time and date",
        (
            Spn(959, "second", 1, 8, 0.25, 0, "s"),
            Spn(960, "minute", 2, 8, 1, 0, "min"),
            Spn(961, "hour", 3, 8, 1, 0, "h"),
            Spn(963, "month", 4),
            Spn(962, "day", 5, 8, 0.25),
            Spn(964, "year", 6, 8, 1, 1985),
            Spn(1601, "local minute offset", 7, 8, 1, -125, "min"),
            Spn(1602, "local hour offset", 8, 8, 1, -125, "h"),
        ),
    ),
    0xFEE8: Pgn(
        "VDS",
        "direction and speed",
        (
            Spn(
                165,
                "compass bearing",
                1,
                16,
                1 / 128,
                0,
                "degrees",
                "Vehicle.CurrentLocation.Heading",
                "course_deg",
            ),
            _kmh(517, "speed by navigation", 3, path="Vehicle.Speed", field="speed_kmh"),
            Spn(583, "pitch", 5, 16, 1 / 128, -200, "degrees"),
            Spn(
                580,
                "altitude",
                7,
                16,
                0.125,
                -2500,
                "m",
                "Vehicle.CurrentLocation.Altitude",
                "altitude_m",
            ),
        ),
    ),
    0xFEEB: Pgn("CI", "component identification"),
    0xFEEC: Pgn("VI", "vehicle identification"),
    0xFEF0: Pgn(
        "PTO",
        "power take-off",
        (celsius(90, "power take-off oil", 1), _rpm(186, "power take-off", 2)),
    ),
    0xFEF1: Pgn(
        "CCVS1",
        "cruise control, vehicle speed",
        (
            switch(69, "two-speed axle", 1, 1),
            switch(70, "parking brake", 1, 3, path="Vehicle.Chassis.ParkingBrake.IsEngaged"),
            switch(1633, "cruise control pause", 1, 5),
            _kmh(84, "wheel-based speed", 2, path="Vehicle.Speed", field="speed_kmh"),
            switch(595, "cruise control active", 4, 1, path=f"{_CRUISE}.IsActive"),
            switch(596, "cruise control switch", 4, 3, path=f"{_CRUISE}.IsEnabled"),
            switch(597, "brake switch", 4, 5, field="brake_pedal"),
            switch(598, "clutch switch", 4, 7),
            switch(599, "set switch", 5, 1),
            switch(600, "coast switch", 5, 3),
            switch(601, "resume switch", 5, 5),
            switch(602, "accelerate switch", 5, 7),
            Spn(86, "cruise control speed", 6, 8, 1, 0, "km/h", f"{_CRUISE}.SpeedSet"),
            state(976, "power take-off governor", 7, 1, 5),
            state(527, "cruise control", 7, 6, 3, texts=_CRUISE_STATES),
            switch(968, "idle speed up", 8, 1),
            switch(967, "idle speed down", 8, 3),
            switch(966, "engine test mode", 8, 5),
            switch(1237, "shutdown override", 8, 7),
        ),
    ),
    0xFEF3: Pgn(
        "VP",
        "vehicle position",
        (
            Spn(
                584,
                "latitude",
                1,
                32,
                1e-7,
                -210,
                "degrees",
                "Vehicle.CurrentLocation.Latitude",
                "latitude_deg",
            ),
            Spn(
                585,
                "longitude",
                5,
                32,
                1e-7,
                -210,
                "degrees",
                "Vehicle.CurrentLocation.Longitude",
                "longitude_deg",
            ),
        ),
    ),
    0xFEF5: Pgn(
        "AMB",
        "ambient conditions",
        (
            Spn(108, "barometric pressure", 1, 8, 0.5, 0, "kPa", "Vehicle.OBD.BarometricPressure"),
            celsius_fine(170, "cab", 2, path="Vehicle.Cabin.HVAC.AmbientAirTemperature"),
            celsius_fine(171, "ambient air", 4, path="Vehicle.Exterior.AirTemperature"),
            celsius(172, "air inlet", 6, path="Vehicle.OBD.IntakeTemp"),
            celsius_fine(79, "road", 7),
        ),
    ),
    0xFEF7: Pgn(
        "VEP1",
        "electrical power",
        (
            Spn(
                114,
                "battery current",
                1,
                8,
                1,
                -125,
                "A",
                "Vehicle.LowVoltageBattery.CurrentCurrent",
            ),
            Spn(115, "alternator current", 2, 8, 1, 0, "A"),
            _volts(167, "charging voltage", 3),
            _volts(
                168,
                "battery voltage",
                5,
                path="Vehicle.LowVoltageBattery.CurrentVoltage",
                field="battery_v",
            ),
            _volts(158, "voltage behind the key switch", 7),
        ),
    ),
    0xFEFC: Pgn(
        "DD1",
        "dashboard",
        (
            percent(80, "washer fluid", 1, path="Vehicle.Body.Windshield.Front.WasherFluid.Level"),
            percent(
                96,
                "fuel level 1",
                2,
                path="Vehicle.Powertrain.FuelSystem.RelativeLevel",
                field="fuel_level_pct",
            ),
            Spn(95, "fuel filter pressure drop", 3, 8, 2, 0, "kPa"),
            Spn(99, "oil filter pressure drop", 4, 8, 0.5, 0, "kPa"),
            celsius_fine(169, "cargo", 5),
            percent(38, "fuel level 2", 7),
        ),
    ),
}
