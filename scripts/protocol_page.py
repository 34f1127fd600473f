"""Writes docs/protocols.md from the code and its captured vectors: `make docs`.

`--check` writes nothing and fails if the page is not what would be written.
"""

import argparse
import importlib
import inspect
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from milepost import protocols
from milepost.domain.alarm import ALARMS
from milepost.protocols.commands import kinds_of
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.vocabulary import VOCABULARY
from milepost.registry import discover
from tests.protocols.judging import holds
from tests.protocols.vectors import records, replayed, unmet

PAGE = Path("docs/protocols.md")
PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)

INTRODUCTION = """\
# Device protocols

This page is made from the code by `make docs`; [decoding.md](decoding.md) says what all protocols
have in common, and how to look into a frame.

*Vectors* counts the captured frames of real trackers that give what they should, out of those that
we have; the rest is listed with its reason. A device is answered when its positions are stored.
"""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, _table(), _commands(), *_sections(), _alarms(), _attributes()]
    return "\n".join(parts)


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _rows(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = list(head)
    return "\n".join([_row(head), _row("---" for _ in head), *map(_row, rows)]) + "\n"


def _table() -> str:
    head = ("protocol", "devices", "port", "over", "checksum", "decoded", "vectors")
    rows = (
        (
            f"[`{name}`](#{name})",
            protocol.title,
            protocol.port or "none",
            ", ".join(transport.upper() for transport in protocol.transports),
            protocol.checksum,
            ", ".join(each.replace("_", " ") for each in protocol.carries),
            _share(name),
        )
        for name, protocol in PROTOCOLS.items()
    )
    return _rows(head, rows)


def _share(name: str) -> str:
    good, total = passed(name)
    return f"{good} of {total}" if total else "none"


def passed(name: str) -> tuple[int, int]:
    """How many of a protocol's captured frames give what they should, and how many there are."""
    kept = records("decode", name)
    outcomes = replayed(PROTOCOLS[name], kept)
    return sum(holds(name, record, outcome) for record, outcome, _ in outcomes), len(kept)


def _commands() -> str:
    able = {name: kinds_of(protocol.commands) for name, protocol in PROTOCOLS.items()}
    rows = (
        (f"`{name}`", ", ".join(f"`{k}`" for k in kinds)) for name, kinds in able.items() if kinds
    )
    return "## Commands\n\n" + _rows(("protocol", "commands"), rows)


def _sections() -> Iterator[str]:
    for name, protocol in PROTOCOLS.items():
        yield f"## {name}\n"
        yield _description(name) + "\n"
        yield _rows(("", ""), _facts(protocol))
        reasons = unmet(name)
        if reasons:
            yield "Captured frames that give something else than expected, on purpose:\n"
            yield "".join(
                f"- {seq} ({instance}): {why}\n" for (instance, seq), why in reasons.items()
            )


def _description(name: str) -> str:
    module = importlib.import_module(f"milepost.protocols.{name}")
    return inspect.cleandoc(module.__doc__ or "")


def _facts(protocol: DeviceProtocol) -> Iterator[tuple[str, str]]:
    if protocol.aliases:
        yield "also known as", ", ".join(f"`{alias}`" for alias in protocol.aliases)
    yield "identity", protocol.identity
    if protocol.proof:
        yield "secret of a device", protocol.proof
    yield "answered with", protocol.acknowledges
    yield "time zone", protocol.time_zone
    if protocol.options:
        options = (f"`{option}`: {meaning}" for option, meaning in protocol.options.items())
        yield "options of a device", "<br>".join(options)
    if protocol.topics:
        yield "topics", ", ".join(f"`{topic}`" for topic in protocol.topics)


def _alarms() -> str:
    return "## Alarms\n\n" + _rows(("alarm", "meaning"), ((f"`{a}`", m) for a, m in ALARMS.items()))


def _attributes() -> str:
    rows = ((f"`{name}`", meaning) for name, meaning in VOCABULARY.items())
    return "## Attributes\n\n`#` is a number from 1 on.\n\n" + _rows(("attribute", "meaning"), rows)


def main() -> int:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if out of date")
    made = page()
    if not parser.parse_args().check:
        PAGE.write_text(made)
        return 0
    if PAGE.read_text() == made:
        return 0
    print(f"{PAGE} is not up to date; run `make docs`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
