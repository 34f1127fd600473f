"""A vehicle's life in the world: it sets off, drives, waits, refuels, takes the ferry, is towed."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from milepost.simulator.world.driver_styles import DriverStyle
from milepost.simulator.world.errands import Errand
from milepost.simulator.world.motion import profile
from milepost.simulator.world.recorder import Beginning, Recorder
from milepost.simulator.world.routes import SAMPLE_KINDS, Route, Routes
from milepost.simulator.world.samples import ON_FERRY, ON_TOW_TRUCK, Samples
from milepost.simulator.world.schedules import HOUR_MS, SATURDAY, SCHEDULES, Day
from milepost.simulator.world.settling import Map
from milepost.simulator.world.sites import Site
from milepost.simulator.world.traffic import NO_HALTS, Halts, Obstacles, obstacles
from milepost.simulator.world.vehicle_kinds import VehicleKind

DAY_MS = 24 * HOUR_MS
FERRY_EVERY_MS = 40 * 60_000
BOARDING_MS = 7 * 60_000
FERRY_MPS = 25.0 / 3.6
TOWING_MPS = 45.0 / 3.6
# Of vehicles that go out on public roads, this share is towed on a given day.
TOWED_A_DAY = 0.006
REFUEL_BELOW = 0.25
TOP_UP_BELOW = 0.7
WAITS_WITH_ENGINE_ON = 0.1
KICK_DOWN_MPS2 = 3.8
WORKING_KMH = 9.0
WORKING = frozenset({"refuse truck", "sweeper"})
# These have a pump in their yard.
OWN_PUMP = frozenset({"bus", "refuse truck", "sweeper", "yard tractor"})

HaltsOf = Callable[[Route], Halts]


class Character(msgspec.Struct, frozen=True):
    """What stays the same about a vehicle."""

    kind: VehicleKind
    style: DriverStyle
    base: Site
    is_late_shift: bool


class Life:
    """Lives one vehicle's days; `samples` has what happened."""

    def __init__(
        self,
        character: Character,
        world_map: Map,
        routes: Routes,
        span_ms: tuple[int, int],
        rng: np.random.Generator,
    ) -> None:
        self._kind, self._style, self._base = character.kind, character.style, character.base
        self._character, self._map, self._routes, self._rng = character, world_map, routes, rng
        self._start_ms, self._end_ms = span_ms
        self._junction = self._base.junction
        self._recorder = Recorder(self._kind, self._beginning())

    def samples(self, first_weekday: int) -> Samples:
        """Live from the start to the end of the span. `first_weekday`: 0 is Monday."""
        for number in range((self._end_ms - self._start_ms) // DAY_MS):
            self._live_day(self._start_ms + number * DAY_MS, (first_weekday + number) % 7)
        self._recorder.park(self._end_ms)
        return self._recorder.samples()

    def _beginning(self) -> Beginning:
        road = self._map.net.exits[self._junction][0][0]
        return Beginning(
            time_ms=self._start_ms,
            latitude_deg=self._base.latitude_deg,
            longitude_deg=self._base.longitude_deg,
            height_m=float(self._map.net.roads[road].heights_m[-1]),
            road_kind=SAMPLE_KINDS["yard"],
            fuel_level_l=round(self._kind.tank_l * float(self._rng.uniform(0.3, 0.98)), 1),
            odometer_m=float(self._rng.integers(2_000, 400_000)) * 1000.0,
            engine_hours_h=float(self._rng.integers(50, 12_000)),
        )

    def _live_day(self, midnight_ms: int, weekday: int) -> None:
        day = Day(
            midnight_ms, weekday, self._base, self._character.is_late_shift, self._map, self._rng
        )
        errands = SCHEDULES[self._kind.name](day)
        goes_out = self._kind.name != "yard tractor" and weekday < SATURDAY
        breaks_down_after = (
            int(self._rng.integers(1, max(len(errands), 2)))
            if goes_out and self._rng.random() < TOWED_A_DAY
            else None
        )
        for number, errand in enumerate(errands, 1):
            if not self._run(errand):
                return
            if number == breaks_down_after:
                self._be_towed()
                return
            self._look_at_tank(is_home=errand.site == self._base)

    def _run(self, errand: Errand) -> bool:
        """Carry out an errand; False if the world ends before it is done: then it is not begun."""
        begin_ms = max(errand.not_before_ms, self._recorder.now_ms)
        if begin_ms > errand.latest_ms:
            return True
        mark, junction = self._recorder.mark(), self._junction
        self._carry_out(errand, begin_ms)
        if self._recorder.now_ms + 60_000 < self._end_ms:
            return True
        self._recorder.rewind(mark)
        self._junction = junction
        return False

    def _carry_out(self, errand: Errand, begin_ms: int) -> None:
        if begin_ms > self._recorder.now_ms + 2000:
            self._recorder.park(begin_ms)
        self._recorder.idle(int(self._rng.integers(4, 45)))
        if errand.via:
            self._drive_through([self._junction, errand.via[0]], NO_HALTS)
            self._work(errand)
        elif errand.site is not None:
            self._drive_through([self._junction, errand.site.junction], NO_HALTS)
        self._stay(errand)

    def _work(self, errand: Errand) -> None:
        """The stretch of a line, a round of collecting or a shunting move."""
        if errand.kind == "collect":
            self._leg(errand.via, self._bins)
        elif errand.kind == "line":
            self._leg(self._routes.through(errand.via), self._bus_stops)
        else:
            self._drive_through(errand.via, NO_HALTS)

    def _stay(self, errand: Errand) -> None:
        if errand.is_engine_on:
            self._recorder.idle(errand.dwell_s)
            return
        waits = self._rng.random() < WAITS_WITH_ENGINE_ON
        self._recorder.idle(int(self._rng.integers(*((60, 400) if waits else (2, 40)))))
        self._recorder.park(self._recorder.now_ms + errand.dwell_s * 1000)

    def _drive_through(self, junctions: Sequence[int], halts: Halts) -> None:
        """Drive, over the ferry where the way goes there."""
        path = self._routes.through(junctions)
        for leg in self._routes.legs(path) if len(path) > 1 else ():
            if self._routes.road_between(*leg[:2]).kind == "ferry":
                self._cross(leg)
            else:
                self._leg(leg, lambda _: halts)

    def _leg(self, path: Sequence[int], halts_of: HaltsOf) -> None:
        route = self._routes.route(path)
        halts = halts_of(route)
        hour = self._recorder.now_ms // HOUR_MS
        ahead = obstacles(
            route,
            self._kind,
            self._style,
            hour=hour % 24,
            # 1 January 1970 was a Thursday.
            is_workday=(hour // 24 + 3) % 7 < SATURDAY,
            halts=halts,
            rng=self._rng,
        )
        agility = self._kind.agility
        is_kick_down = self._rng.random() < self._style.kick_downs
        acceleration = KICK_DOWN_MPS2 if is_kick_down else self._style.acceleration_mps2
        driven = profile(ahead, acceleration * agility, self._style.braking_mps2 * agility)
        is_working = self._kind.name in WORKING and halts is not NO_HALTS
        self._recorder.move(route, driven, is_working=is_working)
        self._junction = path[-1]

    def _bins(self, route: Route) -> Halts:
        """A bin each 25 to 50 m; a sweeper stops for few of them."""
        along_m = np.cumsum(self._rng.uniform(25.0, 50.0, int(route.length_m / 25.0)))
        if self._kind.name == "sweeper":
            along_m = along_m[self._rng.random(len(along_m)) < 0.05]
        along_m = along_m[along_m < route.length_m - 10.0]
        return Halts(along_m, self._rng.uniform(5.0, 22.0, len(along_m)), WORKING_KMH)

    def _bus_stops(self, route: Route) -> Halts:
        """A stop each 350 to 600 m; nobody waits at some."""
        along_m = np.cumsum(self._rng.uniform(350.0, 600.0, int(route.length_m / 350.0)))
        along_m = along_m[along_m < route.length_m - 100.0]
        along_m = along_m[self._rng.random(len(along_m)) < 0.8]
        return Halts(along_m, self._rng.uniform(8.0, 40.0, len(along_m)), np.inf)

    def _cross(self, leg: Sequence[int]) -> None:
        """Wait at the pier, be carried over with the engine off, drive off."""
        self._recorder.idle(int(self._rng.integers(5, 30)))
        boarded_ms = self._recorder.now_ms + BOARDING_MS
        self._recorder.park(-(-boarded_ms // FERRY_EVERY_MS) * FERRY_EVERY_MS)
        self._carry(leg, FERRY_MPS, 0.06, ON_FERRY)
        self._recorder.park(self._recorder.now_ms + int(self._rng.integers(60, 240)) * 1000)
        self._recorder.idle(int(self._rng.integers(3, 20)))

    def _be_towed(self) -> None:
        """Wait for the tow truck, be brought to a workshop, and stay there overnight."""
        self._recorder.park(self._recorder.now_ms + int(self._rng.integers(30, 100)) * 60_000)
        workshops = self._map.gazetteer.sites["workshop"]
        workshop = workshops[int(self._rng.integers(len(workshops)))]
        path = self._routes.path(self._junction, workshop.junction)
        # Nobody is towed over the sea: the vehicle is repaired on the island.
        if len(self._routes.legs(path)) == 1:
            self._carry(path, TOWING_MPS, 0.7, ON_TOW_TRUCK)
        self._recorder.park(self._recorder.now_ms + 2 * HOUR_MS)

    def _carry(
        self, path: Sequence[int], speed_mps: float, acceleration_mps2: float, carrier: int
    ) -> None:
        route = self._routes.route(path)
        count = max(int(route.length_m / 10.0), 6)
        free = Obstacles(
            route.length_m / count,
            np.full(count + 1, speed_mps),
            np.array([0, count]),
            np.zeros(2),
            np.full(count + 1, np.inf),
            np.full(count + 1, np.inf),
        )
        carried = profile(free, acceleration_mps2, acceleration_mps2)
        self._recorder.move(route, carried, carrier=carrier)
        self._junction = path[-1]

    def _look_at_tank(self, *, is_home: bool) -> None:
        """Refuel in the own yard when there, at a station when little is left."""
        at_pump = is_home and self._kind.name in OWN_PUMP
        if is_home and not at_pump:
            return
        below = TOP_UP_BELOW if at_pump else REFUEL_BELOW
        if self._recorder.fuel_level_l > below * self._kind.tank_l:
            return
        mark, junction = self._recorder.mark(), self._junction
        if not at_pump:
            self._drive_to_station()
        self._refuel()
        if self._recorder.now_ms + 60_000 >= self._end_ms:
            self._recorder.rewind(mark)
            self._junction = junction

    def _drive_to_station(self) -> None:
        stations = self._map.gazetteer.sites["station"]
        station = stations[int(self._rng.integers(len(stations)))]
        self._recorder.idle(int(self._rng.integers(4, 30)))
        self._drive_through([self._junction, station.junction], NO_HALTS)
        self._recorder.idle(int(self._rng.integers(3, 15)))

    def _refuel(self) -> None:
        self._recorder.park(self._recorder.now_ms + int(self._rng.integers(20, 90)) * 1000)
        full_l = self._kind.tank_l * float(self._rng.uniform(0.93, 0.99))
        litres_per_s = 0.6 if self._kind.tank_l < 100 else 1.8
        self._recorder.refuel(full_l - self._recorder.fuel_level_l, litres_per_s)
        self._recorder.park(self._recorder.now_ms + int(self._rng.integers(60, 300)) * 1000)
