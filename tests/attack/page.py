"""The table of a run, and docs/reliability.md."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.report import machine
from tests.attack.part import Part, Row, verdict

TARGET_FILE = Path("docs/reliability.md")
Results = Mapping[str, Sequence[Row]]


def table(results: Results) -> str:
    """All rows as a Markdown table, and a last one with the sums."""
    lines = [
        "| part | try | must hold | tries | acknowledged | restarts | lost | differences | result "
        "|",
        "|---|---|---|---:|---:|---:|---:|---:|---|",
    ]
    rows = [(part, row) for part, found in results.items() for row in found]
    lines += [_line(part, row) for part, row in rows]
    lines.append(_total([row for _, row in rows if not row.skipped]))
    return "\n".join(lines)


def save(results: Results, parts: Mapping[str, Part], command: str, elapsed_s: float) -> None:
    """Write the page anew."""
    TARGET_FILE.write_text(
        TEMPLATE.format(
            day=datetime.now(UTC).date().isoformat(),
            minutes=elapsed_s / 60,
            machine=machine(),
            command=command,
            table=table(results),
            parts="\n".join(f"- **{name}**: {_cell(part.promise)}" for name, part in parts.items()),
        )
    )


def _line(part: str, row: Row) -> str:
    if row.skipped:
        return (
            f"| {part} | {row.name} | {_cell(row.promise)} | | | | | | not tried: {row.skipped} |"
        )
    result = f"held. {row.note}" if row.held else f"**{verdict(row)}**"
    numbers = (row.tries, row.acknowledged, row.restarts, row.lost, row.differences)
    counted = " | ".join(f"{number:,}" for number in numbers)
    return f"| {part} | {row.name} | {_cell(row.promise)} | {counted} | {_cell(result)} |"


def _total(rows: Sequence[Row]) -> str:
    names = ("tries", "acknowledged", "restarts", "lost", "differences")
    counted = " | ".join(f"{sum(getattr(row, name) for row in rows):,}" for name in names)
    broken = sum(not row.held for row in rows)
    result = "everything held" if not broken else f"**{broken} of {len(rows)} tries are broken**"
    return f"| all | | | {counted} | {result} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").strip()


TEMPLATE = """# Reliability

Made by `{command}` on {day} in {minutes:.0f} minutes; it writes this page anew.

Machine: {machine}. Attackers, devices, viewers and server share it; everything is on loopback.

*Acknowledged* are records that a device was told are stored, *lost* those of them that are not
there at the end. *Restarts* are those that came from outside: what a part kills itself does not
count. *Differences* are trips, stops, events, 10-minute totals and day totals that are not those of
a run of the same records in order on a fresh server, or not those that follow by arithmetic from
the track. The run fails unless restarts, lost and differences are 0 and every promise held.

{table}

## What each part does

A part without a row above was not in this run.

{parts}
"""
