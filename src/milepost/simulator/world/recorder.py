"""Writes down what a vehicle does, stretch by stretch, and makes its samples of it."""

import msgspec
import numpy as np

from milepost.geo.distance import Floats
from milepost.simulator.world.engine import coolant_temps_c, engine_rpm, fuel_rates_l_h
from milepost.simulator.world.motion import Profile
from milepost.simulator.world.routes import Ints, Route
from milepost.simulator.world.samples import OWN_WHEELS, Samples, distances_m
from milepost.simulator.world.vehicle_kinds import VehicleKind


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """A vehicle's state before anything happens."""

    time_ms: int
    latitude_deg: float
    longitude_deg: float
    height_m: float
    road_kind: int
    fuel_level_l: float
    odometer_m: float
    engine_hours_h: float


# What one row of a stretch holds besides its time, in this order.
_LATITUDE, _LONGITUDE, _HEIGHT, _COURSE, _ROAD, _SPEED, _LATERAL, _ON, _CARRIER, _FUEL, _TAKEN = (
    range(11)
)


class Recorder:
    """The record of one vehicle; each call appends the stretch after `now_ms`."""

    def __init__(self, kind: VehicleKind, beginning: Beginning) -> None:
        self._kind = kind
        self._beginning = beginning
        self.now_ms = beginning.time_ms
        first = np.zeros((11, 1))
        first[[_LATITUDE, _LONGITUDE, _HEIGHT, _ROAD], 0] = (
            beginning.latitude_deg,
            beginning.longitude_deg,
            beginning.height_m,
            beginning.road_kind,
        )
        self._times = [np.array([self.now_ms], dtype=np.int64)]
        self._rows = [first]

    @property
    def fuel_level_l(self) -> float:
        """What is in the tank now."""
        last = self._rows[-1]
        return self._beginning.fuel_level_l + float(last[_TAKEN, -1] - last[_FUEL, -1])

    def move(
        self, route: Route, profile: Profile, *, carrier: int = OWN_WHEELS, is_working: bool = False
    ) -> None:
        """Move along a route; on its own wheels the engine is on."""
        along_m = profile.along_m[1:]
        rows = self._held(len(along_m))
        rows[_LATITUDE] = np.interp(along_m, route.along_m, route.shape[:, 0])
        rows[_LONGITUDE] = np.interp(along_m, route.along_m, route.shape[:, 1])
        rows[_HEIGHT] = np.interp(along_m, route.along_m, route.heights_m)
        segments = np.searchsorted(route.along_m, along_m, side="left") - 1
        segments = np.clip(segments, 0, len(route.kinds) - 1)
        rows[_COURSE] = route.courses_deg[segments]
        rows[_ROAD] = route.kinds[segments]
        rows[_SPEED] = profile.speeds_kmh[1:]
        rows[_LATERAL] = profile.laterals_mps2[1:]
        rows[_CARRIER] = carrier
        if carrier == OWN_WHEELS:
            rows[_ON] = 1.0
            rows[_FUEL] += self._burnt_l(profile.speeds_kmh[:-1], is_working=is_working)
        self._append(rows)

    def idle(self, seconds: int, *, is_working: bool = False) -> None:
        """Stand with the engine on."""
        rows = self._held(seconds)
        rows[_ON] = 1.0
        rows[_FUEL] += self._burnt_l(np.zeros(seconds), is_working=is_working)
        self._append(rows)

    def park(self, until_ms: int) -> None:
        """Stand with the engine off, for two seconds at least."""
        rows = self._held(2)
        rows[_ON] = 0.0
        times_ms = np.array([self.now_ms + 1000, max(until_ms, self.now_ms + 2000)])
        self._append(rows, times_ms)

    def refuel(self, litres: float, litres_per_s: float) -> None:
        """Take in fuel, the engine off."""
        seconds = max(int(litres / litres_per_s), 2)
        rows = self._held(seconds)
        rows[_ON] = 0.0
        rows[_TAKEN] += np.arange(1, seconds + 1) * (litres / seconds)
        self._append(rows)

    def mark(self) -> tuple[int, int]:
        """A place in the record to which `rewind` goes back."""
        return len(self._rows), self.now_ms

    def rewind(self, mark: tuple[int, int]) -> None:
        """Forget what was recorded since the mark."""
        count, self.now_ms = mark
        del self._rows[count:], self._times[count:]

    def samples(self) -> Samples:
        """Everything that was recorded."""
        times_ms = np.concatenate(self._times)
        rows = np.concatenate(self._rows, axis=1)
        is_engine_on = rows[_ON] > 0.0
        samples = Samples(
            times_ms=times_ms,
            latitudes_deg=rows[_LATITUDE],
            longitudes_deg=rows[_LONGITUDE],
            heights_m=rows[_HEIGHT],
            courses_deg=rows[_COURSE],
            road_kinds=rows[_ROAD].astype(np.int64),
            speeds_kmh=rows[_SPEED],
            laterals_mps2=rows[_LATERAL],
            is_engine_on=is_engine_on,
            carriers=rows[_CARRIER].astype(np.int64),
            fuel_used_l=rows[_FUEL],
            refuelled_l=rows[_TAKEN],
            fuel_levels_l=self._beginning.fuel_level_l + rows[_TAKEN] - rows[_FUEL],
            odometers_m=np.zeros(0),
            engine_hours_h=np.zeros(0),
            engine_rpm=engine_rpm(self._kind, rows[_SPEED], is_engine_on),
            coolant_temps_c=coolant_temps_c(times_ms, is_engine_on),
        )
        return msgspec.structs.replace(
            samples,
            odometers_m=self._odometers_m(samples),
            engine_hours_h=self._engine_hours_h(samples),
        )

    def _odometers_m(self, samples: Samples) -> Floats:
        driven_m = np.where(samples.carriers[1:] == OWN_WHEELS, distances_m(samples), 0.0)
        return self._beginning.odometer_m + np.concatenate([[0.0], np.cumsum(driven_m)])

    def _engine_hours_h(self, samples: Samples) -> Floats:
        run_h = np.diff(samples.times_ms) / 3_600_000.0 * samples.is_engine_on[1:]
        # Before a second with the engine on there is always one, so no pause counts as run.
        run_h = np.minimum(run_h, 1 / 3600)
        return self._beginning.engine_hours_h + np.concatenate([[0.0], np.cumsum(run_h)])

    def _held(self, count: int) -> Floats:
        """`count` columns with the last state, at rest."""
        rows = np.repeat(self._rows[-1][:, -1:], count, axis=1)
        rows[[_SPEED, _LATERAL, _CARRIER]] = 0.0
        return rows

    def _burnt_l(self, speeds_kmh: Floats, *, is_working: bool) -> Floats:
        rates_l_h = fuel_rates_l_h(self._kind, speeds_kmh, is_working=is_working)
        burnt_l: Floats = np.cumsum(rates_l_h) / 3600.0
        return burnt_l

    def _append(self, rows: Floats, times_ms: Ints | None = None) -> None:
        if times_ms is None:
            times_ms = self.now_ms + 1000 * np.arange(1, rows.shape[1] + 1)
        self._rows.append(rows)
        self._times.append(times_ms)
        self.now_ms = int(times_ms[-1])
