"""What an attack is, what it is given, and what it reports."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How much of everything. `minutes` and `rounds` are those of the full run, or fewer.

    `keep` leaves the servers' folders behind, to be looked into.
    """

    minutes: float = 10.0
    rounds: int = 200
    seed: int = 1
    folder: Path
    prepared: Path
    tries: frozenset[str] = frozenset()
    keep: bool = False

    def wants(self, name: str) -> bool:
        """Whether one of a part's tries was asked for; all are unless some were named.

        On the command line a try's name has `_` for each space.
        """
        return not self.tries or name.replace(" ", "_") in self.tries


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One try of one part: what must hold, how often it was tried, and what was lost.

    `restarts` counts those that came from outside, not those that the part caused itself.
    `broken` says in words what else does not hold; `skipped` why nothing was tried.
    """

    name: str
    promise: str
    tries: int = 1
    acknowledged: int = 0
    restarts: int = 0
    lost: int = 0
    differences: int = 0
    broken: tuple[str, ...] = ()
    note: str = ""
    skipped: str = ""

    @property
    def held(self) -> bool:
        """Nothing was lost, nothing restarted, nothing differs."""
        return not (self.restarts or self.lost or self.differences or self.broken)


class Report:
    """The rows of a part, printed as they come."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.rows: list[Row] = []
        self.started_s = time.monotonic()

    def add(self, row: Row) -> None:
        self.rows.append(row)
        print(f"  {self.part}/{row.name}: {verdict(row)}", flush=True)

    def say(self, words: str) -> None:
        """Progress, for whoever waits."""
        print(f"  {self.part}: {words}", flush=True)


class Part(msgspec.Struct, frozen=True):
    """The constant `PART` of a module here: its name, what it tries to break, and how."""

    name: str
    promise: str
    run: Callable[[Plan, Report], Awaitable[None]]


def verdict(row: Row) -> str:
    """One line of words about a row."""
    if row.skipped:
        return f"not tried: {row.skipped}"
    counted = {
        "restarts": row.restarts,
        "lost": row.lost,
        "differences": row.differences,
    }
    wrong = [f"{value} {name}" for name, value in counted.items() if value]
    words = "; ".join([*wrong, *row.broken])
    return f"BROKEN: {words} ({row.note})" if words else f"held ({row.note or row.tries})"
