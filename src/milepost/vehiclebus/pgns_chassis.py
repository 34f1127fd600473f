"""J1939 parameter groups of the chassis: brakes, wheels, tires, axles, gearbox.

Source: SAE J1939-71 and J1939DA; those of a fleet as in the FMS standard (ACEA, version 5).
"""

from math import degrees

from milepost.vehiclebus.spn import Pgn, Spn, celsius_fine, percent, state, switch, torque

_GEARBOX = "Vehicle.Powertrain.Transmission"


def _rpm(number: int, name: str, byte: int) -> Spn:
    return Spn(number, name, byte, 16, 0.125, 0, "rpm")


def _wheel(number: int, row: int, side: str, byte: int) -> Spn:
    path = f"Vehicle.Chassis.Axle.Row{row}.Wheel.{side}.Speed"
    return Spn(number, f"wheel {row} {side.lower()}", byte, 16, 1 / 256, 0, "km/h", path)


def _relative_speed(number: int, name: str, byte: int) -> Spn:
    return Spn(number, name, byte, 8, 1 / 16, -7.8125, "km/h")


PGNS: dict[int, Pgn] = {
    0xF000: Pgn(
        "ERC1",
        "retarder",
        (state(900, "retarder torque mode", 1, 1, 4), torque(520, "retarder torque", 2)),
    ),
    0xF001: Pgn(
        "EBC1",
        "electronic brake controller 1",
        (
            switch(561, "traction control of the engine", 1, 1, path="Vehicle.ADAS.TCS.IsEngaged"),
            switch(562, "traction control of the brakes", 1, 3),
            switch(563, "anti-lock braking", 1, 5, path="Vehicle.ADAS.ABS.IsEngaged"),
            switch(1121, "brake switch of the EBS", 1, 7, field="brake_pedal"),
            percent(521, "brake pedal", 2, path="Vehicle.Chassis.Brake.PedalPosition"),
            switch(1243, "anti-lock braking ready", 6, 1),
            switch(1439, "red lamp of the EBS", 6, 3),
            switch(1438, "amber lamp of the EBS", 6, 5),
            Spn(1481, "controlling device", 7),
            switch(1836, "trailer's anti-lock braking", 8, 5),
            switch(1792, "lamp of the trailer's anti-lock braking", 8, 7),
        ),
    ),
    0xF002: Pgn(
        "ETC1",
        "gearbox controller 1",
        (
            switch(560, "driveline engaged", 1, 1),
            switch(573, "torque converter locked", 1, 3),
            switch(574, "shifting", 1, 5),
            _rpm(191, "output shaft", 2),
            percent(522, "clutch slip", 4),
            _rpm(161, "input shaft", 6),
            Spn(1482, "controlling device", 8),
        ),
    ),
    0xF005: Pgn(
        "ETC2",
        "gearbox controller 2",
        (
            Spn(524, "gear selected", 1, 8, 1, -125, path=f"{_GEARBOX}.SelectedGear"),
            Spn(526, "gear ratio", 2, 16, 0.001),
            Spn(523, "gear", 4, 8, 1, -125, "", f"{_GEARBOX}.CurrentGear", "gear"),
        ),
    ),
    0xF009: Pgn(
        "VDC2",
        "vehicle dynamics",
        (
            Spn(
                1807,
                "steering wheel",
                1,
                16,
                degrees(1 / 1024),
                degrees(-31.374),
                "degrees",
                "Vehicle.Chassis.SteeringWheel.Angle",
            ),
            Spn(
                1808,
                "yaw rate",
                4,
                16,
                degrees(1 / 8192),
                degrees(-3.92),
                "degrees/s",
                "Vehicle.AngularVelocity.Yaw",
            ),
            Spn(
                1809,
                "lateral acceleration",
                6,
                16,
                1 / 2048,
                -15.687,
                "m/s^2",
                "Vehicle.Acceleration.Lateral",
            ),
            Spn(
                1810,
                "longitudinal acceleration",
                8,
                8,
                0.1,
                -12.5,
                "m/s^2",
                "Vehicle.Acceleration.Longitudinal",
            ),
        ),
    ),
    0xFE6E: Pgn(
        "HRW",
        "wheel speeds, fine",
        (
            _wheel(1592, 1, "Left", 1),
            _wheel(1593, 1, "Right", 3),
            _wheel(1594, 2, "Left", 5),
            _wheel(1595, 2, "Right", 7),
        ),
    ),
    0xFEAE: Pgn(
        "AIR1",
        "air supply",
        (
            Spn(46, "supply pressure", 1, 8, 8, 0, "kPa"),
            Spn(1086, "parking brake pressure", 2, 8, 8, 0, "kPa"),
            Spn(1087, "service brake pressure 1", 3, 8, 8, 0, "kPa"),
            Spn(1088, "service brake pressure 2", 4, 8, 8, 0, "kPa"),
        ),
    ),
    0xFEBF: Pgn(
        "EBC2",
        "wheel speeds",
        (
            Spn(904, "front axle", 1, 16, 1 / 256, 0, "km/h"),
            _relative_speed(905, "front left, relative", 3),
            _relative_speed(906, "front right, relative", 4),
            _relative_speed(907, "rear 1 left, relative", 5),
            _relative_speed(908, "rear 1 right, relative", 6),
            _relative_speed(909, "rear 2 left, relative", 7),
            _relative_speed(910, "rear 2 right, relative", 8),
        ),
    ),
    0xFEEA: Pgn(
        "VW",
        "weight",
        (
            Spn(928, "axle", 1),
            Spn(582, "axle weight", 2, 16, 0.5, 0, "kg"),
            Spn(180, "trailer weight", 4, 16, 2, 0, "kg"),
            Spn(181, "cargo weight", 6, 16, 2, 0, "kg"),
        ),
    ),
    0xFEF4: Pgn(
        "TIRE",
        "tire condition",
        (
            # Which wheel this is depends on how many an axle has: no VSS path.
            state(929, "wheel, from the left", 1, 1, 4),
            state(929, "axle, from the front", 1, 5, 4),
            Spn(241, "tire pressure", 2, 8, 4, 0, "kPa"),
            celsius_fine(242, "tire", 3),
            switch(1699, "tire sensor", 5, 1),
            state(1698, "tire status", 5, 3, 2),
            Spn(2586, "air leakage", 6, 16, 0.1, 0, "Pa/s"),
            state(2587, "tire pressure range", 8, 6, 3),
        ),
    ),
    0xFEF8: Pgn(
        "TRF1",
        "gearbox fluids",
        (
            Spn(123, "clutch pressure", 1, 8, 16, 0, "kPa"),
            percent(124, "gearbox oil level", 2),
            Spn(126, "gearbox filter pressure drop", 3, 8, 2, 0, "kPa"),
            Spn(127, "gearbox oil pressure", 4, 8, 16, 0, "kPa"),
            celsius_fine(177, "gearbox oil", 5, path=f"{_GEARBOX}.Temperature"),
        ),
    ),
}
