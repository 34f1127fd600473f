"""The table of a benchmark run: what was measured, against what, and whether it is enough."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil

TARGET_FILE = Path("docs/benchmarks.md")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One measure. `ratio` is ours to the baseline's, larger is better for us."""

    part: str
    measure: str
    unit: str
    milepost: float
    baseline: float | None = None
    ratio: float | None = None
    target: str = ""
    met: bool | None = None


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| part | measure | Milepost | baseline | ratio | target | met |",
        "|---|---|---:|---:|---:|---|---|",
    ]
    lines += [
        f"| {row.part} | {row.measure} | {_number(row.milepost)} {row.unit} "
        f"| {_with_unit(row.baseline, row.unit)} | {_ratio(row.ratio)} | {row.target} "
        f"| {_met(row.met)} |"
        for row in rows
    ]
    return "\n".join(lines)


def machine() -> str:
    """What it was measured on."""
    memory_gib = psutil.virtual_memory().total / 2**30
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return (
        f"{os.cpu_count()} cores ({model}), {memory_gib:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def save(rows: Sequence[Row], notes: Sequence[str]) -> None:
    """Write docs/benchmarks.md: machine, table, how each part is measured."""
    text = TEMPLATE.format(
        day=datetime.now(UTC).date().isoformat(),
        machine=machine(),
        table=table(rows),
        notes="\n".join(f"- {note}" for note in notes),
    )
    TARGET_FILE.write_text(text)


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def _with_unit(value: float | None, unit: str) -> str:
    return "" if value is None else f"{_number(value)} {unit}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{_number(value)}×"


def _met(value: bool | None) -> str:
    return "" if value is None else ("yes" if value else "**no**")


TEMPLATE = """# Benchmarks

Made by `make bench` on {day}; it runs for some minutes and writes this page anew.

Machine: {machine}. The load generator, the viewer and the server share it.

{table}

## What is measured, and how

{notes}
"""
