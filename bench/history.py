"""(h): what the stream concludes, held against what really happened in the simulated world."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from bench.journeys import Concluded, Score, Stay
from bench.report import Row
from bench.speed_rules import by_speed
from milepost.domain.fix_time import EARLIEST_FIX_MS, turned_forward
from milepost.domain.policy import Policy
from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Rollup, Stop
from milepost.simulator.world.faults import CLEAN, FAULTS
from milepost.simulator.world.reports import ReceivedReport
from milepost.simulator.world.world import LivedVehicle, World
from milepost.stream.fold import Fold
from milepost.stream.pipeline import in_order, initial_state, open_outputs

SEED, VEHICLES, DAYS = 7, 60, 2
START = datetime(2026, 11, 2, tzinfo=UTC)
_MS = 1000.0
Conclude = Callable[[Sequence[Position]], Concluded]
CONCLUDERS: Mapping[str, Conclude]


def by_fold(positions: Sequence[Position]) -> Concluded:
    """What Milepost makes of a device's reports, in whatever order they came."""
    fold = Fold(initial_state(), Policy(Thresholds()))
    fold.run(in_order(-1, positions)[0])
    last_s = fold.state.last_fix_time_ms / _MS
    stays, buckets = {}, {}
    for output in [*(each.output for each in fold.concluded), *open_outputs(fold.state)]:
        if isinstance(output, Stop):
            start_s = output.start_time.timestamp()
            end_s = last_s if output.end_time is None else output.end_time.timestamp()
            place = output.place
            stays[start_s] = Stay(
                round(start_s * _MS), round(end_s * _MS), place.latitude_deg, place.longitude_deg
            )
        elif isinstance(output, Rollup):
            buckets[output.bucket_start_ms] = output.distance_m
    return Concluded([stays[each] for each in sorted(stays)], sum(buckets.values()))


CONCLUDERS = {"milepost": by_fold, "baseline": by_speed}


def believable(reports: Sequence[ReceivedReport]) -> list[Position]:
    """Those that the server's own border lets into the stream, by their clocks."""
    future_ms = round(Thresholds().future_max_s * _MS)
    found = []
    for report in reports:
        horizon_ms = report.received_time_ms + future_ms
        (position,) = turned_forward([report.position], horizon_ms)
        if EARLIEST_FIX_MS <= position.fix_time_ms <= horizon_ms:
            found.append(position)
    return found


def scores(
    world: World, faults: Sequence[str], group: Callable[[LivedVehicle], str]
) -> dict[str, dict[str, Score]]:
    """By group, and by who concluded: the scores of all vehicles with these faults."""
    found: defaultdict[str, dict[str, Score]] = defaultdict(
        lambda: {name: Score() for name in CONCLUDERS}
    )
    for number in range(world.vehicles):
        vehicle = world.vehicle(number, faults)
        positions = believable(vehicle.reports)
        for name, conclude in CONCLUDERS.items():
            found[group(vehicle)][name].add(vehicle, conclude(positions))
    return dict(found)


def run() -> list[Row]:
    """Clean devices by kind of vehicle and all together, then one kind of fault after another."""
    world = World.make(SEED, VEHICLES, START, DAYS)
    rows = []
    for kind, of_kind in sorted(scores(world, (), lambda each: each.kind).items()):
        rows += _rows(f"clean, {kind}", of_kind, 1.0)
    for name in (CLEAN, *FAULTS):
        faults = () if name == CLEAN else (name,)
        together = scores(world, faults, lambda _: "all")["all"]
        rows += _rows(name, together, 1.0 if name == CLEAN else 3.0)
    return rows


def _rows(name: str, by: Mapping[str, Score], most_astray_pct: float) -> Iterator[Row]:
    ours, theirs = by["milepost"], by["baseline"]
    yield Row(
        part="h",
        measure=f"{name}: stays found, of {ours.stays}",
        unit="%",
        milepost=ours.found_pct,
        baseline=theirs.found_pct,
        target="≥ 98 %",
        met=ours.found_pct >= 98.0,
    )
    yield Row(
        part="h",
        measure=f"{name}: false stays, of {ours.concluded}",
        unit="%",
        milepost=ours.false_pct,
        baseline=theirs.false_pct,
        target="≤ 1 %",
        met=ours.false_pct <= 1.0,
    )
    yield Row(
        part="h",
        measure=f"{name}: distance astray",
        unit="%",
        milepost=ours.astray_pct,
        baseline=theirs.astray_pct,
        target=f"≤ {most_astray_pct:.0f} %",
        met=ours.astray_pct <= most_astray_pct,
    )
