"""A day's errands, by kind of vehicle: shifts, tours, breaks, nights and weekends."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np

from milepost.simulator.world.errands import Errand
from milepost.simulator.world.road_net import RoadNet
from milepost.simulator.world.settling import Map
from milepost.simulator.world.sites import Site, SiteKind

HOUR_MS = 3_600_000
MINUTE_S = 60
SATURDAY = 5


class Day(msgspec.Struct, frozen=True, eq=False):
    """A day of a vehicle. `weekday`: 0 is Monday. `is_late_shift`: it works into the night."""

    midnight_ms: int
    weekday: int
    base: Site
    is_late_shift: bool
    map: Map
    rng: np.random.Generator

    @property
    def is_workday(self) -> bool:
        """Whether it is Monday to Friday."""
        return self.weekday < SATURDAY

    def at_ms(self, low_h: float, high_h: float) -> int:
        """A whole second between two hours of the day."""
        return self.midnight_ms + int(self.rng.uniform(low_h, high_h) * 3600) * 1000

    def seconds(self, low: float, high: float) -> int:
        """A duration between two, whole seconds."""
        return int(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        """True in that share of the cases."""
        return bool(self.rng.random() < share)

    def any_of(self, kind: SiteKind, *, share_overseas: float = 0.0) -> Site:
        """A site of a kind, sometimes on the island."""
        overseas = self.chance(share_overseas)
        sites = [site for site in self.map.gazetteer.sites[kind] if site.is_overseas == overseas]
        return sites[int(self.rng.integers(len(sites)))]

    def visit(
        self,
        site: Site,
        not_before_ms: int,
        latest_ms: int,
        dwell_s: int,
        *,
        engine_on: float = 0.0,
    ) -> Errand:
        """A visit; the engine runs during the stay in that share of the cases."""
        return Errand(
            not_before_ms=not_before_ms,
            latest_ms=latest_ms,
            site=site,
            dwell_s=dwell_s,
            is_engine_on=self.chance(engine_on),
        )

    def home(self) -> Errand:
        """Back to the base, at once and at any hour."""
        return self.visit(self.base, 0, self.midnight_ms + 30 * HOUR_MS, 300)


def _car_day(day: Day) -> Sequence[Errand]:
    if not day.is_workday and day.chance(0.6):
        return ()
    begin_ms, latest_ms = day.at_ms(7, 9.5), day.at_ms(16, 18)
    count = int(day.rng.integers(2, 6)) if day.is_workday else int(day.rng.integers(1, 3))
    visits = [
        day.visit(day.any_of("customer"), begin_ms, latest_ms, day.seconds(12, 110) * MINUTE_S)
        for _ in range(count)
    ]
    return [*visits, day.home()]


def _van_day(day: Day) -> Sequence[Errand]:
    if day.weekday > SATURDAY or (day.weekday == SATURDAY and day.chance(0.6)):
        return ()
    begin_ms, latest_ms = day.at_ms(6.5, 8.5), day.at_ms(15, 16.5)
    count = int(day.rng.integers(14, 30))
    drops = [
        day.visit(
            day.any_of("customer", share_overseas=0.01),
            begin_ms,
            latest_ms,
            day.seconds(60, 520),
            engine_on=0.2,
        )
        for _ in range(count)
    ]
    lunch = day.visit(day.any_of("customer"), 0, latest_ms, day.seconds(28, 48) * MINUTE_S)
    return [*drops[: count // 2], lunch, *drops[count // 2 :], day.home()]


def _lorry_day(day: Day) -> Sequence[Errand]:
    if not day.is_workday:
        return ()
    low_h = 19.0 if day.is_late_shift else 5.0
    begin_ms = day.at_ms(low_h, low_h + 2)
    latest_ms = begin_ms + 8 * HOUR_MS
    visits = [
        day.visit(
            day.any_of("customer", share_overseas=0.12),
            begin_ms,
            latest_ms,
            day.seconds(18, 65) * MINUTE_S,
            engine_on=0.1,
        )
        for _ in range(int(day.rng.integers(3, 7)))
    ]
    rest = day.visit(day.any_of("station"), 0, latest_ms, 45 * MINUTE_S + day.seconds(0, 300))
    return [*visits[:2], rest, *visits[2:], day.home()]


def _bus_day(day: Day) -> Sequence[Errand]:
    lines = day.map.gazetteer.bus_lines
    line = lines[int(day.rng.integers(len(lines)))]
    begin_ms = day.at_ms(4.5, 6.5) if day.is_workday else day.at_ms(7, 9)
    latest_ms = begin_ms + (14 if day.is_workday else 9) * HOUR_MS
    runs = [
        Errand(
            kind="line",
            not_before_ms=begin_ms,
            latest_ms=latest_ms,
            via=line if number % 2 == 0 else line[::-1],
            dwell_s=day.seconds(3, 14) * MINUTE_S,
            is_engine_on=day.chance(0.35),
        )
        for number in range(26)
    ]
    return [*runs, day.home()]


def _refuse_day(day: Day) -> Sequence[Errand]:
    return _street_work(day, rounds=3, share_to_tip=1.0)


def _sweeper_day(day: Day) -> Sequence[Errand]:
    return _street_work(day, rounds=4, share_to_tip=0.5)


def _street_work(day: Day, rounds: int, share_to_tip: float) -> Sequence[Errand]:
    """Rounds through side streets; what was gathered is brought to a tip."""
    if not day.is_workday:
        return ()
    begin_ms = day.at_ms(5.5, 6.5)
    latest_ms = begin_ms + 7 * HOUR_MS
    errands: list[Errand] = []
    for _ in range(rounds):
        errands.append(
            Errand(
                kind="collect",
                not_before_ms=begin_ms,
                latest_ms=latest_ms,
                via=_stroll(day.map.net, day.any_of("customer").junction, 22, day.rng),
                dwell_s=day.seconds(30, 600),
                is_engine_on=True,
            )
        )
        if day.chance(share_to_tip):
            minutes = day.seconds(6, 20)
            errands.append(day.visit(day.any_of("tip"), 0, latest_ms, minutes * MINUTE_S))
    return [*errands, day.home()]


def _yard_day(day: Day) -> Sequence[Errand]:
    if day.weekday > SATURDAY:
        return ()
    begin_ms = day.at_ms(5.8, 6.3)
    return [
        Errand(
            kind="shunt",
            not_before_ms=begin_ms + number * 9 * MINUTE_S * 1000,
            latest_ms=begin_ms + 15 * HOUR_MS,
            via=tuple(int(corner) for corner in day.rng.choice(day.base.yard, 4)),
            dwell_s=day.seconds(40, 900),
            is_engine_on=day.chance(0.6),
        )
        for number in range(int(day.rng.integers(40, 80)))
    ] + [day.home()]


def _stroll(net: RoadNet, start: int, count: int, rng: np.random.Generator) -> tuple[int, ...]:
    """A walk along side streets that turns back only where a street ends."""
    path, seen = [start], set[int]()
    for _ in range(count):
        ways = [
            (number, other)
            for number, other in net.exits[path[-1]]
            if net.roads[number].kind in {"street", "yard", "arterial"}
        ]
        fresh = [way for way in ways if way[0] not in seen and net.roads[way[0]].kind == "street"]
        number, other = (fresh or ways)[int(rng.integers(len(fresh or ways)))]
        seen.add(number)
        path.append(other)
    return tuple(path)


SCHEDULES: Mapping[str, Callable[[Day], Sequence[Errand]]] = {
    "car": _car_day,
    "van": _van_day,
    "lorry": _lorry_day,
    "bus": _bus_day,
    "refuse truck": _refuse_day,
    "sweeper": _sweeper_day,
    "yard tractor": _yard_day,
}
