"""`make bench`: measures everything against its baseline, prints the table and saves it."""

import statistics
import sys
from collections.abc import Callable

import msgspec

from bench import decode, history, idle, queries, storage
from bench.ingest import Measured, Plan, run_baseline, run_milepost
from bench.report import Row, save, table

# At a fixed rate, for the latencies; then more than it manages, for the most it sustains.
SINGLE = Plan(connections=1000, records=1, rate=8_000, seconds=20)
SINGLE_MOST = Plan(connections=1000, records=1, rate=20_000, seconds=15)
BUNDLED = Plan(connections=1000, records=10, rate=30_000, seconds=15)
BUNDLED_MOST = Plan(connections=1000, records=10, rate=75_000, seconds=12)
RUNS = 3
NOTES = (
    "**(a), (b)**: 1,000 Teltonika 8E connections over loopback, ten IO elements a record; a "
    "tracker sends its next packet when it is due and the one before was acknowledged, and the "
    "acknowledgement comes after the durable write. One viewer watches the whole fleet over the "
    "WebSocket; *device to viewer* is the age of an update at its arrival, from the instant at "
    "which it was due at the device. Generator, viewer and server are processes of one machine. "
    "Medians of three runs; Milepost and the baseline take turns.",
    "Baseline of (a), (b): the same codec and event loop, each packet one PostgreSQL transaction "
    "(default durability, ten connections), then the answer; no trips, no totals, no viewer. It is "
    "asked for the fixed rate. In (a) it does not reach that, so what it reaches is the most it "
    "sustains; in (b) it does, and could do more. The most that Milepost sustains is what it "
    "acknowledges when more is offered.",
    "**(c)**: every report of the demo's recordings, once, as the gate gives it; ClickHouse "
    "merged, PostgreSQL after `VACUUM FULL` with its primary key.",
    "**(d)**: 1.7 million positions of 200 vehicles, 10,000 last states, 1,000 vehicles with 30 "
    "days of totals; medians of 21 alternating runs, in process, with the answer turned into the "
    "program's structs (PostgreSQL: asyncpg records). The baseline's month sums rollup rows. *Over "
    "HTTP* is from request to last byte, client and server in one process: ours with sign-in, "
    "tenancy and permissions, the baseline a bare route of the same server that fetches and "
    "encodes.",
    "**(e)**: one core, CPU time, medians of five runs through `codec.receive`. Captured frames "
    "are those of `tests/vectors` that a strict codec reads positions from, one a read, over "
    "and over. Baseline of the Teltonika load: the same packets read field by field.",
    "**(f)**: Teltonika trackers, each registered at its first login, that log in and stay silent. "
    "Memory is what the Python processes have to themselves (USS), after less before, with "
    "everything that a known device costs: connection, codec, the state of its stream.",
    "**(h)**: the simulated world (docs/world.md) with seed 11, 60 vehicles for two days, the "
    "same lives with each kind of fault of the device; reports are folded offline. The rules "
    "were chosen by the world of seed 7. A true stay of 5 minutes or more is found if a stop "
    "begins and ends within 60 s of it, within 100 m; a stop of 5 minutes or more is false if "
    "less than half of it was a stay. Distance astray: by how much each vehicle's distance was "
    "wrong, either way, of all metres driven. Default thresholds; yard tractors have (except "
    "where said) `tripMinDistanceM` 50, `tripMinDurationS` 15, `movingMinDistanceM` 40. "
    "Baseline: the published rules and defaults of Traccar's trip detection, by reported speed; "
    "its distance is from fix to fix. The same on every machine.",
    "CPU seconds and peak memory are those of the server's whole process tree, with PostgreSQL.",
)


def _median(runs: list[Measured], of: Callable[[Measured], float]) -> float:
    return statistics.median(of(run) for run in runs)


class Targets(msgspec.Struct, frozen=True):
    """What (a) or (b) has to reach; latencies in milliseconds, None where nothing is asked."""

    most_rate: float
    cpu_s_per_10k: float
    ack_p50_ms: float | None = None
    ack_p99_ms: float | None = None
    age_p99_ms: float | None = None


