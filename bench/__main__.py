"""`make bench`: measures everything against its baseline, prints the table and saves it."""

import statistics
import sys
from collections.abc import Callable

from bench import decode, idle, queries, storage
from bench.ingest import Measured, Plan, run_baseline, run_milepost
from bench.report import Row, save, table

SINGLE = Plan(connections=1000, records=1, rate=8200, seconds=20)
BUNDLED = Plan(connections=1000, records=10, rate=31_000, seconds=15)
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
    "pushed as hard as Milepost is, and cannot be quicker than it is asked: rates are capped by "
    "the generator's plan.",
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
    "CPU seconds and peak memory are those of the server's whole process tree, with PostgreSQL.",
)


def _median(runs: list[Measured], of: Callable[[Measured], float]) -> float:
    return statistics.median(of(run) for run in runs)


def _ingest_rows(part: str, plan: Plan, least_rate: float) -> list[Row]:
    ours, theirs = [], []
    for _ in range(RUNS):
        ours.append(run_milepost(plan))
        theirs.append(run_baseline(plan))
    lost = sum(run.load.planned - run.load.positions for run in ours)
    if lost:
        sys.exit(f"({part}) {lost} positions were not acknowledged: not a sustained rate")
    measures: tuple[tuple[str, str, Callable[[Measured], float], str, float | None], ...] = (
        ("acknowledged, durable", "positions/s", lambda r: r.load.positions_per_s, "≥", least_rate),
        ("acknowledgement p50", "ms", lambda r: r.load.ack_p50_ms, "<", None),
        ("acknowledgement p99", "ms", lambda r: r.load.ack_p99_ms, "<", 150.0),
        ("CPU per 10,000 positions", "s", lambda r: r.cpu_s_per_10k, "<", None),
        ("peak memory", "MiB", lambda r: r.peak_mib, "<", None),
    )
    rows = []
    for measure, unit, of, sign, target in measures:
        mine, other = _median(ours, of), _median(theirs, of)
        more_is_better = sign == "≥"
        met = None if target is None else (mine >= target if more_is_better else mine < target)
        limit = None if part == "b" and unit == "ms" else target
        rows.append(
            Row(
                part=part,
                measure=f"{measure}, {plan.records} a packet",
                unit=unit,
                milepost=mine,
                baseline=other,
                ratio=mine / other if more_is_better else other / mine,
                target="" if limit is None else f"{sign} {limit:,.0f} {unit}",
                met=None if limit is None else met,
            )
        )
    return rows + _viewer_rows(part, plan, ours)


def _viewer_rows(part: str, plan: Plan, runs: list[Measured]) -> list[Row]:
    rows = []
    for share, target in (("p50", None), ("p99", 100.0 if part == "a" else None)):
        ages = [getattr(run.seen, f"age_{share}_ms") for run in runs if run.seen is not None]
        age_ms = statistics.median(ages)
        rows.append(
            Row(
                part=part,
                measure=f"device to viewer {share}, {plan.records} a packet",
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
        "a": lambda: _ingest_rows("a", SINGLE, 8_000),
        "b": lambda: _ingest_rows("b", BUNDLED, 30_000),
        "c": storage.run,
        "d": queries.run,
        "e": decode.run,
        "f": idle.run,
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
