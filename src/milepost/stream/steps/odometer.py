"""What the vehicle's odometer shows: the device's own reading, carried on by counted distance."""

import msgspec

from milepost.stream.contract import Run, Step


class Odometer(msgspec.Struct, frozen=True, gc=False):
    """Metres; counted from 0 as long as the device reports no reading."""

    odometer_m: float = 0.0


def _advance(own: Odometer, run: Run) -> Odometer:
    odometer_m = own.odometer_m
    for observation in run.observations:
        reported_m = observation.position.odometer_m
        if reported_m is not None:
            odometer_m = reported_m
        else:
            odometer_m += observation.settled_distance_m
    return Odometer(odometer_m)


STEP = Step(slice_type=Odometer, advance=_advance, after=("trips",))
