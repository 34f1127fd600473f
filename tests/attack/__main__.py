"""`make attack`: replays every attack against running servers, and saves docs/reliability.md.

Everything stays on loopback and is bounded. `--only` names parts, or `part/try` for one try of a
part. `--minutes` is the time of the garbage, `--rounds` the number of kills; the other parts shrink
with them. The page is written by a run of all parts, or with `--save`. Exit code 1: something was
lost, restarted, or differs.
"""

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from pathlib import Path

from milepost.registry import discover
from tests import attack
from tests.attack.page import save, table
from tests.attack.part import Part, Plan, Report, Row
from tests.attack.stand import prepare


async def run_part(part: Part, plan: Plan) -> list[Row]:
    """The rows of a part; if it fails itself, a row says so."""
    report = Report(part.name)
    print(f"{part.name}: {part.promise}", flush=True)
    try:
        await part.run(plan, report)
    except Exception as error:  # noqa: BLE001 - the other parts go on
        traceback.print_exc()
        words = f"the attack could not go on: {type(error).__name__}: {str(error)[:300]}"
        report.add(Row(name="run", promise="The part comes to its end.", broken=(words,)))
    report.say(f"{time.monotonic() - report.started_s:.0f} s")
    return report.rows


def chosen(names: list[str], parts: Mapping[str, Part]) -> dict[str, frozenset[str]]:
    """The parts to run, each with the tries that were named."""
    if not names:
        return dict.fromkeys(parts, frozenset())
    wanted: dict[str, frozenset[str]] = {}
    for name in names:
        part, _, one = name.partition("/")
        if part not in parts:
            sys.exit(f"--only must name parts of {', '.join(parts)} (got {name!r})")
        wanted[part] = wanted.get(part, frozenset()) | ({one} if one else set())
    return wanted


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="PART")
    parser.add_argument("--minutes", type=float, default=10.0, help="of garbage")
    parser.add_argument("--rounds", type=int, default=200, help="SIGKILLs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the servers' folders behind")
    parser.add_argument("--save", action="store_true", help="write the page after some parts too")
    return parser.parse_args()


def command(args: argparse.Namespace) -> str:
    """What a person types for the same run."""
    only = f' ONLY="{" ".join(args.only)}"' if args.only else ""
    whole = args.minutes >= 10 and args.rounds >= 200
    return f"make attack{only}" + (
        "" if whole else f" MINUTES={args.minutes:g} ROUNDS={args.rounds}"
    )


def main() -> int:
    args = arguments()
    # SIGTERM ends the servers too, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parts = discover(attack, "PART", Part)
    wanted = chosen(args.only, parts)
    started_s = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="milepost-attack-"))
    folder.chmod(0o711)
    results: dict[str, list[Row]] = {}
    try:
        (folder / "prepared").mkdir()
        prepared = prepare(folder / "prepared")
        for name, tries in wanted.items():
            plan = Plan(
                minutes=args.minutes,
                rounds=args.rounds,
                seed=args.seed,
                folder=folder,
                prepared=prepared,
                tries=tries,
                keep=args.keep,
            )
            results[name] = asyncio.run(run_part(parts[name], plan))
    finally:
        if args.keep:
            print(f"The servers' folders are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(table(results))
    if not args.only or args.save:
        save(results, parts, command(args), time.monotonic() - started_s)
        print("Saved docs/reliability.md")
    return 0 if all(row.held for rows in results.values() for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