SINGLE_TARGETS = Targets(15_000, 0.7, ack_p50_ms=10, ack_p99_ms=50, age_p99_ms=100)
BUNDLED_TARGETS = Targets(60_000, 0.2)


def _ingest_rows(part: str, plan: Plan, most: Plan, targets: Targets) -> list[Row]:
    ours, theirs, pushed = [], [], []
    for _ in range(RUNS):
        ours.append(run_milepost(plan))
        theirs.append(run_baseline(plan))
        pushed.append(run_milepost(most))
    lost = sum(run.load.planned - run.load.positions for run in ours)
    if lost:
        sys.exit(f"({part}) {lost} positions were not acknowledged: not a sustained rate")
    packet = f"{plan.records} a packet"
    load = f"{packet}, {plan.rate:,.0f}/s"
    most_rate, other_rate = _median(pushed, _rate), _median(theirs, _rate)
    sustained = Row(
        part=part,
        measure=f"most that is sustained, durable, {packet}",
        unit="positions/s",
        milepost=most_rate,
        baseline=other_rate,
        ratio=most_rate / other_rate,
        target=f"≥ {targets.most_rate:,.0f} positions/s",
        met=most_rate >= targets.most_rate,
    )
    fixed = _fixed_rows(part, load, ours, theirs, targets)
    return [sustained, *fixed, *_viewer_rows(part, load, ours, targets.age_p99_ms)]


def _fixed_rows(
    part: str, load: str, ours: list[Measured], theirs: list[Measured], targets: Targets
) -> list[Row]:
    measures: tuple[tuple[str, str, Callable[[Measured], float], float | None], ...] = (
        ("acknowledgement p50", "ms", lambda run: run.load.ack_p50_ms, targets.ack_p50_ms),
        ("acknowledgement p99", "ms", lambda run: run.load.ack_p99_ms, targets.ack_p99_ms),
        ("CPU per 10,000 positions", "s", lambda run: run.cpu_s_per_10k, targets.cpu_s_per_10k),
        ("peak memory", "MiB", lambda run: run.peak_mib, None),
    )
    rows = [
        Row(
            part=part,
            measure=f"{measure}, {load}",
            unit=unit,
            milepost=_median(ours, of),
            baseline=_median(theirs, of),
            ratio=_median(theirs, of) / _median(ours, of),
            target="" if target is None else f"≤ {target:g} {unit}",
            met=None if target is None else _median(ours, of) <= target,
        )
        for measure, unit, of, target in measures
    ]
    generator_cores = _median(ours, lambda run: run.load.generator_cores)
    measure = f"the load generator's share, {load}"
    return [*rows, Row(part=part, measure=measure, unit="cores", milepost=generator_cores)]


def _rate(run: Measured) -> float:
    return run.load.positions_per_s


def _viewer_rows(
    part: str, load: str, runs: list[Measured], p99_target_ms: float | None
) -> list[Row]:
    rows = []
    for share, target in (("p50", None), ("p99", p99_target_ms)):
        ages = [getattr(run.seen, f"age_{share}_ms") for run in runs if run.seen is not None]
        age_ms = statistics.median(ages)
        rows.append(
            Row(
                part=part,
                measure=f"device to viewer {share}, {load}",
                unit="ms",
                milepost=age_ms,
                target="" if target is None else f"< {target:.0f} ms",
                met=None if target is None else age_ms < target,
            )
        )
    return rows


def main() -> None:
    """Measure all parts, or those that are named on the command line."""
    parts: dict[str, Callable[[], list[Row]]] = {
        "a": lambda: _ingest_rows("a", SINGLE, SINGLE_MOST, SINGLE_TARGETS),
        "b": lambda: _ingest_rows("b", BUNDLED, BUNDLED_MOST, BUNDLED_TARGETS),
        "c": storage.run,
        "d": queries.run,
        "e": decode.run,
        "f": idle.run,
        "h": history.run,
    }
    wanted = sys.argv[1:] or list(parts)
    rows: list[Row] = []
    for part in wanted:
        print(f"Measuring ({part}) …", flush=True)
        rows += parts[part]()
        print(table(rows), flush=True)
    if wanted == list(parts):
        save(rows, NOTES)
        print("Saved docs/benchmarks.md")


if __name__ == "__main__":
    main()
