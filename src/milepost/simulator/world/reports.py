"""What a device reports: columns while it is distorted, positions in the end."""

from collections.abc import Sequence

import msgspec
import numpy as np

from milepost.domain.position import Position
from milepost.geo.distance import Floats
from milepost.simulator.world.map_making import METRES_PER_DEG, ORIGIN_DEG
from milepost.simulator.world.routes import Ints
from milepost.simulator.world.samples import Bools, Samples

# One length of a degree of longitude for the whole world: noise needs no more.
EAST_METRES_PER_DEG = round(METRES_PER_DEG * float(np.cos(np.radians(ORIGIN_DEG[0]))), 3)


class Reports(msgspec.Struct, frozen=True, eq=False):
    """Columns of n reports in the order in which they were taken; NaN is "not said".

    The first three are what really was. `fix_times_ms` is what the device's clock says, and
    `received_times_ms` when the server has it. The others are fields of `Position`; `accuracy_m`
    is the receiver's own estimate of its error.
    """

    true_times_ms: Ints
    is_moving: Bools
    has_reception: Bools
    fix_times_ms: Ints
    received_times_ms: Ints
    latitude_deg: Floats
    longitude_deg: Floats
    altitude_m: Floats
    speed_kmh: Floats
    course_deg: Floats
    is_valid: Bools
    hdop: Floats
    satellites: Floats
    ignition: Floats
    odometer_m: Floats
    engine_hours_h: Floats
    fuel_level_pct: Floats
    fuel_used_l: Floats
    engine_rpm: Floats
    coolant_temp_c: Floats
    battery_v: Floats
    accuracy_m: Floats

    def chosen(self, which: Bools | Ints) -> "Reports":
        """The reports of a mask, or of indices in their order."""
        return Reports(*(getattr(self, name)[which] for name in self.__struct_fields__))

    def moved(self, east_m: Floats, north_m: Floats) -> "Reports":
        """Each report shifted by metres, (n,)."""
        return msgspec.structs.replace(
            self,
            latitude_deg=self.latitude_deg + north_m / METRES_PER_DEG,
            longitude_deg=self.longitude_deg + east_m / EAST_METRES_PER_DEG,
        )


class ReceivedReport(msgspec.Struct, frozen=True, gc=False):
    """A position, and when the server receives it."""

    position: Position
    received_time_ms: int


class Electrics(msgspec.Struct, frozen=True):
    """What a device needs to know of the vehicle it is built into, and of the roads."""

    tank_l: float
    battery_v: float
    unreached_road_kind: int


def reports_of(samples: Samples, indices: Ints, times_ms: Ints, electrics: Electrics) -> Reports:
    """The true state at some times, as a faultless device without any noise reports it.

    `indices`: which sample holds at each of the times.
    """
    is_on = samples.is_engine_on[indices]
    is_moving = samples.is_moving[indices]
    count = len(indices)
    return Reports(
        true_times_ms=times_ms,
        is_moving=is_moving,
        has_reception=samples.road_kinds[indices] != electrics.unreached_road_kind,
        fix_times_ms=times_ms,
        received_times_ms=times_ms,
        latitude_deg=samples.latitudes_deg[indices],
        longitude_deg=samples.longitudes_deg[indices],
        altitude_m=samples.heights_m[indices],
        speed_kmh=samples.speeds_kmh[indices],
        course_deg=samples.courses_deg[indices],
        is_valid=np.ones(count, dtype=bool),
        hdop=np.full(count, 0.8),
        satellites=np.full(count, 12.0),
        ignition=is_on.astype(np.float64),
        odometer_m=samples.odometers_m[indices],
        engine_hours_h=samples.engine_hours_h[indices],
        fuel_level_pct=samples.fuel_levels_l[indices] / electrics.tank_l * 100.0,
        fuel_used_l=samples.fuel_used_l[indices],
        engine_rpm=samples.engine_rpm[indices],
        coolant_temp_c=samples.coolant_temps_c[indices],
        battery_v=electrics.battery_v * np.where(is_on, 1.17, 1.04),
        accuracy_m=np.full(count, np.nan),
    )


# Field of the position and its decimals, in the order of `Position`; None: it is left out.
_COLUMNS: Sequence[tuple[str | None, int]] = (
    ("latitude_deg", 7),
    ("longitude_deg", 7),
    ("altitude_m", 1),
    ("speed_kmh", 1),
    ("course_deg", 1),
    ("is_valid", 0),
    ("hdop", 1),
    ("satellites", 0),
    ("ignition", 0),
    ("odometer_m", 0),
    ("engine_hours_h", 4),
    ("fuel_level_pct", 1),
    ("fuel_used_l", 2),
    ("engine_rpm", 0),
    (None, 0),
    (None, 0),
    ("coolant_temp_c", 1),
    (None, 0),
    (None, 0),
    ("battery_v", 2),
)


def received(reports: Reports) -> list[ReceivedReport]:
    """The reports as positions, in the order in which the server receives them."""
    reports = reports.chosen(np.argsort(reports.received_times_ms, kind="stable"))
    columns = [_values(reports, name, decimals) for name, decimals in _COLUMNS]
    positions = list(map(Position, reports.fix_times_ms.tolist(), *columns))
    for index in np.flatnonzero(~np.isnan(reports.accuracy_m)).tolist():
        attributes = {"accuracyM": str(round(float(reports.accuracy_m[index])))}
        positions[index] = msgspec.structs.replace(positions[index], attributes=attributes)
    return list(map(ReceivedReport, positions, reports.received_times_ms.tolist()))


def _values(reports: Reports, name: str | None, decimals: int) -> list[object]:
    if name is None:
        return [None] * len(reports.fix_times_ms)
    column = getattr(reports, name)
    if column.dtype == np.bool_:
        return list(column.tolist())
    values = np.round(column, decimals)
    missing = np.isnan(values)
    # What a report does not say is NaN here and None in a position.
    values = np.where(missing, 0.0, values).astype(_TYPES.get(name, np.float64)).astype(object)
    values[missing] = None
    return list(values.tolist())


_TYPES = {"satellites": np.int64, "ignition": np.bool_}
