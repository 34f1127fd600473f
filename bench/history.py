"""(h): what the stream concludes, held against what really happened in the simulated world."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

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

# Another world than the one (seed 7) by which the rules were chosen.
SEED, VEHICLES, DAYS = 11, 60, 2
START = datetime(2026, 11, 2, tzinfo=UTC)
# What a fleet would set for vehicles that shunt in a yard; for all others the defaults hold.
IN_YARDS = Thresholds(trip_min_distance_m=50, trip_min_duration_s=15, moving_min_distance_m=40)
YARD_KIND = "yard tractor"
_MS = 1000.0


def by_fold(positions: Sequence[Position], thresholds: Thresholds) -> Concluded:
    """What Milepost makes of a device's reports, in whatever order they came."""
    fold = Fold(initial_state(), Policy(thresholds))
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


class Scores(msgspec.Struct):
    """Ours and the baseline's."""

    ours: Score = msgspec.field(default_factory=Score)
    theirs: Score = msgspec.field(default_factory=Score)

    def add(self, vehicle: LivedVehicle, thresholds: Thresholds) -> None:
        """Count one vehicle."""
        positions = believable(vehicle.reports)
        self.ours.add(vehicle, by_fold(positions, thresholds))
        self.theirs.add(vehicle, by_speed(positions))


def run() -> list[Row]:
    """Clean devices by kind of vehicle, then all vehicles with one kind of fault after another."""
    world = World.make(SEED, VEHICLES, START, DAYS)
    rows = []
    for kind, found in sorted(by_kind(world).items()):
        rows += _rows(f"clean, {kind}", found, 1.0)
    for name in (CLEAN, *FAULTS):
        found = with_fault(world, () if name == CLEAN else (name,))
        rows += _rows(name, found, 1.0 if name == CLEAN else 3.0)
    return rows


def by_kind(world: World) -> dict[str, Scores]:
    """Clean devices; yard tractors with the default thresholds, and with those for yards."""
    found: defaultdict[str, Scores] = defaultdict(Scores)
    for number in range(world.vehicles):
        vehicle = world.vehicle(number, ())
        found[vehicle.kind].add(vehicle, Thresholds())
        if vehicle.kind == YARD_KIND:
            found[f"{YARD_KIND} with its thresholds"].add(vehicle, IN_YARDS)
    return dict(found)


def with_fault(world: World, faults: Sequence[str]) -> Scores:
    """All vehicles, their devices with these faults."""
    found = Scores()
    for number in range(world.vehicles):
        vehicle = world.vehicle(number, faults)
        found.add(vehicle, IN_YARDS if vehicle.kind == YARD_KIND else Thresholds())
    return found


def _rows(name: str, by: Scores, most_astray_pct: float) -> Iterator[Row]:
    yield _row(f"{name}: stays found, of {by.ours.stays}", by, "found_pct", "≥", 98.0)
    yield _row(f"{name}: false stays, of {by.ours.concluded}", by, "false_pct", "≤", 1.0)
    yield _row(f"{name}: distance astray", by, "astray_pct", "≤", most_astray_pct)


def _row(measure: str, by: Scores, field: str, sign: str, limit_pct: float) -> Row:
    ours, theirs = getattr(by.ours, field), getattr(by.theirs, field)
    return Row(
        part="h",
        measure=measure,
        unit="%",
        milepost=ours,
        baseline=theirs,
        target=f"{sign} {limit_pct:g} %",
        met=ours >= limit_pct if sign == "≥" else ours <= limit_pct,
    )
