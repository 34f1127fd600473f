"""`milepost simulate`: makes a fleet that never was, and what really happened to it."""

import argparse
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from milepost.errors import InvalidInput
from milepost.simulator.world.world import CLEAN_SHARE
from milepost.simulator.world.writing import WorldPlan, write_world


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser(
        "simulate",
        help="make a fleet from a seed: what its devices report, and the truth beside it",
        description="Writes reports-N.parquet (in the order in which a server would receive them; "
        "`milepost replay` plays such a file) and truth-N.jsonl (trips, stays, events and the "
        "faults of each device). The same seed gives the same files.",
    )
    parser.add_argument("folder", type=Path, help="where to write; made if it is not there")
    parser.add_argument("--seed", type=int, default=1, help="which world (1)")
    parser.add_argument("--vehicles", type=int, default=50, help="how many (50)")
    parser.add_argument("--days", type=int, default=7, help="how long (7)")
    parser.add_argument("--start", default="2026-01-05", help="first day, UTC (2026-01-05)")
    parser.add_argument(
        "--clean", type=float, default=CLEAN_SHARE, help="share of faultless devices, 0 to 1 (0.4)"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="at a time")


def run(args: argparse.Namespace) -> int:
    """Make and write the world.

    Raises:
        InvalidInput: a flag cannot be.
    """
    plan = WorldPlan(
        seed=args.seed,
        vehicles=_at_least_one("--vehicles", args.vehicles),
        start_time=_day(args.start),
        days=args.days,
        clean_share=args.clean,
    )
    args.folder.mkdir(parents=True, exist_ok=True)
    started_s = time.monotonic()
    reports = write_world(plan, args.folder, _at_least_one("--processes", args.processes))
    elapsed_s = time.monotonic() - started_s
    print(f"{reports:,} reports of {args.vehicles:,} vehicles in {elapsed_s:.0f} s: {args.folder}")
    return 0


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInput("--start", text, "a day such as 2026-01-05") from error


def _at_least_one(flag: str, number: int) -> int:
    if number < 1:
        raise InvalidInput(flag, number, "1 or more")
    return number
