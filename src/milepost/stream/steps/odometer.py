"""What the vehicle's odometer shows: what people set, carried on by the device's reading or way.

A device's reading counts by how much it grows. One that goes back, or further than the vehicle can
have driven, has restarted or was set: the odometer goes on from where it was. As long as nobody has
set it, the odometer begins with the device's first reading, or else with 0.
"""

from collections.abc import Sequence

import msgspec

from milepost.domain.policy import OdometerSetting
from milepost.stream.contract import Run, Step

# What a reading may grow by more than the fastest vehicle does: it is coarse, and its clock too.
SLACK_M = 1000.0


class Odometer(msgspec.Struct, frozen=True, gc=False):
    """Metres.

    `set_ms` is when the last setting that counts was made; -1 while nobody made one. `reading_m` is
    the device's last reading, at `reading_ms`, when the odometer showed `at_reading_m`.
    """

    odometer_m: float = 0.0
    set_ms: int = -1
    reading_m: float | None = None
    reading_ms: int = -1
    at_reading_m: float = 0.0


def _advance(own: Odometer, run: Run) -> Odometer:
    odometer_m, set_ms = own.odometer_m, own.set_ms
    reading_m, reading_ms, at_reading_m = own.reading_m, own.reading_ms, own.at_reading_m
    jump_kmh = run.thresholds.jump_max_speed_kmh
    for observation in run.observations:
        position = observation.position
        time_ms, reported_m = position.fix_time_ms, position.odometer_m
        if run.odometers:
            setting = _newest(run.odometers, time_ms)
            if setting is not None and setting.set_ms > set_ms:
                set_ms, odometer_m = setting.set_ms, setting.odometer_m
                at_reading_m = odometer_m
        if reported_m is None:
            odometer_m += observation.settled_distance_m
            continue
        if reading_m is None:
            odometer_m = reported_m if set_ms < 0 else odometer_m + observation.settled_distance_m
        else:
            grown_m = reported_m - reading_m
            most_m = SLACK_M + (time_ms - reading_ms) / 3600.0 * jump_kmh
            if 0.0 <= grown_m <= most_m:
                odometer_m = max(odometer_m, at_reading_m + grown_m)
            else:
                odometer_m += observation.settled_distance_m
        reading_m, reading_ms, at_reading_m = reported_m, time_ms, odometer_m
    return Odometer(odometer_m, set_ms, reading_m, reading_ms, at_reading_m)


def _newest(settings: Sequence[OdometerSetting], time_ms: int) -> OdometerSetting | None:
    """The last setting up to a time."""
    return next((each for each in reversed(settings) if each.set_ms <= time_ms), None)


STEP = Step(version=2, slice_type=Odometer, advance=_advance, after=("trips",))
